// Comparisons against hand arithmetic on Table 1 of SM² (Geissler et al. 2024, Spend More to Save More, arXiv
// 2412.08526).
#include "frugal/report/comparison.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "frugal/report/example_study.h"

namespace frugal {
namespace {

StudyResult study(const std::string& name, double wh, double quality = 0.9, Method method = Method::Counter) {
  StudyResult result;
  result.header.name = name;
  result.header.goal = {"accuracy", true};
  result.strategy = name;
  result.winner = Winner{0, {}, quality, 1, 0};
  const Joules joules(wh * 3600);
  result.energy.total = EnergyFigure{joules, joules, joules, 1, method, "meter", Duration(1)};
  result.stopped_by = "patience";
  result.sensors = {"meter"};
  return result;
}

ComparedPair pair_of(double a_wh, double b_wh) {
  return compare(std::vector{study("a", a_wh), study("b", b_wh)}).pairs.at(0);
}

TEST(Comparison, ResNet18OnCifar10UsedMoreThanOneManualRun) {
  const ComparedPair pair = pair_of(45.8, 26.0);  // α = 0.75 against vanilla
  EXPECT_NEAR(*pair.ratio, 1.7615, 1e-4);
  EXPECT_NEAR(*pair.inverse, 0.5677, 1e-4);
  EXPECT_NEAR(*pair.reduction, -0.7615, 1e-4);
  EXPECT_EQ(*pair.manual_runs, 2);
}

TEST(Comparison, LstmOnHouseholdUsedLess) {
  const ComparedPair pair = pair_of(14.8, 16.4);
  EXPECT_NEAR(*pair.ratio, 0.9024, 1e-4);
  EXPECT_NEAR(*pair.inverse, 1.1081, 1e-4);  // the paper prints this direction here
  EXPECT_NEAR(*pair.reduction, 0.0976, 1e-4);
  EXPECT_EQ(*pair.manual_runs, 1);
}

TEST(Comparison, TransformerOnWikiText2UsedLess) {
  const ComparedPair pair = pair_of(40.7, 69.4);
  EXPECT_NEAR(*pair.ratio, 0.5865, 1e-4);
  EXPECT_NEAR(*pair.inverse, 1.7052, 1e-4);  // and here
  EXPECT_EQ(*pair.manual_runs, 1);
}

TEST(Comparison, EnergyAwarenessAgainstQualityAlone) {
  EXPECT_NEAR(*pair_of(45.8, 49.7).reduction, 0.0785, 1e-4);  // ResNet-18
  EXPECT_NEAR(*pair_of(14.8, 28.0).reduction, 0.4714, 1e-4);  // LSTM
  EXPECT_NEAR(*pair_of(40.7, 48.5).reduction, 0.1608, 1e-4);  // Transformer
}

TEST(Comparison, TheTwoDirectionsAreInverse) {
  const ComparedPair there = pair_of(45.8, 26.0);
  const ComparedPair back = pair_of(26.0, 45.8);
  EXPECT_DOUBLE_EQ(*there.ratio, *back.inverse);
  EXPECT_DOUBLE_EQ(*there.inverse, *back.ratio);
}

TEST(Comparison, TheTextNamesTheDirectionOfEveryRatio) {
  EXPECT_EQ(comparison_text(compare(std::vector{study("sm2", 45.8, 0.95), study("vanilla", 26.0, 0.94)})),
            "study                        strategy       quality          total method  \n"
            "sm2                          sm2               0.95        45.8 Wh counter \n"
            "vanilla                      vanilla           0.94          26 Wh counter \n"
            "\n"
            "sm2 / vanilla = 1.76 (and vanilla / sm2 = 0.568): sm2 used 76.2 % more energy, as much as 2 "
            "runs of vanilla; quality differs by +0.01\n"
            "caveat: one run of each: how much the ratio varies from run to run is not known\n"
            "sm2 used 1.76 times the energy of vanilla, at accuracy +0.01; with fewer than 5 runs of each no "
            "interval can be given, so whether they differ is open\n");
  const std::string less =
      comparison_text(compare(std::vector{study("sm2", 14.8, 0.94), study("vanilla", 16.4, 0.95)}));
  EXPECT_NE(less.find("sm2 / vanilla = 0.902 (and vanilla / sm2 = 1.11): sm2 used 9.76 % less energy; "
                      "quality differs by -0.01\n"),
            std::string::npos)
      << less;
}

TEST(Comparison, TheFirstIsComparedWithEachOther) {
  const Comparison three = compare(std::vector{study("a", 1), study("b", 2), study("c", 4)});
  ASSERT_EQ(three.pairs.size(), 2u);
  EXPECT_EQ(three.pairs[1].a, "a");
  EXPECT_EQ(three.pairs[1].b, "c");
  EXPECT_DOUBLE_EQ(*three.pairs[1].ratio, 0.25);
}

TEST(Comparison, WhatWasNotMeasuredHasNoRatio) {
  std::vector<StudyResult> results{study("a", 1), study("b", 2)};
  results[1].energy = {};
  results[1].winner.reset();
  const Comparison comparison = compare(results);
  EXPECT_FALSE(comparison.pairs[0].ratio.has_value());
  EXPECT_FALSE(comparison.pairs[0].quality_difference.has_value());
  EXPECT_EQ(comparison.caveats.at(1), "the energy of 'b' was not measured");
  const nlohmann::ordered_json json = comparison_json(comparison);
  EXPECT_TRUE(json["pairs"][0]["energy_a_over_b"].is_null());
  EXPECT_TRUE(json["studies"][1]["energy_wh"].is_null());
  EXPECT_EQ(json["studies"][0]["energy_wh"], 1.0);
}

TEST(Comparison, WhatMakesItWeakIsSaid) {
  std::vector<StudyResult> results{study("a", 1), study("b", 2)};
  results[1].sensors = {"another"};
  results[1].header.goal = {"loss", false};
  results[1].stopped_by.clear();
  const Comparison comparison = compare(results);
  EXPECT_FALSE(comparison.pairs[0].quality_difference.has_value());
  EXPECT_EQ(comparison.caveats,
            (std::vector<std::string>{
                "one run of each: how much the ratio varies from run to run is not known", "'b' is not over",
                "the studies were measured with different sensors: their errors do not cancel in the ratio",
                "the studies have different metrics: their qualities are not comparable"}));
}

TEST(Comparison, ModelledEnergyIsACaveat) {
  const Comparison comparison =
      compare(std::vector{study("a", 1, 0.9, Method::Model), study("b", 2, 0.9, Method::Model)});
  ASSERT_EQ(comparison.caveats.size(), 2u);
  EXPECT_TRUE(comparison.caveats[1].starts_with("energy is modelled, ±50 %")) << comparison.caveats[1];
}

// A study of one point, run as often as there are energies.
StudyResult repeated_study(const std::string& name, const std::vector<double>& joules,
                           const std::vector<double>& qualities) {
  StudyResult result = study(name, 1);
  for (std::size_t i = 0; i < joules.size(); ++i) {
    TrialResult trial;
    trial.id = static_cast<TrialId>(i);
    trial.point = Point{{"batch_size", std::int64_t{16}}};
    trial.best = qualities[i];
    trial.energy = EnergyFigure{Joules(joules[i]), Joules(joules[i]), Joules(joules[i]), 1,
                                Method::Counter,   "meter",           Duration(1)};
    result.trials.push_back(trial);
  }
  result.winner->trial = 0;
  return result;
}

const std::vector<double> kA{100, 102, 98, 101, 99};
const std::vector<double> kB{200, 204, 196, 202, 198};
const std::vector<double> kQuality{0.90, 0.91, 0.92, 0.90, 0.91};

TEST(Comparison, RepeatsGiveIntervals) {
  const Comparison found =
      compare(std::vector{repeated_study("a", kA, kQuality), repeated_study("b", kB, kQuality)});
  const ComparedPair& pair = found.pairs.at(0);
  ASSERT_TRUE(pair.repeats);
  EXPECT_EQ(pair.repeats->n_a, 5u);
  EXPECT_EQ(pair.repeats->mean_a_j, 100);
  EXPECT_EQ(pair.repeats->energy_ratio.estimate, 0.5);
  // The delta method with Student's t of 4 degrees of freedom gives 0.5 ± 0.5·2.776·√(2·(1.581/100)²/5) =
  // 0.5 ± 0.0139; the bootstrap is not far from it.
  EXPECT_NEAR(pair.repeats->energy_ratio.low, 0.486, 0.004);
  EXPECT_NEAR(pair.repeats->energy_ratio.high, 0.514, 0.004);
  EXPECT_EQ(pair.repeats->quality_difference->estimate, 0);
  EXPECT_LT(pair.repeats->quality_difference->low, 0);
  EXPECT_TRUE(
      pair.sentence.starts_with("a run of a takes 50 % less energy than one of b (0.5 times, 95 % 0.4"))
      << pair.sentence;
  EXPECT_NE(pair.sentence.find("accuracy is not distinguishable (+0, 95 % -0.0"), std::string::npos)
      << pair.sentence;
  EXPECT_TRUE(found.caveats.empty());
  EXPECT_TRUE(comparison_text(found).ends_with(pair.sentence + "\n"));
}

TEST(Comparison, EqualEnergiesAreNotDistinguishable) {
  const Comparison found =
      compare(std::vector{repeated_study("a", kA, kQuality), repeated_study("b", kA, kQuality)});
  EXPECT_TRUE(
      found.pairs[0].sentence.starts_with("by energy a and b are not distinguishable (1 times, 95 % 0.9"))
      << found.pairs[0].sentence;
}

TEST(Comparison, OtherPointsAndFailedTrialsAreNoRepeats) {
  StudyResult a = repeated_study("a", kA, kQuality);
  a.trials[4].point = Point{{"batch_size", std::int64_t{32}}};
  EXPECT_FALSE(compare(std::vector{a, repeated_study("b", kB, kQuality)}).pairs[0].repeats);
  StudyResult failed = repeated_study("a", kA, kQuality);
  failed.trials[4].best.reset();
  const Comparison found = compare(std::vector{failed, repeated_study("b", kB, kQuality)});
  EXPECT_FALSE(found.pairs[0].repeats);
  EXPECT_EQ(found.caveats.front(),
            "fewer than 5 runs at a point that is compared: how much the ratio varies from run to run "
            "is hardly "
            "known");
  EXPECT_TRUE(found.pairs[0].sentence.ends_with("no interval can be given, so whether they differ is open"));
}

TEST(Comparison, GapsAndDifferentMethodsAreSaid) {
  StudyResult b = study("b", 2);
  b.energy.total->coverage = 0.8;
  b.energy.total->method = Method::Integral;
  const Comparison found = compare(std::vector{study("a", 1), b});
  EXPECT_NE(std::find(found.caveats.begin(), found.caveats.end(), "80 % of the time of 'b' was measured"),
            found.caveats.end());
  EXPECT_NE(
      std::find(found.caveats.begin(), found.caveats.end(),
                "the energies were found by different methods: their errors do not cancel in the ratio"),
      found.caveats.end());
}

TEST(Compare, ATrialThatWasGivenUpIsOverWhileItsStudyGoesOn) {
  StudyResult study = example::study();
  study.stopped_by = "";
  study.trials.at(0).fate = "dropped";
  study.trials.at(1).fate = "running";
  const Comparison found = compare(std::vector{*result_of_trial(study, 0), *result_of_trial(study, 1)});
  const auto said = [&](const std::string& words) {
    return std::find(found.caveats.begin(), found.caveats.end(), words) != found.caveats.end();
  };
  EXPECT_FALSE(said("'by hand:0' is not over"));
  EXPECT_TRUE(said("'by hand:1' is not over"));
}

TEST(Compare, ATrialIsComparedWithItsOwnJoulesAndItsRepeats) {
  StudyResult study = example::study();
  EXPECT_FALSE(result_of_trial(study, 3));
  const StudyResult one = *result_of_trial(study, 1);
  EXPECT_EQ(one.header.name, "by hand:1");
  EXPECT_EQ(one.trials.size(), 1u);
  const Comparison single = compare(std::vector{one, *result_of_trial(study, 0)});
  EXPECT_NEAR(*single.pairs.at(0).ratio, 100.0 / 30, 1e-12);
  EXPECT_NEAR(*single.pairs.at(0).quality_difference, 0.1, 1e-12);
  EXPECT_FALSE(single.pairs[0].repeats);
  EXPECT_FALSE(compare(std::vector{one, *result_of_trial(study, 2)}).pairs.at(0).quality_difference)
      << "trial 2 was never validated";
  for (TrialId id = 3; id < 8; ++id) {
    study.trials.push_back(example::trial(id, 16, 2, 0.8, 29 + id % 3, "dropped"));
    study.trials.push_back(example::trial(id + 5, 32, 3, 0.9, 99 + id % 3, "dropped"));
  }
  const Comparison repeated = compare(std::vector{*result_of_trial(study, 1), *result_of_trial(study, 0)});
  EXPECT_EQ(repeated.pairs.at(0).repeats->n_a, 6u);
  EXPECT_EQ(repeated.pairs.at(0).repeats->n_b, 6u);
}

}  // namespace
}  // namespace frugal
