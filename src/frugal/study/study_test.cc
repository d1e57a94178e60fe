// The loop of a study against a scripted workload and a ledger in memory.
#include "frugal/study/study.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "frugal/search/each_point.h"
#include "frugal/study/memory_ledger.h"

namespace frugal {
namespace {

EnergyReport joules(double j) {
  EnergyReport report;
  report.total = EnergyFigure{Joules(j), Joules(j), Joules(j), 1, Method::Counter, "script", Duration(1)};
  report.by_phase["train"] = *report.total;
  return report;
}

// Trains in no time; every epoch costs 10 J. `meddle` may change an outcome before it is returned.
class ScriptedWorkload final : public Workload {
 public:
  std::function<void(const WorkItem&, Outcome&)> meddle = [](const WorkItem&, Outcome&) {};
  std::vector<std::string> can{"train", "snapshot"};
  std::string metric = "accuracy";
  int opened = 0;
  int closed = 0;
  std::vector<WorkItem> items;

  Result<WorkloadCard> open() override {
    ++opened;
    return WorkloadCard{{"scripted", can, metric, true, 100, 10}, {"script: exact"}, {"joules are scripted"}};
  }
  Outcome run(const WorkItem& item, WorkObserver& observer, const std::atomic<bool>& cancel) override {
    items.push_back(item);
    Outcome outcome;
    if (cancel) outcome.failure = Failure{FailureKind::Interrupted, ""};
    if (std::holds_alternative<Train>(item.step.work)) {
      const int epoch =
          1 + static_cast<int>(std::count_if(items.begin(), items.end() - 1, [&](const WorkItem& i) {
            return i.number < item.number && i.step.trial == item.step.trial;
          }));
      const EpochRow row{epoch, 1.0 / epoch, {{"accuracy", 0.5 + 0.1 * epoch - 0.01 * item.step.trial}},
                         100,   Duration(1), {}};
      outcome.epochs = {row};
      outcome.energy = joules(10);
      outcome.duration = Duration(1);
      if (item.save_to) std::ofstream(*item.save_to) << item.number;
      observer.epoch(row);
      observer.energy(joules(5), Duration(0.5));
    }
    meddle(item, outcome);
    if (outcome.failure) outcome.epochs.clear();
    return outcome;
  }
  void close() override { ++closed; }
};

class StudyTest : public ::testing::Test {
 protected:
  StudyTest()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ("study_" + std::to_string(::getpid()) + "_" +
                 ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    header_.name = "s";
    header_.plan = {{"strategy", {{"name", "random"}}}};
  }
  ~StudyTest() override { std::filesystem::remove_all(folder_); }

  EachPoint search(int points) const {
    EachPointSettings settings{"random", {}, goal_, limits_};
    for (int i = 0; i < points; ++i) settings.points.push_back({Point({{"x", std::int64_t{i}}}), 1});
    return EachPoint(settings);
  }
  Result<std::string> run(Ledger& ledger, int points = 2) {
    const auto checkpoints = Checkpoints::open((folder_ / "f.db").string(), "s");
    EXPECT_TRUE(checkpoints.ok());
    const EachPoint strategy = search(points);
    StudyObserver observer;
    return run_study({"s", goal_, limits_, {}},
                     {ledger, workload_, strategy, **checkpoints, observer, cancel_});
  }
  StudyRecord record(Ledger& ledger) { return **ledger.read("s"); }
  std::size_t files() const {
    std::size_t n = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(Checkpoints::folder((folder_ / "f.db").string(), "s")))
      n += entry.path().extension() == ".ckpt" ? 1 : 0;
    return n;
  }

