// Addresses of the web (http and https only), redirections, and which proxy stands before one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "frugal/base/result.h"

namespace frugal {

struct Address {
  std::string scheme;  // "http" or "https"
  std::string host;    // without the brackets of IPv6
  int port = 80;
  std::string path;  // with the query, beginning with '/'

  // "http://host:port" as clients want it; the port is left out when it is the scheme's own.
  std::string origin() const;
  std::string text() const { return origin() + path; }
};

// An error when it is no http or https address, or holds a user or a password.
Result<Address> parse_address(std::string_view text);

// Where a Location leads, seen from `from`. From https nothing leads to http.
Result<Address> redirected(const Address& from, std::string_view location);

// What the usual variables http_proxy, https_proxy, all_proxy and no_proxy hold; empty: none.
struct ProxyWords {
  std::string http;
  std::string https;
  std::string all;
  std::string none;
};

struct Proxy {
  std::string host;
  int port = 8080;
  std::string user;
  std::string password;
};

// The proxy for an address, or nothing: no_proxy is a list of hosts and of domains (".example.org", or "*"
// for all). An error for a proxy that is not spoken to by http.
Result<std::optional<Proxy>> proxy_for(const Address& address, const ProxyWords& words);

}  // namespace frugal
