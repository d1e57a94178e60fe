// The worker as the study sees it, on data made here; one case runs on the real digits.
#include "frugal/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "frugal/train/train_testing.h"

namespace frugal {
namespace {

using namespace testing_train;

class TrainerTest : public ::testing::Test {
 protected:
  void SetUp() override { write_gzip(folder_.path("digits.csv.gz"), digit_rows(300)); }
  TrainerConfig config(const std::string& model = "mlp") const {
    TrainerConfig c;
    c.model = model;
    c.dataset = "digits";
    c.data_dir = folder_.path();
    c.device = "cpu";
    c.threads = 1;  // two threads of oneDNN wait for each other very slowly on a busy machine
    return c;
  }
  static std::vector<double> losses(Worker& worker, int trial, int epochs, const Point& set = {}) {
    Recorder events;
    must(worker.train(trial, epochs, set, events));
    std::vector<double> out;
    for (const EpochReport& report : events.epochs) {
      out.push_back(report.loss);
      out.push_back(report.metrics.at("loss"));
      out.push_back(report.metrics.at("accuracy"));
    }
    return out;
  }
  // The bytes of a checkpoint are the trial: equal files, equal trials.
  std::string frozen(Worker& worker, int trial) const {
    must(worker.save(trial, folder_.path("frozen")));
    std::ifstream file(folder_.path("frozen"), std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(file)), {});
  }
  static ExploreRequest request(std::vector<double> rates, bool restart) {
    return {.trial = 1,
            .fraction = 0.25,
            .rates = std::move(rates),
            .restart = restart,
            .min_cycles = 1,
            .max_cycles = 0};
  }
  Folder folder_;
};

const Point kPoint = {{"batch_size", Value(std::int64_t{32})}, {"learning_rate", Value(0.05)}};
const Point kAdam = {{"batch_size", Value(std::int64_t{32})}, {"optimizer", Value(std::string("adam"))}};

TEST_F(TrainerTest, IntroducesItself) {
  const auto worker = trainer(config());
  const WorkerCard card = must(worker->hello());
  EXPECT_EQ(card.can, (std::vector<std::string>{"train", "explore", "probe", "snapshot"}));
  EXPECT_EQ(card.metric, "accuracy");
  EXPECT_TRUE(card.maximise);
  EXPECT_EQ(card.train_samples, 240);
  EXPECT_EQ(card.validation_samples, 60);
  EXPECT_NE(card.name.find("cpu, 1 thread)"), std::string::npos) << card.name;
  TrainerConfig other = config();
  other.metric = "loss";
  EXPECT_FALSE(must(trainer(other)->hello()).maximise);
}

TEST_F(TrainerTest, ReportsEpochsBetweenPhases) {
  const auto worker = trainer(config());
  must(worker->start(1, kPoint, 1));
  Recorder events;
  must(worker->train(1, 2, {}, events));
  const std::vector<std::string> one = {"train{", "train}", "evaluate{", "evaluate}", "epoch"};
  std::vector<std::string> two = one;
  two.insert(two.end(), one.begin(), one.end());
  EXPECT_EQ(events.order, two);
  EXPECT_EQ(events.epochs[1].epoch, 2);
  EXPECT_EQ(events.epochs[1].samples, 240);
  EXPECT_EQ(events.epochs[1].steps, 8);  // batches of 32
  EXPECT_LT(events.epochs[1].loss, events.epochs[0].loss);
  must(worker->train(1, 1, {}, events));
  EXPECT_EQ(events.epochs.back().epoch, 3);
}

TEST_F(TrainerTest, TheSameSeedTrainsAlike) {
  TrainerConfig two = config("resnet8");
  two.threads = 2;
  const auto a = trainer(two);
  const auto b = trainer(two);
  // Few steps: two threads of oneDNN wait for each other very slowly on a busy machine.
  const Point few = {{"batch_size", Value(std::int64_t{120})}, {"learning_rate", Value(0.05)}};
  must(a->start(1, few, 5));
  must(b->start(9, few, 5));
  EXPECT_EQ(losses(*a, 1, 1), losses(*b, 9, 1));
  EXPECT_EQ(frozen(*a, 1), frozen(*b, 9));
  must(b->start(9, few, 6));
  EXPECT_NE(losses(*a, 1, 1), losses(*b, 9, 1));
}

TEST_F(TrainerTest, AMemoryLimitChangesNothingButMemory) {
  TrainerConfig small = config("mlp");
  write_cifar10(folder_, 40);
  small.dataset = "cifar10";
  TrainerConfig limited = small;
  limited.device_memory_mb = 1;  // 42 of the 180 records
  const auto a = trainer(small);
  const auto b = trainer(limited);
  must(a->start(1, kPoint, 5));
  must(b->start(1, kPoint, 5));
  EXPECT_EQ(losses(*a, 1, 2), losses(*b, 1, 2));
  Recorder events;
  const auto from_a = must(a->explore(request({0.001, 0.01, 0.1}, false), events));
  const auto from_b = must(b->explore(request({0.001, 0.01, 0.1}, false), events));
  for (std::size_t i = 0; i < from_a.curve.size(); ++i)
    EXPECT_EQ(from_a.curve[i].loss, from_b.curve[i].loss) << i;
}

TEST_F(TrainerTest, ASavedTrialContinuesAsIfNothingHadHappened) {
  for (const Point& point : {kPoint, kAdam}) {
    const auto whole = trainer(config("resnet8"));
    must(whole->start(1, point, 5));
    losses(*whole, 1, 2, {{"learning_rate", Value(0.02)}});
    must(whole->save(1, folder_.path("trial")));
    const std::vector<double> straight = losses(*whole, 1, 2);
    const auto fresh = trainer(config("resnet8"));
    must(fresh->load(7, folder_.path("trial")));
    EXPECT_EQ(losses(*fresh, 7, 2), straight);
    EXPECT_EQ(frozen(*fresh, 7), frozen(*whole, 1));
  }
}

TEST_F(TrainerTest, RefusesForeignAndDamagedCheckpoints) {
  const auto worker = trainer(config());
  must(worker->start(1, kPoint, 5));
  const std::string path = folder_.path("trial");
  must(worker->save(1, path));
  const WorkerError other = failure(trainer(config("resnet8"))->load(1, path));
  EXPECT_EQ(other.kind, WorkerErrorKind::Invalid);
  EXPECT_EQ(other.message,
            "checkpoint " + path +
                " holds mlp on digits, this workload is resnet8 on digits; load it with the workload it was "
                "made for");
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 100);
  const WorkerError damaged = failure(worker->load(1, path));
  EXPECT_EQ(damaged.kind, WorkerErrorKind::Invalid);
  EXPECT_EQ(damaged.message.find("checkpoint " + path + " is damaged: "), 0U) << damaged.message;
  EXPECT_EQ(losses(*worker, 1, 1).size(), 3U);  // the trial that was there is still there
}

