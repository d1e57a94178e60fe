// What every Ledger must do, sentence by sentence of ledger.h; for tests only. One file of each test binary
// includes it and says:  INSTANTIATE_TEST_SUITE_P(Memory, LedgerConformance, testing::Values(maker)); What is
// compared, and how exactly, is in ledger_examples.h. One suite is one file, however long the port's
// contract.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "frugal/study/ledger_examples.h"

namespace frugal {

// One empty ledger and what belongs to it.
class LedgerUnderTest {
 public:
  virtual ~LedgerUnderTest() = default;
  virtual Ledger& ledger() = 0;
  // Closes and opens what can be closed, so that what is read comes from where it was kept.
  virtual void reopen() {}
};

using LedgerMaker = std::function<std::unique_ptr<LedgerUnderTest>()>;

class LedgerConformance : public testing::TestWithParam<LedgerMaker> {
 protected:
  void SetUp() override { held_ = GetParam()(); }
  Ledger& ledger() { return held_->ledger(); }

  // The study as it was kept; an empty record, with a failure noted, where it cannot be read.
  StudyRecord kept(const std::string& name) {
    held_->reopen();
    Result<std::optional<StudyRecord>> read = ledger().read(name);
    EXPECT_TRUE(read.ok()) << read.error().message;
    EXPECT_TRUE(read.ok() && read->has_value()) << "no study '" << name << "'";
    return read.ok() && read->has_value() ? std::move(**read) : StudyRecord();
  }
  static void ok(const Status& status) {
    EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
  }
  static void refused(const Status& status, ErrorCode code, const std::string& message) {
    ASSERT_FALSE(status.ok()) << "accepted; expected: " << message;
    EXPECT_EQ(status.error().code, code);
    EXPECT_EQ(status.error().message, message);
  }
  // Writes one finished step and compares what comes back.
  void round_trip(const Step& step, const Outcome& outcome) {
    const int number = next_++;
    if (number == 0) ok(ledger().create(ledger_examples::header("s")));
    ok(ledger().begin("s", number, 1, step));
    ok(ledger().finish("s", number, 1, outcome));
    const StudyRecord record = kept("s");
    ASSERT_EQ(record.history.size(), static_cast<std::size_t>(number) + 1);
    EXPECT_EQ(ledger_examples::told(record.history.back()),
              ledger_examples::told(Observation{number, step, outcome}));
  }

