#include "frugal/store/database.h"

#include <sqlite3.h>

#include <limits>
#include <utility>

#include "frugal/store/sqlite_error.h"

namespace frugal {
namespace {

// Puts a statement back where it can run again; until then it would hold a lock.
class Reset {
 public:
  explicit Reset(sqlite3_stmt* statement) : statement_(statement) {}
  Reset(const Reset&) = delete;
  Reset& operator=(const Reset&) = delete;
  ~Reset() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

 private:
  sqlite3_stmt* statement_;
};

int bind_one(sqlite3_stmt* statement, int index, const Cell& cell) {
  if (const auto* integer = std::get_if<std::int64_t>(&cell))
    return sqlite3_bind_int64(statement, index, *integer);
  if (const auto* number = std::get_if<double>(&cell)) return sqlite3_bind_double(statement, index, *number);
  if (const auto* text = std::get_if<std::string_view>(&cell)) {
    // A null pointer would bind NULL, and an empty text is not that.
    const char* data = text->data() == nullptr ? "" : text->data();
    return sqlite3_bind_text64(statement, index, data, text->size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  return sqlite3_bind_null(statement, index);
}

// A file name as a URI that says the file does not change.
std::string unchanging_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%') {
      uri += "%25";
    } else if (c == '?') {
      uri += "%3f";
    } else if (c == '#') {
      uri += "%23";
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

bool Row::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::int64_t Row::integer(int column) const { return sqlite3_column_int64(statement_, column); }

double Row::number(int column) const {
  return is_null(column) ? std::numeric_limits<double>::quiet_NaN()
                         : sqlite3_column_double(statement_, column);
}

std::string_view Row::view(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string Row::text(int column) const { return std::string(view(column)); }

void Database::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
void Database::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Result<std::unique_ptr<Database>> Database::connect(const std::string& path, const std::string& name,
                                                    int flags) {
  auto database = std::make_unique<Database>();
  database->path_ = path;
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &connection,
                                   flags | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX, nullptr);
  database->connection_.reset(connection);
  if (code != SQLITE_OK) return database->error(code);
  return database;
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, OpenMode mode) {
  return connect(
      path, path,
      mode == OpenMode::ReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

Result<std::unique_ptr<Database>> Database::open_unchanging(const std::string& path) {
  return connect(path, unchanging_uri(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

Error Database::error(int code) const {
  return sqlite_error(code, path_, connection_ ? sqlite3_errmsg(connection_.get()) : sqlite3_errstr(code));
}

Status Database::script(const char* sql) {
  const int code = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

Result<sqlite3_stmt*> Database::prepared(std::string_view sql) {
  std::string text(sql);
  if (const auto held = statements_.find(text); held != statements_.end()) {
    if (sqlite3_stmt_busy(held->second.get()) == 0) return held->second.get();
    return Error{ErrorCode::GiveUp, "a query is used within itself: " + text};
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_.get(), text.c_str(), static_cast<int>(text.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return error(code);
  statements_[std::move(text)].reset(statement);
  return statement;
}

Status Database::bind(sqlite3_stmt* statement, const Cells& cells) {
  if (static_cast<std::size_t>(sqlite3_bind_parameter_count(statement)) != cells.size()) {
    return Error{ErrorCode::GiveUp, "a wrong number of values for: " + std::string(sqlite3_sql(statement))};
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const int code = bind_one(statement, static_cast<int>(i) + 1, cells[i]);
    if (code != SQLITE_OK) return error(code);
  }
  return {};
}

Status Database::run(std::string_view sql, const Cells& cells) {
  return each(sql, cells, [](const Row&) { return Status(); });
}

Status Database::each(std::string_view sql, const Cells& cells,
                      const std::function<Status(const Row&)>& visit) {
  const Result<sqlite3_stmt*> statement = prepared(sql);
  if (!statement) return statement.error();
  const Reset reset(*statement);
  if (Status bound = bind(*statement, cells); !bound) return bound;
  const Row row(*statement);
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(*statement)) == SQLITE_ROW) {
    if (Status visited = visit(row); !visited) return visited;
  }
  if (code != SQLITE_DONE) return error(code);
  return {};
}

Result<std::optional<std::int64_t>> Database::integer(std::string_view sql, const Cells& cells) {
  std::optional<std::int64_t> first;
  const Status read = each(sql, cells, [&](const Row& row) {
    if (!first && !row.is_null(0)) first = row.integer(0);
    return Status();
  });
  if (!read) return read.error();
  return first;
}

std::int64_t Database::changes() const { return sqlite3_changes64(connection_.get()); }
bool Database::in_transaction() const { return sqlite3_get_autocommit(connection_.get()) == 0; }
bool Database::read_only() const { return sqlite3_db_readonly(connection_.get(), "main") == 1; }

Result<Transaction> Transaction::write(Database& database) {
  if (const Status begun = database.run("BEGIN IMMEDIATE"); !begun) return begun.error();
  return Transaction(database);
}

Result<Transaction> Transaction::read(Database& database) {
  if (const Status begun = database.run("BEGIN"); !begun) return begun.error();
  return Transaction(database);
}

Status Transaction::commit() {
  if (Status committed = database_->run("COMMIT"); !committed) return committed;
  database_ = nullptr;
  return {};
}

Transaction::~Transaction() {
  // SQLite has rolled back by itself after some errors (a full disk); whatever else fails here, the file
  // holds only what was committed.
  if (database_ != nullptr && database_->in_transaction()) static_cast<void>(database_->run("ROLLBACK"));
}

}  // namespace frugal
