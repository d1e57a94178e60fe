// Traces of pieces of work: told as JSON and read back, put together again, and the same joules all the
// while.
#include "frugal/energy/work_trace.h"

#include <gtest/gtest.h>

#include "frugal/base/clock.h"
#include "frugal/energy/phases.h"
#include "frugal/energy/recorder.h"
#include "frugal/energy/sim_meter.h"
#include "frugal/energy/work_trace_json.h"

namespace frugal {
namespace {

Trace counter(std::initializer_list<std::pair<double, double>> ticks) {
  Trace trace{
      {.device = "gpu0", .sensor = "c", .method = Method::Counter, .relative_error = 0.05}, {}, Duration(1)};
  for (const auto& [at, joules] : ticks)
    trace.readings.push_back({.at = exact_instant(at), .counter = Joules(joules)});
  return trace;
}
WorkTrace piece(double clock, Trace trace) { return {exact_instant(clock), {std::move(trace)}, {}}; }

std::string text(const Trace& trace) {
  std::string out;
  for (const Reading& reading : trace.readings)
    out += std::to_string(reading.at.nanoseconds()) + (reading.counter ? "=" : "?") +
           (reading.counter ? std::to_string(reading.counter->value()) : "") + " ";
  return out;
}

TEST(WorkTrace, ComesBackFromJsonToTheLastBit) {
  WorkTrace trace{
      Instant(1'234'567'890'123'456'789), {}, {{Instant(1), "train"}, {Instant(999'999'999'999), "other"}}};
  trace.traces.push_back({{.device = "gpu0", .sensor = "s"}, {}, Duration(0)});
  trace.traces[0].readings = {{.at = Instant(-12'345'678), .power = Watts(1.0 / 3)},
                              {.at = Instant(86'400'000'000'001), .counter = Joules(1e9 / 7)},
                              {.at = Instant(7'776'000'000'000'003)}};
  const Result<WorkTrace> read =
      work_trace_from_json(nlohmann::json::parse(work_trace_to_json(trace).dump()));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->clock, trace.clock);
  ASSERT_EQ(read->traces.at(0).readings.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(read->traces[0].readings[i].at, trace.traces[0].readings[i].at);
    EXPECT_EQ(read->traces[0].readings[i].power, trace.traces[0].readings[i].power);
    EXPECT_EQ(read->traces[0].readings[i].counter, trace.traces[0].readings[i].counter);
  }
  EXPECT_EQ(read->edges.at(1).at, Instant(999'999'999'999));
  EXPECT_EQ(read->edges.at(1).phase, "other");
}

TEST(WorkTrace, WhatIsNoTraceIsAnError) {
  for (const char* line : {"{}", R"({"clock_ns":1,"readings":{"gpu0":[[1]]},"phases":[]})",
                           R"({"clock_ns":1,"readings":[],"phases":[["x","train"]]})"})
    EXPECT_FALSE(work_trace_from_json(nlohmann::json::parse(line)).ok()) << line;
  EXPECT_FALSE(sensor_from_json(nlohmann::json::parse(R"({"device":"gpu0"})")).ok());
}

TEST(WorkTrace, WhatOverlapsCountsOnce) {
  WorkTrace trace = piece(10, counter({{0, 0}, {1, 100}}));
  trace.edges = {{exact_instant(0.5), "train"}};
  WorkTrace more = piece(11, counter({{0, 100}, {1, 200}}));
  more.edges = {{exact_instant(-0.5), "train"}, {exact_instant(0.25), "evaluate"}};
  append(trace, more);
  EXPECT_EQ(text(trace.traces.at(0)), "0=0.000000 1000000000=100.000000 2000000000=200.000000 ");
  ASSERT_EQ(trace.edges.size(), 2u);
  EXPECT_EQ(trace.edges[1].at, exact_instant(1.25));
}

TEST(WorkTrace, PiecesThatAdjoinAreJoinedWithoutASeam) {
  const std::vector<WorkTrace> pieces{piece(10, counter({{0, 0}, {1, 100}, {2.001, 200}})),
                                      piece(12, counter({{0.001, 200}, {1, 300}}))};
  const std::vector<Trace> whole = joined(pieces);
  ASSERT_EQ(whole.size(), 1u);
  EXPECT_EQ(text(whole[0]), "0=0.000000 1000000000=100.000000 2001000000=200.000000 3000000000=300.000000 ");
}

TEST(WorkTrace, NothingIsIntegratedOverTheTimeBetweenPieces) {
  const std::vector<WorkTrace> pieces{piece(10, counter({{0, 0}, {1, 100}})),
                                      piece(1000, counter({{0, 5000}, {1, 5100}}))};
  const std::vector<Trace> whole = joined(pieces);
  const auto figure = integrate(whole.at(0), {Instant(0), exact_instant(991)});
  ASSERT_TRUE(figure.has_value());
  EXPECT_NEAR(figure->value.value(), 200, 1e-6);
  EXPECT_NEAR(figure->coverage, 2.0 / 991, 1e-6);
}

TEST(WorkTrace, AClockThatRunsBackIsAnotherAxis) {
  const std::vector<WorkTrace> pieces{piece(5000, counter({{0, 0}, {1, 100}})),
                                      piece(3, counter({{-0.5, 0}, {1, 150}})),
                                      piece(4, counter({{1, 250}}))};
  const std::vector<Trace> whole = joined(pieces);
  // One second behind the end of the first, and the third where the clock of the second puts it.
  EXPECT_EQ(text(whole.at(0)),
            "0=0.000000 1000000000=100.000000 1000000001? 2000000000=0.000000 3500000000=150.000000 "
            "4500000000=250.000000 ");
}

TEST(WorkTrace, AnotherSensorOfTheDeviceHasItsOwnLine) {
  WorkTrace changed = piece(11, counter({{0, 1}}));
  changed.traces[0].card.sensor = "another";
  const std::vector<Trace> whole = joined(std::vector{piece(10, counter({{0, 0}})), changed});
  ASSERT_EQ(whole.size(), 2u);
  EXPECT_EQ(whole[1].card.device, "gpu0#2");
}

// The readings that a step needs are all in its piece: its joules come out again to the last bit.
TEST(WorkTrace, APieceHoldsAllThatItsJoulesNeed) {
  ManualClock clock;
  const Result<SimSpec> spec = parse_sim("power=100W,sensor=counter");
  ASSERT_TRUE(spec.ok()) << spec.error().message;
  std::vector<std::unique_ptr<Meter>> meters;
  meters.push_back(std::make_unique<SimMeter>(*spec, "sim0", clock));
  Recorder recorder(std::move(meters), clock);
  PhaseAccount account(recorder);
  std::vector<std::size_t> next;
  for (int step = 0; step < 5; ++step) {
    const Instant begin = account.since();
    next = recorder.first_needed(begin);
    for (int i = 0; i < 7; ++i) {
      clock.advance(Duration(0.137));
      recorder.poll();
    }
    clock.advance(Duration(0.05));
    const EnergyReport report = account.take();
    const Trace told = recorder.traces_from(next).at(0);
    const auto again = integrate(told, {begin, account.since()});
    ASSERT_TRUE(again && report.total);
    EXPECT_EQ(again->value, report.total->value) << step;
    EXPECT_EQ(again->coverage, report.total->coverage);
    recorder.forget_before(account.needed_from());
  }
}

TEST(PhaseAccount, TellsWhereThePhasesBegan) {
  ManualClock clock;
  Recorder recorder({}, clock);
  PhaseAccount account(recorder);
  clock.advance(Duration(1));
  ASSERT_TRUE(account.begin("train").ok());
  clock.advance(Duration(1));
  ASSERT_TRUE(account.end("train").ok());
  ASSERT_TRUE(account.begin("mine").ok());
  ASSERT_EQ(account.edges().size(), 3u);
  EXPECT_EQ(account.edges()[0].phase, "train");
  EXPECT_EQ(account.edges()[0].at - account.since(), Duration(1));
  EXPECT_EQ(account.edges()[1].phase, "other");
  EXPECT_EQ(account.edges()[2].phase, "other");
  ASSERT_TRUE(account.end("mine").ok());
  ASSERT_TRUE(account.begin("evaluate").ok());
  account.take();
  ASSERT_EQ(account.edges().size(), 1u) << "a phase that is open goes on";
  EXPECT_EQ(account.edges()[0].phase, "evaluate");
  EXPECT_EQ(account.edges()[0].at, account.since());
}

}  // namespace
}  // namespace frugal
