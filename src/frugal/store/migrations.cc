#include "frugal/store/migrations.h"

#include <fmt/format.h>

#include <array>

#include "frugal/store/schema.h"

namespace frugal {
namespace {

constexpr std::array<const char*, 2> kScripts{kSchema1, kSchema2};

Result<std::int64_t> read_number(Database& database, const char* sql) {
  const Result<std::optional<std::int64_t>> number = database.integer(sql);
  if (!number) return number.error();
  return number->value_or(0);
}

Error foreign(const std::string& path) {
  return Error{ErrorCode::StoreBroken, fmt::format("'{}' is an SQLite database of another program", path),
               "it was left as it is; name another store with --store FILE"};
}

// In a transaction: another process may be writing the three at this moment.
Result<int> identify(Database& database, int newest) {
  const Result<std::int64_t> owner = read_number(database, "PRAGMA application_id");
  if (!owner) return owner.error();
  const Result<std::int64_t> version = read_number(database, "PRAGMA user_version");
  if (!version) return version.error();
  const Result<std::int64_t> tables = read_number(database, "SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();
  if (*owner == 0 && *version == 0 && *tables == 0) return 0;
  if (*owner != kApplicationId || *version < 1) return foreign(database.path());
  if (*version > newest) {
    return Error{
        ErrorCode::StoreBroken,
        fmt::format("the store '{}' was written by a newer frugal: its schema is {}, this frugal knows {}",
                    database.path(), *version, newest),
        "it was left as it is; update frugal, or name another store with --store FILE"};
  }
  return static_cast<int>(*version);
}

Status check_references(Database& database) {
  bool dangling = false;
  Status checked = database.each("PRAGMA foreign_key_check", {}, [&](const Row&) {
    dangling = true;
    return Status();
  });
  if (!checked) return checked;
  if (dangling)
    return Error{ErrorCode::GiveUp, fmt::format("a migration of '{}' breaks references", database.path())};
  return {};
}

// One script; does nothing when another process has applied it meanwhile.
Status apply(Database& database, Scripts scripts, int version) {
  Result<Transaction> transaction = Transaction::write(database);
  if (!transaction) return transaction.error();
  const Result<int> now = schema_version(database, static_cast<int>(scripts.size()));
  if (!now) return now.error();
  if (*now != version) return {};
  if (Status applied = database.script(scripts[static_cast<std::size_t>(version)]); !applied) return applied;
  if (Status checked = check_references(database); !checked) return checked;
  const std::string marks =
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, version + 1);
  if (Status marked = database.script(marks.c_str()); !marked) return marked;
  return transaction->commit();
}

}  // namespace

Scripts schema_scripts() { return kScripts; }

Result<int> schema_version(Database& database, int newest) {
  if (database.in_transaction()) return identify(database, newest);
  const Result<Transaction> transaction = Transaction::read(database);
  if (!transaction) return transaction.error();
  return identify(database, newest);
}

Status migrate(Database& database, Scripts scripts) {
  const int newest = static_cast<int>(scripts.size());
  for (;;) {
    const Result<int> version = schema_version(database, newest);
    if (!version) return version.error();
    if (*version == newest) return {};
    if (Status applied = apply(database, scripts, *version); !applied) return applied;
  }
}

}  // namespace frugal
