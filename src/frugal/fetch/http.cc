#include "frugal/fetch/http.h"

#include <httplib.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace frugal {
namespace {

constexpr int kMostRedirections = 10;

std::chrono::microseconds microseconds(Duration time) {
  return std::chrono::microseconds(static_cast<std::int64_t>(time.value() * 1e6));
}

bool cancelled(const HttpSettings& settings) { return settings.cancel != nullptr && settings.cancel->load(); }

std::string words_of(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
    case httplib::Error::BindIPAddress:
      return "no connection (is there a network, or is a proxy needed?)";
    case httplib::Error::ConnectionTimeout:
      return "no answer in time";
    case httplib::Error::SSLConnection:
      return "no encrypted connection";
    case httplib::Error::SSLLoadingCerts:
      return "the certificates of this machine cannot be read";
    case httplib::Error::SSLServerVerification:
      return "its certificate cannot be verified";
    case httplib::Error::Read:
    case httplib::Error::Write:
      return "the connection broke";
    default:
      return httplib::to_string(error);
  }
}

// Ends the transfer of a client whose server is silent, as soon as it is cancelled.
class Watch {
 public:
  Watch(httplib::Client& client, const HttpSettings& settings)
      : thread_([&client, &settings, this](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          while (!wake_.wait_for(lock, stop, std::chrono::milliseconds(50), [] { return false; })) {
            if (stop.stop_requested()) return;
            if (cancelled(settings)) client.stop();
          }
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it is joined before what it uses goes
};

HttpHead head_of(const httplib::Response& response, const Address& address) {
  HttpHead head{.address = address.text(),
                .status = response.status,
                .etag = response.get_header_value("ETag"),
                .last_modified = response.get_header_value("Last-Modified"),
                .content_range = response.get_header_value("Content-Range"),
                .length = {}};
  if (response.has_header("Content-Length"))
    head.length = std::strtoull(response.get_header_value("Content-Length").c_str(), nullptr, 10);
  return head;
}

bool is_redirection(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Status prepare(httplib::Client& client, const Address& address, const HttpSettings& settings) {
  client.set_connection_timeout(microseconds(settings.connect_timeout));
  client.set_read_timeout(microseconds(settings.silence));
  client.set_write_timeout(microseconds(settings.silence));
  client.set_url_encode(false);  // addresses come encoded, and a '+' is to stay one
  client.set_decompress(false);
  client.set_keep_alive(false);
  const Result<std::optional<Proxy>> proxy = proxy_for(address, settings.proxies);
  if (!proxy) return proxy.error();
  if (*proxy) {
    client.set_proxy((*proxy)->host, (*proxy)->port);
    if (!(*proxy)->user.empty()) client.set_proxy_basic_auth((*proxy)->user, (*proxy)->password);
  }
  return {};
}

struct Answer {
  HttpHead head;
  std::optional<std::string> location;
};

using OnHead = std::function<bool(const HttpHead&)>;
using OnBody = std::function<bool(std::string_view)>;

// One request, without following.
Result<Answer> get_once(const Address& address, const HttpRequest& request, const HttpSettings& settings,
                        const std::pair<OnHead, OnBody>& callbacks) {
  httplib::Client client(address.origin());
  if (!client.is_valid()) return Error{ErrorCode::Retry, address.text() + ": no client for this address"};
  if (Status ready = prepare(client, address, settings); !ready) return ready.error();
  httplib::Headers headers{
      {"User-Agent", settings.agent}, {"Accept", "*/*"}, {"Accept-Encoding", "identity"}};
  if (request.from > 0) {
    headers.emplace("Range", "bytes=" + std::to_string(request.from) + "-");
    if (!request.if_range.empty()) headers.emplace("If-Range", request.if_range);
  }
  Answer answer;
  bool ended = false;
  const Watch watch(client, settings);
  const httplib::Result result = client.Get(
      address.path, headers,
      [&](const httplib::Response& response) {
        answer.head = head_of(response, address);
        if (is_redirection(response.status) && response.has_header("Location"))
          answer.location = response.get_header_value("Location");
        else if (!callbacks.first(answer.head))
          ended = true;
        return !ended && !answer.location;
      },
      [&](const char* bytes, std::size_t size) {
        if (cancelled(settings)) return false;
        ended = !callbacks.second({bytes, size});
        return !ended;
      });
  if (cancelled(settings)) return Error{ErrorCode::Interrupted, "interrupted"};
  if (!result && !ended && !answer.location)
    return Error{ErrorCode::Retry, address.text() + ": " + words_of(result.error())};
  return answer;
}

}  // namespace

Result<HttpHead> http_get(const HttpRequest& request, const HttpSettings& settings, const OnHead& head,
                          const OnBody& body) {
  Result<Address> address = parse_address(request.address);
  if (!address) return address.error();
  for (int hops = 0; hops <= kMostRedirections; ++hops) {
    Result<Answer> answer = get_once(*address, request, settings, {head, body});
    if (!answer) return answer.error();
    if (!answer->location) return answer->head;
    address = redirected(*address, *answer->location);
    if (!address) return address.error();
  }
  return Error{ErrorCode::Retry,
               request.address + ": more than " + std::to_string(kMostRedirections) + " redirections"};
}

std::string status_text(int status) {
  switch (status) {
    case 400:
      return "400 Bad Request";
    case 401:
      return "401 Unauthorized";
    case 403:
      return "403 Forbidden";
    case 404:
      return "404 Not Found";
    case 407:
      return "407 Proxy Authentication Required";
    case 410:
      return "410 Gone";
    case 416:
      return "416 Range Not Satisfiable";
    case 429:
      return "429 Too Many Requests";
    case 500:
      return "500 Internal Server Error";
    case 502:
      return "502 Bad Gateway";
    case 503:
      return "503 Service Unavailable";
    case 504:
      return "504 Gateway Timeout";
    default:
      return std::to_string(status);
  }
}

}  // namespace frugal
