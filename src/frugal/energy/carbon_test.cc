#include "frugal/energy/carbon.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace frugal {
namespace {

EnergyFigure kilowatt_hours(double value) {
  const Joules joules(value * 3.6e6);
  return {.value = joules,
          .low = 0.5 * joules,
          .high = 1.5 * joules,
          .coverage = 1,
          .method = Method::Model,
          .sensor = "test",
          .duration = Duration(1)};
}

TEST(CarbonTest, ACountryIsFoundByItsCodesAndItsName) {
  for (const char* where : {"DE", "de", "DEU", "Germany", "germany"}) {
    const Result<CarbonIntensity> found = carbon_intensity(where);
    ASSERT_TRUE(found) << where;
    EXPECT_EQ(found->place, "Germany");
    EXPECT_EQ(found->year, 2024);
    EXPECT_DOUBLE_EQ(found->g_per_kwh, 344.1);
    EXPECT_EQ(found->low, found->high);
  }
  EXPECT_EQ(carbon_intensity("NA")->place, "Namibia");
}

TEST(CarbonTest, AnUnknownPlaceIsRefusedWithTheNearest) {
  const Result<CarbonIntensity> mistyped = carbon_intensity("Germny");
  ASSERT_FALSE(mistyped);
  EXPECT_EQ(mistyped.error().message, "no carbon intensity is known for 'Germny' (did you mean 'Germany'?)");
  EXPECT_EQ(carbon_intensity("Atlantis").error().message, "no carbon intensity is known for 'Atlantis'");
  EXPECT_FALSE(carbon_intensity(""));
  EXPECT_FALSE(carbon_intensity("CAF")) << "a figure of zero is no figure";
}

TEST(CarbonTest, AnIntensityCanBeGiven) {
  EXPECT_EQ(carbon_intensity("120")->g_per_kwh, 120);
  EXPECT_EQ(carbon_intensity("120 g/kWh")->g_per_kwh, 120);
  EXPECT_EQ(carbon_intensity("0.12 kg/kWh")->g_per_kwh, 120);
  EXPECT_EQ(carbon_intensity("120")->place, "as given");
  EXPECT_FALSE(carbon_intensity("-3"));
  EXPECT_FALSE(carbon_intensity("120 lb/MWh"));
  EXPECT_FALSE(carbon_intensity("1e9"));
}

TEST(CarbonTest, TheWorldComesWithItsRange) {
  const Result<CarbonIntensity> world = carbon_intensity("world");
  ASSERT_TRUE(world);
  EXPECT_LT(world->low, 30);
  EXPECT_GT(world->high, 1000);
  const Result<Emission> emitted = emission(kilowatt_hours(1), *world, 1);
  EXPECT_DOUBLE_EQ(emitted->low_g, 0.5 * world->low);
  EXPECT_DOUBLE_EQ(emitted->high_g, 1.5 * world->high);
}

TEST(CarbonTest, GramsAreKilowattHoursTimesPueTimesIntensity) {
  // 2 kWh × 1.5 × 344.1 g/kWh
  const Result<Emission> emitted = emission(kilowatt_hours(2), *carbon_intensity("DE"), 1.5);
  ASSERT_TRUE(emitted);
  EXPECT_DOUBLE_EQ(emitted->g, 1032.3);
  EXPECT_DOUBLE_EQ(emitted->low_g, 516.15);
  EXPECT_EQ(
      to_text(*emitted),
      "1.03 kg CO2e (0.516 to 1.55; Germany 2024: 344.1 g/kWh, PUE 1.5; source: Ember via Our World in Data, "
      "CC BY 4.0)");
  EXPECT_EQ(emission_to_json(*emitted)["year"], 2024);
  EXPECT_FALSE(emission(kilowatt_hours(1), *carbon_intensity("DE"), 0.9));
}

}  // namespace
}  // namespace frugal
