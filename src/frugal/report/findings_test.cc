// Findings of the study made by hand (example_study.h), each against pencil and paper.
#include "frugal/report/findings.h"

#include <gtest/gtest.h>

#include <cmath>

#include "frugal/base/rng.h"
#include "frugal/report/example_study.h"
#include "frugal/report/finding_parts.h"

namespace frugal {
namespace {

TEST(Findings, PartsHaveTheOrderOfATrainingAndTheirMeanPower) {
  const Findings found = find(example::study());
  ASSERT_EQ(found.phases.size(), 2u);
  EXPECT_EQ(found.phases[0].name, "explore");
  EXPECT_EQ(found.phases[1].name, "train");
  EXPECT_DOUBLE_EQ(found.phases[1].mean_power->value(), 10);
  EXPECT_DOUBLE_EQ(*found.phases[1].share, 120.0 / 135);
  EXPECT_DOUBLE_EQ(found.total->mean_power->value(), 10);
  EXPECT_DOUBLE_EQ(*found.wasted_share, 115.0 / 135);
  EXPECT_DOUBLE_EQ(*found.winner_share, 100.0 / 135);
}

TEST(Findings, JoulesByFateAddUpToTheTotal) {
  const Findings found = find(example::study());
  ASSERT_EQ(found.fates.size(), 4u);
  EXPECT_EQ(found.fates[0].fate, "winner");
  EXPECT_DOUBLE_EQ(found.fates[0].total->value(), 90);  // its lost attempt stands apart
  EXPECT_EQ(found.fates[1].fate, "dropped");
  EXPECT_DOUBLE_EQ(found.fates[1].by_phase.at("explore").value(), 10);
  EXPECT_DOUBLE_EQ(found.fates[1].by_phase.at("train").value(), 20);
  EXPECT_EQ(found.fates[3].fate, "lost attempts");
  EXPECT_EQ(found.fates[3].trials, 0);
  double sum = 0;
  for (const FateEnergy& fate : found.fates) sum += fate.total->value();
  EXPECT_DOUBLE_EQ(sum, 135);
}

TEST(Findings, QuotientsOfATrial) {
  const Findings found = find(example::study());
  // Trial 1: epochs of 20, 40 and 30 J, last accuracy 0.85, 100 J in all.
  EXPECT_DOUBLE_EQ(found.trials[1].energy_per_epoch->value(), 30);
  EXPECT_DOUBLE_EQ(*found.trials[1].eq, 0.85 * 3600 / 30);
  EXPECT_DOUBLE_EQ(*found.trials[1].eq_total, 0.85 * 3600 / 100);
  EXPECT_DOUBLE_EQ(found.trials[1].by_phase.at("train").value(), 100);
  EXPECT_FALSE(found.trials[2].eq.has_value());
  EXPECT_EQ(found.epochs, 5);
}

TEST(Findings, AMetricToBeMinimisedHasNoQuotient) {
  StudyResult result = example::study();
  result.header.goal.maximise = false;
  EXPECT_FALSE(find(std::move(result)).trials[0].eq.has_value());
}

TEST(Findings, TheAnytimeCurveCountsEverythingSpentBefore) {
  const Findings found = find(example::study());
  ASSERT_EQ(found.anytime.size(), 4u);
  EXPECT_DOUBLE_EQ(found.anytime[0].spent->value(), 20);  // exploration and first epoch
  EXPECT_DOUBLE_EQ(found.anytime[0].value, 0.7);
  EXPECT_DOUBLE_EQ(found.anytime[1].spent->value(), 30);
  EXPECT_DOUBLE_EQ(found.anytime[2].spent->value(), 60);  // with the lost attempt of its step
  EXPECT_EQ(found.anytime[2].trial, 1);
  EXPECT_DOUBLE_EQ(found.anytime[3].spent->value(), 135);  // the end
  EXPECT_DOUBLE_EQ(found.anytime[3].value, 0.9);
  EXPECT_DOUBLE_EQ(found.anytime[3].time.value(), 13.5);
}

TEST(Findings, WithoutEnergyTheAnytimeCurveHasTimesAlone) {
  StudyResult result = example::study();
  for (Observation& seen : result.history) {
    seen.outcome.energy = {};
    for (EpochRow& row : seen.outcome.epochs) row.energy.reset();
  }
  result.lost.clear();
  const std::vector<AnytimePoint> curve = anytime_curve(result);
  EXPECT_FALSE(curve.at(0).spent.has_value());
  EXPECT_DOUBLE_EQ(curve.at(0).time.value(), 2);
}

TEST(Findings, TheCourseOfATrialMarksRollBacksAndExplorations) {
  const Findings found = find(example::study());
  const Course& winner = found.courses[1];
  ASSERT_EQ(winner.epochs.size(), 3u);
  EXPECT_FALSE(winner.epochs[0].rolled_back);
  EXPECT_TRUE(winner.epochs[1].rolled_back);
  EXPECT_FALSE(winner.epochs[2].rolled_back);
  EXPECT_DOUBLE_EQ(*winner.epochs[2].rate, 0.05);
  const Course& dropped = found.courses[0];
  ASSERT_EQ(dropped.explorations.size(), 1u);
  EXPECT_EQ(dropped.explorations[0].after, 0);
  EXPECT_DOUBLE_EQ(dropped.explorations[0].energy_per_epoch->value(), 12);
}

TEST(Findings, ARangeTestHoldsTheRulesChoiceAndTheRateThatWasUsed) {
  const Findings found = find(example::study());
  ASSERT_EQ(found.rate_tests.size(), 1u);  // the failed one has no curve
  const RateTest& test = found.rate_tests[0];
  EXPECT_DOUBLE_EQ(test.curve[1].loss, 1);
  // Valley: the smoothed losses are 1.5, 2 and 2; a third of 0.01 lies below the grid.
  EXPECT_DOUBLE_EQ(test.selected, 0.01);
  EXPECT_DOUBLE_EQ(*test.used, 0.01);
}

TEST(Findings, FactorsAreWhatVaries) {
  const Findings found = find(example::study());
  ASSERT_EQ(found.factors.size(), 1u);
  EXPECT_EQ(found.factors[0].name, "batch_size");
  EXPECT_TRUE(found.factors[0].numeric);
  EXPECT_FALSE(found.factors[0].log);
  EXPECT_EQ(found.factors[0].level[2], 2);
}

TEST(Findings, AConditionalFactorIsAbsentWhereItDoesNotApply) {
  StudyResult result = example::study();
  result.trials[0].point.set("momentum", 0.9);
  const std::vector<Factor> factors = factors_of(result);
  ASSERT_EQ(factors.size(), 2u);
  EXPECT_EQ(factors[1].name, "momentum");
  EXPECT_EQ(factors[1].level[0], 0);
  EXPECT_FALSE(factors[1].level[1].has_value());
}

TEST(Findings, LevelsOfNumbersAscendWhateverTheirOrder) {
  StudyResult result = example::study();
  result.trials[0].point.set("batch_size", std::int64_t{512});
  const Factor factor = factors_of(result).at(0);
  EXPECT_EQ(value_text(factor.levels[0]), "32");
  EXPECT_EQ(factor.level[0], 2);
}

TEST(Findings, RankingsLeaveOutWhatWasNeverTrained) {
  const Findings found = find(example::study());
  ASSERT_EQ(found.rankings.size(), 3u);
  EXPECT_EQ(found.rankings[0].order, (std::vector<std::size_t>{1, 0}));
  EXPECT_EQ(found.rankings[1].order, (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(found.rankings[2].by, "eq");
}

TEST(Findings, AHistogramCountsEveryValueOnce) {
  StudyResult result;
  for (int i = 0; i < 9; ++i) result.trials.push_back(example::trial(i, 16, 1, i / 8.0, 5, "kept"));
  const std::vector<Histogram> made = histograms_of(result);
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(made[0].counts, (std::vector<int>{3, 3, 3}));
  EXPECT_DOUBLE_EQ(made[0].edges.front(), 0);
  EXPECT_DOUBLE_EQ(made[0].edges.back(), 1);
  EXPECT_EQ(made[1].counts, (std::vector<int>{9}));  // equal joules: one bin
  result.trials.resize(4);
  EXPECT_TRUE(histograms_of(result).empty());
}

TEST(Findings, CarbonFollowsFromTheStudyFile) {
  const Findings found = find(example::study());
  ASSERT_TRUE(found.carbon.has_value());
  EXPECT_DOUBLE_EQ(found.carbon->g, 135.0 / 3.6e6 * 1.5 * 100);
  StudyResult silent = example::study();
  silent.header.plan["energy"].erase("carbon");
  const Findings none = find(std::move(silent));
  EXPECT_FALSE(none.carbon.has_value());
  EXPECT_EQ(none.no_carbon,
            "the study file names no country or intensity (energy: {carbon: DE}), and none is guessed");
}

TEST(Findings, ABetterEpochOfADroppedTrialIsNamed) {
  StudyResult result = example::study();
  EXPECT_FALSE(find(result).better_but_dropped.has_value());
  result.trials[0].best = 0.95;
  EXPECT_EQ(find(std::move(result)).better_but_dropped, 0u);
}

TEST(Findings, ParityIsTheComparisonWithTheReferences) {
  StudyResult vanilla = example::study();
  vanilla.header.name = "vanilla";
  vanilla.energy.total = example::figure(90, 9);
  const Findings found = find(example::study(), std::vector{vanilla});
  EXPECT_DOUBLE_EQ(*found.parity->pairs.at(0).ratio, 1.5);
  EXPECT_FALSE(find(example::study()).parity.has_value());
}

// The definition, written down literally: nobody else is at least as good in both and better in one.
bool undominated(const std::vector<TrialResult>& trials, std::size_t i, const Goal& goal) {
  for (const TrialResult& other : trials) {
    const double q = *other.best;
    const double mine = *trials[i].best;
    const Joules e = other.energy->value;
    const Joules my = trials[i].energy->value;
    const bool as_good = !goal.better(mine, q) && e <= my;
    if (as_good && (goal.better(q, mine) || e < my)) return false;
  }
  return true;
}

TEST(Findings, TheFrontIsTheDefinitionOfOneForRandomTrials) {
  Rng rng(7);
  for (const bool maximise : {true, false}) {
    for (int round = 0; round < 50; ++round) {
      StudyResult result;
      result.header.goal.maximise = maximise;
      for (int i = 0; i < 40; ++i) {
        // A coarse grid, so that ties and equal pairs occur.
        const double quality = std::floor(rng.uniform() * 8) / 8;
        const double joules = 1 + std::floor(rng.uniform() * 8);
        result.trials.push_back(example::trial(i, 16, 1, quality, joules, "kept"));
      }
      const std::vector<TrialFinding> found = trial_findings(result);
      for (std::size_t i = 0; i < found.size(); ++i)
        EXPECT_EQ(found[i].on_front, undominated(result.trials, i, result.header.goal)) << i;
    }
  }
}

TEST(Findings, OfAnEmptyStudyThereIsNothing) {
  const Findings found = find(StudyResult{});
  EXPECT_TRUE(found.anytime.empty());
  EXPECT_TRUE(found.fates.empty());
  EXPECT_FALSE(found.total.has_value());
  EXPECT_EQ(found.no_carbon, "no energy was measured");
}

}  // namespace
}  // namespace frugal