TEST_F(TrainerTest, ExplorationLeavesTheTrialBitForBit) {
  for (const Point& point : {kPoint, kAdam}) {
    const auto worker = trainer(config("resnet8"));
    must(worker->start(1, point, 5));
    losses(*worker, 1, 1);
    const std::string before = frozen(*worker, 1);
    Recorder events;
    for (const bool restart : {false, true}) {
      const auto report = must(worker->explore(request({0.001, 0.03, 1.0, 1e30}, restart), events));
      EXPECT_EQ(frozen(*worker, 1), before) << "restart " << restart;
      EXPECT_EQ(report.metrics.empty(), restart);
    }
    must(worker->probe(1, 10, {{"learning_rate", Value(0.5)}, {"batch_size", Value(std::int64_t{7})}},
                       events));
    EXPECT_EQ(frozen(*worker, 1), before);
    EXPECT_EQ(events.order, (std::vector<std::string>{"explore{", "explore}", "explore{", "explore}",
                                                      "explore{", "explore}"}));
  }
}

TEST_F(TrainerTest, ExplorationCyclesThroughTheRates) {
  const auto worker = trainer(config());
  must(worker->start(1, {{"batch_size", Value(std::int64_t{8})}}, 5));
  Recorder events;
  // 60 records are 8 batches: two whole cycles and two more steps.
  const auto on = must(worker->explore(request({0.001, 0.01, 0.1}, false), events));
  EXPECT_EQ(on.budget_steps, 8);
  EXPECT_EQ(on.steps, 8);
  EXPECT_EQ(on.samples, 64);
  ASSERT_EQ(on.curve.size(), 8U);
  EXPECT_EQ(on.curve[4].rate, 0.01);
  EXPECT_EQ(on.loss_before, on.curve[0].loss);
  EXPECT_EQ(on.metrics.size(), 3U);
  const auto again = must(worker->explore(request({0.001, 0.01, 0.1}, false), events));
  EXPECT_EQ(again.curve[7].loss, on.curve[7].loss);
  ExploreRequest whole = request({0.001, 0.01, 0.1}, true);
  EXPECT_EQ(must(worker->explore(whole, events)).steps, 6);
  whole.min_cycles = 3;
  EXPECT_EQ(must(worker->explore(whole, events)).steps, 9);
  whole.min_cycles = 1;
  whole.max_cycles = 1;
  EXPECT_EQ(must(worker->explore(whole, events)).steps, 3);
  // More rates than batches: every rate is tried once all the same.
  std::vector<double> many;
  for (int i = 1; i <= 20; ++i) many.push_back(0.001 * i);
  EXPECT_EQ(must(worker->explore(request(many, false), events)).steps, 20);
}

