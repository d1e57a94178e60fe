// One GET over http or https, redirections followed. It knows nothing of files or of data sets.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "frugal/base/result.h"
#include "frugal/base/units.h"
#include "frugal/fetch/address.h"

namespace frugal {

struct HttpSettings {
  Duration connect_timeout{30};
  Duration silence{60};  // without a byte for so long, the connection counts as broken
  std::string agent = "frugal";
  ProxyWords proxies = {};
  const std::atomic<bool>* cancel = nullptr;  // when set to true, the transfer ends soon with Interrupted
};

struct HttpRequest {
  std::string address;
  std::uint64_t from = 0;     // the first byte that is wanted; 0: all of it
  std::string if_range = {};  // the validator of the bytes that are there
};

struct HttpHead {
  std::string address;  // the last one, after redirections
  int status = 0;
  std::string etag;
  std::string last_modified;
  std::string content_range;
  std::optional<std::uint64_t> length;  // of this answer's body
};

// Calls `head` once, then `body` as bytes come; either ends the transfer by returning false. The result is
// the head of an answer that came whole, or that a callback ended. Errors (Retry): not reached, broken before
// the announced end, too many redirections; Interrupted when cancelled. A status of 400 or more is no error
// here.
Result<HttpHead> http_get(const HttpRequest& request, const HttpSettings& settings,
                          const std::function<bool(const HttpHead&)>& head,
                          const std::function<bool(std::string_view)>& body);

// "404 Not Found".
std::string status_text(int status);

}  // namespace frugal