 private:
  std::unique_ptr<LedgerUnderTest> held_;
  int next_ = 0;
};

namespace ledger_conformance {

using namespace ledger_examples;

TEST_P(LedgerConformance, AnEmptyLedgerHasNoStudies) {
  const Result<std::vector<StudyBrief>> listed = ledger().list();
  ASSERT_TRUE(listed.ok());
  EXPECT_TRUE(listed->empty());
  const Result<std::optional<StudyRecord>> read = ledger().read("s");
  ASSERT_TRUE(read.ok());
  EXPECT_FALSE(read->has_value());
}

TEST_P(LedgerConformance, AHeaderComesBackAndItsNameIsTaken) {
  StudyHeader written = header("digits");
  written.goal = {"perplexity", false};
  written.plan["seed"] = 18446744073709551615u;
  written.plan["fraction"] = 0.1;
  ok(ledger().create(written));
  StudyHeader other = header("digits");
  other.source = "another file";
  refused(ledger().create(other), ErrorCode::FixInput, "the study 'digits' is there already");
  const StudyRecord record = kept("digits");
  EXPECT_EQ(record.header.name, "digits");
  EXPECT_EQ(record.header.plan, written.plan);
  EXPECT_EQ(record.header.source, written.source);
  EXPECT_EQ(record.header.goal.metric, "perplexity");
  EXPECT_FALSE(record.header.goal.maximise);
  EXPECT_EQ(told(record.header.created_unix_s), told(written.created_unix_s));
  EXPECT_TRUE(record.history.empty() && record.lost.empty() && record.caveats.empty());
  EXPECT_FALSE(record.stopped_by.has_value());
}

TEST_P(LedgerConformance, EveryWritingCallWantsTheStudyToBeThere) {
  const std::string message = "there is no study 'no'";
  refused(ledger().begin("no", 0, 1, train_step(1)), ErrorCode::FixInput, message);
  refused(ledger().progress("no", 0, 1, {}, Duration(1)), ErrorCode::FixInput, message);
  refused(ledger().finish("no", 0, 1, {}), ErrorCode::FixInput, message);
  refused(ledger().lose("no", 0, 1, "died", {}, Duration(1)), ErrorCode::FixInput, message);
  refused(ledger().remark("no", RemarkKind::Caveat, "x"), ErrorCode::FixInput, message);
  refused(ledger().stop("no", "patience"), ErrorCode::FixInput, message);
}

TEST_P(LedgerConformance, AnAttemptBeginsOnceAndEndsOnce) {
  ok(ledger().create(header("s")));
  refused(ledger().progress("s", 0, 1, {}, Duration(1)), ErrorCode::GiveUp,
          "progress: attempt 1 of step 0 is not running");
  refused(ledger().finish("s", 0, 1, {}), ErrorCode::GiveUp, "finish: attempt 1 of step 0 is not running");
  refused(ledger().lose("s", 0, 1, "died", {}, Duration(1)), ErrorCode::GiveUp,
          "lose: attempt 1 of step 0 is not running");
  ok(ledger().begin("s", 0, 1, train_step(1)));
  refused(ledger().begin("s", 0, 1, train_step(2)), ErrorCode::GiveUp,
          "begin: attempt 1 of step 0 is there already");
  ok(ledger().lose("s", 0, 1, "died", report(3), Duration(1)));
  refused(ledger().begin("s", 0, 1, train_step(1)), ErrorCode::GiveUp,
          "begin: attempt 1 of step 0 is there already");
  refused(ledger().progress("s", 0, 1, report(99), Duration(9)), ErrorCode::GiveUp,
          "progress: attempt 1 of step 0 is not running");
  refused(ledger().finish("s", 0, 1, trained(1, 2)), ErrorCode::GiveUp,
          "finish: attempt 1 of step 0 is not running");
  ok(ledger().begin("s", 0, 2, train_step(1)));
  ok(ledger().finish("s", 0, 2, trained(1, 2)));
  refused(ledger().finish("s", 0, 2, trained(1, 9)), ErrorCode::GiveUp,
          "finish: attempt 2 of step 0 is not running");
  refused(ledger().lose("s", 0, 2, "died", {}, Duration(1)), ErrorCode::GiveUp,
          "lose: attempt 2 of step 0 is not running");
  refused(ledger().progress("s", 0, 2, report(99), Duration(9)), ErrorCode::GiveUp,
          "progress: attempt 2 of step 0 is not running");
  const StudyRecord record = kept("s");
  ASSERT_EQ(record.history.size(), 1u);
  EXPECT_EQ(told(record.history[0]), told(Observation{0, train_step(1), trained(1, 2)}));
  ASSERT_EQ(record.lost.size(), 1u);
  EXPECT_EQ(told(record.lost[0]), told(LostAttempt{0, 1, 1, "died", report(3), Duration(1)}));
}

TEST_P(LedgerConformance, AnAttemptThatNeverEndedWasKilledWithItsLastProgress) {
  ok(ledger().create(header("s")));
  ok(ledger().begin("s", 0, 1, train_step(4)));
  ok(ledger().begin("s", 1, 1, train_step(5)));
  ok(ledger().progress("s", 1, 1, report(1), Duration(1)));
  EnergyReport last = report(2);
  last.by_phase = {{"explore", figure(2)}};  // replaced, not merged
  ok(ledger().progress("s", 1, 1, last, Duration(2.5)));
  const StudyRecord record = kept("s");
  EXPECT_TRUE(record.history.empty());
  ASSERT_EQ(record.lost.size(), 2u);
  EXPECT_EQ(told(record.lost[0]), told(LostAttempt{0, 1, 4, "killed", {}, Duration(0), true}));
  EXPECT_EQ(told(record.lost[1]), told(LostAttempt{1, 1, 5, "killed", last, Duration(2.5), true}));
  // It is still the running one: who resumes may end it, and killed by name is not running.
  ok(ledger().lose("s", 0, 1, "killed", {}, Duration(3)));
  EXPECT_EQ(told(kept("s").lost[0]), told(LostAttempt{0, 1, 4, "killed", {}, Duration(3)}));
  ok(ledger().lose("s", 1, 1, "interrupted", {}, Duration(3)));
  EXPECT_EQ(told(kept("s").lost[1]), told(LostAttempt{1, 1, 5, "interrupted", {}, Duration(3)}));
}

TEST_P(LedgerConformance, FinalFiguresReplaceProgress) {
  ok(ledger().create(header("s")));
  ok(ledger().begin("s", 0, 1, train_step(1)));
  ok(ledger().progress("s", 0, 1, report(1), Duration(1)));
  Outcome outcome = trained(1, 2);
  outcome.energy = {
      .total = figure(5), .by_phase = {{"load", figure(5)}}, .by_device = {{"gpu0", figure(5)}}};
  ok(ledger().finish("s", 0, 1, outcome));
  EXPECT_EQ(told(kept("s").history.at(0)), told(Observation{0, train_step(1), outcome}));
}

TEST_P(LedgerConformance, HistoryIsOrderedByStepWhateverTheOrderOfAttempts) {
  ok(ledger().create(header("s")));
  for (const int number : {2, 10, 0, 1}) ok(ledger().begin("s", number, 1, train_step(number)));
  for (const int number : {10, 1, 2}) ok(ledger().finish("s", number, 1, trained(number + 1, 1)));
  ok(ledger().lose("s", 0, 1, "died", {}, Duration(1)));
  ok(ledger().begin("s", 0, 2, train_step(0)));
  ok(ledger().finish("s", 0, 2, trained(1, 1)));
  std::vector<int> order;
  for (const Observation& seen : kept("s").history) order.push_back(seen.number);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 10}));
  EXPECT_EQ(kept("s").history.at(2).outcome.epochs.at(0).epoch, 3);
}

