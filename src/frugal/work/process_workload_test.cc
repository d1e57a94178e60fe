// ProcessWorkload against `frugal agent` and the scripted worker, all real processes.
#include "frugal/work/process_workload.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

namespace frugal {
namespace {

using Words = std::vector<std::string>;

class Watch final : public WorkObserver {
 public:
  void epoch(const EpochRow& row) override { epochs.push_back(row); }
  void energy(const EnergyReport& so_far, Duration) override {
    progress.push_back(so_far);
    if (on_energy) on_energy();
  }
  void trace(const WorkTrace& more) override { append(traced, more); }
  std::vector<EpochRow> epochs;
  WorkTrace traced;
  std::vector<EnergyReport> progress;
  std::function<void()> on_energy;
};

class ProcessWorkloadTest : public testing::Test {
 protected:
  ProcessWorkloadTest()
      : folder_(std::filesystem::temp_directory_path() / ("frugal-workload-" + std::to_string(::getpid()))) {
    std::signal(SIGPIPE, SIG_IGN);
    std::filesystem::create_directories(folder_);
  }
  ~ProcessWorkloadTest() override {
    workload_.reset();
    std::filesystem::remove_all(folder_);
  }

  ProcessSettings settings(const Words& worker_words, const std::string& devices = "sim:power=100W") const {
    ProcessSettings made;
    made.command = {FRUGAL_COMMAND, "agent", "--devices",     devices, "--interval",
                    "10 ms",        "--",    SCRIPTED_WORKER, "--log", log()};
    made.command.insert(made.command.end(), worker_words.begin(), worker_words.end());
    made.log = (folder_ / "stderr.log").string();
    return made;
  }
  void open(const Words& worker_words) { open(settings(worker_words)); }
  void open(ProcessSettings made) {
    workload_ = std::make_unique<ProcessWorkload>(std::move(made), clock_);
    const Result<WorkloadCard> card = workload_->open();
    ASSERT_TRUE(card.ok()) << card.error().message;
  }
  Outcome run(int number, Step step, bool base = true) {
    WorkItem item{number, std::move(step), {}, {}};
    if (item.step.from && base) item.base_checkpoint = checkpoint(item.step.trial, *item.step.from);
    if (std::holds_alternative<Train>(item.step.work)) item.save_to = checkpoint(item.step.trial, number);
    return workload_->run(item, watch_, cancel_);
  }
  static Step train(std::optional<int> from, TrialId trial = 0, int epochs = 1) {
    return {trial, Point{{"batch_size", std::int64_t{64}}},      1, from,
            1,     Train{epochs, Point{{"learning_rate", 0.1}}}, {}};
  }
  static Step explore(std::optional<int> from, TrialId trial = 0) {
    return {trial, Point{{"batch_size", std::int64_t{64}}}, 1, from,
            1,     Explore{0.25, {0.01, 0.1, 1.0}, true},   {}};
  }
  std::string checkpoint(TrialId trial, int step) const {
    return (folder_ / ("trial-" + std::to_string(trial) + "-step-" + std::to_string(step))).string();
  }
  std::string log() const { return (folder_ / "worker.log").string(); }
  int requests(const std::string& what) const {
    std::ifstream file(log());
    std::string word;
    int count = 0;
    for (long number = 0; file >> word >> number;) count += word == what ? 1 : 0;
    return count;
  }
  static std::string failure_of(const Outcome& outcome) {
    return outcome.failure ? failure_text(outcome.failure->kind) : "none";
  }
  static double accuracy(const Outcome& outcome) {
    return outcome.epochs.empty() ? -1 : outcome.epochs.back().metrics.at("accuracy");
  }

