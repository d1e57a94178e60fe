// Power over time of trials whose power is known, out of a ledger in memory.
#include "frugal/report/close_look.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "frugal/energy/trace_csv.h"
#include "frugal/energy/work_trace_json.h"
#include "frugal/report/example_study.h"
#include "frugal/report/findings.h"
#include "frugal/study/memory_ledger.h"

namespace frugal {
namespace {

Trace sensor(const std::string& device, Method method) {
  return {{.device = device, .sensor = device + " sensor", .method = method, .relative_error = 0.05},
          {},
          Duration(0.1)};
}

// Of the work's `seconds`: gpu0 draws 100 W for the first half and 300 W for the second, as power readings
// with one peak of 900 W; cpu0 20 W all the time, by its counter.
WorkTrace worked(double clock, double seconds) {
  WorkTrace trace{
      exact_instant(clock), {sensor("gpu0", Method::Integral), sensor("cpu0", Method::Counter)}, {}};
  const int count = static_cast<int>(std::lround(seconds * 10));
  for (int i = 0; i <= count; ++i) {
    const Instant at = exact_instant(0.1 * i);
    const double watts = i == count / 4 ? 900 : i <= count / 2 ? 100 : 300;
    trace.traces[0].readings.push_back({.at = at, .power = Watts(watts)});
    trace.traces[1].readings.push_back({.at = at, .counter = Joules(500 + 20 * 0.1 * i)});
  }
  trace.edges = {{Instant(0), "train"}, {exact_instant(seconds / 2), "evaluate"}};
  return trace;
}

class CloseLookTest : public testing::Test {
 protected:
  CloseLookTest() : findings_(find(example::study())) {
    EXPECT_TRUE(ledger_.create(findings_.result.header).ok());
  }
  void keep(int step, int attempt, TrialId trial, double seconds, const WorkTrace& trace,
            bool finished = true) {
    const std::string& study = findings_.result.header.name;
    Step asked;
    asked.trial = trial;
    asked.work = Train{1, {}};
    ASSERT_TRUE(ledger_.begin(study, step, attempt, asked).ok());
    Outcome outcome;
    outcome.duration = Duration(seconds);
    const Status kept = finished ? ledger_.finish(study, step, attempt, outcome, trace)
                                 : ledger_.lose(study, step, attempt, "died", {}, Duration(seconds), trace);
    ASSERT_TRUE(kept.ok());
  }
  CloseLook look(std::vector<TrialId> trials = {}, bool others = false) {
    Result<CloseLook> found = look_closely(findings_, ledger_, {trials, others});
    EXPECT_TRUE(found.ok()) << found.error().message;
    return found.ok() ? std::move(*found) : CloseLook();
  }

