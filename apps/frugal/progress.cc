#include "frugal/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "frugal/base/units_text.h"

namespace frugal::app {

ProgressStyle progress_style(bool quiet) {
  if (quiet) return ProgressStyle::Silent;
  const char* term = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe)
  const bool rewrites = ::isatty(STDERR_FILENO) != 0 && term != nullptr && std::strcmp(term, "dumb") != 0;
  return rewrites ? ProgressStyle::Live : ProgressStyle::Lines;
}

void Progress::clear_line() {
  if (shown_ == 0) return;
  std::fprintf(stderr, "\r%*s\r", static_cast<int>(shown_), "");
  std::fflush(stderr);
  shown_ = 0;
}

void Progress::say(const std::string& line) {
  if (style_ == ProgressStyle::Silent) return;
  clear_line();
  std::fprintf(stderr, "%s\n", line.c_str());
}

// What the tightest budget leaves; nothing when there is none.
std::string Progress::left() const {
  std::string text;
  if (limits_.energy && spent_.energy)
    text += fmt::format(", {} left", to_text(std::max(Joules(0), *limits_.energy - *spent_.energy)));
  if (limits_.time)
    text +=
        fmt::format(", {} left", to_text(std::max(Duration(0), *limits_.time - spent_.time - running_time_)));
  return text;
}

std::string Progress::status() const {
  std::string energy = "energy not measured";
  if (spent_.energy || running_.total) {
    energy =
        to_text(spent_.energy.value_or(Joules(0)) + (running_.total ? running_.total->value : Joules(0)));
  }
  return fmt::format("{} trial{}, {} epoch{}, {}, {}{}{}", trials_, trials_ == 1 ? "" : "s", epochs_,
                     epochs_ == 1 ? "" : "s", energy, to_text(spent_.time + running_time_),
                     best_ ? fmt::format(", best {} {}", goal_.metric, number_text(*best_)) : "", left());
}

void Progress::rewrite() {
  if (style_ != ProgressStyle::Live) return;
  std::string line = fmt::format("{} trial {}: {}", work_name(step_.work), step_.trial, status());
  if (line.size() > 110) line.resize(110);
  const std::size_t width = line.size();
  if (shown_ > width) line.append(shown_ - width, ' ');
  std::fprintf(stderr, "\r%s", line.c_str());
  std::fflush(stderr);
  shown_ = width;
}

void Progress::opened(const WorkloadCard& card, const StudyRecord& record) {
  spent_ = spent_so_far(record);
  for (const Observation& seen : record.history) {
    trials_ = std::max(trials_, seen.step.trial + 1);
    for (const EpochRow& row : seen.outcome.epochs) {
      ++epochs_;
      const auto value = metric_of(row.metrics, goal_);
      if (value && (!best_ || goal_.better(*value, *best_))) best_ = value;
    }
  }
  say("worker: " + card.worker.name);
  for (const std::string& sensor : card.sensors) say("sensor: " + sensor);
  if (!record.history.empty() || !record.lost.empty())
    say(fmt::format("going on after {} steps: {}", record.history.size(), status()));
}

void Progress::step_begins(int, const Step& step) {
  step_ = step;
  running_ = {};
  running_time_ = Duration(0);
  trials_ = std::max(trials_, step.trial + 1);
  if (!step.note.empty() && !std::holds_alternative<Drop>(step.work))
    say(fmt::format("trial {}: {}", step.trial, step.note));
  rewrite();
}

void Progress::epoch(const Step&, const EpochRow& row) {
  ++epochs_;
  const auto value = metric_of(row.metrics, goal_);
  if (value && (!best_ || goal_.better(*value, *best_))) best_ = value;
  rewrite();
}

void Progress::energy(const EnergyReport& so_far, Duration elapsed) {
  running_ = so_far;
  running_time_ = elapsed;
  rewrite();
}

void Progress::step_ended(const Observation& seen, const Spent& spent) {
  spent_ = spent;
  running_ = {};
  running_time_ = Duration(0);
  rewrite();
  const Outcome& outcome = seen.outcome;
  if (outcome.failure) {
    say(fmt::format("trial {} {}: {}", seen.step.trial, failure_text(outcome.failure->kind),
                    outcome.failure->message));
  } else if (style_ != ProgressStyle::Lines) {
    return;
  } else if (std::holds_alternative<Drop>(seen.step.work)) {
    say(fmt::format("round {} trial {} dropped ({})", seen.step.round, seen.step.trial,
                    seen.step.point.text()));
  } else {
    std::string gave;
    if (!outcome.epochs.empty()) {
      const EpochRow& row = outcome.epochs.back();
      const auto value = metric_of(row.metrics, goal_);
      gave = fmt::format(" epoch {} loss {} {} {}", row.epoch, number_text(row.loss), goal_.metric,
                         value ? number_text(*value) : "none");
    } else if (const auto value = metric_of(outcome.metrics, goal_)) {
      gave = fmt::format(" {} {}", goal_.metric, number_text(*value));
    }
    say(fmt::format("round {} trial {} {}{} | {}", seen.step.round, seen.step.trial,
                    work_name(seen.step.work), gave, status()));
  }
}

void Progress::remark(const std::string& text) { say("caveat: " + text); }

}  // namespace frugal::app
