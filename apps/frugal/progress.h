// Live progress of a study on standard error: one line that is rewritten on a terminal, plain lines
// elsewhere.
#pragma once

#include "frugal/search/stopping.h"
#include "frugal/study/study.h"

namespace frugal::app {

enum class ProgressStyle { Silent, Lines, Live };
// Live on a terminal that can rewrite a line, else Lines; Silent when quiet.
ProgressStyle progress_style(bool quiet);

class Progress final : public StudyObserver {
 public:
  Progress(ProgressStyle style, Goal goal, Limits limits)
      : style_(style), goal_(std::move(goal)), limits_(limits) {}
  ~Progress() override { clear_line(); }

  void opened(const WorkloadCard& card, const StudyRecord& record) override;
  void step_begins(int number, const Step& step) override;
  void epoch(const Step& step, const EpochRow& row) override;
  void energy(const EnergyReport& so_far, Duration elapsed) override;
  void step_ended(const Observation& observation, const Spent& spent) override;
  void remark(const std::string& text) override;
  // Takes the live line away, before anything else is written to the terminal.
  void finish() { clear_line(); }

 private:
  void say(const std::string& line);
  void rewrite();
  void clear_line();
  std::string status() const;
  std::string left() const;

  ProgressStyle style_;
  Goal goal_;
  Limits limits_;
  Spent spent_;
  EnergyReport running_;
  Duration running_time_;
  Step step_;
  int epochs_ = 0;
  int trials_ = 0;
  std::optional<double> best_;
  std::size_t shown_ = 0;
};

}  // namespace frugal::app
