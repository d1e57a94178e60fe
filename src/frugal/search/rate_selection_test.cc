#include "frugal/search/rate_selection.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace frugal {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Rates 1, 2, 4, …; only their order matters to the rule.
std::vector<RatePoint> curve(const std::vector<double>& losses) {
  std::vector<RatePoint> points;
  for (std::size_t i = 0; i < losses.size(); ++i)
    points.push_back({std::pow(2.0, static_cast<double>(i)), losses[i]});
  return points;
}

TEST(MeanCurve, AveragesCyclesPerRateAscending) {
  const std::vector<RatePoint> steps{{0.1, 2}, {0.2, 4}, {0.1, 4}, {0.2, 6}, {0.4, 1}};
  const auto mean = mean_curve(steps);
  ASSERT_EQ(mean.size(), 3u);
  EXPECT_EQ(mean[0].rate, 0.1);
  EXPECT_EQ(mean[0].loss, 3);
  EXPECT_EQ(mean[1].loss, 5);
  EXPECT_EQ(mean[2].loss, 1);
}

TEST(MeanCurve, ARateThatDivergedInOneCycleIsNotFinite) {
  EXPECT_TRUE(std::isnan(mean_curve(std::vector<RatePoint>{{0.1, 2}, {0.1, kNaN}})[0].loss));
  EXPECT_TRUE(std::isnan(
      mean_curve(std::vector<RatePoint>{{0.1, 2}, {0.1, std::numeric_limits<double>::infinity()}})[0].loss));
}

TEST(PaperRule, TakesTheLargestRateOfTheFlattestWindow) {
  // Windows begin at 0…4. Curvatures κ1…κ7: 0, 0, 0, .5, .5, 1, 2 → window 0 is flat; of five windows the
  // flatter third is two: 0 (mean 0) and 1 (mean 1/6); the larger mean rate is window 1, its largest rate
  // index 5.
  const auto points = curve({2.0, 1.9, 1.8, 1.7, 1.6, 1.0, 0.9, 1.8, 0.7});
  const RateChoice choice = select_rate_paper(points, 2.3);
  EXPECT_EQ(choice.window_begin, 1u);
  EXPECT_EQ(choice.window_end, 6u);
  EXPECT_EQ(choice.rate, 32.0);
  EXPECT_TRUE(choice.warning.empty());
}

TEST(PaperRule, LeavesOutWindowsWithALossAboveTheInitialOrNotFinite) {
  // Flat at the right end, but above the initial loss, then not finite: only window 0 is left.
  const auto points = curve({2.0, 1.5, 1.2, 0.8, 0.7, 9.0, 9.0, 9.0, 9.0, 9.0, kNaN});
  const RateChoice choice = select_rate_paper(points, 2.3);
  EXPECT_EQ(choice.window_begin, 0u);
  EXPECT_EQ(choice.rate, 16.0);
}

TEST(PaperRule, ALossEqualToTheInitialOneIsNotAboveIt) {
  EXPECT_EQ(select_rate_paper(curve({2.3, 2.3, 2.3, 2.3, 2.3}), 2.3).rate, 16.0);
}

TEST(PaperRule, WithoutAWindowTakesTheLargestRateThatLowersTheLoss) {
  const RateChoice choice = select_rate_paper(curve({2.0, 9.0, 1.8, kNaN, 9.0, 1.7, 9.0}), 2.3);
  EXPECT_EQ(choice.rate, 32.0);
  EXPECT_EQ(choice.warning, "no window of 5 rates keeps the loss down: the largest single rate that does");
}

TEST(PaperRule, WithoutAnyGoodRateTakesTheSmallestAndSaysSo) {
  const RateChoice choice = select_rate_paper(curve({3.0, kNaN, 9.0}), 2.3);
  EXPECT_EQ(choice.rate, 1.0);
  EXPECT_EQ(choice.warning, "no rate lowers the loss: the smallest one");
  EXPECT_EQ(select_rate_paper(curve({kNaN}), kNaN).rate, 1.0);
}

TEST(DescentRule, NeverGoesBeyondTheSmallestLoss) {
  // The right end is as flat as the left and below the initial loss: the paper's rule ends there.
  const auto points = curve({2.0, 1.8, 1.5, 1.1, 0.7, 0.4, 0.9, 1.6, 1.9, 2.1, 2.1});
  EXPECT_GE(select_rate_paper(points, 2.3).rate, 512.0);
  EXPECT_LE(select_rate_descent(points, 2.3).rate, 64.0);
  EXPECT_GE(select_rate_descent(points, 2.3).rate, 16.0);
}

TEST(DescentRule, FallsBackToTheRateOfTheSmallestLoss) {
  const RateChoice choice = select_rate_descent(curve({1.0, 0.5, 3.0, 9.0, kNaN, kNaN}), 2.3);
  EXPECT_EQ(choice.rate, 1.0);  // smoothed: .75, 1.5, 4.2, 6
  EXPECT_FALSE(choice.warning.empty());
  EXPECT_EQ(select_rate_descent(curve({kNaN, kNaN}), 2.3).warning,
            "no rate gives a finite loss: the smallest one");
}

TEST(ValleyRule, TakesAThirdOfTheRateOfTheSmallestLossOrTheNextCandidateBelow) {
  // Smoothed, the loss is smallest at index 5, rate 32; a third is 10.7; the candidate below that is 8.
  const RateChoice choice =
      select_rate_valley(curve({2.0, 1.8, 1.5, 1.1, 0.6, 0.4, 0.5, 1.6, 1.9, 2.1, 2.1}), 2.3);
  EXPECT_EQ(choice.rate, 8.0);
  EXPECT_TRUE(choice.warning.empty());
}

TEST(ValleyRule, StaysOnTheGridWhenTheSmallestLossIsAtItsStart) {
  EXPECT_EQ(select_rate_valley(curve({0.5, 0.6, 2.0, kNaN}), 0.4).rate, 1.0);
  EXPECT_EQ(select_rate_valley(curve({kNaN, kNaN}), 2.3).warning,
            "no rate gives a finite loss: the smallest one");
}

}  // namespace
}  // namespace frugal
