// Lines over a pair of file descriptors: what the worker protocol travels on. Not for several threads.
// A line is at most 64 MiB; whoever sends more is taken for broken. SIGPIPE must be ignored by the process.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "frugal/base/result.h"
#include "frugal/base/units.h"

namespace frugal {

class LineChannel {
 public:
  // Borrows the descriptors, or owns and closes them when `owned`.
  LineChannel(int read_fd, int write_fd, bool owned);
  ~LineChannel();
  LineChannel(LineChannel&& other) noexcept;
  LineChannel(const LineChannel&) = delete;
  LineChannel& operator=(const LineChannel&) = delete;
  LineChannel& operator=(LineChannel&&) = delete;

  enum class Read { Line, Closed, TimedOut, Broken };
  // Waits at most `timeout` (negative: for ever) for a whole line, which comes without its newline.
  Read read_line(std::string& line, Duration timeout);
  // Takes what has arrived without waiting; to be called when poll() says the descriptor is readable.
  // Returns false at the end of input. Lines are then had from next_line().
  bool fill();
  std::optional<std::string> next_line();
  // True once the other end has sent more than a line may hold.
  bool broken() const { return broken_; }

  // Writes all of it and a newline. Fails with Retry when the other end is gone.
  Status write_line(std::string_view line);
  void close_write();
  int read_fd() const { return read_fd_; }

 private:
  int read_fd_;
  int write_fd_;
  bool owned_;
  bool broken_ = false;
  std::string buffer_;
  std::size_t scanned_ = 0;
};

}  // namespace frugal