TEST_P(LedgerConformance, AFinishedStepMayBeRetrainedAndTheAttemptLost) {
  ok(ledger().create(header("s")));
  ok(ledger().begin("s", 0, 1, train_step(1)));
  ok(ledger().finish("s", 0, 1, trained(1, 2)));
  ok(ledger().begin("s", 0, 2, train_step(1)));
  ok(ledger().lose("s", 0, 2, "retrained", report(8), Duration(4)));
  const StudyRecord record = kept("s");
  ASSERT_EQ(record.history.size(), 1u);
  ASSERT_EQ(record.lost.size(), 1u);
  EXPECT_EQ(told(record.lost[0]), told(LostAttempt{0, 2, 1, "retrained", report(8), Duration(4)}));
}

TEST_P(LedgerConformance, RemarksAreKeptOnceInOrderByKind) {
  ok(ledger().create(header("s")));
  for (const char* text : {"zebra", "ape", "zebra", "it's \"so\"", "ape"})
    ok(ledger().remark("s", RemarkKind::Caveat, text));
  ok(ledger().remark("s", RemarkKind::Sensor, "zebra"));
  ok(ledger().remark("s", RemarkKind::Worker, "trainer 1.0"));
  ok(ledger().remark("s", RemarkKind::Worker, ""));
  const StudyRecord record = kept("s");
  EXPECT_EQ(record.caveats, (std::vector<std::string>{"zebra", "ape", "it's \"so\""}));
  EXPECT_EQ(record.sensors, (std::vector<std::string>{"zebra"}));
  EXPECT_EQ(record.workers, (std::vector<std::string>{"trainer 1.0", ""}));
}

