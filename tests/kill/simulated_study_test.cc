// A study that is killed at every moment, simulated: SM² and the greenscreen pipeline over scripted trials
// with known joules, in a real store. Each case forks a child that runs the study and kills itself at point
// k; the study is then run again to its end.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>

#include "frugal/search/greenscreen.h"
#include "frugal/search/sm2.h"
#include "frugal/store/sqlite_ledger.h"
#include "frugal/study/memory_ledger.h"
#include "frugal/study/study.h"
#include "scripted_trial.h"

namespace frugal {
namespace {

using scripted::ScriptedTrial;
namespace fs = std::filesystem;

constexpr const char* kName = "killed";
constexpr int kNever = 0;

// Shared with the parent: what is known at the moment of death.
struct Memory {
  int points = 0;
  int kill_at = kNever;
  double acknowledged_j = 0;  // of the attempt that is running
};

class Points {
 public:
  explicit Points(Memory& memory) : memory_(memory) {}
  void pass() const {
    if (++memory_.points == memory_.kill_at) ::raise(SIGKILL);
  }
  void acknowledged(double joules) const { memory_.acknowledged_j = joules; }

 private:
  Memory& memory_;
};

// Every call of the ledger has a point before it and one after it.
class WatchedLedger final : public Ledger {
 private:
  template <class Call>
  auto watched(Call&& call) {
    points_.pass();
    auto result = call();
    points_.pass();
    return result;
  }

 public:
  WatchedLedger(Ledger& inner, Points points) : inner_(inner), points_(points) {}
  Result<std::vector<StudyBrief>> list() override { return inner_.list(); }
  Result<std::optional<StudyRecord>> read(const std::string& name) override {
    return watched([&] { return inner_.read(name); });
  }
  Status create(const StudyHeader& header) override {
    return watched([&] { return inner_.create(header); });
  }
  Status begin(const std::string& study, int number, int attempt, const Step& step) override {
    return watched([&] { return inner_.begin(study, number, attempt, step); });
  }
  Status progress(const std::string& study, int number, int attempt, const EnergyReport& energy,
                  Duration duration, const WorkTrace& more = {}) override {
    return watched([&] {
      return booked(inner_.progress(study, number, attempt, energy, duration, more),
                    energy.total->value.value());
    });
  }
  Status finish(const std::string& study, int number, int attempt, const Outcome& outcome,
                const WorkTrace& more = {}) override {
    return watched([&] { return booked(inner_.finish(study, number, attempt, outcome, more), 0); });
  }
  Status lose(const std::string& study, int number, int attempt, const std::string& why,
              const EnergyReport& energy, Duration duration, const WorkTrace& more = {}) override {
    return watched([&] { return inner_.lose(study, number, attempt, why, energy, duration, more); });
  }
  Status host(const std::string& study, const HostFacts& facts) override {
    return watched([&] { return inner_.host(study, facts); });
  }
  Result<TraceList> traces(const std::string& study) override { return inner_.traces(study); }
  Result<WorkTrace> trace(const std::string& study, int number, int attempt) override {
    return inner_.trace(study, number, attempt);
  }
  Status remark(const std::string& study, RemarkKind kind, const std::string& text) override {
    return watched([&] { return inner_.remark(study, kind, text); });
  }
  Status stop(const std::string& study, const std::optional<std::string>& reason) override {
    return watched([&] { return inner_.stop(study, reason); });
  }

 private:
  Status booked(Status status, double joules) const {
    if (status) points_.acknowledged(joules);
    return status;
  }
  Ledger& inner_;
  Points points_;
};

double cost_of(const Step& step) {
  const double size = step.point.number("batch_size").value_or(1);
  if (std::holds_alternative<Train>(step.work)) return 10 + 64 / size;
  if (std::holds_alternative<Explore>(step.work)) return 4 + 32 / size;
  return std::holds_alternative<Probe>(step.work) ? 2 : 0;
}

EnergyReport report_of(double joules, const char* phase) {
  const EnergyFigure figure{Joules(joules),  Joules(joules), Joules(joules),       1,
                            Method::Counter, "simulated",    Duration(joules / 10)};
  EnergyReport report;
  report.total = figure;
  report.by_phase.emplace(phase, figure);
  report.durations[phase] = figure.duration;
  return report;
}

// Keeps states in memory as a worker does, and in the checkpoint files that the study names.
class SimulatedWorkload final : public Workload {
 public:
  explicit SimulatedWorkload(Points points) : points_(points) {}
  Result<WorkloadCard> open() override {
    return WorkloadCard{{"simulated",
                         {"train", "explore", "probe", "snapshot"},
                         "accuracy",
                         true,
                         scripted::kTrainSamples,
                         1},
                        {"simulated"},
                        {}};
  }
  void close() override {}