  std::filesystem::path folder_;
  StudyHeader header_;
  Goal goal_;
  Limits limits_{.epochs = 3};
  ScriptedWorkload workload_;
  std::atomic<bool> cancel_{false};
};

TEST_F(StudyTest, RunsToItsEndAndRemembersEverything) {
  MemoryLedger ledger;
  ASSERT_TRUE(ledger.create(header_).ok());
  const Result<std::string> reason = run(ledger);
  ASSERT_TRUE(reason.ok()) << reason.error().message;
  EXPECT_EQ(*reason, "exhausted");
  const StudyRecord r = record(ledger);
  EXPECT_EQ(r.history.size(), 7u);  // 2 × 3 epochs and a drop
  EXPECT_EQ(r.stopped_by, "exhausted");
  EXPECT_EQ(r.caveats, std::vector<std::string>{"joules are scripted"});
  EXPECT_EQ(spent_so_far(r).energy, Joules(60));
  EXPECT_EQ(workload_.closed, 1);
  EXPECT_EQ(files(), 1u);  // the winner's best epoch is its latest; the dropped trial has none
}

TEST_F(StudyTest, StopsAtTargetEnergyAndTime) {
  for (const auto& [limits, why, steps] : std::vector<std::tuple<Limits, std::string, std::size_t>>{
           {{.epochs = 3, .target = 0.7}, "target", 2},
           {{.epochs = 3, .energy = Joules(25)}, "energy", 3},
           {{.epochs = 3, .time = Duration(1)}, "time", 1}}) {
    MemoryLedger ledger;
    ASSERT_TRUE(ledger.create(header_).ok());
    limits_ = limits;
    workload_.items.clear();
    EXPECT_EQ(*run(ledger), why);
    EXPECT_EQ(record(ledger).history.size(), steps) << why;
  }
}

TEST_F(StudyTest, RefusesAStrategyThatTheWorkerCannotServe) {
  MemoryLedger ledger;
  ASSERT_TRUE(ledger.create(header_).ok());
  workload_.can = {};
  const Result<std::string> reason = run(ledger);
  ASSERT_FALSE(reason.ok());
  EXPECT_EQ(reason.error().message,
            "the strategy random needs a worker that can 'train', which scripted cannot");
  EXPECT_TRUE(record(ledger).history.empty());
  EXPECT_EQ(workload_.closed, 1);
}

TEST_F(StudyTest, AStudyWhoseWorkerDoesNotStartLeavesNothingBehind) {
  MemoryLedger ledger;
  workload_.can = {};
  const auto checkpoints = Checkpoints::open((folder_ / "f.db").string(), "s");
  const EachPoint strategy = search(1);
  StudyObserver observer;
  const StudyParts parts{ledger, workload_, strategy, **checkpoints, observer, cancel_};
  EXPECT_FALSE(run_study({"s", goal_, limits_, header_}, parts).ok());
  EXPECT_FALSE(ledger.read("s")->has_value());
  workload_.can = {"train", "snapshot"};
  EXPECT_TRUE(run_study({"s", goal_, limits_, header_}, parts).ok());
  EXPECT_EQ(record(ledger).history.size(), 3u);
}

TEST_F(StudyTest, RefusesAWorkerWithAnotherMetric) {
  MemoryLedger ledger;
  ASSERT_TRUE(ledger.create(header_).ok());
  workload_.metric = "r2";
  const Result<std::string> reason = run(ledger);
  ASSERT_FALSE(reason.ok());
  EXPECT_EQ(reason.error().message, "the worker steers by r2 (max), the study by accuracy (max)");
}

TEST_F(StudyTest, AWorkerThatDiesOnceIsStartedAgainAndItsJoulesAreKept) {
  MemoryLedger ledger;
  ASSERT_TRUE(ledger.create(header_).ok());
  int deaths = 0;
  workload_.meddle = [&](const WorkItem& item, Outcome& outcome) {
    if (item.number == 1 && deaths++ == 0)
      outcome.failure = Failure{FailureKind::Died, "the worker was killed by signal 9 (Killed)"};
  };
  EXPECT_EQ(*run(ledger), "exhausted");
  const StudyRecord r = record(ledger);
  EXPECT_EQ(workload_.opened, 2);
  EXPECT_EQ(r.history.size(), 7u);
  ASSERT_EQ(r.lost.size(), 1u);
  EXPECT_EQ(r.lost[0].why, "died");
  EXPECT_EQ(spent_so_far(r).energy, Joules(70));
}

TEST_F(StudyTest, AWorkerThatDiesTwiceOverOneStepCostsItsTrialNotTheStudy) {
  MemoryLedger ledger;
  ASSERT_TRUE(ledger.create(header_).ok());
  workload_.meddle = [&](const WorkItem& item, Outcome& outcome) {
    if (item.step.trial == 0 && std::holds_alternative<Train>(item.step.work))
      outcome.failure = Failure{FailureKind::Died, "gone"};
  };
  EXPECT_EQ(*run(ledger), "exhausted");
  const StudyRecord r = record(ledger);
  EXPECT_EQ(r.history[0].outcome.failure->kind, FailureKind::Died);
  EXPECT_EQ(r.history.back().step.trial, 1);
}

TEST_F(StudyTest, ALostCheckpointIsTrainedAgainFromTheStartAndSaidSo) {
  MemoryLedger ledger;
  ASSERT_TRUE(ledger.create(header_).ok());
  bool lost = true;
  workload_.meddle = [&](const WorkItem& item, Outcome& outcome) {
    if (item.number == 2 && std::exchange(lost, false)) {
      outcome = Outcome{};
      outcome.failure = Failure{FailureKind::CheckpointLost, "missing"};
    }
  };
  EXPECT_EQ(*run(ledger, 1), "epochs");
  const StudyRecord r = record(ledger);
  EXPECT_EQ(r.history.size(), 3u);
  std::vector<int> numbers;
  for (const WorkItem& item : workload_.items) numbers.push_back(item.number);
  EXPECT_EQ(numbers, (std::vector<int>{0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(workload_.items[3].step.from, std::nullopt);
  EXPECT_EQ(workload_.items[4].step.from, 0);
  EXPECT_EQ(spent_so_far(r).energy, Joules(50));
  EXPECT_EQ(r.caveats.back(),
            "a checkpoint of trial 0 was missing or damaged; the trial was trained again from its start");
}

TEST_F(StudyTest, ACancelEndsWithInterruptedAndTheNextRunGoesOn) {
  MemoryLedger ledger;
  ASSERT_TRUE(ledger.create(header_).ok());
  workload_.meddle = [&](const WorkItem& item, Outcome& outcome) {
    if (item.number == 1 && !cancel_) {
      cancel_ = true;
      outcome.failure = Failure{FailureKind::Interrupted, ""};
    }
  };
  const Result<std::string> reason = run(ledger);
  ASSERT_FALSE(reason.ok());
  EXPECT_EQ(reason.error().code, ErrorCode::Interrupted);
  EXPECT_EQ(record(ledger).lost.at(0).why, "interrupted");
  EXPECT_EQ(record(ledger).stopped_by, std::nullopt);
  cancel_ = false;
  workload_.meddle = [](const WorkItem&, Outcome&) {};
  EXPECT_EQ(*run(ledger), "exhausted");
  EXPECT_EQ(spent_so_far(record(ledger)).energy, Joules(70));
}

TEST_F(StudyTest, AnyFailureOfTheLedgerEndsTheRunAndTheNextOneGoesOn) {
  int unfailing_calls = 0;
  MemoryLedger counter([&](const char*) { return ++unfailing_calls, Status{}; });
  ASSERT_TRUE(counter.create(header_).ok());
  ASSERT_TRUE(run(counter).ok());
  const StudyRecord whole = record(counter);
  for (int bad = 2; bad <= unfailing_calls; ++bad) {
    int calls = 0;
    workload_.items.clear();
    MemoryLedger ledger([&](const char* call) -> Status {
      if (++calls == bad) return Error{ErrorCode::StoreBroken, std::string("disk full in ") + call};
      return {};
    });
    ASSERT_TRUE(ledger.create(header_).ok());
    const Result<std::string> first = run(ledger);
    ASSERT_FALSE(first.ok()) << bad;
    EXPECT_EQ(first.error().code, ErrorCode::StoreBroken);
    workload_.items.clear();
    const Result<std::string> second = run(ledger);
    ASSERT_TRUE(second.ok()) << bad << ": " << second.error().message;
    const StudyRecord r = record(ledger);
    EXPECT_EQ(r.history.size(), whole.history.size()) << bad;
    for (std::size_t i = 0; i < r.history.size(); ++i) EXPECT_EQ(r.history[i].number, static_cast<int>(i));
    EXPECT_EQ(r.stopped_by, "exhausted");
  }
}

TEST_F(StudyTest, OneProcessAtATimeRunsAStudy) {
  const auto first = Checkpoints::open((folder_ / "f.db").string(), "s");
  ASSERT_TRUE(first.ok());
  const auto second = Checkpoints::open((folder_ / "f.db").string(), "s");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().message, "the study 's' is being run by another process");
  EXPECT_TRUE(Checkpoints::open((folder_ / "f.db").string(), "other").ok());
}

TEST_F(StudyTest, HostileNamesStayInTheirFolder) {
  for (const char* name : {"../up", ".", "..", "a/b", "</script>", "ü"}) {
    const std::filesystem::path folder = Checkpoints::folder("f.db", name);
    EXPECT_EQ(folder.parent_path(), "f.db.checkpoints") << folder;
    EXPECT_EQ(folder.lexically_normal(), folder) << folder;
  }
}

}  // namespace
}  // namespace frugal