TEST_P(LedgerConformance, ReadingsComeBackBitForBitAndInTheirOrder) {
  ok(ledger().create(header("s")));
  ok(ledger().begin("s", 0, 1, train_step(3)));
  const WorkTrace first = trace(0, 3);
  const WorkTrace second = trace(2, 6);  // its first reading and edge are those that `first` ended with
  ok(ledger().progress("s", 0, 1, report(1), Duration(1), first));
  ok(ledger().finish("s", 0, 1, trained(1, 1), second));
  kept("s");
  EXPECT_EQ(told(*ledger().trace("s", 0, 1)), told(trace(0, 6)));
  const Result<TraceList> list = ledger().traces("s");
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list->attempts.size(), 1u);
  EXPECT_EQ(list->attempts[0].trial, 3);
  EXPECT_EQ(told(list->attempts[0].duration.value()), told(trained(1, 1).duration.value()));
  EXPECT_TRUE(list->attempts[0].finished);
  ASSERT_EQ(list->sensors.size(), 2u);
  EXPECT_TRUE(list->sensors[0].readings.empty());
  EXPECT_EQ(sensor_to_json(list->sensors[0]), sensor_to_json(trace(0, 1).traces[0]));
}

TEST_P(LedgerConformance, LostAndKilledAttemptsKeepTheirReadings) {
  ok(ledger().create(header("s")));
  ok(ledger().begin("s", 0, 1, train_step(1)));
  ok(ledger().progress("s", 0, 1, report(1), Duration(1), trace(0, 2)));
  ok(ledger().lose("s", 0, 1, "died", report(2), Duration(2), trace(1, 4)));
  ok(ledger().begin("s", 0, 2, train_step(1)));
  ok(ledger().progress("s", 0, 2, report(1), Duration(1.5), trace(0, 3)));
  ASSERT_EQ(kept("s").lost.size(), 2u);
  EXPECT_EQ(told(*ledger().trace("s", 0, 1)), told(trace(0, 4)));
  EXPECT_EQ(told(*ledger().trace("s", 0, 2)), told(trace(0, 3)));
  const Result<TraceList> list = ledger().traces("s");
  ASSERT_EQ(list->attempts.size(), 2u);
  EXPECT_FALSE(list->attempts[0].finished || list->attempts[1].finished);
  EXPECT_EQ(list->attempts[1].duration.value(), 1.5);
  EXPECT_EQ(list->sensors.size(), 2u) << "the same sensors are kept once";
}

TEST_P(LedgerConformance, WhatIsRefusedLeavesNoReadings) {
  ok(ledger().create(header("s")));
  EXPECT_FALSE(ledger().finish("s", 0, 1, trained(1, 1), trace(0, 3)).ok());
  EXPECT_TRUE(ledger().traces("s")->attempts.empty());
  EXPECT_TRUE(ledger().traces("no")->sensors.empty());
  EXPECT_TRUE(ledger().trace("s", 0, 1)->empty());
  EXPECT_TRUE(ledger().trace("no", 0, 1)->empty());
}

TEST_P(LedgerConformance, FactsOfTheHostAreKeptOnceInOrder) {
  ok(ledger().create(header("s")));
  ok(ledger().host("s", {{"processor", "X"}, {"memory", "8 GiB"}}));
  ok(ledger().host("s", {{"processor", "X"}, {"memory", "16 GiB"}}));
  EXPECT_EQ(kept("s").host, (HostFacts{{"processor", "X"}, {"memory", "8 GiB"}, {"memory", "16 GiB"}}));
  refused(ledger().host("no", {{"a", "b"}}), ErrorCode::FixInput, "there is no study 'no'");
}