  Outcome run(const WorkItem& item, WorkObserver& observer, const std::atomic<bool>&) override {
    points_.pass();
    Outcome outcome;
    ScriptedTrial* trial = std::holds_alternative<Drop>(item.step.work) ? nullptr : prepared(item, outcome);
    if (trial != nullptr) {
      observer.energy(report_of(cost_of(item.step) / 2, "train"), Duration(1));
      points_.pass();
      work(item, *trial, outcome);
      outcome.energy =
          report_of(cost_of(item.step), std::holds_alternative<Train>(item.step.work) ? "train" : "explore");
      outcome.duration = Duration(cost_of(item.step) / 10);
      if (item.save_to && !trial->save(*item.save_to))
        ADD_FAILURE() << *item.save_to << " could not be written";
      if (std::holds_alternative<Train>(item.step.work)) states_[item.step.trial].number = item.number;
    }
    points_.pass();
    return outcome;
  }

 private:
  struct State {
    std::optional<int> number;
    ScriptedTrial trial;
  };

  ScriptedTrial* prepared(const WorkItem& item, Outcome& outcome) {
    const auto held = states_.find(item.step.trial);
    if (held != states_.end() && held->second.number == item.step.from) return &held->second.trial;
    State state{item.step.from, ScriptedTrial(item.step.point, item.step.seed)};
    if (item.step.from) {
      const std::optional<ScriptedTrial> loaded = ScriptedTrial::load(*item.base_checkpoint);
      if (!loaded) {
        outcome.failure = Failure{FailureKind::CheckpointLost, "gone"};
        return nullptr;
      }
      state.trial = *loaded;
    }
    return &(states_[item.step.trial] = state).trial;
  }

  void work(const WorkItem& item, ScriptedTrial& trial, Outcome& outcome) const {
    if (const auto* train = std::get_if<Train>(&item.step.work)) {
      trial.set(train->set);
      for (int e = 0; e < train->epochs; ++e) {
        trial.train_epoch();
        outcome.epochs.push_back({trial.epochs(),
                                  trial.loss(),
                                  {{"accuracy", trial.accuracy()}},
                                  scripted::kTrainSamples,
                                  Duration(1),
                                  report_of(cost_of(item.step) / train->epochs, "train").total});
      }
    } else if (const auto* explore = std::get_if<Explore>(&item.step.work)) {
      for (const double rate : explore->rates) outcome.curve.push_back({rate, trial.explored_loss(rate)});
      outcome.loss_before = trial.loss();
      outcome.steps = static_cast<int>(explore->rates.size());
      outcome.budget_steps = trial.batches(explore->fraction);
      outcome.samples = 16L * outcome.steps;
      outcome.train_samples = scripted::kTrainSamples;
    } else if (const auto* probe = std::get_if<Probe>(&item.step.work)) {
      outcome.metrics["accuracy"] =
          trial.probed_accuracy(probe->set.number("learning_rate").value_or(0.1), probe->steps);
    }
  }

