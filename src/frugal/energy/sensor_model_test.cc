// What is found of a simulated sensor against what it was told to be; beats against brute force.
#include "frugal/energy/sensor_model.h"

#include <gtest/gtest.h>

#include <cmath>

#include "frugal/base/rng.h"
#include "frugal/energy/cross_check.h"
#include "frugal/energy/sim_meter.h"

namespace frugal {
namespace {

// A simulated sensor, polled with the recorder's dither.
Trace polled(const std::string& spec, double seconds, double poll_s) {
  ManualClock clock;
  SimMeter meter(*parse_sim(spec), "gpu0", clock);
  Rng rng(7);
  Trace trace{.card = meter.card(), .readings = {}, .interval = Duration(poll_s)};
  const Instant end = clock.now() + Duration(seconds);
  while (clock.now() < end) {
    trace.readings.push_back(meter.read());
    clock.advance(Duration(poll_s * (0.75 + 0.5 * rng.uniform())));
  }
  return trace;
}
double period_ms(const std::string& spec, double seconds, double poll_s, SensorField field) {
  const auto found = update_period(polled(spec, seconds, poll_s).readings, field);
  return found ? 1e3 * found->period.value() : 0;
}

TEST(UpdatePeriod, IsFoundFromTheStaircase) {
  const std::string wave = "wave=random,wave_period=37ms,";
  EXPECT_NEAR(period_ms(wave + "sensor=power,period=100ms,window=25ms", 20, 0.005, SensorField::Power), 100,
              0.2);
  EXPECT_NEAR(period_ms(wave + "sensor=power,period=20ms,window=10ms", 20, 0.002, SensorField::Power), 20,
              0.1);
  EXPECT_NEAR(period_ms(wave + "period=83ms", 20, 0.01, SensorField::Counter), 83, 0.2);
  EXPECT_NEAR(period_ms("period=100ms", 20, 0.03, SensorField::Counter), 100, 0.5);
  // Values that repeat by chance, and failed reads, skip updates.
  EXPECT_NEAR(
      period_ms(wave + "sensor=power,period=100ms,quantum=20W,fail=0.05", 40, 0.005, SensorField::Power), 100,
      0.5);
}

TEST(UpdatePeriod, IsNotInvented) {
  EXPECT_EQ(period_ms("power=100.05W,sensor=power,period=100ms,quantum=100mW", 20, 0.005, SensorField::Power),
            0);  // constant
  EXPECT_EQ(period_ms("wave=random,sensor=power,wave_period=1ms", 20, 0.005, SensorField::Power), 0);
  EXPECT_EQ(period_ms("period=20ms", 20, 0.1, SensorField::Counter), 0);  // polls too slow
  EXPECT_EQ(period_ms("period=1s", 5, 0.01, SensorField::Counter), 0);    // too few updates
  EXPECT_EQ(period_ms("period=20ms", 20, 0.002, SensorField::Power), 0);  // no power
}

TEST(UpdatePeriod, SaysHowSureItIs) {
  const auto found = update_period(polled("period=100ms", 20, 0.01).readings, SensorField::Counter);
  ASSERT_TRUE(found);
  EXPECT_NEAR(static_cast<double>(found->updates), 198, 2);
  EXPECT_LE(std::abs(found->period.value() - 0.1), 2 * found->uncertainty.value() + 1e-9);
}

TEST(AveragingWindow, IsFoundWhereACounterStandsBeside) {
  const std::string wave = "wave=random,wave_period=60ms,sensor=both,period=100ms,";
  for (const double window_ms : {25.0, 100.0, 1000.0}) {
    const Trace trace =
        polled(wave + "window=" + std::to_string(static_cast<int>(window_ms)) + "ms", 60, 0.004);
    const auto found = averaging_window(trace.readings, Duration(0.1));
    ASSERT_TRUE(found) << window_ms;
    EXPECT_NEAR(1e3 * found->window.value(), window_ms, 0.2 * window_ms);
  }
}

TEST(AveragingWindow, IsNotInvented) {
  EXPECT_FALSE(
      averaging_window(polled("sensor=both,period=100ms,window=25ms", 20, 0.005).readings, Duration(0.1)));
  EXPECT_FALSE(
      averaging_window(polled("wave=random,sensor=power,period=100ms", 20, 0.005).readings, Duration(0.1)));
  // A counter that ticks every 2 s does not tell 25 ms from 100 ms.
  EXPECT_FALSE(averaging_window(
      polled("wave=random,wave_period=60ms,sensor=both,counter_period=2s,period=100ms,window=25ms", 60, 0.005)
          .readings,
      Duration(0.1)));
}

TEST(Step, IsTheEpochOverItsSteps) {
  EXPECT_NEAR(step_duration(Duration(49.9), 500)->value(), 0.0998, 1e-12);
  EXPECT_FALSE(step_duration(Duration(10), 0));
  EXPECT_FALSE(step_duration(Duration(0), 5));
}

const SensorTiming kA100{Duration(0.1), Duration(0.025)};

TEST(Beat, OfAStepInStepWithTheSensorIsAllThatItDoesNotSee) {
  EXPECT_NEAR(beat_error(Duration(0.1), kA100, Duration(60)), 0.75, 1e-12);
  EXPECT_NEAR(beat_error(Duration(0.0998), kA100, Duration(5)), 0.74, 0.005);
  EXPECT_NEAR(beat_error(Duration(0.0998), kA100, Duration(60)),
              0.75 / (600 * std::sin(M_PI * 0.1 / 0.0998)) * -1,
              0.2);  // most of a beat passes
  EXPECT_DOUBLE_EQ(beat_error(Duration(0.1), {Duration(0.1), Duration(0.1)}, Duration(5)),
                   0);  // sees everything
  EXPECT_LT(beat_error(Duration(0.0731), kA100, Duration(60)), 0.1);
  EXPECT_NEAR(beat_error(Duration(1), kA100, Duration(60)), 0.075, 1e-9);  // ten phases of a step
}

TEST(Beat, BoundsEveryLoadThatDrawsAtMostTwiceWhatIsSeen) {
  // Square loads that are read every 100 ms through 25 ms, every phase: what was reported against the truth.
  Rng rng(3);
  for (int i = 0; i < 300; ++i) {
    const double off = rng.uniform() < 0.5 ? 0.01 * rng.uniform() : 0;
    const double step = (i % 3 == 0 ? 0.1 : i % 3 == 1 ? 0.2 : 0.04 + 0.3 * rng.uniform()) * (1 + off);
    const int values = 10 + static_cast<int>(rng.below(200));
    const double bound = beat_error(Duration(step), kA100, Duration(0.1 * values));
    const WaveSettings settings{.shape = WaveShape::Square,
                                .low = Watts(100),
                                .high = Watts(200),
                                .period = Duration(step),
                                .duty = 0.1 + 0.8 * rng.uniform(),
                                .phase = rng.uniform()};
    const Wave wave(settings);
    double reported = 0;
    for (int v = 1; v <= values; ++v)
      reported +=
          (wave.energy_until(Duration(0.1 * v)) - wave.energy_until(Duration(0.1 * v - 0.025))).value() * 4;
    const double truth = wave.energy_until(Duration(0.1 * values)).value();
    EXPECT_LE(std::abs(truth - reported) / reported, bound + 0.02) << step << " " << values;
  }
}

TEST(Beat, VaryingThePollsBreaksABeatOfThePollsAndNotOneOfTheSensor) {
  // A sensor that sees everything, polled every 400 ms on a load of 400 ms: regular polls see one phase,
  // varied ones the mean. A sensor that itself looks every 100 ms at a load of 100 ms sees one phase, however
  // polled.
  const auto error = [](const std::string& sensor, bool varied) {
    ManualClock clock;
    SimMeter meter(*parse_sim(sensor + ",sensor=power,wave=square,low=50,high=250,duty=0.5"), "gpu0", clock);
    Rng rng(1);
    double sum = 0;
    for (int i = 0; i < 3000; ++i) {
      clock.advance(Duration(0.4 * (varied ? 0.75 + 0.5 * rng.uniform() : 1)));
      sum += meter.read().power->value() / 3000;
    }
    return sum / 150 - 1;
  };
  EXPECT_GT(std::abs(error("wave_period=400ms,period=1ms", false)), 0.6);
  EXPECT_LT(std::abs(error("wave_period=400ms,period=1ms", true)), 0.05);
  EXPECT_GT(std::abs(error("wave_period=100ms,period=100ms,window=25ms", true)), 0.6);
}

TEST(Beat, IsSaidInOneSentence) {
  EXPECT_EQ(beat_warning("gpu0", Duration(0.0998), kA100, Duration(5)),
            "a training step of 99.8 ms beats with the sensor of gpu0, which sees 25 of every 100 ms: joules "
            "polled over 5.0 s may be off by up to ±74 %");
  EXPECT_FALSE(beat_warning("gpu0", Duration(0.0731), kA100, Duration(60)));
}

TEST(CrossCheck, AgreesWithItselfAndNamesWhatDoesNot) {
  Trace trace = polled("wave=square,wave_period=3s,sensor=both,counter_period=20ms,period=100ms", 30, 0.05);
  const Instant begin = trace.readings.front().at;
  const Window window{begin + Duration(2), begin + Duration(22)};
  const auto view = [&] {
    return TraceView{.card = trace.card, .readings = trace.readings, .interval = trace.interval};
  };
  const auto check = cross_check(view(), window);
  ASSERT_TRUE(check);
  EXPECT_TRUE(check->agrees);
  EXPECT_NEAR(check->difference, 0, 0.01);
  EXPECT_FALSE(disagreement(view(), window));
  for (Reading& reading : trace.readings) *reading.power = 1.3 * *reading.power;
  EXPECT_NEAR(cross_check(view(), window)->difference, 0.3, 0.01);
  const std::string sentence = disagreement(view(), window).value_or("");
  EXPECT_EQ(sentence,
            "gpu0: its counter says 3.00 kJ (2.85 kJ to 3.15 kJ), its power (simulated) 3.89 kJ (3.66 kJ to "
            "4.11 kJ) "
            "over 20.0 s: one of the two is wrong");
}

TEST(CrossCheck, NeedsBoth) {
  const Trace counter = polled("wave=square", 10, 0.1);
  const Instant begin = counter.readings.front().at;
  const Window window{begin, begin + Duration(9)};
  EXPECT_FALSE(cross_check({.card = counter.card, .readings = counter.readings}, window));
  const Trace lost = polled("sensor=both,fail_from=4s", 10, 0.1);
  EXPECT_FALSE(cross_check({.card = lost.card, .readings = lost.readings}, window));
}

}  // namespace
}  // namespace frugal
