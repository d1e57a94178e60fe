// Files of the kernel that hold one value each, as below /sys. Absent is absent: what cannot be read is no
// zero. An OpenNumber keeps its file open, so that reading it is one system call and allocates nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frugal/base/result.h"

namespace frugal {

// A whole decimal number and nothing else but space around it; nothing for any other text.
std::optional<double> parse_kernel_number(std::string_view text);

// The first 4095 bytes of a file without the spaces around them; nothing where it cannot be read.
std::optional<std::string> kernel_text(const std::string& path);
std::optional<double> kernel_number(const std::string& path);

// The names in a folder that begin with `prefix`, "card2" before "card10"; none where it cannot be read.
std::vector<std::string> names_in(const std::string& folder, std::string_view prefix = {});

// "Permission denied", of an errno.
std::string system_reason(int error_number);

// One number in a file that stays open. Movable; one thread at a time.
class OpenNumber {
 public:
  // NeedRights where a permission is missing, else GiveUp; the message names the path and the system's
  // reason.
  static Result<OpenNumber> open(const std::string& path);
  OpenNumber(OpenNumber&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  OpenNumber& operator=(OpenNumber&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  OpenNumber(const OpenNumber&) = delete;
  OpenNumber& operator=(const OpenNumber&) = delete;
  ~OpenNumber();

  // The number that the file holds now; nothing on a failed read and for what is no number.
  std::optional<double> read() const;
  // Why a read fails now; empty where it does not.
  std::string trouble() const;

 private:
  explicit OpenNumber(int file) : file_(file) {}
  int file_ = -1;
};

}  // namespace frugal