  MemoryLedger ledger_;
  Findings findings_;
};

TEST_F(CloseLookTest, TheWinnerIsDrawnWithItsPeakAndItsPhases) {
  keep(3, 2, 1, 20, worked(100, 20));
  const CloseLook found = look();
  ASSERT_EQ(found.trials.size(), 1u);
  const CloseTrial& close = found.trials[0];
  EXPECT_EQ(findings_.result.trials[close.trial].fate, "winner");
  EXPECT_EQ(found.traced, 1u);
  EXPECT_EQ(found.sensors.size(), 2u);
  EXPECT_EQ(close.readings, 402u);
  EXPECT_EQ(close.length, Duration(20));
  EXPECT_EQ(close.bucket, Duration(0.1));
  ASSERT_EQ(close.lines.size(), 2u);
  const PowerLine& gpu = close.lines[0];
  ASSERT_EQ(gpu.points.size(), 200u);
  EXPECT_NEAR(gpu.points[10].mean->value(), 100, 1e-9);
  EXPECT_NEAR(gpu.points[150].mean->value(), 300, 1e-9);
  EXPECT_EQ(gpu.points[50].most, Watts(900)) << "the peak survives";
  ASSERT_EQ(gpu.phases.size(), 2u);
  EXPECT_EQ(gpu.phases[0].phase, "train");
  EXPECT_EQ(gpu.phases[0].time, Duration(10));
  // Trapezoids: the peak adds 800 W × 0.1 s in 10 s.
  EXPECT_NEAR(gpu.phases[0].power.mean->value(), 108, 1e-9);
  EXPECT_EQ(gpu.phases[0].power.most, Watts(900));
  EXPECT_NEAR(close.lines[1].phases[1].power.mean->value(), 20, 1e-9);
  EXPECT_EQ(close.lines[1].fine, Duration(0.2));
  EXPECT_NEAR(close.lines[1].points[77].least->value(), 20, 1e-6);
  ASSERT_EQ(close.spans.size(), 2u);
  EXPECT_EQ(close.spans[1].phase, "evaluate");
  EXPECT_EQ(close.spans[1].begin, Duration(10));
}

TEST_F(CloseLookTest, ALongTraceIsCutToABoundedNumberOfPointsAndKeepsItsPeak) {
  keep(3, 2, 1, 2000, worked(100, 2000));
  const CloseTrial close = look().trials.at(0);
  EXPECT_EQ(close.lines[0].points.size(), 400u);
  EXPECT_EQ(close.bucket, Duration(5));
  EXPECT_EQ(close.lines[0].points[100].most, Watts(900));
  EXPECT_EQ(close.lines[0].points[100].least, Watts(100));
  EXPECT_NEAR(close.lines[0].points[350].mean->value(), 300, 1e-9);
}

TEST_F(CloseLookTest, AttemptsStandOneAfterTheOtherAndLostOnesAreTold) {
  keep(3, 1, 1, 10, worked(100, 10), false);
  keep(3, 2, 1, 10, worked(500, 10));
  const CloseTrial close = look().trials.at(0);
  EXPECT_EQ(close.length, Duration(20));
  ASSERT_EQ(close.lost.size(), 1u);
  EXPECT_EQ(close.lost[0].end, Duration(10));
  ASSERT_EQ(close.spans.size(), 4u);
  EXPECT_NEAR(close.lines[0].points.at(102).mean->value(), 100, 1e-9);
  EXPECT_NEAR(close.lines[0].points.at(97).mean->value(), 300, 1e-9);
}

TEST_F(CloseLookTest, WhatWasNotMeasuredIsAbsent) {
  WorkTrace trace = worked(100, 20);
  for (Trace& one : trace.traces)
    std::erase_if(one.readings, [](const Reading& r) { return r.at > exact_instant(5.01); });
  keep(3, 2, 1, 20, trace);
  const CloseTrial close = look().trials.at(0);
  EXPECT_TRUE(close.lines[0].points[20].mean.has_value());
  EXPECT_FALSE(close.lines[0].points[120].mean.has_value());
  EXPECT_FALSE(close.lines[1].points[120].least.has_value());
}

TEST_F(CloseLookTest, OtherTrialsAreShownWhereThereIsRoomAndWhenAskedFor) {
  keep(3, 2, 1, 2, worked(100, 2));
  keep(1, 1, 0, 2, worked(200, 2));
  EXPECT_EQ(look({0}).trials.size(), 2u);
  EXPECT_EQ(look({}, true).trials.size(), 3u)
      << "all trials of a small study; the failed one without readings";
  EXPECT_EQ(look({}, true).trials.back().readings, 0u);
}

TEST_F(CloseLookTest, ATrialWithoutReadingsCannotBeAskedFor) {
  keep(3, 2, 1, 2, worked(100, 2));
  Result<CloseLook> found = look_closely(findings_, ledger_, {std::vector<TrialId>{2}, false});
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().message, "no readings are kept of trial 2 of 'by hand'");
  found = look_closely(findings_, ledger_, {std::vector<TrialId>{7}, false});
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().message, "there is no trial 7 of 'by hand'");
}

TEST_F(CloseLookTest, ThousandsOfPhasesAreThinned) {
  WorkTrace trace = worked(100, 1000);
  trace.edges.clear();
  for (int i = 0; i < 5000; ++i) {
    trace.edges.push_back({exact_instant(0.2 * i), "train"});
    trace.edges.push_back({exact_instant(0.2 * i + 0.15), "evaluate"});
  }
  keep(3, 2, 1, 1000, trace);
  const CloseTrial close = look().trials.at(0);
  ASSERT_EQ(close.spans.size(), 1u) << "train takes most of every part";
  EXPECT_EQ(close.spans[0].phase, "train");
  EXPECT_EQ(close.spans[0].end, Duration(1000));
  EXPECT_NEAR(close.lines[0].phases[0].time.value(), 750, 1e-6);
}

// What `frugal export --rows readings` writes, replay reads back with the same joules.
TEST_F(CloseLookTest, ReadingsAsCsvGiveTheSameJoules) {
  keep(3, 1, 1, 10, worked(100, 10), false);
  keep(3, 2, 1, 10, worked(110.05, 10));
  std::vector<WorkTrace> pieces;
  const TraceList list = *ledger_.traces("by hand");
  for (const TracedAttempt& attempt : list.attempts)
    pieces.push_back(*ledger_.trace("by hand", attempt.step, attempt.attempt));
  std::ostringstream csv;
  write_trace_csv(csv, joined(pieces), Instant(0));
  const Result<std::vector<Trace>> read = parse_trace_csv(csv.str(), "readings.csv");
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->size(), 2u);
  for (std::size_t device = 0; device < 2; ++device) {
    for (std::size_t piece = 0; piece < 2; ++piece) {
      const auto of_piece = integrate(pieces[piece].traces[device], {Instant(0), exact_instant(9.99)});
      const Instant begin = exact_instant(piece == 0 ? 0 : 10.05);
      const auto of_file = integrate((*read)[device], {begin, begin + Duration(9.99)});
      ASSERT_TRUE(of_piece && of_file);
      EXPECT_NEAR(of_file->value.value(), of_piece->value.value(), 1e-6 * of_piece->value.value());
    }
    EXPECT_EQ((*read)[device].card.sensor, pieces[0].traces[device].card.sensor);
  }
}

}  // namespace
}  // namespace frugal
