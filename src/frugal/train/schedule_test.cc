#include "frugal/train/schedule.h"

#include <gtest/gtest.h>

namespace frugal {
namespace {

double rate(Schedule schedule, std::int64_t update, double gamma = 0.5) {
  return scheduled_rate(
      TrialSettings{.learning_rate = 0.2, .schedule = schedule, .decay_steps = 100, .gamma = gamma}, update);
}

TEST(Schedule, FollowsThePublishedFormulas) {
  for (const std::int64_t update : {0, 50, 1000}) EXPECT_EQ(rate(Schedule::Constant, update), 0.2);
  EXPECT_DOUBLE_EQ(rate(Schedule::Exponential, 100), 0.1);
  EXPECT_DOUBLE_EQ(rate(Schedule::Exponential, 50), 0.2 * std::sqrt(0.5));
  EXPECT_DOUBLE_EQ(rate(Schedule::Exponential, 300), 0.025);
  EXPECT_DOUBLE_EQ(rate(Schedule::Polynomial, 25), 0.15);
  EXPECT_DOUBLE_EQ(rate(Schedule::Polynomial, 500), 0.002);
  EXPECT_DOUBLE_EQ(rate(Schedule::Cosine, 0), 0.2);
  EXPECT_DOUBLE_EQ(rate(Schedule::Cosine, 50), 0.1);
  EXPECT_DOUBLE_EQ(rate(Schedule::Cosine, 500), 0.0002);
  EXPECT_DOUBLE_EQ(rate(Schedule::Step, 99), 0.2);
  EXPECT_DOUBLE_EQ(rate(Schedule::Step, 100), 0.1);
  EXPECT_DOUBLE_EQ(rate(Schedule::Step, 250), 0.05);
}

// Values of torch.optim.lr_scheduler.OneCycleLR(max_lr=0.2, total_steps=101, pct_start=0.3) in its documented
// form: start max/25, top after 30 %, end start/10⁴.
TEST(Schedule, OneCycleRisesAndFalls) {
  EXPECT_DOUBLE_EQ(rate(Schedule::OneCycle, 0), 0.008);
  EXPECT_NEAR(rate(Schedule::OneCycle, 15), (0.008 + 0.2) / 2, 1e-12);
  EXPECT_DOUBLE_EQ(rate(Schedule::OneCycle, 30), 0.2);
  EXPECT_NEAR(rate(Schedule::OneCycle, 65), (0.2 + 8e-7) / 2, 1e-12);
  EXPECT_NEAR(rate(Schedule::OneCycle, 100), 8e-7, 1e-15);
  EXPECT_NEAR(rate(Schedule::OneCycle, 900), 8e-7, 1e-15);
}

}  // namespace
}  // namespace frugal
