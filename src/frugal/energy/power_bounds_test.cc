// The terms of the bounds, each worked out by hand.
#include "frugal/energy/power_bounds.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace frugal {
namespace {

PowerWindow ten_seconds(const std::vector<double>& values, double window_s) {
  return {.values_w = values,
          .period = Duration(0.1),
          .window = Duration(window_s),
          .poll = Duration(0.1),
          .measured = Duration(10),
          .joules = Joules(1000),
          .peak = Watts(200),
          .most = Watts(200)};
}

TEST(PowerBounds, OfASensorThatSeesEverythingAreItsEdges) {
  const PowerBounds bounds = power_bounds(ten_seconds(std::vector<double>(100, 100.0), 0.1));
  // Hidden swing 200 W × 0.5 × 0.2 s / 10 s = 2 W; √2 edges of 0.2 s / 8 + 0.05 s.
  EXPECT_NEAR(bounds.above.value(), std::sqrt(2.0) * 2 * 0.075, 1e-12);
  EXPECT_DOUBLE_EQ(bounds.below.value(), bounds.above.value());
}

TEST(PowerBounds, OfAConstantOnAPartTimeSensorAllowThatItBeats) {
  const PowerBounds bounds = power_bounds(ten_seconds(std::vector<double>(100, 100.0), 0.025));
  const double edges = std::sqrt(2.0) * 200 * 0.5 * 0.125 / 10 * (0.125 / 8 + 0.05);
  EXPECT_NEAR(bounds.below.value(), 0.75 * 1000 + edges, 1e-9);
  EXPECT_NEAR(bounds.above.value(), 0.75 * (2000 - 1000) + edges, 1e-9);
}

TEST(PowerBounds, CloseTheMorePhasesOfTheLoadShow) {
  std::vector<double> turns;
  for (int i = 0; i < 100; ++i) turns.push_back(100 + 50 * std::sin(0.37 * i));
  std::vector<double> two_phases;
  for (int i = 0; i < 100; ++i) two_phases.push_back(i % 2 == 0 ? 50 : 150);
  const double constant = power_bounds(ten_seconds(std::vector<double>(100, 100.0), 0.025)).above.value();
  const double many = power_bounds(ten_seconds(turns, 0.025)).above.value();
  const double two = power_bounds(ten_seconds(two_phases, 0.025)).above.value();
  EXPECT_LT(many, 0.4 * constant);
  EXPECT_LT(two, 0.75 * constant);
  EXPECT_GT(two, 0.5 * constant);  // what lies between the two phases is not known
}

TEST(PowerBounds, OfTheUnseenTimeReachToWhatTheDeviceCanDraw) {
  const std::vector<double> values(100, 100.0);
  PowerWindow window = ten_seconds(values, 0.025);
  const double above = power_bounds(window).above.value();
  window.most = Watts(400);
  EXPECT_NEAR(power_bounds(window).above.value(), above + 0.75 * 2000, 1e-9);
}

TEST(PowerBounds, NoiseIsNoPhase) {
  std::vector<double> noisy;
  for (int i = 0; i < 100; ++i) noisy.push_back(i % 2 == 0 ? 99 : 101);
  EXPECT_GT(power_bounds(ten_seconds(noisy, 0.025)).below.value(), 750);
}

TEST(PowerBounds, OfSlowPollsAllowForWhatLiesBetweenThem) {
  const std::vector<double> values{100, 100, 100};
  PowerWindow window = ten_seconds(values, 0.1);
  window.poll = Duration(1);
  EXPECT_NEAR(power_bounds(window).below.value(), 900, 1);
}

TEST(PowerBounds, StayBetweenNothingAndThePeak) {
  const std::vector<double> values{100};
  PowerWindow window = ten_seconds(values, 0.1);
  window.measured = Duration(0.005);
  window.joules = Joules(0.5);
  window.most = Watts(200);
  EXPECT_DOUBLE_EQ(power_bounds(window).below.value(), 0.5);
  EXPECT_DOUBLE_EQ(power_bounds(window).above.value(), 0.5);
  window.period = Duration(0);
  EXPECT_DOUBLE_EQ(power_bounds(window).above.value(), 0);  // of a sensor of which nothing is known
}

TEST(MeanAge, IsHalfThePeriodAndHalfTheWindow) {
  EXPECT_DOUBLE_EQ(mean_age(Duration(0.1), Duration(0.025)).value(), 0.0625);
}

}  // namespace
}  // namespace frugal
