#include "frugal/store/sqlite_error.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace frugal {
namespace {

Error broken(std::string message, std::string hint) {
  return Error{ErrorCode::StoreBroken, std::move(message), std::move(hint)};
}

}  // namespace

Error sqlite_error(int code, const std::string& path, std::string_view detail) {
  switch (code & 0xff) {
    case SQLITE_NOTADB:
      return broken(fmt::format("'{}' is no store: it is not an SQLite database", path),
                    "it was left as it is; name another store with --store FILE");
    case SQLITE_CORRUPT:
      return broken(
          fmt::format("the store '{}' is damaged ({})", path, detail),
          fmt::format("keep a copy of it and of '{0}-wal', then save what can be read with: sqlite3 {0} "
                      ".recover | sqlite3 recovered.db",
                      path));
    case SQLITE_READONLY:
      return broken(
          fmt::format("the store '{}' cannot be written: it is read-only here", path),
          fmt::format("allow it with: chmod u+w {}, or name another store with --store FILE", path));
    case SQLITE_FULL:
      return broken(fmt::format("the disk is full: nothing more can be written to the store '{}'", path),
                    "everything acknowledged is kept; free some space and run the same command again");
    case SQLITE_CANTOPEN:
      return broken(fmt::format("the store '{}' cannot be opened ({})", path, detail),
                    "check that its folder exists and that both may be read and written");
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return broken(fmt::format("the store '{}' may not be used by this user", path),
                    "ask its owner, or name another store with --store FILE");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error{ErrorCode::Retry, fmt::format("the store '{}' is being written by another process", path),
                   "wait until that is done, or name another store with --store FILE"};
    case SQLITE_IOERR:
      return broken(fmt::format("the store '{}' cannot be read or written ({})", path, detail),
                    "check the disk and its free space; everything acknowledged is kept");
    case SQLITE_NOMEM:
      return broken(fmt::format("there is not enough memory to use the store '{}'", path), {});
    default:
      return Error{
          ErrorCode::GiveUp, fmt::format("the store '{}': {} (SQLite code {})", path, detail, code), {}};
  }
}

}  // namespace frugal
