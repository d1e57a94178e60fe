// Every factor of a point takes effect, and the effect is the one that is meant.
#include <algorithm>
#include <cmath>
#include <set>

#include "frugal/train/train_testing.h"

namespace frugal {
namespace {

using namespace testing_train;
using Metrics = std::map<std::string, double>;

class FactorsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write_gzip(folder_.path("digits.csv.gz"), digit_rows(300));
    worker_ = trainer(config());
  }
  TrainerConfig config(const std::string& model = "resnet8") const {
    TrainerConfig c;
    c.model = model;
    c.dataset = "digits";
    c.data_dir = folder_.path();
    c.device = "cpu";
    c.threads = 1;
    return c;
  }
  static Point point(std::initializer_list<std::pair<std::string, Value>> more) {
    Point p = {{"batch_size", Value(std::int64_t{32})}, {"learning_rate", Value(0.02)}};
    for (const auto& [name, value] : more) p.set(name, value);
    return p;
  }
  static Value word(const char* text) { return Value(std::string(text)); }
  // The epochs of a fresh trial.
  std::vector<EpochReport> train(const Point& p, int epochs = 2) {
    must(worker_->start(1, p, 5));
    Recorder events;
    must(worker_->train(1, epochs, {}, events));
    return events.epochs;
  }
  std::string refusal(const Point& p) { return failure(worker_->start(1, p, 5)).message; }
  // The same trial again is the same, an exploration and a probe leave it as it is, and it goes on from a
  // file.
  void expect_repeatable(const Point& p) {
    const double loss = train(p).back().loss;
    EXPECT_EQ(train(p).back().loss, loss) << p.text();
    must(worker_->save(1, folder_.path("a")));
    Recorder events;
    must(worker_->explore({.trial = 1, .fraction = 0.25, .rates = {0.01, 0.1}}, events));
    must(worker_->probe(1, 3, {}, events));
    must(worker_->save(1, folder_.path("b")));
    EXPECT_EQ(bytes("a"), bytes("b")) << p.text();
    must(worker_->train(1, 1, {}, events));
    const auto fresh = trainer(config());
    must(fresh->load(7, folder_.path("a")));
    must(fresh->train(7, 1, {}, events));
    EXPECT_EQ(events.epochs[1].loss, events.epochs[0].loss) << p.text();
    EXPECT_EQ(events.epochs[1].metrics, events.epochs[0].metrics) << p.text();
    must(worker_->load(1, folder_.path("a")));  // back, within the process
    must(worker_->train(1, 1, {}, events));
    EXPECT_EQ(events.epochs[2].loss, events.epochs[0].loss) << p.text();
    EXPECT_EQ(events.epochs[2].epoch, events.epochs[0].epoch) << p.text();
  }
  std::string bytes(const std::string& name) const {
    std::ifstream file(folder_.path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  Folder folder_;
  std::unique_ptr<Worker> worker_;
};

TEST_F(FactorsTest, EveryWordTrainsAnotherWay) {
  const double plain = train(point({})).back().loss;
  const std::vector<std::pair<const char*, std::vector<const char*>>> factors = {
      {"preprocessing", {"none", "robust", "min-max"}},
      {"augmentation", {"randaugment", "mixup", "cutmix", "flip-crop"}},
      {"precision", {"float16", "float64", "mixed"}},
      {"schedule", {"exponential", "polynomial", "cosine", "one-cycle"}},
      {"optimizer", {"nesterov", "rmsprop", "adam"}},
      {"internal", {"qat"}},
      {"partitioning", {"60-20-20", "70-15-15", "90-5-5"}}};
  for (const auto& [factor, words] : factors) {
    std::set<double> losses = {plain};
    for (const char* each : words) {
      const double loss = train(point({{factor, word(each)}})).back().loss;
      EXPECT_TRUE(std::isfinite(loss)) << factor << " " << each;
      EXPECT_TRUE(losses.insert(loss).second) << factor << " " << each << " changes nothing";
    }
  }
}

TEST_F(FactorsTest, EveryNumberTrainsAnotherWay) {
  const double plain = train(point({})).back().loss;
  for (const auto& [factor, value] :
       std::initializer_list<std::pair<const char*, double>>{{"batch_size", 16},
                                                             {"learning_rate", 0.01},
                                                             {"momentum", 0.5},
                                                             {"weight_decay", 0.05},
                                                             {"label_smoothing", 0.1},
                                                             {"gradient_clip", 0.1},
                                                             {"dropout", 0.3}})
    EXPECT_NE(train(point({{factor, Value(value)}})).back().loss, plain) << factor;
  // With weights that decay, adamw is not adam.
  const auto adam = [this](const char* optimizer) {
    return train(point({{"optimizer", word(optimizer)}, {"weight_decay", Value(0.1)}})).back().loss;
  };
  EXPECT_NE(adam("adamw"), adam("adam"));
  const double step =
      train(point({{"schedule", word("step")}, {"decay_steps", Value(std::int64_t{4})}})).back().loss;
  EXPECT_NE(step, plain);
  EXPECT_NE(
      train(
          point({{"schedule", word("step")}, {"decay_steps", Value(std::int64_t{4})}, {"gamma", Value(0.5)}}))
          .back()
          .loss,
      step);
}

TEST_F(FactorsTest, RandomAndReducedArithmeticStaysRepeatable) {
  expect_repeatable(
      point({{"augmentation", word("flip-crop")}, {"dropout", Value(0.2)}, {"optimizer", word("rmsprop")}}));
  expect_repeatable(point({{"augmentation", word("randaugment")}, {"precision", word("float64")}}));
  expect_repeatable(
      point({{"augmentation", word("cutmix")}, {"internal", word("qat")}, {"schedule", word("cosine")}}));
  expect_repeatable(
      point({{"augmentation", word("mixup")}, {"precision", word("mixed")}, {"internal", word("ptq")}}));
}

TEST_F(FactorsTest, AConstantScheduleIsTheOneWithoutDecay) {
  const double plain = train(point({})).back().loss;
  const Point slow = point(
      {{"schedule", word("exponential")}, {"decay_steps", Value(std::int64_t{1})}, {"gamma", Value(1.0)}});
  EXPECT_EQ(train(slow).back().loss, plain);
}

// 300 records: the parts are 180, 60, 60 and so on.
TEST_F(FactorsTest, PartitioningGivesPartsOfThatSize) {
  EXPECT_EQ(train(point({{"partitioning", word("60-20-20")}}), 1)[0].samples, 180);
  EXPECT_EQ(train(point({{"partitioning", word("90-5-5")}}), 1)[0].samples, 270);
  TrainerConfig both = config();
  both.validation = 0.3;
  EXPECT_EQ(
      failure(trainer(both)->start(1, point({{"partitioning", word("60-20-20")}}), 1)).message,
      "point: partitioning and workload.validation both say how the data are split; drop one of the two");
}

// The test part is looked at where the validation has not seen the trial better, in a phase behind the
// epochs, and a training in which it is looked at more often is the same training.
TEST_F(FactorsTest, TheTestPartIsLookedAtAndSteersNothing) {
  const Point parts = point({{"partitioning", word("60-20-20")}});
  must(worker_->start(1, parts, 5));
  Recorder events;
  const std::map<std::string, double> test = must(worker_->train(1, 3, {}, events)).test;
  ASSERT_EQ(test.count("accuracy"), 1U);
  EXPECT_NE(test.at("loss"), events.epochs.back().metrics.at("loss"));
  EXPECT_EQ(events.order.back(), "test}");
  EXPECT_EQ(std::count(events.order.begin(), events.order.end(), "test{"), 1);
  must(worker_->save(1, folder_.path("a")));
  must(worker_->start(1, parts, 5));
  for (int epoch = 0; epoch < 3; ++epoch) must(worker_->train(1, 1, {}, events));
  must(worker_->save(1, folder_.path("b")));
  EXPECT_EQ(bytes("a"), bytes("b"));
  must(worker_->start(1, point({}), 5));
  EXPECT_TRUE(must(worker_->train(1, 1, {}, events)).test.empty());
  // At a ruinous rate the validation has seen the trial better: nothing is looked at.
  must(worker_->start(1, parts, 5));
  must(worker_->train(1, 6, {}, events));
  const auto ruined = worker_->train(1, 1, {{"learning_rate", Value(5.0)}}, events);
  const Done* done = std::get_if<Done>(&ruined);  // null: it diverged
  EXPECT_TRUE(done == nullptr || done->test.empty());
}

// Double precision follows the single one closely at first; bfloat16 with its 8 bits less so.
TEST_F(FactorsTest, PrecisionsAgreeAsFarAsTheyReach) {
  const auto loss = [this](const char* precision) {
    return train(point({{"precision", word(precision)}, {"learning_rate", Value(0.001)}}), 1)[0].loss;
  };
  const double single = loss("float32");
  EXPECT_NEAR(loss("float64"), single, 1e-4);
  EXPECT_NEAR(loss("float16"), single, 1e-2);
  EXPECT_NEAR(loss("mixed"), single, 5e-2);
}

TEST_F(FactorsTest, RoundedModelsReportQualityAndSize) {
  const Metrics ptq = train(point({{"internal", word("ptq")}}), 6).back().metrics;
  const Metrics plain = train(point({}), 6).back().metrics;
  EXPECT_EQ(ptq.at("float_accuracy"), plain.at("accuracy"));  // training itself is the same
  EXPECT_NE(ptq.at("loss"), ptq.at("float_loss"));
  EXPECT_NEAR(ptq.at("accuracy"), ptq.at("float_accuracy"), 0.1);
  EXPECT_LT(ptq.at("int8_bytes"), 0.35 * ptq.at("model_bytes"));
  const Metrics qat = train(point({{"internal", word("qat")}}), 6).back().metrics;
  EXPECT_GT(qat.at("accuracy"), 0.5);
  EXPECT_EQ(qat.at("int8_bytes"), ptq.at("int8_bytes"));
}

// Graphs in place of the layers: the same trial, as far as the order of additions allows.
TEST_F(FactorsTest, JitTrainsTheSameModel) {
  const EpochReport plain = train(point({}), 3).back();
  const EpochReport traced = train(point({{"internal", word("jit")}}), 3).back();
  EXPECT_NEAR(traced.loss, plain.loss, 1e-3 * plain.loss);
  EXPECT_NEAR(traced.metrics.at("loss"), plain.metrics.at("loss"), 1e-2 * plain.metrics.at("loss"));
  expect_repeatable(point({{"internal", word("jit")}, {"dropout", Value(0.2)}}));
  must(worker_->start(1, point({{"internal", word("jit")}, {"precision", word("mixed")}}), 5));
  worker_ = trainer(config("forward-forward"));
  EXPECT_EQ(refusal(point({{"internal", word("jit")}})),
            "point: internal jit is not for model forward-forward, whose layers learn by themselves; "
            "use internal none");
}

TEST_F(FactorsTest, ARunningTrialKeepsItsForm) {
  train(point({}));
  Recorder events;
  EXPECT_EQ(failure(worker_->train(1, 1, {{"precision", word("float64")}}, events)).message,
            "set: precision cannot change in a running trial; start a new trial with the other precision");
  must(worker_->train(1, 1, {{"dropout", Value(0.5)}}, events));
}

TEST_F(FactorsTest, DropoutStillLearns) {
  EXPECT_GT(train(point({{"dropout", Value(0.2)}}), 8).back().metrics.at("accuracy"), 0.8);
}

}  // namespace
}  // namespace frugal
