// The line against SciPy and statsmodels, the calibration against simulated plugs with a known gain, offset
// and clock, and the meter that applies it against the plug's truth.
#include "frugal/energy/calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "frugal/base/clock.h"
#include "frugal/base/rng.h"
#include "frugal/base/units_text.h"
#include "frugal/energy/scripted_meter.h"
#include "frugal/energy/sim_meter.h"

namespace frugal {
namespace {

const CalibrationSettings kSettings{.host = "bench1", .date = "2026-11-21"};

// A simulated sensor, polled for a time, and what a plug behind it logs once a second.
struct Bench {
  double gain = 1.04;
  double offset_w = 35;
  double shift_s = 3.7;  // of the plug's clock
  double noise_w = 2;
  double seconds = 240;
  std::string spec = "wave=random,wave_period=7s,low=50,high=250,period=100ms";

  Trace trace() const {
    ManualClock clock;
    SimMeter meter(*parse_sim(spec), "gpu0", clock);
    const Instant begin = clock.now();
    Trace found{.card = meter.card(), .readings = {}, .interval = Duration(0.05)};
    for (double t = 0; t <= seconds; t += 0.05) {
      Reading reading = meter.read();
      reading.at = Instant() + (reading.at - begin);
      found.readings.push_back(reading);
      clock.advance(Duration(0.05));
    }
    return found;
  }
  std::string plug() const {
    ManualClock clock;
    const SimMeter meter(*parse_sim(spec), "gpu0", clock);
    Rng rng(5);
    std::string csv = "t_s,power_w\n";
    for (double t = 1; t < seconds; ++t) {
      const Window second{clock.now() + Duration(t - 1), clock.now() + Duration(t)};
      const double noise = noise_w * (rng.uniform() + rng.uniform() + rng.uniform() - 1.5) * 2;
      const double power = gain * meter.true_energy(second).value() + offset_w + noise;
      csv += number_text(t + shift_s, 9) + "," + number_text(power, 9) + "\n";
    }
    return csv;
  }
};

Result<Calibration> calibrate(const Bench& bench) {
  return calibrate(bench.trace(), {.csv = bench.plug(), .name = "plug.csv"}, kSettings);
}
std::string refusal(const Trace& trace, const std::string& csv) {
  const Result<Calibration> found = calibrate(trace, {.csv = csv, .name = "plug.csv"}, kSettings);
  return found.ok() ? "accepted" : found.error().message;
}

// tests/reference/calibration_line.py
TEST(CalibrationLine, IsThatOfScipyAndStatsmodels) {
  const std::vector<double> x{41.2, 55.0, 63.7, 88.1, 102.4, 119.9, 131.0, 150.6, 174.3, 188.8, 203.1, 240.5};
  const std::vector<double> y{66.9,  80.2,  91.5,  114.0, 131.1, 150.3,
                              158.4, 182.7, 205.6, 222.9, 236.0, 277.4};
  const LineFit fit = fit_line(x, y);
  EXPECT_NEAR(fit.gain, 1.0547510732242122, 1e-12);
  EXPECT_NEAR(fit.offset, 22.755414772728585, 1e-10);
  EXPECT_NEAR(fit.r_squared, 0.9996147049983514, 1e-12);
  EXPECT_NEAR(fit.residual, 1.372409583741269, 1e-10);
  EXPECT_NEAR(fit.gain_half, 0.01459058136565039, 2e-7);  // Student's t is a series
  EXPECT_NEAR(fit.offset_half, 2.090584149146668, 3e-5);
  EXPECT_NEAR(fit.half_at(50), 1.4620986853081064, 3e-5);
}

TEST(Calibration, FindsGainOffsetAndTheShiftOfTheClocks) {
  for (const double shift : {-12.3, 0.0, 3.7}) {
    Bench bench;
    bench.shift_s = shift;
    const Result<Calibration> found = calibrate(bench);
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_NEAR(found->shift.value(), shift, 0.15);
    EXPECT_NEAR(found->gain, 1.04, 0.01);
    EXPECT_NEAR(found->offset.value(), 35, 1.5);
    EXPECT_LT(found->gain_low, 1.04);
    EXPECT_GT(found->gain_high, 1.04);
    EXPECT_NEAR(found->residual.value(), 2, 1);  // the plug's noise
    EXPECT_GT(found->n, 200u);
    EXPECT_GT(found->relative_error, 0.01);
    EXPECT_LT(found->relative_error, 0.03);
    EXPECT_EQ(found->host, "bench1");
    EXPECT_EQ(found->device, "gpu0");
    EXPECT_EQ(found->sensor, "gpu0 (simulated counter)");
    EXPECT_EQ(found->date, "2026-11-21");
  }
}

TEST(Calibration, TakesAPowerSensorAndATraceWithAGapToo) {
  Bench bench;
  bench.spec += ",sensor=power,fail_from=50s,fail_to=70s";
  const Result<Calibration> found = calibrate(bench);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_NEAR(found->gain, 1.04, 0.015);
  EXPECT_NEAR(found->offset.value(), 35, 2);
  EXPECT_LT(found->n, 220u);
}

TEST(Calibration, OfAnExactPlugIsExact) {
  Bench bench;
  bench.noise_w = 0;
  bench.shift_s = 0;
  bench.spec = "wave=square,wave_period=40s,low=50,high=250";
  const Result<Calibration> found = calibrate(bench);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_NEAR(found->gain, 1.04, 1e-6);
  EXPECT_NEAR(found->offset.value(), 35, 1e-4);
}

TEST(Calibration, RefusesWhatCannotTellGainFromOffset) {
  Bench constant;
  constant.spec = "power=150W";
  EXPECT_EQ(refusal(constant.trace(), constant.plug()),
            "the power of gpu0 varies by 0 % only: gain and offset cannot be told apart");
  Bench nearly;
  nearly.spec = "wave=square,wave_period=20s,low=145,high=155";
  EXPECT_EQ(refusal(nearly.trace(), nearly.plug()).substr(0, 35), "the power of gpu0 varies by 3.3 % o");
}

TEST(Calibration, RefusesTooFewRowsNoOverlapAndAForeignPlug) {
  Bench bench;
  EXPECT_EQ(refusal(bench.trace(), "t_s,power_w\n1,100\n2,100\n3,120\n"),
            "plug.csv has 3 rows; a calibration needs 11");
  std::string later = "t_s,power_w\n";
  for (int i = 0; i < 60; ++i) later += std::to_string(1'700'000'000 + i) + ",100\n";
  EXPECT_EQ(refusal(bench.trace(), later),
            "only 0 rows of plug.csv lie in the time of gpu0's trace, clocks apart by up to 1 min 0 s");
  Bench other;
  other.spec += ",seed=99";
  const std::string message = refusal(bench.trace(), other.plug());
  EXPECT_EQ(message.substr(0, 34), "plug.csv does not follow gpu0 (r²") << message;
  EXPECT_EQ(refusal(bench.trace(), "t_s,power_w\n1,x\n"),
            "plug.csv:2: column 'power_w': 'x' is not a number");
  EXPECT_EQ(refusal(bench.trace(), "t_s,power_w\n1,5\n1,6\n"),
            "plug.csv:3: column 't_s': the time does not go on");
  EXPECT_EQ(refusal(bench.trace(), "t_s,watts\n1,5\n"),
            "plug.csv: has no column 'power_w' (known: t_s, watts)");
}

Calibration example() {
  return {.host = "bench1",
          .device = "gpu0",
          .sensor = "gpu0 (simulated counter)",
          .gain = 1.04,
          .gain_low = 1.03,
          .gain_high = 1.05,
          .offset = Watts(35),
          .offset_low = Watts(33),
          .offset_high = Watts(37),
          .residual = Watts(2),
          .relative_error = 0.015,
          .shift = Duration(3.7),
          .n = 239,
          .date = "2026-11-21"};
}

TEST(Calibration, GoesThroughJson) {
  const nlohmann::json json = calibration_to_json(example());
  EXPECT_EQ(
      json.dump(),
      R"j({"date":"2026-11-21","device":"gpu0","gain":1.04,"gain_high":1.05,"gain_low":1.03,)j"
      R"j("host":"bench1","n":239,"offset_high_w":37.0,"offset_low_w":33.0,"offset_w":35.0,)j"
      R"j("relative_error":0.015,"residual_w":2.0,"sensor":"gpu0 (simulated counter)","shift_s":3.7})j");
  const Result<Calibration> back = calibration_from_json(json);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(calibration_to_json(*back), json);
}

TEST(Calibration, RefusesBrokenJson) {
  const auto refused = [](const char* key, const nlohmann::json& value) {
    nlohmann::json json = calibration_to_json(example());
    json[key] = value;
    const Result<Calibration> found = calibration_from_json(json);
    return found.ok() ? "accepted" : found.error().message;
  };
  EXPECT_EQ(refused("gain", "1"), "a calibration lacks the number 'gain'");
  EXPECT_EQ(refused("host", 5), "a calibration lacks the text 'host'");
  EXPECT_EQ(refused("gain", -1), "a calibration has a gain that is not above 0");
  EXPECT_EQ(refused("gain", 1.5), "a calibration has an interval that does not hold its value");
  EXPECT_EQ(refused("n", 1.5), "a calibration has an 'n' that is no count");
  EXPECT_EQ(refused("relative_error", -0.1), "a calibration has a negative relative_error");
  EXPECT_EQ(calibration_from_json(nlohmann::json::array()).error().message, "a calibration is not an object");
}

// Joules of a calibrated simulated sensor over 20 s, by polls every 50 ms.
EnergyFigure measured(const std::string& spec, double& truth_j) {
  ManualClock clock;
  auto sim = std::make_unique<SimMeter>(*parse_sim(spec), "gpu0", clock);
  const SimMeter& kept = *sim;
  Calibration calibration = example();
  calibration.sensor = sim->card().sensor;
  const auto meter = calibrated(std::move(sim), calibration, "bench1");
  Trace trace{.card = meter->card(), .readings = {}, .interval = Duration(0.05)};
  const Instant begin = clock.now();
  for (int i = 0; i <= 420; ++i) {
    trace.readings.push_back(meter->read());
    clock.advance(Duration(0.05));
  }
  const Window window{begin + Duration(0.5), begin + Duration(20.5)};
  truth_j = 1.04 * kept.true_energy(window).value() + 35 * 20;
  return *integrate(trace, window);
}

TEST(CalibratedMeter, GivesThePlugsJoules) {
  for (const char* spec :
       {"wave=square,wave_period=4s", "wave=square,wave_period=4s,sensor=power",
        "wave=sine,wave_period=3s,period=100ms", "wave=square,wave_period=4s,wrap=400J,start=399J",
        "power=0W,period=100ms", "wave=sine,wave_period=5s,period=100ms,wrap=1000J,tick=1mJ"}) {
    double truth_j = 0;
    const EnergyFigure figure = measured(spec, truth_j);
    EXPECT_NEAR(figure.value.value(), truth_j, 0.01 * truth_j) << spec;
    EXPECT_LE(figure.low.value(), truth_j) << spec;
    EXPECT_GE(figure.high.value(), truth_j) << spec;
    EXPECT_NEAR(figure.coverage, 1, 1e-9) << spec;
  }
}

TEST(CalibratedMeter, SaysSoAndHasItsOwnError) {
  ManualClock clock;
  const auto meter =
      calibrated(std::make_unique<SimMeter>(*parse_sim("wrap=1000J,max_power=200W"), "gpu0", clock),
                 example(), "bench1");
  EXPECT_EQ(meter->card().sensor,
            "gpu0 (simulated counter), calibrated 2026-11-21 against a wall plug (gain 1.04, offset 35 W)");
  EXPECT_DOUBLE_EQ(meter->card().relative_error, 0.015);
  EXPECT_DOUBLE_EQ(meter->card().max_power->value(), 1.04 * 200 + 35);
  EXPECT_DOUBLE_EQ(meter->card().counter_range->value(), 1040);
}

TEST(CalibratedMeter, AnotherHostDeviceOrSensorIsNotCalibrated) {
  ManualClock clock;
  const auto text = [&](const Calibration& calibration, const char* host) {
    return calibrated(std::make_unique<SimMeter>(SimSpec{}, "gpu0", clock), calibration, host)->card().sensor;
  };
  Calibration device = example();
  device.device = "gpu1";
  Calibration sensor = example();
  sensor.sensor = "gpu0 (simulated power sensor)";
  for (const std::string& found : {text(example(), "bench2"), text(device, "bench1"), text(sensor, "bench1")})
    EXPECT_EQ(found, "gpu0 (simulated counter)");
}

TEST(CalibratedMeter, AGapStaysAGap) {
  ManualClock clock;
  MeterCard card{.device = "gpu0", .sensor = "gpu0 (simulated counter)", .method = Method::Counter};
  const auto meter = calibrated(
      std::make_unique<ScriptedMeter>(card, std::vector<Reading>{{}, {.counter = Joules(10)}}, clock),
      example(), "bench1");
  EXPECT_FALSE(meter->read().counter);
  EXPECT_TRUE(meter->read().counter);
}

}  // namespace
}  // namespace frugal
