#include "frugal/store/store_file.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <thread>

namespace frugal {
namespace {

constexpr std::chrono::seconds kPatience{5};  // as long as busy_timeout
constexpr std::chrono::milliseconds kBetweenAttempts{10};

using Opened = Result<std::unique_ptr<Database>>;

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

bool holds_bytes(const std::string& path) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(path, missing);
  return !missing && size > 0;
}

Error missing(const std::string& path) {
  return Error{ErrorCode::StoreBroken, fmt::format("there is no store '{}' here", path),
               "start a study with: frugal run STUDY.yaml, or name the store with --store FILE"};
}

Error unwritable(const std::string& path) {
  return Error{ErrorCode::StoreBroken,
               fmt::format("the store '{}' cannot be written: it is read-only here", path),
               fmt::format("allow it with: chmod u+w {}, or name another store with --store FILE", path)};
}

// SQLite's own waiting (busy_timeout) does not cover a file that another process is just turning into a WAL
// store, or whose log it is recovering: such a refusal is tried again for as long.
template <class Attempt>
auto patiently(Attempt attempt) {
  using Steady = std::chrono::steady_clock;
  const auto until = Steady::now() + kPatience;
  auto result = attempt();
  while (!result.ok() && result.error().code == ErrorCode::Retry && Steady::now() < until) {
    std::this_thread::sleep_for(kBetweenAttempts);
    result = attempt();
  }
  return result;
}

Opened open_to_write(const std::string& path, Scripts scripts) {
  Opened database = Database::open(path, OpenMode::ReadWrite);
  if (!database) return database;
  Database& store = **database;
  if (Status set = store.script("PRAGMA busy_timeout = 5000"); !set) return set.error();
  // Before anything is written: whose file is it?
  const Result<int> version =
      patiently([&] { return schema_version(store, static_cast<int>(scripts.size())); });
  if (!version) return version.error();
  if (store.read_only()) return unwritable(path);
  // FULL: a commit is on the disk before it is acknowledged; fullfsync says the same to macOS.
  const Status durable = patiently([&] {
    return store.script("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON");
  });
  if (!durable) return durable.error();
  // A script that rebuilds a table must not trip over references to it; migrate() checks them afterwards.
  if (Status set = store.script("PRAGMA foreign_keys = OFF"); !set) return set.error();
  if (Status migrated = migrate(store, scripts); !migrated) return migrated.error();
  if (Status set = store.script("PRAGMA foreign_keys = ON"); !set) return set.error();
  return database;
}

// A store in a folder that cannot be written has no room for the lock file of WAL mode. When nobody has left
// a log beside it, the file alone is the whole store.
Opened connect_to_read(const std::string& path, Scripts scripts, int& version) {
  const int newest = static_cast<int>(scripts.size());
  Opened database = Database::open(path, OpenMode::ReadOnly);
  if (!database) return database;
  if (Status set = (*database)->script("PRAGMA busy_timeout = 5000"); !set) return set.error();
  Result<int> found = schema_version(**database, newest);
  if (!found && !holds_bytes(path + "-wal")) {
    Opened unchanging = Database::open_unchanging(path);
    if (!unchanging) return found.error();
    const Result<int> again = schema_version(**unchanging, newest);
    if (!again) return found.error();
    version = *again;
    return unchanging;
  }
  if (!found) return found.error();
  version = *found;
  return database;
}

Opened open_to_read(const std::string& path, Scripts scripts) {
  if (!exists(path)) return missing(path);
  int version = 0;
  Opened database = connect_to_read(path, scripts, version);
  if (!database) return database;
  if (version == 0) return missing(path);
  if (version == static_cast<int>(scripts.size())) return database;
  if (Opened migrated = open_to_write(path, scripts); !migrated) return migrated.error();
  return connect_to_read(path, scripts, version);
}

}  // namespace

Opened open_store(const std::string& path, OpenMode mode, Scripts scripts) {
  return mode == OpenMode::ReadOnly ? open_to_read(path, scripts) : open_to_write(path, scripts);
}

}  // namespace frugal
