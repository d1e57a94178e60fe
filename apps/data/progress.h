// Progress of a fetch on standard error: one line that is rewritten on a terminal, plain lines elsewhere.
#pragma once

#include <chrono>
#include <string>

#include "frugal/fetch/observer.h"

namespace frugal::app {

enum class DataProgressStyle { Silent, Lines, Live };

// Live on a terminal that can rewrite a line, else Lines; Silent when quiet.
DataProgressStyle data_progress_style(bool quiet);

class DataProgress final : public FetchObserver {
 public:
  explicit DataProgress(DataProgressStyle style) : style_(style) {}
  ~DataProgress() override { clear_line(); }
  DataProgress(const DataProgress&) = delete;
  DataProgress& operator=(const DataProgress&) = delete;

  void begins(const std::string& address, std::uint64_t have, std::optional<std::uint64_t> total) override;
  void has(std::uint64_t bytes) override;
  void ends() override { clear_line(); }
  void remark(const std::string& text) override { say(text); }

 private:
  using Clock = std::chrono::steady_clock;
  void say(const std::string& line);
  void clear_line();
  std::string status(std::uint64_t bytes) const;

  DataProgressStyle style_;
  std::string file_;
  std::uint64_t had_ = 0;
  std::optional<std::uint64_t> total_;
  Clock::time_point began_;
  Clock::time_point shown_at_;
  std::size_t shown_ = 0;
};

}  // namespace frugal::app
