// What a result code of SQLite means for a person: which file, what happened, what to type next.
#pragma once

#include <string>
#include <string_view>

#include "frugal/base/result.h"

namespace frugal {

// `code` is a (possibly extended) SQLite result code, `detail` SQLite's own words.
// StoreBroken, but Retry where another process holds the file and GiveUp where our SQL is wrong.
Error sqlite_error(int code, const std::string& path, std::string_view detail);

}  // namespace frugal