TEST_P(LedgerConformance, AStudyStopsAndGoesOn) {
  ok(ledger().create(header("s")));
  ok(ledger().stop("s", "patience"));
  EXPECT_EQ(kept("s").stopped_by, "patience");
  ok(ledger().stop("s", ""));
  EXPECT_EQ(kept("s").stopped_by, "");
  ok(ledger().stop("s", std::nullopt));
  EXPECT_EQ(kept("s").stopped_by, std::nullopt);
}

TEST_P(LedgerConformance, TheListIsOldestFirstAndCountsWhatIsFinished) {
  for (const char* name : {"z", "a", "m"}) ok(ledger().create(header(name)));
  ok(ledger().begin("a", 0, 1, train_step(1)));
  ok(ledger().finish("a", 0, 1, trained(1, 2)));
  ok(ledger().begin("a", 1, 1, train_step(1)));
  ok(ledger().finish("a", 1, 1, trained(3, 2)));
  ok(ledger().begin("a", 2, 1, train_step(2)));
  ok(ledger().lose("a", 2, 1, "died", {}, Duration(1)));
  ok(ledger().begin("a", 3, 1, train_step(3)));
  ok(ledger().stop("m", "target"));
  StudyHeader bare = header("bare");
  bare.plan = nlohmann::json::object();
  ok(ledger().create(bare));
  const Result<std::vector<StudyBrief>> listed = ledger().list();
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->size(), 4u);
  EXPECT_EQ(listed->at(0).name + listed->at(1).name + listed->at(2).name, "zam");
  EXPECT_EQ(listed->at(1).strategy, "sm2");
  EXPECT_EQ(listed->at(1).steps, 2);
  EXPECT_EQ(listed->at(1).trials, 1);
  EXPECT_EQ(told(listed->at(1).created_unix_s), told(header("a").created_unix_s));
  EXPECT_EQ(listed->at(0).steps, 0);
  EXPECT_EQ(listed->at(1).stopped_by, std::nullopt);
  EXPECT_EQ(listed->at(2).stopped_by, "target");
  EXPECT_EQ(listed->at(3).strategy, "");
}

TEST_P(LedgerConformance, TwoStudiesDoNotMix) {
  ok(ledger().create(header("a")));
  ok(ledger().create(header("b")));
  ok(ledger().begin("a", 0, 1, train_step(1)));
  ok(ledger().begin("b", 0, 1, train_step(2)));
  ok(ledger().finish("b", 0, 1, trained(1, 3)));
  ok(ledger().finish("a", 0, 1, trained(1, 1)));
  ok(ledger().begin("a", 1, 1, train_step(1)));
  ok(ledger().remark("b", RemarkKind::Caveat, "only b"));
  ok(ledger().stop("a", "budget"));
  const StudyRecord a = kept("a");
  const StudyRecord b = kept("b");
  EXPECT_EQ(told(a.history.at(0)), told(Observation{0, train_step(1), trained(1, 1)}));
  EXPECT_EQ(told(b.history.at(0)), told(Observation{0, train_step(2), trained(1, 3)}));
  EXPECT_EQ(a.lost.size(), 1u);
  EXPECT_TRUE(b.lost.empty());
  EXPECT_TRUE(a.caveats.empty());
  EXPECT_EQ(b.stopped_by, std::nullopt);
}