TEST_F(TrainerTest, ARestartedCycleBeginsFromTheBackup) {
  const auto worker = trainer(config());
  must(worker->start(1, {{"batch_size", Value(std::int64_t{240})}}, 5));
  Recorder events;
  ExploreRequest r = request({0.01, 0.1}, true);
  r.fraction = 1.0;
  r.min_cycles = 2;
  const auto report = must(worker->explore(r, events));
  ASSERT_EQ(report.curve.size(), 4U);
  EXPECT_NEAR(report.curve[2].loss, report.curve[0].loss, 1e-9);  // all data, same weights
  EXPECT_NEAR(report.curve[3].loss, report.curve[1].loss, 1e-9);
  r.restart = false;
  const auto continued = must(worker->explore(r, events));
  EXPECT_LT(continued.curve[1].loss, continued.curve[0].loss);
}

TEST_F(TrainerTest, ADivergedCycleIsNaNAndTheNextOneIsFresh) {
  const auto worker = trainer(config());
  must(worker->start(1, kPoint, 5));
  Recorder events;
  ExploreRequest r = request({0.01, 1e30, 1e31, 1e32}, true);
  r.min_cycles = 2;
  const auto report = must(worker->explore(r, events));
  ASSERT_EQ(report.curve.size(), 8U);
  EXPECT_TRUE(std::isfinite(report.curve[0].loss));
  EXPECT_TRUE(std::isnan(report.curve[3].loss));
  EXPECT_TRUE(std::isfinite(report.curve[4].loss));
  EXPECT_LT(report.steps, 8);
  r.restart = false;
  const auto on = must(worker->explore(r, events));
  EXPECT_EQ(on.steps, 4);
  EXPECT_TRUE(std::isnan(on.curve[3].loss));
}

TEST_F(TrainerTest, AProbeIsAShortTraining) {
  const auto worker = trainer(config());
  must(worker->start(1, kPoint, 5));
  Recorder events;
  const auto none = must(worker->probe(1, 1, {{"learning_rate", Value(0.0)}}, events));
  const auto some = must(worker->probe(1, 20, {{"learning_rate", Value(0.1)}}, events));
  EXPECT_EQ(some.samples, 640);
  EXPECT_GT(some.metrics.at("accuracy"), none.metrics.at("accuracy"));
  const auto lost = must(worker->probe(1, 20, {{"learning_rate", Value(1e30)}}, events));
  EXPECT_FALSE(std::isfinite(lost.loss));
}

