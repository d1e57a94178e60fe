// A whole file as text, unpacked when it is gzip. No torch here.
#pragma once

#include <string>

#include "frugal/base/result.h"

namespace frugal {

// An error with `hint` when the file is not there, damaged or ends too early.
Result<std::string> read_maybe_gzip(const std::string& path, const std::string& hint);

}  // namespace frugal
