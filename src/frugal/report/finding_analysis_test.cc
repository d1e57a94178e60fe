// What the analysis of a search says of designs whose answer is known beforehand.
#include <gtest/gtest.h>

#include <cmath>

#include "frugal/report/example_study.h"
#include "frugal/report/finding_parts.h"

namespace frugal {
namespace {

// Every combination of batch 16, 32, 64 and sgd, adam, four times; joules of an epoch: 3600 · (1 + effects +
// noise). The noise is ±0.1 and adds up to zero within each combination, so that means are exact.
StudyResult balanced() {
  StudyResult result;
  result.strategy = "grid";
  result.header.goal = {"accuracy", true};
  const double noise[] = {0.1, -0.1, 0.1, -0.1};
  TrialId id = 0;
  for (const int batch : {16, 32, 64}) {
    for (const char* optimizer : {"sgd", "adam"}) {
      for (const double e : noise) {
        const double wh = 1 +
                          (batch == 32   ? -0.3
                           : batch == 64 ? -0.5
                                         : 0) +
                          (optimizer[0] == 'a' ? 0.25 : 0) + e;
        TrialResult trial = example::trial(id++, batch, 1, 0.5 + e, 3600 * wh, "kept");
        trial.point.set("optimizer", std::string(optimizer));
        result.trials.push_back(trial);
      }
    }
  }
  return result;
}

std::optional<Analysis> analysed(const StudyResult& result) {
  std::vector<TrialFinding> trials(result.trials.size());
  for (std::size_t i = 0; i < trials.size(); ++i) trials[i].energy_per_epoch = result.trials[i].energy->value;
  return analysis_of(result, trials, factors_of(result));
}

TEST(Analysis, ContrastsOfABalancedDesignAreDifferencesOfMeans) {
  const Analysis analysis = *analysed(balanced());
  const RegressionFinding& energy = analysis.regressions.at(0);
  EXPECT_EQ(energy.outcome, "energy_per_epoch_wh");
  EXPECT_EQ(energy.fit.form, stats::Form::OneHot);
  EXPECT_EQ(energy.fit.rank, 4u);  // 1 + (3 − 1) + (2 − 1)
  ASSERT_EQ(energy.contrasts.size(), 3u);
  EXPECT_EQ(energy.contrasts[0].a + " - " + energy.contrasts[0].b, "32 - 16");
  EXPECT_NEAR(energy.contrasts[0].difference.coef, -0.3, 1e-9);
  EXPECT_LT(energy.contrasts[0].difference.ci_high, 0);
  EXPECT_LT(energy.contrasts[0].difference.ci_low, -0.3);
  EXPECT_LT(energy.contrasts[0].difference.t, 0);
  EXPECT_NEAR(energy.contrasts[1].difference.coef, -0.5, 1e-9);
  EXPECT_NEAR(energy.contrasts[2].difference.coef, 0.25, 1e-9);
  EXPECT_EQ(energy.contrasts[2].a, "adam");
}

TEST(Analysis, QualityThatFollowsNothingIsNotExplained) {
  const Analysis analysis = *analysed(balanced());
  const RegressionFinding& quality = analysis.regressions.at(1);
  EXPECT_NEAR(quality.fit.r_squared, 0, 1e-9);
  for (const stats::Contrast& contrast : quality.contrasts) EXPECT_NEAR(contrast.difference.coef, 0, 1e-9);
}

TEST(Analysis, ImportanceTellsWhatTheBestTrialsShare) {
  const Analysis analysis = *analysed(balanced());
  // A tenth of 24 is 3; the third cheapest epoch costs 0.6 Wh, and so do three more: six trials, all with
  // sgd.
  const ImportanceFinding& energy = analysis.importances.at(0);
  EXPECT_EQ(energy.found.best, 6u);
  EXPECT_EQ(energy.found.parameters.at(1).parameter, "optimizer");
  EXPECT_GT(energy.found.parameters[1].divergence, 0.1);
  EXPECT_NEAR(energy.found.parameters[0].share + energy.found.parameters[1].share, 1, 1e-9);
  // The best quality occurs in every combination alike.
  const ImportanceFinding& quality = analysis.importances.at(1);
  EXPECT_EQ(quality.found.best, 12u);
  EXPECT_NEAR(quality.found.parameters.at(1).divergence, 0, 1e-9);
}

TEST(Analysis, CorrelationsAreOfNumbersAlone) {
  const Analysis analysis = *analysed(balanced());
  ASSERT_EQ(analysis.correlations.size(), 2u);
  EXPECT_EQ(analysis.correlations[0].parameter, "batch_size");
  EXPECT_LT(analysis.correlations[0].spearman.coefficient, -0.5);
  EXPECT_NEAR(analysis.correlations[1].pearson.coefficient, 0, 1e-9);
}

TEST(Analysis, AParameterOfManyValuesIsANumberAndALogarithmOnALogRange) {
  StudyResult result = balanced();
  for (std::size_t i = 0; i < result.trials.size(); ++i) {
    const double exponent = static_cast<double>(i % 13) / 4;
    result.trials[i].point.set("learning_rate", std::pow(10, exponent - 4));
    // One watt-hour a decade, and noise as before.
    result.trials[i].energy->value += Joules(3600 * exponent);
  }
  const Analysis analysis = *analysed(result);
  const RegressionFinding& energy = analysis.regressions.at(0);
  EXPECT_EQ(energy.fit.form, stats::Form::FullRank);
  const stats::Coefficient& slope = energy.fit.coefficients.back();
  EXPECT_EQ(slope.name, "log10(learning_rate)");
  EXPECT_NEAR(slope.coef, 1, 0.1);
}

TEST(Analysis, WhatDoesNotApplyToEveryTrialIsALevelOfItsOwnAndNamed) {
  StudyResult result = balanced();
  result.trials[0].point.set("momentum", 0.9);
  result.trials[1].point.set("momentum", 0.5);
  const Analysis analysis = *analysed(result);
  ASSERT_FALSE(analysis.notes.empty());
  EXPECT_EQ(analysis.notes[0],
            "momentum does not apply to every trial: that is a level of its own in regressions, and momentum "
            "is in no "
            "importance");
  ASSERT_EQ(analysis.regressions.size(), 2u);
  EXPECT_EQ(analysis.regressions[0].fit.rank, 6u);  // 1, two batch sizes, one optimiser, two momenta or none
}

TEST(Analysis, ARegressionThatCannotBeMadeIsSaid) {
  StudyResult result = balanced();
  for (TrialResult& trial : result.trials) trial.best = 0.5;
  const Analysis analysis = *analysed(result);
  EXPECT_EQ(analysis.regressions.size(), 1u);
  ASSERT_EQ(analysis.notes.size(), 2u);
  EXPECT_TRUE(analysis.notes[0].starts_with("no regression of quality: ")) << analysis.notes[0];
  EXPECT_TRUE(analysis.notes[1].starts_with("no importance for quality: ")) << analysis.notes[1];
}

TEST(Analysis, TrialsOfAnAdaptiveSearchAreNotAnalysed) {
  StudyResult result = balanced();
  result.strategy = "sm2";
  EXPECT_FALSE(analysed(result).has_value());
  result.strategy = "random";
  result.trials.resize(9);
  EXPECT_FALSE(analysed(result).has_value());
}

}  // namespace
}  // namespace frugal
