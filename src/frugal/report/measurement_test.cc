#include "frugal/report/measurement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace frugal {
namespace {

EnergyFigure joules(double value, Method method = Method::Counter) {
  return {.value = Joules(value),
          .low = Joules(0.9 * value),
          .high = Joules(1.1 * value),
          .coverage = 1,
          .method = method,
          .sensor = "test",
          .duration = Duration(1)};
}

MeasuredRun run(std::size_t command, double energy_j, int exit = 0, const char* device = "cpu0") {
  MeasuredRun made{command, exit, "exit status " + std::to_string(exit), Duration(2), Duration(1), {}};
  made.energy.total = joules(energy_j);
  made.energy.by_device.emplace(device, joules(energy_j));
  return made;
}

Measurement series(const std::vector<double>& a, const std::vector<double>& b) {
  Measurement m;
  m.commands = {"first", "second"};
  m.series = true;
  for (const double value : a) m.runs.push_back(run(0, value));
  for (const double value : b) m.runs.push_back(run(1, value));
  return m;
}

TEST(RunOrder, EveryBlockHasEachCommandOnceInAnOrderOfItsOwn) {
  const std::vector<std::size_t> order = run_order(2, 50, 7);
  ASSERT_EQ(order.size(), 100u);
  int swapped = 0;
  for (std::size_t i = 0; i < order.size(); i += 2) {
    EXPECT_EQ(order[i] + order[i + 1], 1u);
    swapped += order[i] == 1 ? 1 : 0;
  }
  EXPECT_GT(swapped, 10);
  EXPECT_LT(swapped, 40);
  EXPECT_EQ(order, run_order(2, 50, 7));
  EXPECT_NE(order, run_order(2, 50, 8));
}

// Mean 10, standard deviation 2 of {8, 12, 10, 8, 12}: the half width is t(.975, 4) · 2 / √5 with t
// = 2.7764451.
TEST(Summarise, AMeanHasStudentsInterval) {
  Measurement m = series({8, 12, 10, 8, 12}, {});
  m.commands.pop_back();
  summarise(m, 1);
  const Spread& spread = *m.summaries.front().energy_j;
  EXPECT_DOUBLE_EQ(spread.mean, 10);
  EXPECT_DOUBLE_EQ(spread.sd, 2);
  EXPECT_NEAR(spread.high - spread.mean, 2.7764451 * 2 / std::sqrt(5.0), 1e-6);
  EXPECT_NEAR(spread.mean - spread.low, spread.high - spread.mean, 1e-12);
  EXPECT_TRUE(m.sentence.empty());
}

TEST(Summarise, FailedRunsDoNotCount) {
  Measurement m = series({10}, {});
  m.commands.pop_back();
  m.runs.push_back(run(0, 1000, 3));
  summarise(m, 1);
  EXPECT_EQ(m.summaries[0].runs, 2u);
  EXPECT_EQ(m.summaries[0].failed, 1u);
  EXPECT_EQ(m.summaries[0].energy_j->mean, 10);
  EXPECT_TRUE(std::isnan(m.summaries[0].energy_j->low)) << "one run has no interval";
}

TEST(Summarise, AClearDifferenceIsSaidWithItsInterval) {
  Measurement m = series({10, 11, 9, 10, 10.5, 9.5}, {14, 15.4, 12.6, 14, 14.7, 13.3});
  summarise(m, 1);
  ASSERT_TRUE(m.ratio);
  EXPECT_NEAR(m.ratio->ratio, 1.4, 1e-12);
  EXPECT_TRUE(m.ratio->distinguishable());
  EXPECT_EQ(
      m.sentence,
      "B takes 1.4 times the joules of A (95 % interval 1.4 to 1.4; 6 runs of each, p = 0.031): 40 % more.");
}

TEST(Summarise, WhatCannotBeToldApartIsNotToldApart) {
  Measurement m = series({10, 12, 9, 11, 10, 12}, {11, 10, 12, 9, 12, 10});
  summarise(m, 1);
  ASSERT_TRUE(m.ratio);
  EXPECT_FALSE(m.ratio->distinguishable());
  EXPECT_TRUE(m.sentence.starts_with("A and B are not distinguishable: B takes 1 times the joules of A"))
      << m.sentence;
}

TEST(Summarise, WhyThereIsNoComparison) {
  Measurement few = series({10, 10}, {12, 12});
  summarise(few, 1);
  EXPECT_EQ(few.sentence, "No comparison: 2 blocks are too few for an interval: at least 5 (-n 5).");
  Measurement unmeasured = series({}, {});
  summarise(unmeasured, 1);
  EXPECT_EQ(unmeasured.sentence, "No comparison: no energy was measured.");
  Measurement other = series({10}, {});
  other.runs.push_back(run(1, 10, 0, "gpu0"));
  summarise(other, 1);
  EXPECT_EQ(other.sentence, "No comparison: A and B were not measured by the same devices.");
}

TEST(MeasurementText, AMeanPowerIsThatOfTheMeasuredTime) {
  Measurement m;
  m.commands = {"train"};
  m.runs.push_back(run(0, 100));
  m.runs[0].energy.total->coverage = 0.5;  // of two seconds
  summarise(m, 1);
  EXPECT_NE(measurement_text(m).find("power     100 W mean"), std::string::npos) << measurement_text(m);
}

TEST(MeasurementText, ASmallModelledPartDoesNotMakeTheWholeAModel) {
  Measurement m;
  m.commands = {"train"};
  m.runs.push_back(run(0, 99, 0, "gpu0"));
  m.runs[0].energy.by_device.emplace("model", joules(1, Method::Model));
  m.runs[0].energy.total = joules(100, Method::Model);
  summarise(m, 1);
  EXPECT_TRUE(measurement_text(m).starts_with("100 J (90.0 J to 110 J; 1 % of it modelled) in 2.0 s: train"))
      << measurement_text(m);
}

TEST(MeasurementJson, WhatIsNotThereIsNull) {
  Measurement m = series({10}, {});
  m.runs[0].energy = {};
  summarise(m, 1);
  const nlohmann::ordered_json json = measurement_json(m);
  EXPECT_TRUE(json["runs"][0]["energy"].is_null());
  EXPECT_TRUE(json["idle"].is_null());
  EXPECT_TRUE(json["co2e"].is_null());
  EXPECT_TRUE(json["comparison"]["ratio"].is_null());
  EXPECT_TRUE(json["summary"]["commands"][1]["energy_j"].is_null());
  EXPECT_TRUE(json["own_cost"]["energy_j"].is_null());
}

}  // namespace
}  // namespace frugal
