#include "frugal/work/line_channel.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <utility>

namespace frugal {
namespace {

constexpr std::size_t kMaxLine = 64U << 20U;

}  // namespace

LineChannel::LineChannel(int read_fd, int write_fd, bool owned)
    : read_fd_(read_fd), write_fd_(write_fd), owned_(owned) {}

LineChannel::LineChannel(LineChannel&& other) noexcept
    : read_fd_(std::exchange(other.read_fd_, -1)),
      write_fd_(std::exchange(other.write_fd_, -1)),
      owned_(other.owned_),
      broken_(other.broken_),
      buffer_(std::move(other.buffer_)),
      scanned_(other.scanned_) {}

LineChannel::~LineChannel() {
  if (!owned_) return;
  if (write_fd_ >= 0 && write_fd_ != read_fd_) ::close(write_fd_);
  if (read_fd_ >= 0) ::close(read_fd_);
}

void LineChannel::close_write() {
  if (owned_ && write_fd_ >= 0 && write_fd_ != read_fd_) ::close(write_fd_);
  write_fd_ = -1;
}

std::optional<std::string> LineChannel::next_line() {
  const std::size_t end = buffer_.find('\n', scanned_);
  if (end == std::string::npos) {
    scanned_ = buffer_.size();
    if (buffer_.size() > kMaxLine) broken_ = true;
    return std::nullopt;
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  scanned_ = 0;
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

bool LineChannel::fill() {
  std::array<char, 65536> chunk;
  const ssize_t got = ::read(read_fd_, chunk.data(), chunk.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  if (got == 0) return false;
  buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  return true;
}

LineChannel::Read LineChannel::read_line(std::string& line, Duration timeout) {
  using SteadyTime = std::chrono::steady_clock;
  const auto start = SteadyTime::now();
  while (true) {
    if (std::optional<std::string> ready = next_line()) {
      line = std::move(*ready);
      return Read::Line;
    }
    if (broken_) return Read::Broken;
    int wait_ms = -1;
    if (timeout >= Duration(0)) {
      const double left = timeout.value() - std::chrono::duration<double>(SteadyTime::now() - start).count();
      if (left < 0) return Read::TimedOut;
      wait_ms = static_cast<int>(std::min(std::ceil(left * 1e3), 1e9));
    }
    pollfd waiting{read_fd_, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, wait_ms);
    if (ready < 0 && errno != EINTR) return Read::Broken;
    if (ready > 0 && !fill()) return Read::Closed;
  }
}

Status LineChannel::write_line(std::string_view line) {
  std::string text(line);
  text += '\n';
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t put = ::write(write_fd_, text.data() + written, text.size() - written);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0)
      return Error{ErrorCode::Retry, std::string("the other end does not listen: ") + std::strerror(errno)};
    written += static_cast<std::size_t>(put);
  }
  return {};
}

}  // namespace frugal