TEST_P(LedgerConformance, HostileTextsAreOnlyTexts) {
  const std::vector<std::string> names{"it's",
                                       "\"quoted\"",
                                       "a\nb\r\n\tc",
                                       "</script><script>alert(1)</script>",
                                       "Ж 学习 🦊",
                                       "'; DROP TABLE study; --",
                                       "%s %n ?1 :a $b",
                                       " ",
                                       "",
                                       std::string("nul\0inside", 10),
                                       std::string(5000, 'x')};
  for (const std::string& name : names) {
    ok(ledger().create(header(name)));
    Step step = train_step(1);
    step.point = Point({{name, name}, {"other", true}});
    step.note = name;
    Outcome outcome = trained(1, 1);
    outcome.failure = Failure{FailureKind::Internal, name};
    outcome.metrics = {{name, 1}};
    outcome.epochs[0].metrics = {{name, 2}, {"accuracy", 3}};
    outcome.energy.total->sensor = name;
    outcome.energy.by_phase[name] = figure(1, name);
    outcome.energy.by_device[name] = figure(1, name);
    ok(ledger().begin(name, 0, 1, step));
    ok(ledger().finish(name, 0, 1, outcome));
    ok(ledger().begin(name, 1, 1, step));
    ok(ledger().lose(name, 1, 1, name, {}, Duration(1)));
    ok(ledger().remark(name, RemarkKind::Caveat, name));
    ok(ledger().stop(name, name));
    const StudyRecord record = kept(name);
    ASSERT_EQ(record.history.size(), 1u);
    EXPECT_EQ(told(record.history[0]), told(Observation{0, step, outcome}));
    EXPECT_EQ(record.lost.at(0).why, name);
    EXPECT_EQ(record.caveats, std::vector<std::string>{name});
    EXPECT_EQ(record.stopped_by, name);
  }
  EXPECT_EQ(ledger().list()->size(), names.size());
}

TEST_P(LedgerConformance, BytesThatAreNoTextSurvive) {
  // A worker that dies may leave anything as its last words.
  const std::string bytes = "\xff\xfe\x80 end";
  ok(ledger().create(header("s")));
  ok(ledger().remark("s", RemarkKind::Worker, bytes));
  ok(ledger().begin("s", 0, 1, train_step(1)));
  Outcome outcome;
  outcome.failure = Failure{FailureKind::Died, bytes};
  ok(ledger().finish("s", 0, 1, outcome));
  EXPECT_EQ(kept("s").history.at(0).outcome.failure->message, bytes);
  EXPECT_EQ(kept("s").workers, std::vector<std::string>{bytes});
}

TEST_P(LedgerConformance, EveryKindOfStepComesBack) {
  Step step = train_step(7);
  step.seed = std::numeric_limits<std::uint64_t>::max();
  step.from = 12;
  step.round = 3;
  step.note = "rolled back to epoch 12, rate lowered";
  round_trip(step, {});
  step.from = 0;
  step.work = Explore{.fraction = 0.1,
                      .rates = {1e-300, 0.1, 1.0 / 3, 64.0},
                      .restart = true,
                      .min_cycles = 2,
                      .max_cycles = 9};
  round_trip(step, {});
  step.work =
      Probe{40, Point({{"learning_rate", 64.0}, {"n", std::int64_t{64}}, {"on", false}, {"o", "64"}})};
  round_trip(step, {});
  step.work = Drop{};
  step.point = Point({{"tiny", std::numeric_limits<double>::denorm_min()},
                      {"zero", -0.0},
                      {"big", std::numeric_limits<std::int64_t>::min()}});
  round_trip(step, {});
  step.point = {};
  round_trip(step, {});
}

// Steps of one trial that differ in little are told apart.
TEST_P(LedgerConformance, StepsThatAreAlmostAlikeComeBack) {
  Step step = train_step(7);
  for (int number = 0; number < 3; ++number) {
    step.from = number == 0 ? std::nullopt : std::optional(number - 1);
    round_trip(step, {});
    round_trip(step, {});
  }
  step.note = "again";
  round_trip(step, {});
  step.from = std::nullopt;
  round_trip(step, {});
  step.point.set("batch_size", std::int64_t{65});
  round_trip(step, {});
}

