#include "frugal/fetch/address.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace frugal {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::optional<int> port_number(std::string_view text) {
  int port = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (fault != std::errc() || end != text.data() + text.size() || port < 1 || port > 65535)
    return std::nullopt;
  return port;
}

// "host", "host:port", "[::1]:port" into `out`; false when it is none of them.
bool read_host(std::string_view text, Address& out) {
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    out.host = lower(text.substr(1, end - 1));
    rest = text.substr(end + 1);
  } else {
    const std::size_t end = text.find(':');
    out.host = lower(text.substr(0, end));
    rest = end == std::string_view::npos ? "" : text.substr(end);
  }
  if (out.host.empty() || out.host.find_first_of(" \t\r\n\"<>\\") != std::string::npos) return false;
  if (rest.empty()) return true;
  const auto port = rest.starts_with(':') ? port_number(rest.substr(1)) : std::nullopt;
  if (!port) return false;
  out.port = *port;
  return true;
}

bool excepted(const std::string& host, std::string_view list) {
  while (!list.empty()) {
    const std::size_t end = list.find(',');
    std::string word = lower(list.substr(0, end));
    list = end == std::string_view::npos ? "" : list.substr(end + 1);
    std::erase_if(word, [](unsigned char c) { return std::isspace(c); });
    if (word == "*") return true;
    if (word.starts_with('.')) word.erase(0, 1);
    if (!word.empty() && (host == word || host.ends_with("." + word))) return true;
  }
  return false;
}

}  // namespace

std::string Address::origin() const {
  const std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  const int usual = scheme == "https" ? 443 : 80;
  return scheme + "://" + shown + (port == usual ? "" : ":" + std::to_string(port));
}

Result<Address> parse_address(std::string_view text) {
  const auto fault = [&](const std::string& why) {
    return bad_input("'" + std::string(text) + "' is no address to fetch from: " + why,
                     "an address looks like https://example.org/data");
  };
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return fault("it does not begin with http:// or https://");
  Address out;
  out.scheme = lower(text.substr(0, colon));
  if (out.scheme != "http" && out.scheme != "https") return fault("only http and https are spoken");
  out.port = out.scheme == "https" ? 443 : 80;
  const std::string_view rest = text.substr(colon + 3);
  const std::size_t end = rest.find_first_of("/?#");
  const std::string_view host = rest.substr(0, end);
  if (host.find('@') != std::string_view::npos) return fault("it holds a user or a password");
  if (!read_host(host, out)) return fault("its host or port is wrong");
  std::string_view path = end == std::string_view::npos ? "" : rest.substr(end);
  path = path.substr(0, path.find('#'));
  if (path.find_first_of(" \t\r\n") != std::string_view::npos) return fault("it holds a blank");
  out.path = (path.starts_with('/') ? "" : "/") + std::string(path);
  return out;
}

Result<Address> redirected(const Address& from, std::string_view location) {
  std::string text(location);
  if (text.starts_with("//")) {
    text = from.scheme + ":" + text;
  } else if (text.starts_with('/')) {
    text = from.origin() + text;
  } else if (text.find("://") == std::string::npos) {
    const std::string_view path(from.path);
    const std::string_view plain = path.substr(0, path.find('?'));
    text = from.origin() + std::string(plain.substr(0, plain.rfind('/') + 1)) + text;
  }
  Result<Address> to = parse_address(text);
  if (!to)
    return Error{ErrorCode::Retry,
                 from.text() + " leads to '" + std::string(location) + "', which is no address"};
  if (from.scheme == "https" && to->scheme != "https")
    return Error{ErrorCode::Retry, from.text() + " leads to " + to->text() + ", which is not encrypted"};
  return to;
}

Result<std::optional<Proxy>> proxy_for(const Address& address, const ProxyWords& words) {
  std::string word = address.scheme == "https" ? words.https : words.http;
  if (word.empty()) word = words.all;
  if (word.empty() || excepted(address.host, words.none)) return std::optional<Proxy>();
  Proxy proxy;
  if (const std::size_t at = word.rfind('@'); at != std::string::npos) {
    const std::size_t begin = word.find("://") == std::string::npos ? 0 : word.find("://") + 3;
    const std::string login = word.substr(begin, at - begin);
    proxy.user = login.substr(0, login.find(':'));
    if (login.find(':') != std::string::npos) proxy.password = login.substr(login.find(':') + 1);
    word.erase(begin, at + 1 - begin);
  }
  if (word.find("://") == std::string::npos) word = "http://" + word;
  const Result<Address> parsed = parse_address(word);
  if (!parsed || parsed->scheme != "http")
    return bad_input("the proxy '" + word + "' cannot be used: only proxies of the form http://host:port are",
                     "unset the variable, or set no_proxy=" + address.host);
  proxy.host = parsed->host;
  proxy.port = parsed->port;
  return std::optional<Proxy>(proxy);
}

}  // namespace frugal
