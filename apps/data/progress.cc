#include "data/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "frugal/base/units_text.h"
#include "frugal/fetch/download.h"

namespace frugal::app {

DataProgressStyle data_progress_style(bool quiet) {
  if (quiet) return DataProgressStyle::Silent;
  const char* term = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe)
  const bool rewrites = ::isatty(STDERR_FILENO) != 0 && term != nullptr && std::strcmp(term, "dumb") != 0;
  return rewrites ? DataProgressStyle::Live : DataProgressStyle::Lines;
}

void DataProgress::clear_line() {
  if (shown_ == 0) return;
  std::fprintf(stderr, "\r%*s\r", static_cast<int>(shown_), "");
  std::fflush(stderr);
  shown_ = 0;
}

void DataProgress::say(const std::string& line) {
  if (style_ == DataProgressStyle::Silent) return;
  clear_line();
  std::fprintf(stderr, "%s\n", line.c_str());
}

void DataProgress::begins(const std::string& address, std::uint64_t have,
                          std::optional<std::uint64_t> total) {
  file_ = address.substr(address.rfind('/') + 1);
  had_ = have;
  total_ = total;
  began_ = shown_at_ = Clock::now();
  say((have == 0 ? "from " : "going on after " + bytes_text(have) + " from ") + address +
      (total ? ", " + bytes_text(*total) : ""));
}

std::string DataProgress::status(std::uint64_t bytes) const {
  const double seconds = std::chrono::duration<double>(Clock::now() - began_).count();
  const double rate = seconds > 0 ? static_cast<double>(bytes - had_) / seconds : 0;
  std::string text = file_ + "  " + bytes_text(bytes);
  if (total_) text += " of " + bytes_text(*total_);
  text += "  " + bytes_text(static_cast<std::uint64_t>(rate)) + "/s";
  if (total_ && rate > 0 && *total_ > bytes)
    text += "  " + to_text(Duration(static_cast<double>(*total_ - bytes) / rate)) + " left";
  return text;
}

void DataProgress::has(std::uint64_t bytes) {
  if (style_ != DataProgressStyle::Live) return;
  const Clock::time_point now = Clock::now();
  if (now - shown_at_ < std::chrono::milliseconds(200)) return;
  shown_at_ = now;
  std::string line = status(bytes);
  if (line.size() > 100) line.resize(100);
  const std::size_t width = line.size();
  if (shown_ > width) line.append(shown_ - width, ' ');
  std::fprintf(stderr, "\r%s", line.c_str());
  std::fflush(stderr);
  shown_ = width;
}

}  // namespace frugal::app
