// Sums and JSON of figures, with sums worked out by hand.
#include "frugal/energy/figure.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace frugal {
namespace {

EnergyFigure figure(double joules, double seconds, double coverage = 1, Method method = Method::Counter,
                    std::string sensor = "gpu counter") {
  return {.value = Joules(joules),
          .low = Joules(0.9 * joules),
          .high = Joules(1.1 * joules),
          .coverage = coverage,
          .method = method,
          .sensor = std::move(sensor),
          .duration = Duration(seconds)};
}

TEST(SumOfDevices, AddsFourGpusInsteadOfAveragingThem) {
  const std::vector<EnergyFigure> gpus(4, figure(200 * 6, 6));
  const auto sum = sum_of_devices(gpus);
  ASSERT_TRUE(sum);
  EXPECT_DOUBLE_EQ(sum->value.value(), 4800);
  EXPECT_DOUBLE_EQ(sum->low.value(), 4320);
  EXPECT_DOUBLE_EQ(sum->high.value(), 5280);
  EXPECT_DOUBLE_EQ(sum->duration.value(), 6);
  EXPECT_EQ(sum->sensor, "gpu counter");
}

TEST(SumOfDevices, KeepsTheWeakestMethodAndTheSmallestCoverage) {
  const std::vector<EnergyFigure> parts{figure(10, 1, 0.9), figure(5, 1, 0.4, Method::Model, "cpu model"),
                                        figure(5, 1, 1, Method::Integral)};
  const auto sum = sum_of_devices(parts);
  ASSERT_TRUE(sum);
  EXPECT_EQ(sum->method, Method::Model);
  EXPECT_DOUBLE_EQ(sum->coverage, 0.4);
  EXPECT_EQ(sum->sensor, "gpu counter + cpu model");
}

TEST(SumOfWindows, AddsDurationsAndWeighsCoverage) {
  const std::vector<EnergyFigure> parts{figure(100, 9, 1), figure(5, 1, 0.5)};
  const auto sum = sum_of_windows(parts);
  ASSERT_TRUE(sum);
  EXPECT_DOUBLE_EQ(sum->value.value(), 105);
  EXPECT_DOUBLE_EQ(sum->duration.value(), 10);
  EXPECT_DOUBLE_EQ(sum->coverage, 0.95);
  EXPECT_EQ(sum->method, Method::Counter);
}

TEST(Sums, OfNothingAreAbsentAndNotZero) {
  EXPECT_FALSE(sum_of_devices({}));
  EXPECT_FALSE(sum_of_windows({}));
}

TEST(WithUnmeasured, LowersCoverageAndRaisesOnlyTheUpperBound) {
  const EnergyFigure known = with_unmeasured(figure(100, 8), Duration(2), Watts(50));
  EXPECT_DOUBLE_EQ(known.value.value(), 100);
  EXPECT_DOUBLE_EQ(known.low.value(), 90);
  EXPECT_DOUBLE_EQ(known.high.value(), 110 + 100);
  EXPECT_DOUBLE_EQ(known.coverage, 0.8);
  EXPECT_DOUBLE_EQ(known.duration.value(), 10);
  EXPECT_DOUBLE_EQ(with_unmeasured(figure(100, 8), Duration(2)).high.value(), 110 + 25);
}

TEST(FigureJson, ReadsBackWhatItWrote) {
  const EnergyFigure before = figure(812.4, 12.5, 0.999, Method::Integral, "sim0 (simulated power sensor)");
  const auto after = figure_from_json(nlohmann::json::parse(figure_to_json(before).dump()));
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->value, before.value);
  EXPECT_EQ(after->low, before.low);
  EXPECT_EQ(after->high, before.high);
  EXPECT_EQ(after->coverage, before.coverage);
  EXPECT_EQ(after->method, before.method);
  EXPECT_EQ(after->sensor, before.sensor);
  EXPECT_EQ(after->duration, before.duration);
}

TEST(FigureJson, HasTheKeysOfTheContract) {
  EXPECT_EQ(
      figure_to_json(figure(10, 2)).dump(),
      R"({"coverage":1.0,"duration_s":2.0,"energy_j":10.0,"high_j":11.0,"low_j":9.0,"method":"counter",)"
      R"("sensor":"gpu counter"})");
}

TEST(FigureJson, RefusesWhatBreaksTheInvariant) {
  const nlohmann::json good = figure_to_json(figure(10, 2));
  const auto message = [&](const char* key, const nlohmann::json& value) {
    nlohmann::json bad = good;
    bad[key] = value;
    const auto read = figure_from_json(bad);
    return read.ok() ? std::string("accepted") : read.error().message;
  };
  EXPECT_EQ(message("low_j", 11), "an energy figure has bounds that do not hold its value");
  EXPECT_EQ(message("high_j", 9), "an energy figure has bounds that do not hold its value");
  EXPECT_EQ(message("coverage", 1.5), "an energy figure has a coverage outside 0 to 1");
  EXPECT_EQ(message("duration_s", -1), "an energy figure has a negative duration");
  EXPECT_EQ(message("energy_j", "ten"), "an energy figure has 'energy_j' that is not a number: \"ten\"");
  EXPECT_EQ(message("energy_j", nullptr), "an energy figure has 'energy_j' that is not a number: null");
  EXPECT_EQ(message("method", "guess"),
            "an energy figure has the unknown method 'guess' (known: counter, integral, model)");
  EXPECT_FALSE(figure_from_json(nlohmann::json::array()).ok());
  EXPECT_FALSE(figure_from_json(nlohmann::json::object()).ok());
}

TEST(Methods, HaveTextsThatReadBack) {
  for (const Method method : {Method::Counter, Method::Integral, Method::Model}) {
    EXPECT_EQ(parse_method(method_text(method)), method);
  }
  EXPECT_FALSE(parse_method("Counter"));
}

}  // namespace
}  // namespace frugal
