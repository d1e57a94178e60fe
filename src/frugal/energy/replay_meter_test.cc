// Traces through their CSV file and back, and replayed: the joules stay what they were.
#include "frugal/energy/replay_meter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "frugal/energy/recorder.h"
#include "frugal/energy/sim_meter.h"
#include "frugal/energy/trace_csv.h"

namespace frugal {
namespace {

const char* const kName = "trace.csv";

std::string refusal(const std::string& text) {
  const Result<std::vector<Trace>> traces = parse_trace_csv(text, kName);
  return traces.ok() ? "accepted" : traces.error().message;
}
std::unique_ptr<Meter> only(const std::string& text, const Clock& clock) {
  auto meters = replay_of(text, kName, clock);
  EXPECT_TRUE(meters.ok()) << (meters.ok() ? "" : meters.error().message);
  EXPECT_EQ(meters->size(), 1u);
  return std::move(meters->front());
}

// Three simulated devices, polled 30 times a second for 20 s.
struct Recorded {
  Recorded() {
    std::vector<std::unique_ptr<Meter>> meters;
    for (const char* spec :
         {"wave=random,wave_period=130ms,period=100ms,tick=1mJ,wrap=1000J,start=900J,fail=0.02",
          "wave=sine,wave_period=730ms,sensor=power,period=20ms,fail_from=5s,fail_to=7s",
          "wave=square,wave_period=3s,start=123456J"}) {
      meters.push_back(
          std::make_unique<SimMeter>(*parse_sim(spec), "sim" + std::to_string(meters.size()), clock));
    }
    begin = clock.now();
    Recorder recorder(std::move(meters), clock);
    for (int i = 0; i < 600; ++i) {
      clock.advance(Duration(i % 3 == 0 ? 0.0333333331 : 0.0333));
      recorder.poll();
    }
    traces = recorder.traces();
    traces[1].card.power = PowerCard{.field = "instant, \"fast\"", .period = Duration(0.02)};
    traces[1].card.whole_machine = true;
    for (Trace& trace : traces) trace.interval = Duration(0.0333);
    std::ostringstream out;
    write_trace_csv(out, traces, begin);
    text = out.str();
  }
  ManualClock clock;
  Instant begin;
  std::vector<Trace> traces;
  std::string text;
};

void expect_same(const std::optional<EnergyFigure>& a, const std::optional<EnergyFigure>& b,
                 const char* what) {
  ASSERT_EQ(a.has_value(), b.has_value()) << what;
  if (!a) return;
  EXPECT_DOUBLE_EQ(a->value.value(), b->value.value()) << what;
  EXPECT_DOUBLE_EQ(a->low.value(), b->low.value()) << what;
  EXPECT_DOUBLE_EQ(a->high.value(), b->high.value()) << what;
  EXPECT_DOUBLE_EQ(a->coverage, b->coverage) << what;
  EXPECT_EQ(a->method, b->method) << what;
}

TEST(TraceCsv, ATraceThatIsReadBackIsTheTraceThatWasWritten) {
  const Recorded recorded;
  const Result<std::vector<Trace>> read = parse_trace_csv(recorded.text, kName);
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const Trace& before = recorded.traces[i];
    const Trace& after = (*read)[i];
    EXPECT_EQ(after.card.device, before.card.device);
    EXPECT_EQ(after.card.sensor, before.card.sensor);
    EXPECT_EQ(after.card.caveat, before.card.caveat);
    EXPECT_EQ(after.card.period, before.card.period);
    EXPECT_EQ(after.card.window, before.card.window);
    EXPECT_EQ(after.card.counter_range, before.card.counter_range);
    EXPECT_EQ(after.card.max_power, before.card.max_power);
    EXPECT_EQ(after.card.whole_machine, before.card.whole_machine);
    EXPECT_EQ(after.interval, before.interval);
    ASSERT_EQ(after.readings.size(), before.readings.size());
    for (std::size_t r = 0; r < before.readings.size(); ++r) {
      EXPECT_EQ(after.readings[r].at.nanoseconds(),
                before.readings[r].at.nanoseconds() - recorded.begin.nanoseconds());
      EXPECT_EQ(after.readings[r].counter, before.readings[r].counter);
      EXPECT_EQ(after.readings[r].power, before.readings[r].power);
    }
    for (const auto& [from, to] : {std::pair{0.0, 20.0}, {3.21, 3.22}, {4.9, 7.7}, {6.0, 30.0}}) {
      const Duration a(from);
      const Duration b(to);
      expect_same(integrate(before, {recorded.begin + a, recorded.begin + b}),
                  integrate(after, {Instant() + a, Instant() + b}), before.card.device.c_str());
    }
  }
  EXPECT_EQ((*read)[1].card.power->field, "instant, \"fast\"");
  EXPECT_EQ((*read)[1].card.power->period, Duration(0.02));
  EXPECT_FALSE((*read)[0].card.power);
}

TEST(TraceCsv, BeginsWithTheFourColumnsAndHasOneRowPerReadingAndDevice) {
  Trace gpu{.card = {.device = "gpu0", .sensor = "power", .method = Method::Integral},
            .readings = {{.at = Instant(1'000'000'000), .power = Watts(50.5)},
                         {.at = Instant(1'100'000'001)},
                         {.at = Instant(1'200'000'000), .power = Watts(60)}}};
  Trace cpu{.card = {.device = "cpu0", .sensor = "RAPL, \"package\"", .method = Method::Counter},
            .readings = {{.at = Instant(1'050'000'000), .counter = Joules(1)}}};
  std::ostringstream out;
  write_trace_csv(out, std::vector<Trace>{gpu, cpu}, Instant(1'000'000'000));
  EXPECT_EQ(out.str(),
            "t_s,device,power_w,counter_j,method,sensor,period_s,window_s,relative_error,counter_range_j,"
            "max_power_w,interval_s,power_field,power_period_s,power_window_s,whole_machine,caveat\n"
            "0,gpu0,50.5,,integral,power,0,0,0,,,0,,,,0,\n"
            "0.05,cpu0,,1,counter,\"RAPL, \"\"package\"\"\",0,0,0,,,0,,,,0,\n"
            "0.100000001,gpu0,,,,,,,,,,,,,,,\n"
            "0.2,gpu0,60,,,,,,,,,,,,,,\n");
}

TEST(TraceCsv, AForeignFileNeedsNoMoreThanTimeAndPower) {
  const Result<std::vector<Trace>> traces = parse_trace_csv(
      "\xEF\xBB\xBFtemperature,t_s,power_w\r\n40,0,100\r\n\r\n,1.5, \r\nhot,3,200\r\n", kName);
  ASSERT_TRUE(traces.ok()) << traces.error().message;
  ASSERT_EQ(traces->size(), 1u);
  const Trace& trace = traces->front();
  EXPECT_EQ(trace.card.device, "replay0");
  EXPECT_EQ(trace.card.method, Method::Integral);
  EXPECT_DOUBLE_EQ(trace.card.relative_error, 0.05);
  EXPECT_EQ(trace.card.caveat, "the sensor of replay0 in trace.csv is unknown: ±5 % assumed");
  ASSERT_EQ(trace.readings.size(), 3u);
  EXPECT_FALSE(trace.readings[1].power);
  EXPECT_DOUBLE_EQ(integrate(trace, {Instant(), Instant() + Duration(3)})->value.value(), 450);
}

TEST(TraceCsv, TheStaircaseOfAForeignFileGivesItsPeriod) {
  std::string text = "t_s,device,counter_j\n";
  for (int i = 0; i < 300; ++i)
    text += std::to_string(0.01 * i) + ",gpu0," + std::to_string(10 * (i / 10)) + "\n";
  const Result<std::vector<Trace>> traces = parse_trace_csv(text, kName);
  ASSERT_TRUE(traces.ok());
  EXPECT_NEAR(traces->front().card.period.value(), 0.1, 0.002);
  EXPECT_EQ(traces->front().card.method, Method::Counter);
}

TEST(TraceCsv, ErrorsNameTheLineAndTheColumn) {
  EXPECT_EQ(refusal(""), "trace.csv: the file is empty: a header line is missing");
  EXPECT_EQ(refusal("t_s,power_w\n"), "trace.csv: has a header and no rows");
  EXPECT_EQ(refusal("time,power_w\n0,1\n"), "trace.csv: has no column 't_s' (known: time, power_w)");
  EXPECT_EQ(refusal("t_s,watts\n0,1\n"),
            "trace.csv: has neither a column 'power_w' nor a column 'counter_j'");
  EXPECT_EQ(refusal("t_s,power_w,t_s\n"), "trace.csv:1: the column 't_s' comes twice");
  EXPECT_EQ(refusal("t_s,,power_w\n"), "trace.csv:1: a column has no name");
  EXPECT_EQ(refusal("t_s,power_w\n0,1\n1\n"), "trace.csv:3: 1 cells, but the header has 2 columns");
  EXPECT_EQ(refusal("t_s,power_w\n0,\"1\n"), "trace.csv:2: this quote is never closed");
  for (const char* bad : {"nan", "inf", "-inf", "1.5W", "0x10", "1e999", "--1", "1;5", "+"}) {
    EXPECT_EQ(refusal("t_s,power_w\n0,1\n\n1," + std::string(bad) + "\n"),
              "trace.csv:4: column 'power_w': '" + std::string(bad) + "' is not a number");
  }
  EXPECT_EQ(refusal("t_s,power_w\n,1\n"), "trace.csv:2: column 't_s': a reading needs a time");
  EXPECT_EQ(refusal("t_s,power_w\n1e12,1\n"), "trace.csv:2: column 't_s': the time is out of range");
  EXPECT_EQ(refusal("t_s,device,power_w\n0,a,1\n2,a,1\n1,b,1\n1,a,1\n"),
            "trace.csv:5: column 't_s': the time runs back");
  EXPECT_EQ(refusal("t_s,device,power_w\n0,,1\n"),
            "trace.csv:2: column 'device': a reading needs the name of its device");
  EXPECT_EQ(refusal("t_s,power_w,method\n0,1,guess\n"),
            "trace.csv:2: column 'method': 'guess' is not possible");
  EXPECT_EQ(refusal("t_s,power_w,period_s\n0,1,-1\n"),
            "trace.csv:2: column 'period_s': '-1' is not possible");
}

TEST(Replay, GivesTheJoulesOfTheRecording) {
  const Recorded recorded;
  ManualClock clock;
  clock.advance(Duration(77.7));
  const Instant opened = clock.now();
  auto meters = replay_of(recorded.text, kName, clock);
  ASSERT_TRUE(meters.ok()) << meters.error().message;
  Recorder recorder(std::move(*meters), clock);
  const std::vector<Reading>& rows = recorded.traces[0].readings;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    clock.advance(rows[i].at - rows[i - 1].at);
    recorder.poll();
  }
  for (const auto& [from, to] : {std::pair{0.0, 20.0}, {3.21, 3.6}, {4.9, 7.7}}) {
    const Duration a(from);
    const Duration b(to);
    const auto replayed = recorder.energy({opened + a, opened + b});
    ASSERT_EQ(replayed.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
      const auto original = integrate(recorded.traces[i], {recorded.begin + a, recorded.begin + b});
      EXPECT_DOUBLE_EQ(replayed[i].figure.value.value(), original->value.value()) << i;
      EXPECT_DOUBLE_EQ(replayed[i].figure.coverage, original->coverage) << i;
      EXPECT_EQ(replayed[i].figure.sensor, original->sensor + ", replayed");
    }
  }
}

TEST(Replay, BetweenRowsIsAStraightLineAlsoOverAWrap) {
  ManualClock clock;
  const auto meter =
      only("t_s,power_w,counter_j,method,sensor,counter_range_j\n10,100,990,counter,x,1000\n12,200,30,,,\n",
           clock);
  Reading reading = meter->read();
  EXPECT_EQ(reading.power, Watts(100));
  EXPECT_EQ(reading.counter, Joules(990));
  clock.advance(Duration(0.25));
  reading = meter->read();
  EXPECT_DOUBLE_EQ(reading.power->value(), 112.5);
  EXPECT_DOUBLE_EQ(reading.counter->value(), 995);
  clock.advance(Duration(1.25));
  EXPECT_DOUBLE_EQ(meter->read().counter->value(), 20);
  clock.advance(Duration(0.5));
  EXPECT_EQ(meter->read().counter, Joules(30));
}

TEST(Replay, GapsStayGapsAndTheEndIsTheEnd) {
  ManualClock clock;
  const auto meter = only("t_s,power_w\n0,100\n1,\n2,100\n3,100\n4,100\n", clock);
  const auto value = [&](double advance) {
    clock.advance(Duration(advance));
    return meter->read().power.has_value();
  };
  EXPECT_TRUE(value(0));
  EXPECT_FALSE(value(0.5));
  EXPECT_FALSE(value(0.5));
  EXPECT_FALSE(value(0.5));
  EXPECT_TRUE(value(0.5));
  EXPECT_TRUE(value(2));
  EXPECT_FALSE(value(0.1));
}

TEST(Replay, AHoleThatIsNoRowIsAGapOfPowerAndACounterThatFellIsOne) {
  ManualClock clock;
  std::string text = "t_s,power_w,counter_j,method,sensor,interval_s\n0,100,0,counter,x,0.1\n";
  for (int i = 1; i < 20; ++i) text += std::to_string(0.1 * i) + ",100,5,,,\n";
  const auto meter = only(text + "10,100,2,,,\n", clock);
  clock.advance(Duration(5));
  const Reading reading = meter->read();
  EXPECT_FALSE(reading.power);
  EXPECT_FALSE(reading.counter);
}

TEST(Replay, EachDeviceOfTheFileIsAMeter) {
  ManualClock clock;
  const auto meters = replay_of("t_s,device,power_w\n5,gpu0,1\n5,gpu1,2\n6,gpu0,3\n6,gpu1,4\n", kName, clock);
  ASSERT_TRUE(meters.ok());
  ASSERT_EQ(meters->size(), 2u);
  EXPECT_EQ((*meters)[1]->card().device, "gpu1");
  EXPECT_EQ((*meters)[1]->read().power, Watts(2));
  EXPECT_EQ((*meters)[1]->card().caveat,
            "the sensor of gpu1 in trace.csv is unknown: ±5 % assumed; gpu1 is replayed from trace.csv: its "
            "joules were measured at another time");
}

TEST(Replay, OpensAFileOrSaysWhyNot) {
  ManualClock clock;
  const std::string folder = ::testing::TempDir();
  const std::string path = folder + "/frugal_replay_test.csv";
  std::ofstream(path) << "t_s,power_w\n0,5\n1,5\n";
  EXPECT_TRUE(open_replay(path, clock).ok());
  std::ofstream(path, std::ios::trunc) << "";
  const auto empty = open_replay(path, clock);
  ASSERT_FALSE(empty.ok());
  EXPECT_EQ(empty.error().message, path + ": the file is empty: a header line is missing");
  std::remove(path.c_str());
  const auto absent = open_replay(path, clock);
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().message, "cannot read the trace '" + path + "': No such file or directory");
  EXPECT_FALSE(open_replay(folder, clock).ok());
}

}  // namespace
}  // namespace frugal
