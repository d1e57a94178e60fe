#include "frugal/search/each_point.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace frugal {
namespace {

const Goal kGoal{"accuracy", true};

Observation trained(int number, TrialId trial, int epoch, double value, std::optional<int> from = {}) {
  Observation seen{number, Step{trial, {}, 1, from, 0, Train{}, {}}, {}};
  seen.outcome.epochs.push_back({epoch, 1, {{"accuracy", value}}, 10, Duration(2), {}});
  seen.outcome.duration = Duration(2);
  return seen;
}

EachPoint strategy(int points, Limits limits) {
  EachPointSettings settings{"random", {}, kGoal, limits};
  for (int i = 0; i < points; ++i) settings.points.push_back({Point({{"x", std::int64_t{i}}}), 1});
  return EachPoint(settings);
}

std::vector<Observation> play(const EachPoint& search, const std::function<double(TrialId, int)>& quality,
                              std::string& reason) {
  std::vector<Observation> history;
  std::map<TrialId, int> epochs;
  while (true) {
    const Proposal proposal = *search.propose(history);
    if (const auto* finished = std::get_if<Finished>(&proposal)) {
      reason = finished->reason;
      return history;
    }
    Observation seen{static_cast<int>(history.size()), std::get<Step>(proposal), {}};
    if (std::holds_alternative<Train>(seen.step.work)) {
      const int epoch = ++epochs[seen.step.trial];
      seen.outcome.epochs.push_back(
          {epoch, 1, {{"accuracy", quality(seen.step.trial, epoch)}}, 10, Duration(1), {}});
    }
    history.push_back(seen);
  }
}

TEST(Stopping, TargetEnergyAndTime) {
  const std::vector<Observation> history{trained(0, 0, 1, 0.8)};
  EXPECT_EQ(stop_reason(history, kGoal, {.target = 0.8}, {}), "target");
  EXPECT_EQ(stop_reason(history, kGoal, {.target = 0.81}, {}), std::nullopt);
  EXPECT_EQ(stop_reason(history, Goal{"accuracy", false}, {.target = 0.8}, {}), "target");
  EXPECT_EQ(stop_reason(history, kGoal, {.energy = Joules(5)}, {Joules(5), Duration(0)}), "energy");
  EXPECT_EQ(stop_reason(history, kGoal, {.energy = Joules(5)}, {std::nullopt, Duration(0)}), std::nullopt);
  EXPECT_EQ(stop_reason(history, kGoal, {.time = Duration(2)}, {std::nullopt, Duration(2)}), "time");
  EXPECT_EQ(stop_reason({}, kGoal, {.target = 0.1}, {}), std::nullopt);
}

TEST(Stopping, EpochsAndPatienceOfATrial) {
  const std::vector<Observation> history{trained(0, 0, 1, 0.8), trained(1, 0, 2, 0.8, 0),
                                         trained(2, 0, 3, 0.7, 1)};
  const TrialSummary trial = summarise(history, kGoal).front();
  EXPECT_EQ(trial.epochs_since_best, 2);  // an equal value is no improvement
  EXPECT_EQ(exhausted(trial, {.patience = 2}), "patience");
  EXPECT_EQ(exhausted(trial, {.patience = 3}), std::nullopt);
  EXPECT_EQ(exhausted(trial, {.epochs = 3}), "epochs");
}

TEST(Stopping, APointWithEpochsOrPatienceGoesByThem) {
  const std::vector<Observation> history{trained(0, 0, 1, 0.8), trained(1, 0, 2, 0.7)};
  TrialSummary trial = summarise(history, kGoal).front();
  trial.point.set("epochs", Value(std::int64_t{2}));
  EXPECT_EQ(exhausted(trial, {.epochs = 9}), "epochs");
  trial.point.set("epochs", Value(std::int64_t{3}));
  EXPECT_EQ(exhausted(trial, {.epochs = 2}), std::nullopt);
  trial.point.set("patience", Value(std::int64_t{1}));
  EXPECT_EQ(exhausted(trial, {.patience = 9}), "patience");
}

TEST(Trials, TheBestEpochWinsAndNaNNever) {
  std::vector<Observation> history{trained(0, 0, 1, 0.8),
                                   trained(1, 0, 2, std::numeric_limits<double>::quiet_NaN(), 0),
                                   trained(2, 1, 1, 0.9)};
  EXPECT_EQ(best_kept(history, kGoal)->trial, 1);
  history.push_back({3, Step{1, {}, 1, 2, 0, Drop{}, {}}, {}});
  EXPECT_EQ(best_kept(history, kGoal)->trial, 0);  // what was dropped has no weights any more
  EXPECT_EQ(best_kept({}, kGoal), std::nullopt);
}

TEST(EachPointSearch, TrainsAnEpochAStepAndKeepsOnlyTheBestTrial) {
  std::string reason;
  const auto history = play(
      strategy(3, {.epochs = 2}), [](TrialId trial, int) { return trial == 1 ? 0.9 : 0.5; }, reason);
  EXPECT_EQ(reason, "exhausted");
  std::string kinds;
  for (const Observation& seen : history)
    kinds += std::string(work_name(seen.step.work)).substr(0, 1) + std::to_string(seen.step.trial);
  EXPECT_EQ(kinds, "t0t0t1d0t1t2t2d2");
}

TEST(EachPointSearch, OnePointEndsWithItsOwnReason) {
  std::string reason;
  const auto history = play(
      strategy(1, {.epochs = 50, .patience = 3}),
      [](TrialId, int epoch) { return epoch <= 4 ? 0.1 * epoch : 0.4; }, reason);
  EXPECT_EQ(reason, "patience");
  EXPECT_EQ(history.size(), 7u);
}

TEST(EachPointSearch, ATrialThatGivesNoMoreEpochsIsOver) {
  const EachPoint search = strategy(2, {.epochs = 9, .patience = 9});
  std::vector<Observation> history{trained(0, 0, 1, 0.8)};
  EXPECT_EQ(std::get<Step>(*search.propose(history)).trial, 0);
  Observation empty = trained(1, 0, 2, 0, 0);
  empty.outcome.epochs.clear();
  history.push_back(empty);
  EXPECT_EQ(std::get<Step>(*search.propose(history)).trial, 1);
  EXPECT_EQ(summarise(history, kGoal).front().best->value, 0.8);
  history.back().outcome.failure = Failure{FailureKind::Internal, "no"};
  EXPECT_FALSE(summarise(history, kGoal).front().ended);
}

TEST(EachPointSearch, AFailedTrialIsDropped) {
  std::vector<Observation> history{trained(0, 0, 1, 0.8)};
  history[0].outcome.epochs.clear();
  history[0].outcome.failure = Failure{FailureKind::Diverged, "NaN"};
  const Proposal proposal = *strategy(2, {.epochs = 2}).propose(history);
  EXPECT_STREQ(work_name(std::get<Step>(proposal).work), "drop");
  EXPECT_EQ(std::get<Step>(proposal).note, "diverged");
}

TEST(EachPointSearch, RandomPointsAreDifferentAndRepeatable) {
  const Space space = *Space::make({{"a", Choice{{std::int64_t{1}, std::int64_t{2}, std::int64_t{3}}}}});
  EXPECT_EQ(random_points(space, 10, 1).size(), 3u);  // the space has no more
  const Space wide = *Space::make({{"lr", Real{0.001, 1, true, {}}}});
  const auto points = random_points(wide, 5, 1);
  EXPECT_EQ(points, random_points(wide, 5, 1));
  EXPECT_FALSE(points == random_points(wide, 5, 2));
}

TEST(EachPointSearch, RepeatsHaveSeedsOfTheirOwn) {
  const auto list = repeated({Point({{"x", 1.0}}), Point({{"x", 2.0}})}, 2, 7);
  ASSERT_EQ(list.size(), 4u);
  EXPECT_EQ(list[0].seed, 7u);
  EXPECT_EQ(list[1].seed, 8u);
  EXPECT_EQ(list[2].point, Point({{"x", 2.0}}));
}

}  // namespace
}  // namespace frugal
