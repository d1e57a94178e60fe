#include "frugal/search/objective.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace frugal {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
const Goal kAccuracy{"accuracy", true};
const Goal kLoss{"loss", false};

std::vector<Attributes> three() { return {{0.9, 100.0, 0.1}, {0.8, 50.0, 0.4}, {0.7, 200.0, 0.7}}; }

TEST(Objective, IsTheWeightedSumOfRescaledAttributes) {
  // P̂ = 1, .5, 0; Ê inverted over 50…200 = 2/3, 1, 0; L̂R over .1….7 = 0, .5, 1.
  const auto f = objective(three(), kAccuracy, {0.75, 0.5});
  ASSERT_EQ(f.size(), 3u);
  EXPECT_NEAR(f[0], 0.75 * 1 + 0.25 * (0.5 * 2 / 3 + 0.5 * 0), 1e-12);
  EXPECT_NEAR(f[1], 0.75 * 0.5 + 0.25 * (0.5 * 1 + 0.5 * 0.5), 1e-12);
  EXPECT_NEAR(f[2], 0.75 * 0 + 0.25 * (0.5 * 0 + 0.5 * 1), 1e-12);
}

TEST(Objective, AlphaOneRanksByQualityAloneWhateverTheEnergy) {
  auto all = three();
  all[0].energy = 1e9;
  EXPECT_EQ(ranked(objective(all, kAccuracy, {1, 0.5}), all), (std::vector<std::size_t>{0, 1, 2}));
  all[0].energy = {};  // not measured: no weight, no harm
  EXPECT_EQ(ranked(objective(all, kAccuracy, {1, 0.5}), all), (std::vector<std::size_t>{0, 1, 2}));
}

TEST(Objective, AlphaZeroBetaOneRanksByEnergyAlone) {
  const auto all = three();
  EXPECT_EQ(ranked(objective(all, kAccuracy, {0, 1}), all), (std::vector<std::size_t>{1, 0, 2}));
}

TEST(Objective, AlphaZeroBetaZeroRanksByLearningRateAlone) {
  const auto all = three();
  EXPECT_EQ(ranked(objective(all, kAccuracy, {0, 0}), all), (std::vector<std::size_t>{2, 1, 0}));
}

TEST(Objective, InvertsAMetricThatIsToBeMinimised) {
  const auto all = three();
  EXPECT_EQ(ranked(objective(all, kLoss, {1, 0}), all), (std::vector<std::size_t>{2, 1, 0}));
}

TEST(Objective, AConstantAttributeCountsZeroForAll) {
  const std::vector<Attributes> all{{0.9, 100.0, 0.1}, {0.9, 100.0, 0.1}};
  for (const double f : objective(all, kAccuracy, {0.75, 0.5})) EXPECT_EQ(f, 0.0);
}

TEST(Objective, OneConfigurationScoresZero) {
  const std::vector<Attributes> one{{0.9, 100.0, 0.1}};
  EXPECT_EQ(objective(one, kAccuracy, {0.75, 0.5}), std::vector<double>{0.0});
}

TEST(Objective, NotFiniteQualityOrEnergyIsMinusInfinityAndLeavesTheScaleAlone) {
  auto all = three();
  all.push_back({kNaN, 1.0, 0.1});
  all.push_back({0.95, std::numeric_limits<double>::infinity(), 0.1});
  all.push_back({std::nullopt, 1.0, 0.1});
  const auto f = objective(all, kAccuracy, {0.75, 0.5});
  for (const std::size_t i : {3u, 4u, 5u}) EXPECT_EQ(f[i], -std::numeric_limits<double>::infinity());
  const auto alone = objective(three(), kAccuracy, {0.75, 0.5});
  for (std::size_t i = 0; i < 3; ++i) EXPECT_DOUBLE_EQ(f[i], alone[i]);
}

TEST(Objective, TiesGoToLessEnergyThenToTheSmallerId) {
  const std::vector<Attributes> all{{0.9, 100.0, {}}, {0.9, 80.0, {}}, {0.9, 80.0, {}}, {0.9, {}, {}}};
  EXPECT_EQ(ranked(std::vector<double>{1, 1, 1, 1}, all), (std::vector<std::size_t>{1, 2, 0, 3}));
}

}  // namespace
}  // namespace frugal