TEST_P(LedgerConformance, EveryFailureComesBack) {
  for (const FailureKind kind :
       {FailureKind::Diverged, FailureKind::OutOfMemory, FailureKind::Invalid, FailureKind::Unsupported,
        FailureKind::Internal, FailureKind::Died, FailureKind::CheckpointLost, FailureKind::Interrupted}) {
    round_trip(train_step(1),
               {.failure = Failure{kind, "step 4"}, .energy = report(1), .duration = Duration(1)});
  }
}

TEST_P(LedgerConformance, NumbersThatAreNoneComeBack) {
  Outcome outcome = trained(1, 4);
  outcome.epochs[0].loss = kNaN;
  outcome.epochs[0].metrics = {{"accuracy", kNaN}, {"f1", kNaN}};
  outcome.epochs[1].loss = kInfinity;
  outcome.epochs[1].metrics = {{"accuracy", kInfinity}, {"f1", -kInfinity}};
  outcome.epochs[2].loss = -0.0;
  outcome.epochs[2].metrics = {{"accuracy", -kInfinity}, {"f1", kInfinity}, {"zero", -0.0}};
  outcome.epochs[3].metrics = {};
  outcome.loss_before = kNaN;
  outcome.metrics = {{"accuracy", kNaN}};
  outcome.curve = {{0.001, 2.3}, {0.01, kNaN}, {0.1, kInfinity}};
  round_trip(train_step(1), outcome);
}

TEST_P(LedgerConformance, ExtremeNumbersComeBackToTheBit) {
  Outcome outcome = trained(1, 1);
  outcome.epochs[0].metrics.clear();
  for (const double value : {0.1, 1.0 / 3, 1e308, 5e-324, 123456789.123456789, std::nextafter(1.0, 2.0), -0.0,
                             64.0, 9007199254740993.0}) {
    outcome.epochs[0].metrics["accuracy"] = value;
    outcome.epochs[0].metrics["f1"] = value;
    outcome.epochs[0].loss = value;
    outcome.duration = Duration(value);
    outcome.energy.total->value = Joules(value);
    round_trip(train_step(1), outcome);
  }
}

TEST_P(LedgerConformance, WhatNothingMeasuredStaysEmpty) {
  Outcome outcome = trained(1, 2);
  outcome.energy = {};
  outcome.epochs[0].energy.reset();
  round_trip(train_step(1), outcome);
  outcome.energy.total = figure(0);  // zero joules measured is not nothing
  round_trip(train_step(1), outcome);
  outcome.energy.total.reset();
  outcome.energy.by_device["cpu0"] = figure(1);
  outcome.energy.by_device["cpu0"].method = Method::Counter;
  outcome.energy.by_phase["train"] = figure(1);
  outcome.energy.by_phase["train"].method = Method::Model;
  round_trip(train_step(1), outcome);
}

TEST_P(LedgerConformance, AnExplorationComesBackWhole) {
  Outcome outcome{.loss_before = 2.3,
                  .metrics = {{"accuracy", 0.5}, {"f1", 0.4}},
                  .samples = 1'000'000'000'000,
                  .steps = 40,
                  .budget_steps = 41,
                  .train_samples = 50000,
                  .energy = report(3),
                  .duration = Duration(2)};
  outcome.curve = {{0.1, 2.0}, {0.2, 1.9}, {0.1, 1.8}};  // a rate may come again
  round_trip(train_step(1), outcome);
  outcome.curve.clear();
  outcome.train_samples.reset();
  round_trip(train_step(1), outcome);
}

TEST_P(LedgerConformance, ALargeOutcomeComesBack) {
  Outcome outcome = trained(1, 3000);
  outcome.epochs.push_back(outcome.epochs.front());  // an epoch may come again
  for (int i = 0; i < 10000; ++i) outcome.curve.push_back({i * 1e-3, 1.0 / (i + 1)});
  outcome.failure = Failure{FailureKind::OutOfMemory, std::string(1 << 20, 'm')};
  round_trip(train_step(1), outcome);
}

}  // namespace ledger_conformance
}  // namespace frugal