  Points points_;
  std::map<TrialId, State> states_;
};

Sm2Settings sm2_settings() {
  Sm2Settings settings;
  for (const int size : {16, 64, 256})
    settings.configurations.push_back(Point{{"batch_size", std::int64_t{size}}});
  settings.rates = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0};
  settings.limits.epochs = 4;
  settings.limits.patience = 3;
  settings.thorough_epochs = 1;
  settings.final_epochs = 2;
  return settings;
}

GreenscreenSettings greenscreen_settings() {
  GreenscreenSettings settings;
  const auto at = [](int size) { return Point{{"batch_size", std::int64_t{size}}, {"learning_rate", 0.1}}; };
  settings.baseline = at(16);
  settings.points = {at(64), at(32), at(128)};
  settings.limits.epochs = 2;
  settings.limits.patience = 2;
  settings.final_epochs = 4;
  return settings;
}

std::shared_ptr<const Strategy> sm2() { return std::make_shared<Sm2>(sm2_settings()); }
std::shared_ptr<const Strategy> greenscreen() {
  return std::make_shared<Greenscreen>(greenscreen_settings());
}

// What must not depend on kills.
struct Found {
  std::string winner;
  std::vector<std::string> steps;
  double history_j = 0;
  double lost_j = 0;
  std::vector<std::string> caveats;
  std::string stopped_by;
};

Found found_in(Ledger& ledger, const Strategy& strategy) {
  const StudyRecord record = *ledger.read(kName).value();
  Found found;
  if (const auto best = strategy.winner(record.history)) {
    found.winner = std::to_string(best->trial) + " " + best->point.text() + " " +
                   std::to_string(best->epoch) + " " + std::to_string(best->step) + " " +
                   value_text(best->value);
  }
  for (const Observation& seen : record.history) {
    found.steps.push_back(std::to_string(seen.number) + " trial " + std::to_string(seen.step.trial) + " " +
                          work_name(seen.step.work));
    if (seen.outcome.energy.total) found.history_j += seen.outcome.energy.total->value.value();
  }
  for (const LostAttempt& lost : record.lost)
    found.lost_j += lost.energy.total ? lost.energy.total->value.value() : 0;
  EXPECT_NEAR(spent_so_far(record).energy.value_or(Joules(0)).value(), found.history_j + found.lost_j, 1e-9);
  found.caveats = record.caveats;
  found.stopped_by = record.stopped_by.value_or("");
  return found;
}

class KilledStudyTest : public testing::Test {
 protected:
  KilledStudyTest()
      : memory_(*static_cast<Memory*>(
            ::mmap(nullptr, sizeof(Memory), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    // A killed process loses nothing that it wrote to a file, so memory will do, and every fsync is quick
    // there.
    const fs::path base = fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    std::string pattern = (base / "frugal-killed-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~KilledStudyTest() override {
    ::munmap(&memory_, sizeof(Memory));
    fs::remove_all(folder_);
  }

  void fresh() {
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove_all(entry.path());
  }
  std::string store() const { return (folder_ / "s.db").string(); }

  Result<std::string> run_with(Ledger& ledger) const {
    const Points points(memory_);
    WatchedLedger watched(ledger, points);
    SimulatedWorkload workload(points);
    const std::unique_ptr<Checkpoints> checkpoints = std::move(Checkpoints::open(store(), kName)).value();
    StudyObserver nobody;
    const std::atomic<bool> never{false};
    const Result<std::optional<StudyRecord>> there = watched.read(kName);
    if (!there) return there.error();
    if (!*there) {
      if (Status s = watched.create({kName, {{"strategy", {{"name", "sm2"}}}}, "", {}, 1}); !s)
        return s.error();
    }
    const StudySettings settings{kName, {}, {}};
    return run_study(settings, {watched, workload, *strategy_, *checkpoints, nobody, never});
  }
  Result<std::string> run_here() const {
    const Result<std::unique_ptr<SqliteLedger>> ledger = SqliteLedger::open(store(), OpenMode::ReadWrite);
    if (!ledger) return ledger.error();
    return run_with(**ledger);
  }
  Found found() const {
    return found_in(*SqliteLedger::open(store(), OpenMode::ReadOnly).value(), *strategy_);
  }

  // Runs the study in a child that kills itself at point `kill_at`. False when it ended before.
  bool killed_at(int kill_at) const {
    memory_ = {0, kill_at, 0};
    const pid_t child = ::fork();
    if (child == 0) ::_exit(run_here().ok() ? 0 : 1);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0)
        << "killed at " << kill_at << ": the study failed";
    memory_.kill_at = kNever;
    return WIFSIGNALED(status);
  }
  void expect_resumed(const Found& whole) const {
    const Result<std::string> reason = run_here();
    ASSERT_TRUE(reason.ok()) << reason.error().message;
    EXPECT_EQ(*reason, whole.stopped_by);
    const Found now = found();
    EXPECT_EQ(now.winner, whole.winner);
    EXPECT_EQ(now.steps, whole.steps);
    EXPECT_NEAR(now.history_j, whole.history_j, 1e-9);
  }
  Found unkilled() {
    memory_ = {};
    EXPECT_TRUE(run_here().ok());
    Found whole = found();
    EXPECT_GT(whole.steps.size(), 10u);
    EXPECT_EQ(whole.lost_j, 0);
    points_ = memory_.points;
    fresh();
    return whole;
  }

  void expect_resumed_from_every_point() {
    const Found whole = unkilled();
    for (int k = 1; k <= points_; ++k) {
      SCOPED_TRACE("killed at point " + std::to_string(k) + " of " + std::to_string(points_));
      ASSERT_TRUE(killed_at(k));
      const double acknowledged = memory_.acknowledged_j;
      expect_resumed(whole);
      EXPECT_NEAR(found().lost_j, acknowledged, 1e-9);
      if (HasFailure()) return;
      fresh();
    }
  }

  Memory& memory_;
  fs::path folder_;
  int points_ = 0;
  std::shared_ptr<const Strategy> strategy_ = sm2();
};

TEST_F(KilledStudyTest, ResumesFromEveryPointWithTheSameWinnerAndEveryAcknowledgedJoule) {
  expect_resumed_from_every_point();
}

TEST_F(KilledStudyTest, TheGreenscreenPipelineResumesFromEveryPointWithTheSameFinalRun) {
  strategy_ = greenscreen();
  expect_resumed_from_every_point();
  EXPECT_TRUE(run_here().ok());
  const auto ledger = SqliteLedger::open(store(), OpenMode::ReadOnly).value();
  const StudyRecord record = *ledger->read(kName).value();
  const GreenscreenCourse course = Greenscreen(greenscreen_settings()).course(record.history);
  ASSERT_TRUE(course.final_run);
  EXPECT_EQ(course.final_run->epochs, 4);
  EXPECT_EQ(course.final_run->trials.front(), 4);
}

TEST_F(KilledStudyTest, KilledTwiceResumesAllTheSame) {
  const Found whole = unkilled();
  for (int k = 1; k <= points_; k += 3) {
    SCOPED_TRACE("killed at point " + std::to_string(k) + " and again");
    ASSERT_TRUE(killed_at(k));
    double acknowledged = memory_.acknowledged_j;
    if (killed_at(1 + (k * 7) % 40)) acknowledged += memory_.acknowledged_j;
    expect_resumed(whole);
    EXPECT_NEAR(found().lost_j, acknowledged, 1e-9);
    if (HasFailure()) return;
    fresh();
  }
}

class LostCheckpointTest : public KilledStudyTest, public testing::WithParamInterface<bool> {
 protected:
  int spoil() const {
    int spoiled = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      if (entry.path().extension() != ".ckpt") continue;
      ++spoiled;
      if (GetParam()) {
        fs::resize_file(entry.path(), fs::file_size(entry.path()) / 2);
      } else {
        fs::remove(entry.path());
      }
    }
    return spoiled;
  }
};

TEST_P(LostCheckpointTest, IsTrainedAgainFromTheStartWithACaveatAndTheSameWinner) {
  const Found whole = unkilled();
  int trained_again = 0;
  for (int k = 1; k <= points_; k += 5) {
    SCOPED_TRACE("killed at point " + std::to_string(k));
    ASSERT_TRUE(killed_at(k));
    const int spoiled = spoil();
    (void)killed_at(1 + (k * 11) % 30);  // once more, perhaps while it is trained again
    expect_resumed(whole);
    const Found now = found();
    EXPECT_TRUE(spoiled > 0 || now.caveats.empty());
    if (!now.caveats.empty()) {
      ++trained_again;
      EXPECT_TRUE(
          now.caveats.front().ends_with("was missing or damaged; the trial was trained again from its start"))
          << now.caveats.front();
      EXPECT_GT(now.lost_j, 0);
    }
    if (HasFailure()) return;
    fresh();
  }
  EXPECT_GT(trained_again, 5);
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, LostCheckpointTest, testing::Bool(),
                         [](const auto& one) { return one.param ? "Truncated" : "Removed"; });

// A ledger that fails at its n-th writing call, whichever that is.
TEST_F(KilledStudyTest, ALedgerThatBreaksAtAnyCallLosesNothing) {
  const Found whole = unkilled();
  int failed = 0;
  for (int n = 1;; ++n) {
    SCOPED_TRACE("broken at writing call " + std::to_string(n));
    int calls = 0;
    MemoryLedger ledger([&](const char*) -> Status {
      if (++calls == n) return Error{ErrorCode::StoreBroken, "the disk is full"};
      return {};
    });
    const Result<std::string> broken = run_with(ledger);
    if (broken.ok()) break;
    ++failed;
    EXPECT_EQ(broken.error().code, ErrorCode::StoreBroken);
    EXPECT_EQ(broken.error().message, "the disk is full");
    const bool there = ledger.read(kName).value().has_value();
    const double acknowledged = there ? found_in(ledger, *strategy_).lost_j : 0;
    const Result<std::string> again = run_with(ledger);
    ASSERT_TRUE(again.ok()) << again.error().message;
    const Found now = found_in(ledger, *strategy_);
    EXPECT_EQ(now.winner, whole.winner);
    EXPECT_EQ(now.steps, whole.steps);
    EXPECT_NEAR(now.history_j, whole.history_j, 1e-9);
    EXPECT_NEAR(now.lost_j, acknowledged, 1e-9);
    if (HasFailure()) return;
    fresh();
  }
  EXPECT_GT(failed, 40);
}

}  // namespace
}  // namespace frugal
