// The simulated sensor against closed forms worked out by hand, and integrate() against its truth.
#include "frugal/energy/sim_meter.h"

#include <gtest/gtest.h>

#include <cmath>

namespace frugal {
namespace {

SimSpec spec(const std::string& text) {
  const Result<SimSpec> parsed = parse_sim(text);
  EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : parsed.error().message);
  return parsed.ok() ? *parsed : SimSpec{};
}
std::string refusal(const std::string& text) {
  const Result<SimSpec> parsed = parse_sim(text);
  return parsed.ok() ? "accepted" : parsed.error().message;
}

// A meter read every `poll` for `seconds`, as a trace.
struct SimRun {
  SimRun(const std::string& text, double seconds, double poll)
      : meter(spec(text), "sim0", clock), begin(clock.now()) {
    trace.card = meter.card();
    trace.readings.push_back(meter.read());
    for (int i = 0; i < static_cast<int>(std::llround(seconds / poll)); ++i) {
      clock.advance(Duration(poll));
      trace.readings.push_back(meter.read());
    }
  }
  Window window(double from, double to) const { return {begin + Duration(from), begin + Duration(to)}; }
  double relative_error(double from, double to) const {
    const auto figure = integrate(trace, window(from, to));
    if (!figure) return 1e9;
    return figure->value / meter.true_energy(window(from, to)) - 1;
  }
  ManualClock clock;
  SimMeter meter;
  Instant begin;
  Trace trace;
};

TEST(SimTruth, IsTheClosedFormOfEachWave) {
  ManualClock clock;
  const Instant t = clock.now();
  const auto truth = [&](const std::string& text, double from, double to) {
    return SimMeter(spec(text), "sim0", clock).true_energy({t + Duration(from), t + Duration(to)}).value();
  };
  EXPECT_DOUBLE_EQ(truth("", 0, 10), 1000);
  EXPECT_DOUBLE_EQ(truth("power=1.5kW", 2, 4), 3000);
  // Two whole periods of 0.7 s: 2 × (0.21 × 250 + 0.49 × 50), then 0.1 s at 250 W.
  EXPECT_NEAR(truth("wave=square,low=50,high=250,wave_period=700ms,duty=0.3", 0, 1.5), 2 * 77 + 25, 1e-9);
  // Ahead by 0.3 of the period: it begins low.
  EXPECT_NEAR(truth("wave=square,low=50,high=250,wave_period=700ms,duty=0.3,phase=0.3", 0, 0.4), 20, 1e-9);
  // Half a sine: mean 150 W for 1 s plus 100 W × 2 s / (2π) × 2.
  EXPECT_NEAR(truth("wave=sine,low=50,high=250,wave_period=2s", 0, 1), 150 + 200 / M_PI, 1e-9);
  EXPECT_NEAR(truth("wave=sine,low=50,high=250,wave_period=2s", 0, 20), 3000, 1e-9);
}

TEST(SimTruth, OfARandomWaveIsTheSumOfItsPieces) {
  const WaveSettings settings{.shape = WaveShape::Random,
                              .low = Watts(50),
                              .high = Watts(250),
                              .period = Duration(0.1),
                              .phase = 0.25,
                              .seed = 3};
  const Wave wave(settings);
  double sum = 0;  // midpoint rule, exact for pieces because every piece holds whole steps
  for (int i = 0; i < 4000; ++i) sum += wave.power_at(Duration((i + 0.5) * 0.0025)).value() * 0.0025;
  EXPECT_NEAR(wave.energy_until(Duration(10)).value(), sum, 1e-6);
  EXPECT_NEAR(sum / 10, 150, 20);
  EXPECT_NE(Wave({.shape = WaveShape::Random, .low = Watts(50), .high = Watts(250), .seed = 4})
                .power_at(Duration(0)),
            wave.power_at(Duration(0)));
  // The block of pieces repeats without a seam.
  EXPECT_NEAR((wave.energy_until(Duration(103)) - wave.energy_until(Duration(102))).value(),
              [&] {
                double s = 0;
                for (int i = 0; i < 400; ++i)
                  s += wave.power_at(Duration(102 + (i + 0.5) * 0.0025)).value() * 0.0025;
                return s;
              }(),
              1e-6);
}

TEST(SimCounter, IsWithinATenthOfAPercentOverTenSeconds) {
  EXPECT_NEAR(SimRun("", 12, 0.1).relative_error(1, 11), 0, 1e-9);
  EXPECT_NEAR(SimRun("period=20ms", 12, 0.01).relative_error(1.003, 11.003), 0, 1e-3);
  EXPECT_NEAR(SimRun("period=100ms,tick=1mJ", 12, 0.01).relative_error(1.003, 11.003), 0, 1e-3);
  EXPECT_NEAR(
      SimRun("wave=sine,low=50,high=250,wave_period=900ms,period=20ms", 12, 0.01).relative_error(1, 11), 0,
      1e-3);
  EXPECT_NEAR(SimRun("wave=random,wave_period=50ms,period=20ms", 12, 0.01).relative_error(1, 11), 0, 1e-3);
}

TEST(SimCounter, WrapsWithoutLosingJoules) {
  const SimRun run("power=300W,wrap=1000J,start=990J", 12, 0.1);
  bool wrapped = false;
  for (const Reading& reading : run.trace.readings) {
    EXPECT_LT(*reading.counter, Joules(1000));
    wrapped = wrapped || *reading.counter < Joules(100);
  }
  EXPECT_TRUE(wrapped);
  EXPECT_NEAR(run.relative_error(0, 12), 0, 1e-9);
}

TEST(SimPower, IsWithinHalfAPercentWhenTheSensorSeesEverything) {
  EXPECT_NEAR(SimRun("sensor=power", 12, 0.1).relative_error(1, 11), 0, 1e-9);
  EXPECT_NEAR(SimRun("sensor=power,wave=square,wave_period=700ms,duty=0.3,period=100ms", 20, 0.1)
                  .relative_error(0.7, 14.7),
              0, 5e-3);
  EXPECT_NEAR(SimRun("sensor=power,wave=square,wave_period=700ms,duty=0.3,period=20ms", 12, 0.02)
                  .relative_error(1, 11),
              0, 5e-3);
  EXPECT_NEAR(SimRun("sensor=power,wave=sine,wave_period=730ms,period=20ms", 12, 0.02).relative_error(1, 11),
              0, 5e-3);
}

TEST(SimPower, ASensorThatSeesAQuarterOfTheTimeIsFarOffInStepWithTheLoad) {
  // It looks at the last 25 of every 100 ms; the load is high in the first 40 of every 100 ms.
  const SimRun blind(
      "sensor=power,wave=square,low=50,high=250,wave_period=100ms,duty=0.4,period=100ms,window=25ms", 12,
      0.1);
  EXPECT_NEAR(blind.relative_error(1, 11), 50.0 / 130 - 1, 0.01);
  const SimRun counting("wave=square,low=50,high=250,wave_period=100ms,duty=0.4,period=100ms,window=25ms", 12,
                        0.01);
  EXPECT_NEAR(counting.relative_error(1, 11), 50.0 / 130 - 1, 0.01);
}

TEST(SimSensor, GainOffsetAndQuantaShowInTheReadings) {
  ManualClock clock;
  SimMeter power(spec("power=150W,sensor=power,gain=1.02,offset=3.4W,quantum=1W"), "sim0", clock);
  EXPECT_DOUBLE_EQ(power.read().power->value(), 156);  // 153 + 3.4, cut to whole watts
  SimMeter counter(spec("power=150W,gain=1.02,offset=3W,tick=0.5J"), "sim0", clock);
  clock.advance(Duration(1.01));
  EXPECT_DOUBLE_EQ(counter.read().counter->value(), 157.5);  // 156 W × 1.01 s = 157.56 J
}

TEST(SimSensor, LagShowsTheJoulesOfEarlier) {
  ManualClock clock;
  SimMeter meter(spec("lag=200ms,start=100J"), "sim0", clock);
  clock.advance(Duration(1));
  EXPECT_NEAR(meter.read().counter->value(), 180, 1e-9);
}

TEST(SimSensor, FailsWhereAndAsOftenAsItIsTold) {
  const SimRun outage("fail_from=4s,fail_to=6s", 10, 0.1);
  for (std::size_t i = 0; i < outage.trace.readings.size(); ++i) {
    EXPECT_EQ(outage.trace.readings[i].counter.has_value(), i < 40 || i >= 60) << i;
  }
  const SimRun unlucky("fail=0.1,seed=5", 100, 0.1);
  int lost = 0;
  for (const Reading& reading : unlucky.trace.readings) lost += reading.counter ? 0 : 1;
  EXPECT_NEAR(lost, 100, 30);
  EXPECT_NEAR(unlucky.relative_error(1, 99), 0, 0.02);
  const SimRun again("fail=0.1,seed=5", 100, 0.1);
  for (std::size_t i = 0; i < again.trace.readings.size(); ++i) {
    EXPECT_EQ(again.trace.readings[i].counter, unlucky.trace.readings[i].counter);
  }
}

TEST(SimSensor, TheBoundsHoldTheTruthThroughAnOutage) {
  const SimRun run("wave=square,wave_period=700ms,fail_from=4s,fail_to=6s", 10, 0.1);
  const auto figure = integrate(run.trace, run.window(0, 10));
  ASSERT_TRUE(figure);
  EXPECT_NEAR(figure->coverage, 0.79, 0.011);
  EXPECT_LE(figure->low, run.meter.true_energy(run.window(0, 10)));
  EXPECT_GE(figure->high, run.meter.true_energy(run.window(0, 10)));
}

TEST(SimSpecText, BareIsAHundredWattCounter) {
  const SimSpec bare = spec("");
  EXPECT_TRUE(bare.counter);
  EXPECT_EQ(bare.wave.shape, WaveShape::Constant);
  EXPECT_EQ(bare.wave.low, Watts(100));
  EXPECT_EQ(bare.period, Duration(0));
}

TEST(SimSpecText, SaysWhatIsWrongAndWhatIsNear) {
  EXPECT_EQ(refusal("powr=1W"), "the device 'sim' has no setting 'powr' (did you mean 'power'?)");
  EXPECT_EQ(refusal("power=x"), "the device 'sim': power=x is not a power, like 150W");
  EXPECT_EQ(refusal("power=-5W"), "the device 'sim': power=-5W is not a power, like 150W");
  EXPECT_EQ(refusal("period=100"), "the device 'sim': period=100 is not a time, like 100ms");
  EXPECT_EQ(refusal("tick=1"), "the device 'sim': tick=1 is not an energy, like 1mJ or 262144J");
  EXPECT_EQ(refusal("fail=1.5"), "the device 'sim': fail=1.5 is not a number (0 to 1)");
  EXPECT_EQ(refusal("gain=nan"), "the device 'sim': gain=nan is not a number (at least 0)");
  EXPECT_EQ(refusal("wave=sqare"), "the device 'sim': wave=sqare is unknown (did you mean 'square'?)");
  EXPECT_EQ(refusal("low=5"), "the device 'sim': low needs a wave");
  EXPECT_EQ(refusal("wave=sine,power=5"), "the device 'sim': power is of a constant wave");
  EXPECT_EQ(refusal("wave=sine,low=9,high=5"), "the device 'sim': high must not be below low");
  EXPECT_EQ(refusal("wave=sine,wave_period=0"), "the device 'sim': wave_period must be longer than 0");
  EXPECT_EQ(refusal("power=1W,power=2W"), "the setting 'power' of the device 'sim' is given twice");
  EXPECT_EQ(refusal("power"), "'power' in the device 'sim' is not a key=value");
  EXPECT_EQ(refusal("seed=1.5"), "the device 'sim': seed=1.5 is not a whole number");
  EXPECT_EQ(refusal("wrap=0J"), "the device 'sim': wrap must be more than 0 J");
}

}  // namespace
}  // namespace frugal