TEST_F(TrainerTest, DivergenceNamesEpochAndRate) {
  const auto worker = trainer(config());
  must(worker->start(4, kPoint, 5));
  losses(*worker, 4, 1);
  Recorder events;
  const WorkerError error = failure(worker->train(4, 3, {{"learning_rate", Value(1e20)}}, events));
  EXPECT_EQ(error.kind, WorkerErrorKind::Diverged);
  EXPECT_EQ(error.message,
            "trial 4 diverged in epoch 2: the mean training loss is not finite at learning_rate 1e+20; "
            "choose a smaller one");
  EXPECT_EQ(events.order, (std::vector<std::string>{"train{", "train}"}));
}

TEST_F(TrainerTest, RefusesRequestsThatCannotBe) {
  const auto worker = trainer(config());
  Recorder events;
  EXPECT_EQ(failure(worker->train(3, 1, {}, events)).message,
            "trial 3 is not held by this worker (held: none); start or load it first");
  EXPECT_EQ(failure(worker->start(1, {{"batch_size", Value(std::int64_t{241})}}, 1)).message,
            "point: batch_size 241 is larger than the training set of 240 samples; choose at most 240");
  must(worker->start(1, kPoint, 1));
  EXPECT_EQ(failure(worker->train(1, 0, {}, events)).message, "train: epochs must be at least 1, not 0");
  EXPECT_EQ(failure(worker->train(1, 1, {{"optimizer", Value(std::string("adam"))}}, events)).message,
            "set: optimizer adam cannot replace sgd in a running trial; start a new trial with the other "
            "optimizer");
  EXPECT_EQ(failure(worker->explore(request({}, false), events)).message,
            "explore: rates is empty; give at least one learning rate");
  EXPECT_EQ(failure(worker->explore(request({0.1, 0.01}, false), events)).message,
            "explore: rates must be ascending numbers of at least 0; rates[1] is 0.01");
  EXPECT_EQ(failure(worker->probe(1, 0, {}, events)).message, "probe: steps must be at least 1, not 0");
  must(worker->drop(1));
  EXPECT_EQ(failure(worker->drop(1)).kind, WorkerErrorKind::Invalid);
  EXPECT_TRUE(events.order.empty());
}

TEST_F(TrainerTest, TroubleWithTheDataIsAWorkerError) {
  TrainerConfig c = config();
  c.data_dir = folder_.path("nowhere");
  const WorkerError error = failure(trainer(c)->hello());
  EXPECT_EQ(error.kind, WorkerErrorKind::Invalid);
  EXPECT_EQ(error.message,
            c.data_dir +
                "/digits.csv.gz: cannot be opened; run scripts/setup, which puts digits.csv.gz "
                "there, or set data_dir");
}

TEST_F(TrainerTest, TrainsOnCifarFilesOfBothKinds) {
  write_cifar10(folder_, 40);
  write_bytes(folder_.path("cifar-100-binary/train.bin"), cifar_records(400, 100, true));
  for (const char* dataset : {"cifar10", "cifar100"}) {
    TrainerConfig c = config("resnet8");
    c.dataset = dataset;
    c.subset = 100;
    const auto worker = trainer(c);
    EXPECT_EQ(must(worker->hello()).train_samples, 100);
    must(worker->start(1, kPoint, 1));
    const std::vector<double> all = losses(*worker, 1, 2);
    EXPECT_LT(all[3], all[0]) << dataset;
  }
}

TEST_F(TrainerTest, LearnsTheRealDigits) {
  const std::string folder = digits_folder();
  if (folder.empty()) GTEST_SKIP() << "data/digits.csv.gz is not there; run scripts/setup";
  TrainerConfig c = config();
  c.data_dir = folder;
  const auto worker = trainer(c);
  const WorkerCard card = must(worker->hello());
  EXPECT_EQ(card.train_samples.value() + card.validation_samples.value(), 1797);
  must(worker->start(1, kPoint, 1));
  EXPECT_GT(losses(*worker, 1, 10).back(), 0.95);
}

}  // namespace
}  // namespace frugal