  std::filesystem::path folder_;
  SteadyClock clock_;
  std::unique_ptr<ProcessWorkload> workload_;
  Watch watch_;
  std::atomic<bool> cancel_{false};
};

TEST_F(ProcessWorkloadTest, ItsCardIsTheWorkersWithTheSensors) {
  workload_ = std::make_unique<ProcessWorkload>(settings({}), clock_);
  const Result<WorkloadCard> card = workload_->open();
  ASSERT_TRUE(card.ok());
  EXPECT_EQ(card->worker.name, "scripted worker");
  EXPECT_EQ(card->worker.can, (Words{"train", "explore", "probe", "snapshot"}));
  EXPECT_EQ(card->worker.train_samples, 1024);
  EXPECT_EQ(card->sensors, (Words{"sim0: sim0 (simulated counter)"}));
  EXPECT_EQ(card->caveats, (Words{"sim0 is simulated: its joules are not real"}));
}

// Several requests make a step; all of their readings count from its begin, the start of the worker included.
TEST_F(ProcessWorkloadTest, TheReadingsOfAStepGiveItsJoulesAgain) {
  open({"--epoch-ms", "50"});
  for (int number = 0; number < 2; ++number) {
    watch_.traced = {};
    const Outcome outcome = run(number, train(number == 0 ? std::nullopt : std::optional(0), 0, 1));
    EXPECT_EQ(failure_of(outcome), "none");
    ASSERT_EQ(watch_.traced.traces.size(), 1u);
    EXPECT_EQ(watch_.traced.traces[0].card.sensor, "sim0 (simulated counter)");
    EXPECT_EQ(watch_.traced.traces[0].interval, Duration(0.01));
    const auto again = integrate(watch_.traced.traces[0], {Instant(0), Instant(0) + outcome.duration});
    ASSERT_TRUE(again.has_value());
    EXPECT_NEAR(again->value.value(), outcome.energy.total->value.value(), 1e-6);
  }
}

TEST_F(ProcessWorkloadTest, ATrainingGivesEpochsCheckpointAndJoules) {
  open({"--epoch-ms", "50"});
  const Outcome outcome = run(0, train({}, 0, 2));
  EXPECT_EQ(failure_of(outcome), "none");
  ASSERT_EQ(outcome.epochs.size(), 2u);
  EXPECT_EQ(watch_.epochs.size(), 2u);
  EXPECT_EQ(outcome.epochs[1].epoch, 2);
  EXPECT_EQ(outcome.samples, 2048);
  EXPECT_TRUE(std::filesystem::exists(checkpoint(0, 0)));
  ASSERT_TRUE(outcome.energy.total.has_value());
  EXPECT_GE(outcome.energy.total->value.value(), 0.99 * 10);
  EXPECT_NEAR(outcome.energy.total->value.value(), 100 * outcome.duration.value(), 5);
  ASSERT_TRUE(outcome.epochs[0].energy.has_value());
  EXPECT_GE(outcome.epochs[0].energy->value.value(), 0.99 * 5);
}

TEST_F(ProcessWorkloadTest, AStateThatTheWorkerHoldsIsNotLoadedAgain) {
  open(Words{});
  for (int step = 0; step < 4; ++step)
    EXPECT_EQ(failure_of(run(step, train(step == 0 ? std::nullopt : std::optional(step - 1)))), "none");
  EXPECT_EQ(failure_of(run(4, explore(3))), "none");
  EXPECT_EQ(requests("start"), 1);
  EXPECT_EQ(requests("load"), 0);
  EXPECT_EQ(requests("train"), 4);
  EXPECT_EQ(requests("save"), 4);
}

TEST_F(ProcessWorkloadTest, AnEarlierStateIsLoadedAndGivesTheSameAgain) {
  open(Words{});
  run(0, train({}));
  const Outcome second = run(1, train(0));
  const Outcome again = run(2, train(0));
  EXPECT_EQ(requests("load"), 1);
  EXPECT_EQ(accuracy(second), accuracy(again));
  EXPECT_EQ(again.epochs.back().epoch, 2);
}

TEST_F(ProcessWorkloadTest, AfterARestartTheStateComesFromItsCheckpoint) {
  open(Words{});
  run(0, train({}));
  const Outcome uninterrupted = run(1, train(0));
  workload_->close();
  open(Words{});
  EXPECT_EQ(requests("pid"), 2);
  const Outcome resumed = run(1, train(0));
  EXPECT_EQ(failure_of(resumed), "none");
  EXPECT_EQ(requests("load"), 1);
  EXPECT_EQ(accuracy(resumed), accuracy(uninterrupted));
}

TEST_F(ProcessWorkloadTest, AMissingCheckpointIsSaid) {
  open(Words{});
  const Outcome outcome = run(5, train(4));
  EXPECT_EQ(failure_of(outcome), "checkpoint_lost");
  EXPECT_EQ(outcome.failure->message, "the checkpoint of step 4 of trial 0 is missing");
  EXPECT_EQ(failure_of(run(5, train(4), false)), "checkpoint_lost");
}

TEST_F(ProcessWorkloadTest, ADamagedCheckpointIsSaidAndTheWorkerGoesOn) {
  open(Words{});
  run(0, train({}));
  workload_->close();
  std::filesystem::resize_file(checkpoint(0, 0), std::filesystem::file_size(checkpoint(0, 0)) / 2);
  open(Words{});
  const Outcome outcome = run(1, train(0));
  EXPECT_EQ(failure_of(outcome), "checkpoint_lost");
  EXPECT_EQ(outcome.failure->message, "'" + checkpoint(0, 0) + "' is missing or damaged");
  EXPECT_EQ(failure_of(run(0, train({}))), "none");
  EXPECT_EQ(failure_of(run(1, train(0))), "none");
}

TEST_F(ProcessWorkloadTest, ADeadWorkerIsSaidWithWhatItWroteAndCanBeStartedAgain) {
  open({"--epoch-ms", "50", "--once", (folder_ / "once").string(), "--at", "epoch:1:kill", "--chatty"});
  const Outcome outcome = run(0, train({}));
  EXPECT_EQ(failure_of(outcome), "died");
  EXPECT_TRUE(outcome.failure->message.starts_with(
      "the worker was killed by signal 9 (Killed)\nthe last it wrote:\n"))
      << outcome.failure->message;
  EXPECT_NE(outcome.failure->message.find("a print of the worker: train"), std::string::npos);
  ASSERT_TRUE(outcome.energy.total.has_value());
  EXPECT_GE(outcome.energy.total->value.value(), 0.99 * 5);
  ASSERT_TRUE(workload_->open().ok());
  EXPECT_EQ(failure_of(run(0, train({}))), "none");
}

TEST_F(ProcessWorkloadTest, AStepOnALostWorkerFailsAndDoesNotHang) {
  open({"--at", "epoch:1:exit"});
  EXPECT_EQ(failure_of(run(0, train({}))), "died");
  const Outcome outcome = run(0, train({}));
  EXPECT_EQ(failure_of(outcome), "died");
  EXPECT_TRUE(outcome.failure->message.starts_with("the agent is gone")) << outcome.failure->message;
}

TEST_F(ProcessWorkloadTest, JoulesToldBeforeTheAgentWasKilledAreKept) {
  open({"--epoch-ms", "60000"});
  std::ifstream children("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  pid_t agent = -1;
  ASSERT_TRUE(children >> agent);
  watch_.on_energy = [&] { ::kill(agent, SIGKILL); };
  const Outcome outcome = run(0, train({}));
  EXPECT_EQ(failure_of(outcome), "died");
  EXPECT_TRUE(outcome.failure->message.starts_with("the agent was killed by signal 9 (Killed)"))
      << outcome.failure->message;
  ASSERT_FALSE(watch_.progress.empty());
  ASSERT_TRUE(outcome.energy.total.has_value());
  EXPECT_DOUBLE_EQ(outcome.energy.total->value.value(), watch_.progress.back().total->value.value());
}

TEST_F(ProcessWorkloadTest, AStepThatTakesTooLongIsTakenForHung) {
  ProcessSettings impatient = settings({"--at", "train:1:hang"});
  impatient.step_time = Duration(0.5);
  open(std::move(impatient));
  const Instant begin = clock_.now();
  const Outcome outcome = run(0, train({}));
  EXPECT_EQ(failure_of(outcome), "died");
  EXPECT_TRUE(outcome.failure->message.starts_with("the worker gave no answer for "))
      << outcome.failure->message;
  EXPECT_LT(clock_.now() - begin, Duration(20));
}

TEST_F(ProcessWorkloadTest, CancelInterruptsWithinTwoSecondsAndKeepsTheJoules) {
  open({"--epoch-ms", "60000"});
  std::thread canceller([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    cancel_ = true;
  });
  const Instant begin = clock_.now();
  const Outcome outcome = run(0, train({}));
  const Duration took = clock_.now() - begin;
  canceller.join();
  EXPECT_EQ(failure_of(outcome), "interrupted");
  EXPECT_LT(took, Duration(2.3));
  ASSERT_TRUE(outcome.energy.total.has_value());
  EXPECT_GE(outcome.energy.total->value.value(), 0.9 * 30);
}

TEST_F(ProcessWorkloadTest, ErrorsOfTheProtocolBecomeFailures) {
  open({"--at", "train:1:diverged", "--at", "train:2:out_of_memory", "--at", "train:3:invalid", "--at",
        "train:4:unsupported", "--at", "train:5:internal", "--at", "train:6:throw"});
  for (const char* kind : {"diverged", "out_of_memory", "invalid", "unsupported", "internal", "internal"})
    EXPECT_EQ(failure_of(run(0, train({}))), kind);
  EXPECT_EQ(failure_of(run(0, train({}))), "none");
}

TEST_F(ProcessWorkloadTest, ACheckpointThatCannotBeWrittenIsARemark) {
  open({"--at", "save:1:internal", "--at", "save:2:exit"});
  const Outcome refused = run(0, train({}));
  EXPECT_EQ(failure_of(refused), "none");
  EXPECT_EQ(refused.remarks, (Words{"a checkpoint could not be written: told to answer internal"}));
  const Outcome died = run(1, train(0));
  EXPECT_EQ(died.epochs.size(), 1u);
  EXPECT_EQ(failure_of(died), "none");
  EXPECT_EQ(died.remarks.size(), 1u);
}

TEST_F(ProcessWorkloadTest, ALossThatIsNotFiniteIsNaN) {
  open({"--at", "train:1:nan"});
  const Outcome outcome = run(0, train({}));
  EXPECT_EQ(failure_of(outcome), "none");
  ASSERT_EQ(outcome.epochs.size(), 1u);
  EXPECT_TRUE(std::isnan(outcome.epochs[0].loss));
  EXPECT_TRUE(std::isnan(accuracy(outcome)));
}

TEST_F(ProcessWorkloadTest, ExplorationsAndProbesArePassedOn) {
  open(Words{});
  const Outcome explored = run(0, explore({}));
  EXPECT_EQ(explored.curve.size(), 3u);
  EXPECT_GT(explored.loss_before, 0);
  EXPECT_EQ(explored.train_samples, 1024);
  const Outcome probed = run(
      1,
      {0, Point{{"batch_size", std::int64_t{64}}}, 1, {}, 1, Probe{10, Point{{"learning_rate", 0.1}}}, {}});
  EXPECT_EQ(failure_of(probed), "none");
  EXPECT_EQ(probed.metrics.count("accuracy"), 1u);
  EXPECT_EQ(probed.samples, 160);
}

TEST_F(ProcessWorkloadTest, ADroppedTrialIsForgottenByTheWorkerToo) {
  open(Words{});
  run(0, train({}));
  EXPECT_EQ(failure_of(run(1, {0, Point{}, 1, 0, 1, Drop{}, {}})), "none");
  EXPECT_EQ(requests("drop"), 1);
  EXPECT_EQ(failure_of(run(2, {7, Point{}, 1, {}, 1, Drop{}, {}})), "none");
  EXPECT_EQ(requests("drop"), 1);
}

TEST_F(ProcessWorkloadTest, APlainWorkerWithoutAnAgentHasNoJoules) {
  ProcessSettings plain;
  plain.command = {SCRIPTED_WORKER, "--log", log()};
  open(std::move(plain));
  const Outcome outcome = run(0, train({}));
  EXPECT_EQ(failure_of(outcome), "none");
  EXPECT_EQ(outcome.epochs.size(), 1u);
  EXPECT_FALSE(outcome.energy.total.has_value());
  EXPECT_FALSE(outcome.epochs[0].energy.has_value());
}

TEST_F(ProcessWorkloadTest, AWorkerThatDoesNotStartIsExplained) {
  const auto refusal = [&](ProcessSettings made) {
    ProcessWorkload workload(std::move(made), clock_);
    const Result<WorkloadCard> card = workload.open();
    return card.ok() ? std::string("it started") : card.error().message;
  };
  ProcessSettings missing = settings({});
  missing.command[7] = "/no/such/worker";
  EXPECT_TRUE(refusal(missing).starts_with(
      "the worker did not start: '/no/such/worker' cannot be started: No such file or directory"))
      << refusal(missing);
  EXPECT_TRUE(refusal(settings({"--nonsense"}))
                  .starts_with("the worker did not start: the worker exited with status 2\nthe last it "
                               "wrote:\nscripted_worker: what is '--nonsense'?"))
      << refusal(settings({"--nonsense"}));
  EXPECT_TRUE(refusal(settings({}, "sim:wattage=3"))
                  .starts_with("the worker did not start: the device 'sim' has no setting 'wattage'"))
      << refusal(settings({}, "sim:wattage=3"));
  // Whoever is faster, the agent with its last words or the study with its greeting: the words arrive.
  for (int turn = 0; turn < 20; ++turn) {
    const std::string why = refusal(settings({}, "sim:wattage=3"));
    ASSERT_TRUE(why.starts_with("the worker did not start: the device 'sim' has no setting")) << why;
  }
  ProcessSettings slow = settings({"--at", "hello:1:hang"});
  slow.start_time = Duration(0.5);
  EXPECT_TRUE(refusal(slow).starts_with("the worker did not start: the worker gave no answer for "))
      << refusal(slow);
}

}  // namespace
}  // namespace frugal
