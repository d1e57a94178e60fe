// A file from the web that is resumed where it was broken off: by a cut connection, Ctrl-C, a full disk or a
// kill. What has come lies in PATH.part, and beside it PATH.part.json says from where and in which version.
#pragma once

#include <string>

#include "frugal/fetch/http.h"
#include "frugal/fetch/observer.h"

namespace frugal {

struct DownloadSettings {
  HttpSettings http = {};
  int attempts = 5;   // in a row that brought nothing new
  Duration pause{2};  // before the next one
};

// Brings the address's bytes to `path`. Goes on with a PATH.part of the same address whose version the server
// confirms (If-Range with its ETag or Last-Modified); else, or when the server knows no ranges, begins anew.
// Errors keep PATH.part: Retry (not reached, broken, refused, with address and status), Interrupted, and
// FixInput when it cannot be written (disk full).
Status download(const std::string& address, const std::string& path, const DownloadSettings& settings,
                FetchObserver& observer);

// "170 MB": for people.
std::string bytes_text(std::uint64_t bytes);

}  // namespace frugal
