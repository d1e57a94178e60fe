// For the tests of this room: a scratch folder, a web server that does exactly what a test wants of it, an
// observer that writes down. The server is plain sockets, so that the client is not tested by its own
// library.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "frugal/fetch/observer.h"

namespace frugal::fetch_testing {

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "frugal-fetch-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string path(const std::string& name = "") const { return name.empty() ? path_ : path_ + "/" + name; }

 private:
  std::string path_;
};

inline void write_file(const std::string& path, const std::string& bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Every file and folder below, sorted, relative to it.
inline std::vector<std::string> tree(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    names.push_back(std::filesystem::relative(entry.path(), folder).string());
  std::sort(names.begin(), names.end());
  return names;
}

struct WebRequest {
  std::string path;
  std::map<std::string, std::string> headers;  // names in small letters
  std::string header(const std::string& name) const {
    const auto it = headers.find(name);
    return it == headers.end() ? "" : it->second;
  }
  // N of "Range: bytes=N-"; 0 when none is asked for.
  std::size_t first_byte() const {
    const std::string range = header("range");
    return range.starts_with("bytes=") ? std::strtoull(range.c_str() + 6, nullptr, 10) : 0;
  }
};

// Answers each connection's one request with the bytes that `answer` gives, then closes it: an announced
// length that the bytes do not reach is a cut connection. 127.0.0.1, a free port, one connection at a time.
class WebServer {
 public:
  using Handler = std::function<std::string(const WebRequest&)>;
  explicit WebServer(Handler answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&place), sizeof place);
    ::listen(listener_, 8);
    socklen_t size = sizeof place;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&place), &size);
    port_ = ntohs(place.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;
  ~WebServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  int port() const { return port_; }
  std::string address(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  std::vector<WebRequest> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  void serve() {
    for (int client = 0; (client = ::accept(listener_, nullptr, nullptr)) >= 0; ::close(client)) {
      const WebRequest request = read_request(client);
      {
        const std::lock_guard lock(mutex_);
        seen_.push_back(request);
      }
      std::string bytes = answer_(request);
      for (std::size_t at = 0; at < bytes.size();) {
        const ssize_t sent = ::send(client, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
        if (sent <= 0) break;
        at += static_cast<std::size_t>(sent);
      }
      ::shutdown(client, SHUT_WR);
      char rest = 0;
      while (::recv(client, &rest, 1, 0) > 0) {
      }
    }
  }
  static WebRequest read_request(int client) {
    std::string text;
    char c = 0;
    while (!text.ends_with("\r\n\r\n") && ::recv(client, &c, 1, 0) == 1) text += c;
    WebRequest request;
    std::istringstream lines(text);
    std::string line;
    std::getline(lines, line);
    request.path = line.substr(line.find(' ') + 1);
    request.path = request.path.substr(0, request.path.find(' '));
    while (std::getline(lines, line)) {
      const std::size_t colon = line.find(": ");
      if (colon == std::string::npos) continue;
      std::string name = line.substr(0, colon);
      for (char& letter : name) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
      request.headers[name] = line.substr(colon + 2, line.find('\r') - colon - 2);
    }
    return request;
  }

  Handler answer_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<WebRequest> seen_;
  std::thread thread_;
};

// A head and a body, whose length may be announced larger than it is.
inline std::string web_answer(const std::string& status, const std::string& headers, const std::string& body,
                              std::size_t announced = std::string::npos) {
  return "HTTP/1.1 " + status +
         "\r\nContent-Length: " + std::to_string(announced == std::string::npos ? body.size() : announced) +
         "\r\n" + headers + "Connection: close\r\n\r\n" + body;
}

// A file that can be resumed: whole, or from the byte that is asked for when If-Range names this version.
inline std::string resumable_answer(const WebRequest& request, const std::string& content,
                                    const std::string& etag) {
  const std::size_t first = request.first_byte();
  if (first == 0 || request.header("if-range") != etag)
    return web_answer("200 OK", "ETag: " + etag + "\r\n", content);
  return web_answer("206 Partial Content",
                    "ETag: " + etag + "\r\nContent-Range: bytes " + std::to_string(first) + "-" +
                        std::to_string(content.size() - 1) + "/" + std::to_string(content.size()) + "\r\n",
                    content.substr(first));
}

class NotedObserver final : public FetchObserver {
 public:
  void begins(const std::string& address, std::uint64_t have, std::optional<std::uint64_t>) override {
    began.emplace_back(address, have);
  }
  void has(std::uint64_t bytes) override {
    most = bytes;
    if (on_bytes) on_bytes(bytes);
  }
  void ends() override {}
  void remark(const std::string& text) override { remarks.push_back(text); }

  std::vector<std::pair<std::string, std::uint64_t>> began;
  std::vector<std::string> remarks;
  std::uint64_t most = 0;
  std::function<void(std::uint64_t)> on_bytes;
};

}  // namespace frugal::fetch_testing
