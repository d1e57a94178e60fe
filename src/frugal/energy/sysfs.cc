#include "frugal/energy/sysfs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <system_error>

namespace frugal {
namespace {

constexpr std::string_view kSpace = " \t\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// What a read of the file's beginning gives, or -errno.
ssize_t read_start(int file, char* into, std::size_t size) {
  ssize_t length = 0;
  do {
    length = pread(file, into, size, 0);
  } while (length < 0 && errno == EINTR);
  return length < 0 ? -errno : length;
}

}  // namespace

std::optional<double> parse_kernel_number(std::string_view text) {
  text = trimmed(text);
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return static_cast<double>(number);
}

std::optional<std::string> kernel_text(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::array<char, 4095> text{};
  const ssize_t length = read_start(file, text.data(), text.size());
  close(file);
  if (length < 0) return std::nullopt;
  return std::string(trimmed({text.data(), static_cast<std::size_t>(length)}));
}

std::optional<double> kernel_number(const std::string& path) {
  const std::optional<std::string> text = kernel_text(path);
  return text ? parse_kernel_number(*text) : std::nullopt;
}

std::vector<std::string> names_in(const std::string& folder, std::string_view prefix) {
  std::vector<std::string> names;
  std::error_code failure;
  std::filesystem::directory_iterator entry(folder, failure);
  while (!failure && entry != std::filesystem::directory_iterator()) {
    std::string name = entry->path().filename().string();
    if (name.starts_with(prefix)) names.push_back(std::move(name));
    entry.increment(failure);
  }
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  return names;
}

std::string system_reason(int error_number) { return std::generic_category().message(error_number); }

Result<OpenNumber> OpenNumber::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file >= 0) return OpenNumber(file);
  const int reason = errno;
  const bool rights = reason == EACCES || reason == EPERM;
  return Error{rights ? ErrorCode::NeedRights : ErrorCode::GiveUp, path + ": " + system_reason(reason)};
}

OpenNumber::~OpenNumber() {
  if (file_ >= 0) close(file_);
}

std::optional<double> OpenNumber::read() const {
  std::array<char, 32> text;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the read
  const ssize_t length = read_start(file_, text.data(), text.size());
  if (length <= 0) return std::nullopt;
  return parse_kernel_number({text.data(), static_cast<std::size_t>(length)});
}

std::string OpenNumber::trouble() const {
  std::array<char, 32> text{};
  const ssize_t length = read_start(file_, text.data(), text.size());
  if (length < 0) return system_reason(static_cast<int>(-length));
  const std::string_view shown(text.data(), static_cast<std::size_t>(length));
  return parse_kernel_number(shown) ? "" : "it holds no number";
}

}  // namespace frugal
