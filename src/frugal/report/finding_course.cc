// How each trial went: its epochs and explorations in order, and the range tests with what the rule picks.
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "frugal/report/finding_parts.h"
#include "frugal/search/rate_selection.h"

namespace frugal {
namespace {

// Train steps on the way from the initial weights to the latest state of their trial.
std::unordered_set<int> live_steps(const std::vector<Observation>& history) {
  std::unordered_map<TrialId, int> latest;
  std::unordered_map<int, std::optional<int>> from;
  for (const Observation& seen : history) {
    if (!std::holds_alternative<Train>(seen.step.work)) continue;
    latest[seen.step.trial] = seen.number;
    from[seen.number] = seen.step.from;
  }
  std::unordered_set<int> live;
  live.reserve(history.size());
  for (const auto& [trial, step] : latest) {
    std::optional<int> at = step;
    while (at && live.insert(*at).second) {
      const auto found = from.find(*at);
      at = found == from.end() ? std::nullopt : found->second;
    }
  }
  return live;
}

using RowKey = std::pair<int, TrialId>;

// The first row of a round and trial is that of its exploration; roll-backs follow.
std::map<RowKey, const RoundRow*> exploration_rows(const StudyResult& result) {
  std::map<RowKey, const RoundRow*> rows;
  for (const RoundLog& round : result.decisions) {
    for (const RoundRow& row : round.rows) rows.try_emplace({round.round, row.trial}, &row);
  }
  return rows;
}

void add_epochs(Course& course, const Observation& seen, const Train& train, const Goal& goal, bool live) {
  std::optional<double> rate = train.set.number("learning_rate");
  if (!rate) rate = seen.step.point.number("learning_rate");
  for (const EpochRow& row : seen.outcome.epochs) {
    course.epochs.push_back({row.epoch, seen.step.round, metric_of(row.metrics, goal),
                             std::isfinite(row.loss) ? std::optional(row.loss) : std::nullopt, rate,
                             row.energy, row.duration, !live});
  }
}

RateChoice choice_of(RateRule rule, std::span<const RatePoint> curve, double loss_before) {
  switch (rule) {
    case RateRule::Paper:
      return select_rate_paper(curve, loss_before);
    case RateRule::Descent:
      return select_rate_descent(curve, loss_before);
    case RateRule::Valley:
      break;
  }
  return select_rate_valley(curve, loss_before);
}

}  // namespace

std::vector<Course> courses_of(const StudyResult& result) {
  std::vector<Course> courses(result.trials.size());
  std::unordered_map<TrialId, std::size_t> at;
  for (std::size_t i = 0; i < result.trials.size(); ++i) at[result.trials[i].id] = i;
  const std::unordered_set<int> live = live_steps(result.history);
  const auto rows = exploration_rows(result);
  for (const Observation& seen : result.history) {
    const auto place = at.find(seen.step.trial);
    if (place == at.end()) continue;
    Course& course = courses[place->second];
    if (const auto* train = std::get_if<Train>(&seen.step.work))
      add_epochs(course, seen, *train, result.header.goal, live.contains(seen.number));
    if (!std::holds_alternative<Explore>(seen.step.work)) continue;
    CourseExploration exploration{static_cast<int>(course.epochs.size()), seen.step.round};
    if (const auto row = rows.find({seen.step.round, seen.step.trial}); row != rows.end()) {
      exploration.quality = row->second->quality;
      exploration.energy_per_epoch = row->second->energy_per_epoch;
      exploration.rate = row->second->learning_rate;
    }
    course.explorations.push_back(exploration);
  }
  return courses;
}

std::vector<RateTest> rate_tests_of(const StudyResult& result, const Plan& plan) {
  std::vector<RateTest> tests;
  const auto* sm2 = std::get_if<Sm2Plan>(&plan.strategy);
  if (sm2 == nullptr) return tests;
  const auto rows = exploration_rows(result);
  for (const Observation& seen : result.history) {
    if (!std::holds_alternative<Explore>(seen.step.work) || seen.outcome.curve.empty()) continue;
    RateTest test{seen.number, seen.step.trial, seen.step.round, seen.outcome.loss_before};
    test.curve = mean_curve(seen.outcome.curve);
    RateChoice choice = choice_of(sm2->rate_rule, test.curve, test.loss_before);
    test.selected = choice.rate;
    test.window_begin = choice.window_begin;
    test.window_end = choice.window_end;
    test.note = std::move(choice.warning);
    if (const auto row = rows.find({seen.step.round, seen.step.trial}); row != rows.end())
      test.used = row->second->learning_rate;
    tests.push_back(std::move(test));
  }
  return tests;
}

}  // namespace frugal
