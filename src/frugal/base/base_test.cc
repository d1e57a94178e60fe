#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "frugal/base/clock.h"
#include "frugal/base/nearest.h"
#include "frugal/base/result.h"
#include "frugal/base/rng.h"
#include "frugal/base/units.h"
#include "frugal/base/units_text.h"

namespace frugal {
namespace {

TEST(Units, WattsTimesDurationIsJoules) {
  const Joules e = Watts(200) * Duration(6);
  EXPECT_DOUBLE_EQ(e.value(), 1200);
  EXPECT_DOUBLE_EQ((e / Duration(3)).value(), 400);
  EXPECT_DOUBLE_EQ(watt_hours(Joules(7200)), 2);
}

TEST(Units, InstantsSubtractToDurationsAndRoundToNanoseconds) {
  const Instant start(5'000'000'000);
  EXPECT_EQ((start + Duration(0.1)).nanoseconds(), 5'100'000'000);
  EXPECT_EQ((start - Duration(0.1)).nanoseconds(), 4'900'000'000);
  EXPECT_NEAR(((start + Duration(1.5)) - start).value(), 1.5, 1e-12);
}

TEST(UnitsText, ReadsEnergiesAndTimesWithTheirUnits) {
  EXPECT_DOUBLE_EQ(parse_energy("50 Wh")->value(), 180000);
  EXPECT_DOUBLE_EQ(parse_energy("120kJ")->value(), 120000);
  EXPECT_DOUBLE_EQ(parse_energy(" 1.5 kWh ")->value(), 5.4e6);
  EXPECT_DOUBLE_EQ(parse_duration("2 h")->value(), 7200);
  EXPECT_DOUBLE_EQ(parse_duration("100 ms")->value(), 0.1);
  EXPECT_DOUBLE_EQ(parse_duration("1 h 30 min")->value(), 5400);
}

TEST(UnitsText, RefusesWhatHasNoUnitOrAWrongOne) {
  for (const char* text : {"", "50", "Wh", "-5 J", "5 wh", "5 Wh x", "nan J", "inf Wh", "5 h"}) {
    EXPECT_FALSE(parse_energy(text).ok()) << text;
  }
  const auto wrong = parse_energy("50 Ws");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().message,
            "'50 Ws' is not an energy: a number and one of the units J, kJ, MJ, Wh, kWh");
  EXPECT_EQ(wrong.error().hint, "write it like '50 Wh'");
  EXPECT_FALSE(parse_duration("2").ok());
}

TEST(UnitsText, WritesThreeSignificantDigits) {
  EXPECT_EQ(to_text(Joules(812.4)), "812 J");
  EXPECT_EQ(to_text(Joules(999.6)), "1.00 kJ");
  EXPECT_EQ(to_text(Joules(1240)), "1.24 kJ");
  EXPECT_EQ(to_text(Joules(12400)), "12.4 kJ");
  EXPECT_EQ(to_text(Joules(3.1e6)), "3.10 MJ");
  EXPECT_EQ(to_text(Joules(0)), "0 J");
  EXPECT_EQ(to_text(Duration(0.045)), "45 ms");
  EXPECT_EQ(to_text(Duration(12.34)), "12.3 s");
  EXPECT_EQ(to_text(Duration(200)), "3 min 20 s");
  EXPECT_EQ(to_text(Duration(7500)), "2 h 5 min");
  EXPECT_EQ(number_text(0.97222), "0.9722");
  EXPECT_EQ(exact_text(0.1), "0.1");
}

TEST(ResultType, CarriesAValueOrAnError) {
  const Result<int> good = 3;
  const Result<int> bad = bad_input("no", "try yes");
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(*good, 3);
  EXPECT_EQ(bad.error().message, "no");
  EXPECT_THROW((void)bad.value(), std::bad_variant_access);
  EXPECT_TRUE(Status{}.ok());
}

TEST(Random, StreamsAreFixedBySeedOnEveryMachine) {
  Rng rng(5489);  // the standard names the 10000th output of mt19937_64 with its default seed
  for (int i = 0; i < 9999; ++i) rng.bits();
  EXPECT_EQ(rng.bits(), 9981545732273789042ULL);
  EXPECT_NE(derive_seed(1, "a"), derive_seed(1, "b"));
  EXPECT_NE(derive_seed(1, 0), derive_seed(2, 0));
}

TEST(Random, BelowCoversItsRangeEvenly) {
  Rng rng(7);
  std::vector<int> counts(5);
  for (int i = 0; i < 50000; ++i) ++counts[rng.below(5)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 500);
}

TEST(Random, ShuffleIsAPermutation) {
  std::vector<int> values(100);
  std::iota(values.begin(), values.end(), 0);
  Rng(1).shuffle(std::span(values));
  EXPECT_FALSE(std::is_sorted(values.begin(), values.end()));
  std::sort(values.begin(), values.end());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)], i);
}

TEST(Nearest, NamesTheMistypedWord) {
  const std::vector<std::string> known{"learning_rate", "batch_size", "momentum"};
  EXPECT_EQ(nearest("lerning_rate", known), "learning_rate");
  EXPECT_EQ(nearest("batch-size", known), "batch_size");
  EXPECT_EQ(nearest("colour", known), std::nullopt);
  EXPECT_EQ(edit_distance("ab", "ba"), 1u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(did_you_mean("momentun", known), " (did you mean 'momentum'?)");
  EXPECT_EQ(did_you_mean("colour", known), " (known: learning_rate, batch_size, momentum)");
}

TEST(Clocks, SteadyMovesForwardAndUtcIsIso) {
  const SteadyClock clock;
  const Instant a = clock.now();
  EXPECT_LE(a, clock.now());
  ManualClock manual;
  const Instant b = manual.now();
  manual.advance(Duration(2));
  EXPECT_DOUBLE_EQ((manual.now() - b).value(), 2);
  EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00Z");
}

}  // namespace
}  // namespace frugal
