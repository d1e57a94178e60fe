// SQLite behind three small classes: Database (one connection), Row (the row a query stands on), Transaction.
// Used by one thread. Errors are values; an Error names the file and the next thing to type.
// Text comes back byte for byte and doubles bit for bit, with two exceptions of SQLite: NaN is NULL, -0 is 0.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "frugal/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace frugal {

enum class OpenMode { ReadWrite, ReadOnly };

// What is bound to a `?`. A borrowed text must live until the call returns.
using Cell = std::variant<std::nullptr_t, std::int64_t, double, std::string_view>;
using Cells = std::vector<Cell>;

// The row a query stands on; valid only within the call it is given to.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  int small(int column) const { return static_cast<int>(integer(column)); }
  double number(int column) const;     // NaN where NULL
  std::string text(int column) const;  // empty where NULL
  std::string_view view(
      int column) const;  // likewise; valid until the row is left or its column read otherwise

 private:
  sqlite3_stmt* statement_;
};

class Database {
 public:
  // Creates the file in ReadWrite mode. Looks at nothing in it: that a file is no database shows in the first
  // query.
  static Result<std::unique_ptr<Database>> open(const std::string& path, OpenMode mode);
  // For a file that no process writes, in a folder that cannot be written: no lock, no file beside it.
  static Result<std::unique_ptr<Database>> open_unchanging(const std::string& path);

  // Several statements without parameters.
  Status script(const char* sql);
  // One statement; what it returns is dropped. Prepared once, kept for the next call with the same text.
  Status run(std::string_view sql, const Cells& cells = {});
  // Calls `visit` for every row and stops at its first error. `visit` must not use the same statement.
  Status each(std::string_view sql, const Cells& cells, const std::function<Status(const Row&)>& visit);
  // The first column of the first row; nothing when there is no row or it is NULL.
  Result<std::optional<std::int64_t>> integer(std::string_view sql, const Cells& cells = {});

  // Rows that the last run() inserted, changed or deleted.
  std::int64_t changes() const;
  bool in_transaction() const;
  // The file can only be read, whatever was asked for.
  bool read_only() const;
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  static Result<std::unique_ptr<Database>> connect(const std::string& path, const std::string& name,
                                                   int flags);
  Result<sqlite3_stmt*> prepared(std::string_view sql);
  Status bind(sqlite3_stmt* statement, const Cells& cells);
  Error error(int code) const;

  std::string path_;
  std::unique_ptr<sqlite3, Close> connection_;
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
};

// Undone at the end of its life unless committed.
class Transaction {
 public:
  // Waits for other writers (see busy_timeout in store_file.cc), then keeps them out.
  static Result<Transaction> write(Database& database);
  // Every query in it sees the same state of the file.
  static Result<Transaction> read(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  // When this succeeds the changes are durable; when it fails there are none.
  Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace frugal
