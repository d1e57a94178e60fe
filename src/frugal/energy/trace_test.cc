// integrate() against traces whose joules are worked out by hand: the known ways to be wrong, each a test.
#include "frugal/energy/trace.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <vector>

#include "frugal/base/rng.h"

namespace frugal {
namespace {

Instant at(double seconds) { return Instant(1'000'000'000) + Duration(seconds); }
Window window(double begin, double end) { return {at(begin), at(end)}; }
Reading tick(double seconds, double joules) { return {.at = at(seconds), .counter = Joules(joules)}; }
Reading watts(double seconds, double power) { return {.at = at(seconds), .power = Watts(power)}; }
Reading failed(double seconds) { return {.at = at(seconds)}; }

Trace counter_trace(std::vector<Reading> readings) {
  return {.card = {.device = "cpu0", .sensor = "counter", .method = Method::Counter},
          .readings = std::move(readings)};
}
Trace power_trace(std::vector<Reading> readings) {
  return {.card = {.device = "gpu0", .sensor = "power", .method = Method::Integral},
          .readings = std::move(readings)};
}
double joules(const Trace& trace, Window w) {
  const auto figure = integrate(trace, w);
  return figure ? figure->value.value() : -1e99;
}

TEST(CounterTrace, TakesTheDifferenceAtTheEdges) {
  const Trace trace = counter_trace({tick(0, 1000), tick(1, 1150), tick(2, 1250)});
  EXPECT_DOUBLE_EQ(joules(trace, window(0, 2)), 250);
  EXPECT_DOUBLE_EQ(joules(trace, window(1, 2)), 100);
  EXPECT_NEAR(joules(trace, window(0.5, 1.5)), 75 + 50, 1e-9);
}

TEST(CounterTrace, AWindowBetweenTwoReadingsTakesItsShareAndSaysHowUnsureItIs) {
  const Trace trace = counter_trace({tick(0, 0), tick(1, 100)});
  const auto figure = integrate(trace, window(0.4, 0.5));
  ASSERT_TRUE(figure);
  EXPECT_NEAR(figure->value.value(), 10, 1e-9);
  EXPECT_DOUBLE_EQ(figure->coverage, 1);
  EXPECT_DOUBLE_EQ(figure->low.value(), 0);     // the 100 J may all lie outside
  EXPECT_NEAR(figure->high.value(), 20, 1e-9);  // at twice the mean power
}

TEST(CounterTrace, AnEarlyWrapAddsTheRange) {
  // 262144 J range: from 261744 J to 203 J is 400 + 203 = 603 J, not −261541 J.
  Trace trace = counter_trace({tick(0, 261744), tick(2, 203)});
  trace.card.counter_range = Joules(262144);
  EXPECT_DOUBLE_EQ(joules(trace, window(0, 2)), 603);
  trace.card.max_power = Watts(400);
  EXPECT_DOUBLE_EQ(joules(trace, window(0, 2)), 603);
}

TEST(CounterTrace, AnImplausibleWrapIsAGap) {
  Trace trace = counter_trace({tick(0, 200000), tick(1, 200100), tick(2, 50), tick(3, 150)});
  trace.card.counter_range = Joules(262144);
  trace.card.max_power = Watts(400);  // 62094 J in a second are not possible
  const auto figure = integrate(trace, window(0, 3));
  ASSERT_TRUE(figure);
  EXPECT_DOUBLE_EQ(figure->value.value(), 200);
  EXPECT_NEAR(figure->coverage, 2.0 / 3, 1e-9);
  EXPECT_DOUBLE_EQ(figure->high.value(), 200 + 400);
}

TEST(CounterTrace, AFallingCounterWithoutARangeIsAGap) {
  const auto figure =
      integrate(counter_trace({tick(0, 500), tick(1, 600), tick(2, 10), tick(3, 110)}), window(0, 3));
  ASSERT_TRUE(figure);
  EXPECT_DOUBLE_EQ(figure->value.value(), 200);
  EXPECT_NEAR(figure->coverage, 2.0 / 3, 1e-9);
}

TEST(CounterTrace, AFailedReadIsNeitherAZeroNorAWrap) {
  // A tool that takes the failed read for 0 J sees a wrap of 257 kJ here.
  Trace trace = counter_trace({tick(0, 5000), tick(1, 5100), failed(2), tick(3, 5300), tick(4, 5400)});
  trace.card.counter_range = Joules(262144);
  const auto figure = integrate(trace, window(0, 4));
  ASSERT_TRUE(figure);
  EXPECT_DOUBLE_EQ(figure->value.value(), 400);
  EXPECT_DOUBLE_EQ(figure->coverage, 1);
}

TEST(CounterTrace, AResetBehindAFailedReadIsNotAWrap) {
  Trace trace = counter_trace({tick(0, 5000), tick(1, 5100), failed(2), tick(3, 7), tick(4, 107)});
  trace.card.counter_range = Joules(262144);
  const auto figure = integrate(trace, window(0, 4));
  ASSERT_TRUE(figure);
  EXPECT_DOUBLE_EQ(figure->value.value(), 200);
  EXPECT_DOUBLE_EQ(figure->coverage, 0.5);
}

TEST(CounterTrace, AnIntervalInWhichTheCounterMayHaveWrappedUnseenIsAGap) {
  Trace trace = counter_trace({tick(0, 10), tick(1000, 20)});
  trace.card.counter_range = Joules(262144);
  trace.card.max_power = Watts(400);
  EXPECT_FALSE(integrate(trace, window(0, 1000)));
}

TEST(CounterTrace, ALongOutageCountsAsUnmeasured) {
  std::vector<Reading> readings;
  for (int i = 0; i <= 100; ++i) {
    const double t = 0.1 * i;
    readings.push_back(i > 40 && i < 70 ? failed(t) : tick(t, 100 * t));
  }
  const auto figure = integrate(counter_trace(readings), window(0, 10));
  ASSERT_TRUE(figure);
  EXPECT_NEAR(figure->value.value(), 700, 1e-6);
  EXPECT_NEAR(figure->coverage, 0.7, 1e-9);
  EXPECT_NEAR(figure->high.value(), 1000, 1e-6);
}

TEST(CounterTrace, ADeviceLostInTheMiddleLowersCoverageAndWidensTheUpperBound) {
  Trace trace = counter_trace({tick(0, 0), tick(1, 100), tick(2, 200), failed(3), failed(4)});
  trace.card.max_power = Watts(300);
  trace.card.relative_error = 0.05;
  const auto figure = integrate(trace, window(0, 4));
  ASSERT_TRUE(figure);
  EXPECT_DOUBLE_EQ(figure->value.value(), 200);
  EXPECT_DOUBLE_EQ(figure->coverage, 0.5);
  EXPECT_DOUBLE_EQ(figure->low.value(), 190);
  EXPECT_DOUBLE_EQ(figure->high.value(), 210 + 600);
}

TEST(CounterTrace, ACounterThatStandsStillIsZeroJoulesMeasured) {
  const auto figure = integrate(counter_trace({tick(0, 7), tick(1, 7), tick(2, 7)}), window(0, 2));
  ASSERT_TRUE(figure);
  EXPECT_DOUBLE_EQ(figure->value.value(), 0);
  EXPECT_DOUBLE_EQ(figure->coverage, 1);
}

// 100 W on a counter with a new value every 100 ms (at 0.0, 0.1, …), read every 10 ms.
Trace staircase(double seconds, double power = 100) {
  Trace trace = counter_trace({});
  trace.card.period = Duration(0.1);
  for (int i = 0; i <= static_cast<int>(seconds * 100 + 0.5); ++i)
    trace.readings.push_back(tick(0.01 * i, power * 0.1 * (i / 10)));
  return trace;
}

TEST(CounterTrace, AFiftyMillisecondWindowOnAHundredMillisecondCounterIsNotDoubled) {
  const Trace trace = staircase(3);
  // The raw difference is 0 J or 10 J; the truth is 5 J.
  for (double begin = 0.5; begin < 2; begin += 0.013) {
    const auto figure = integrate(trace, window(begin, begin + 0.05));
    ASSERT_TRUE(figure);
    EXPECT_NEAR(figure->value.value(), 5, 0.3) << begin;
    EXPECT_LE(figure->low.value(), 5);
    EXPECT_GE(figure->high.value(), 5 - 1e-9);
  }
}

TEST(CounterTrace, AFiveMillisecondWindowIsMeasured) {
  const auto figure = integrate(staircase(3), window(1.234, 1.239));
  ASSERT_TRUE(figure);
  EXPECT_NEAR(figure->value.value(), 0.5, 0.01);
  EXPECT_DOUBLE_EQ(figure->coverage, 1);
}

TEST(CounterTrace, TheTimeBehindTheLastTickIsHeldAtTheLastPower) {
  Trace trace = staircase(1.07);  // the last tick is at 1.0
  const auto figure = integrate(trace, window(0.5, 1.07));
  ASSERT_TRUE(figure);
  EXPECT_NEAR(figure->value.value(), 57, 0.7);
  EXPECT_DOUBLE_EQ(figure->coverage, 1);
  EXPECT_LE(figure->low.value(), 50.6);
}

TEST(CounterTrace, AnIdlePauseOfACounterIsNotSpreadOverTheNextTick) {
  // 0 W until 5.0, then 100 W: the first tick of 10 J is read at 5.1.
  Trace trace = counter_trace({});
  trace.card.period = Duration(0.1);
  for (int i = 0; i <= 600; ++i)
    trace.readings.push_back(tick(0.01 * i, i <= 500 ? 0 : 10.0 * ((i - 500) / 10)));
  EXPECT_NEAR(joules(trace, window(0, 4.8)), 0, 1e-9);
  EXPECT_NEAR(joules(trace, window(0, 5.5)), 50, 1.5);
}

TEST(PowerTrace, IsTheTrapezoidOverTimeStamps) {
  const Trace trace = power_trace({watts(0, 100), watts(1, 200), watts(3, 100)});
  EXPECT_DOUBLE_EQ(joules(trace, window(0, 3)), 150 + 300);
  // Edges interpolated: 150 W at 0.5, 150 W at 2.
  EXPECT_NEAR(joules(trace, window(0.5, 2)), 0.5 * 175 + 175, 1e-9);
}

TEST(PowerTrace, ConstantPowerIsNotZero) {
  EXPECT_DOUBLE_EQ(joules(power_trace({watts(0, 80), watts(5, 80), watts(10, 80)}), window(0, 10)), 800);
}

TEST(PowerTrace, FlatAndFallingIntervalsCount) {
  const Trace trace = power_trace({watts(0, 300), watts(1, 200), watts(2, 200), watts(3, 100)});
  EXPECT_DOUBLE_EQ(joules(trace, window(0, 3)), 250 + 200 + 150);
}

TEST(PowerTrace, TheFirstReadingIsNotCountedTwice) {
  const Trace trace = power_trace({watts(0, 1000), watts(0, 1000), watts(1, 0)});
  EXPECT_DOUBLE_EQ(joules(trace, window(0, 1)), 500);
}

TEST(PowerTrace, OneMissedReadIsBridgedAndManyAreAGap) {
  std::vector<Reading> readings;
  for (int i = 0; i <= 100; ++i) {
    const bool lost = i == 10 || (i > 40 && i < 70);
    readings.push_back(lost ? failed(0.1 * i) : watts(0.1 * i, 100));
  }
  const auto figure = integrate(power_trace(readings), window(0, 10));
  ASSERT_TRUE(figure);
  EXPECT_NEAR(figure->value.value(), 700, 1e-6);
  EXPECT_NEAR(figure->coverage, 0.7, 1e-9);
}

TEST(PowerTrace, AStalledSamplerIsAGapWhenTheIntervalIsKnown) {
  Trace trace =
      power_trace({watts(0, 100), watts(0.1, 100), watts(0.2, 100), watts(8, 100), watts(8.1, 100)});
  trace.interval = Duration(0.1);
  const auto figure = integrate(trace, window(0, 8.1));
  ASSERT_TRUE(figure);
  EXPECT_NEAR(figure->value.value(), 30, 1e-9);
  EXPECT_NEAR(figure->coverage, 0.3 / 8.1, 1e-9);
}

TEST(AnyTrace, AWindowBeyondTheReadingsIsOnlyPartlyCovered) {
  for (const Trace& trace :
       {counter_trace({tick(1, 0), tick(3, 200)}), power_trace({watts(1, 100), watts(3, 100)})}) {
    const auto before = integrate(trace, window(0, 3));
    ASSERT_TRUE(before);
    EXPECT_DOUBLE_EQ(before->value.value(), 200);
    EXPECT_NEAR(before->coverage, 2.0 / 3, 1e-9);
    EXPECT_DOUBLE_EQ(before->high.value(), 300);
    const auto after = integrate(trace, window(2, 6));
    ASSERT_TRUE(after);
    EXPECT_DOUBLE_EQ(after->coverage, 0.25);
  }
}

TEST(AnyTrace, WithoutReadingsInTheWindowThereIsNoFigure) {
  EXPECT_FALSE(integrate(counter_trace({}), window(0, 1)));
  EXPECT_FALSE(integrate(counter_trace({tick(0, 1)}), window(0, 1)));
  EXPECT_FALSE(integrate(counter_trace({failed(0), failed(1)}), window(0, 1)));
  EXPECT_FALSE(integrate(power_trace({watts(0, 1), watts(1, 1)}), window(2, 3)));
  EXPECT_FALSE(integrate(power_trace({watts(0, 1), watts(1, 1)}), window(1, 1)));
  EXPECT_FALSE(integrate(power_trace({watts(0, 1), watts(1, 1)}), window(1, 0)));
}

TEST(AnyTrace, OverlappingWindowsDoNotDisturbEachOther) {
  const Trace trace = power_trace({watts(0, 10), watts(10, 10)});
  EXPECT_DOUBLE_EQ(joules(trace, window(0, 10)), 100);
  EXPECT_DOUBLE_EQ(joules(trace, window(2, 8)), 60);
  EXPECT_DOUBLE_EQ(joules(trace, window(5, 9)), 40);
}

TEST(AnyTrace, AdjacentWindowsAddUpToTheJoinedWindow) {
  Trace uneven = counter_trace({});
  uneven.card.period = Duration(0.1);
  double value = 0;
  for (int i = 0; i <= 700; ++i) {
    if (i % 10 == 0) value += 3 + i % 7 * 5;
    uneven.readings.push_back(i % 97 == 5 ? failed(0.01 * i) : tick(0.01 * i + 0.003 * (i % 3), value));
  }
  for (double cut = 0.31; cut < 7; cut += 0.0437) {
    const double parts = joules(uneven, window(0.2, cut)) + joules(uneven, window(cut, 7));
    EXPECT_NEAR(parts, joules(uneven, window(0.2, 7)), 1e-6) << cut;
  }
}

TEST(AnyTrace, AdjacentWindowsAddUpHoweverIrregularThePolls) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    Rng rng(seed);
    Trace trace = counter_trace({});
    trace.card.period = Duration(0.1);
    trace.interval = Duration(0.1);
    double t = 0;
    for (int i = 0; i < 300; ++i) {
      const double busy =
          25 * std::floor(std::fmod(10 * t, 7) / 3) + 50 * std::floor(t);  // stands still at times
      trace.readings.push_back(rng.uniform() < 0.03 ? failed(t) : tick(t, busy + 60 * std::floor(t / 0.7)));
      const double kind = rng.uniform();
      t += kind < 0.3 ? 0.001 : kind < 0.9 ? 0.1 * rng.uniform() : 1.5 * rng.uniform();
    }
    const auto or_zero = [&](double from, double to) {
      const auto figure = integrate(trace, window(from, to));
      return figure ? figure->value.value() : 0;
    };
    for (int i = 0; i < 30; ++i) {
      const double cut = t * rng.uniform();
      EXPECT_NEAR(or_zero(0, cut) + or_zero(cut, t), or_zero(0, t), 1e-6) << seed << " " << cut;
    }
  }
}

TEST(AnyTrace, WhatIsForgottenIsNotNeeded) {
  Trace trace = staircase(20, 70);
  const double before = joules(trace, window(12.34, 19.9));
  const std::size_t first = first_needed({.card = trace.card, .readings = trace.readings}, at(12.34));
  EXPECT_GT(first, 1000u);
  trace.readings.erase(trace.readings.begin(), trace.readings.begin() + static_cast<std::ptrdiff_t>(first));
  EXPECT_DOUBLE_EQ(joules(trace, window(12.34, 19.9)), before);
}

TEST(AnyTrace, AShortWindowOfALongTraceIsCheap) {
  const Trace trace = staircase(20'000);  // two million readings
  const auto start = std::chrono::steady_clock::now();
  double sum = 0;
  for (int i = 0; i < 1000; ++i) sum += joules(trace, window(10 + 19 * i, 10.2 + 19 * i));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_NEAR(sum, 20 * 1000, 200);
  EXPECT_LT(took.count(), 2.0);  // a scan of the whole trace takes ten times that
}

}  // namespace
}  // namespace frugal
