// internal: jit. What runs is the recorded graph, and it learns what the layers learn.
#include "frugal/train/traced_passes.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "frugal/train/device_images.h"
#include "frugal/train/device_tokens.h"
#include "frugal/train/learner.h"
#include "frugal/train/train_testing.h"

namespace frugal {
namespace {

using Metrics = std::map<std::string, double>;

constexpr ImageShape kSmall{.channels = 3, .height = 32, .width = 32, .classes = 10};

// Learners without and with graphs, of one model and one seed.
class Pair {
 public:
  Pair(const std::string& model, const DeviceSet& records, TrialSettings settings, bool freeze = false)
      : records_(records), free_(!needs_autograd(model)) {
    for (const Internal internal : {Internal::None, Internal::Jit}) {
      settings.internal = internal;
      learners.push_back(std::make_unique<Learner>(ModelChoice{.name = model, .freeze_backbone = freeze},
                                                   records, settings, 3));
    }
  }
  // The losses of an epoch by each.
  std::vector<double> epoch() {
    const c10::InferenceMode mode(free_);
    const at::NoGradGuard no_graph;
    return {learners[0]->train_epoch(records_), learners[1]->train_epoch(records_)};
  }
  std::vector<Metrics> scores() {
    const c10::InferenceMode mode(free_);
    const at::NoGradGuard no_graph;
    return {learners[0]->evaluate(records_, records_), learners[1]->evaluate(records_, records_)};
  }
  double difference() const {
    return (learners[0]->backup().values - learners[1]->backup().values).abs().max().item<double>();
  }
  std::vector<std::unique_ptr<Learner>> learners;

 private:
  const DeviceSet& records_;
  bool free_;
};

DeviceImages images(int count, const ImageShape& shape) {
  Rng rng(3);
  Images all{.shape = shape, .pixels = {}, .labels = {}};
  for (int i = 0; i < count; ++i) {
    all.labels.push_back(static_cast<std::uint8_t>(i % shape.classes));
    for (int pixel = 0; pixel < shape.pixels(); ++pixel)
      all.pixels.push_back(
          static_cast<std::uint8_t>(20 * (i % shape.classes) + static_cast<int>(rng.below(60))));
  }
  DeviceImagesOptions options{.by = channel_scale(all, Preprocessing::Standardise)};
  return DeviceImages(std::move(all), options);
}

// 20 records in batches of 8: two shapes of batch to learn from, whose graphs run from the second epoch on.
void expect_alike(const std::string& model, const DeviceSet& records,
                  TrialSettings settings = {.batch_size = 8}, bool freeze = false) {
  if (settings.batch_size > 8) settings.batch_size = 8;
  settings.learning_rate = 0.001;
  Pair pair(model, records, settings, freeze);
  for (int epoch = 0; epoch < 2; ++epoch) {
    const std::vector<double> loss = pair.epoch();
    EXPECT_NEAR(loss[0], loss[1], 1e-4 * (1.0 + std::abs(loss[0]))) << model << " epoch " << epoch;
  }
  EXPECT_LT(pair.difference(), 1e-3) << model;
  const std::vector<Metrics> scores = pair.scores(), again = pair.scores();
  for (const auto& [name, value] : scores[0]) {
    EXPECT_NEAR(scores[1].at(name), value, 1e-3 * (1.0 + std::abs(value))) << model << " " << name;
    EXPECT_NEAR(again[1].at(name), scores[1].at(name), 1e-5 * (1.0 + std::abs(value)))
        << model << " " << name;
  }
}

TEST(Traced, LearnsWhatTheLayersLearn) {
  const DeviceImages small = images(20, kSmall), few = images(5, kSmall);
  for (const char* model : {"mlp", "lenet", "mnist-cnn", "small-cnn", "resnet8", "siamese", "vit-small"})
    expect_alike(model, small);
  for (const char* model : {"resnet50", "mobilenetv2", "vgg16"}) expect_alike(model, few, {.batch_size = 4});
  const DeviceImages digits = images(20, {});
  expect_alike("mlp", digits);
  expect_alike("resnet8", digits);
}

TEST(Traced, LearnsSeriesAndTextsLikewise) {
  expect_alike("lstm", images(20, {.channels = 7, .height = 1, .width = 24, .classes = 3}));
  std::vector<std::int32_t> words(20 * 9 + 1);
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = static_cast<std::int32_t>(i * i % 50);
  expect_alike("transformer-lm", DeviceTokens(words, 50, 9, 0, at::kCPU));
}

TEST(Traced, FollowsEveryOtherFactor) {
  const DeviceImages digits = images(20, {});
  expect_alike("mlp", digits, {.dropout = 0.3});
  expect_alike("vit-small", digits, {.dropout = 0.3});
  expect_alike("resnet8", digits, {.optimizer = UpdateRule::AdamW, .label_smoothing = 0.1});
  expect_alike("resnet8", digits, {.precision = Precision::Float64});
  expect_alike("resnet8", digits, {.precision = Precision::Float16});
  expect_alike("resnet8", digits, {}, true);
}

// Layers count their multiplications; a graph does not.
TEST(Traced, RunsTheGraphsAndNotTheLayers) {
  const DeviceImages digits = images(20, {});
  Pair pair("resnet8", digits, {.batch_size = 8});
  pair.epoch(), pair.scores();
  Network& network = pair.learners[1]->network();
  const std::int64_t counted = network.plan().mode().multiply_adds;
  EXPECT_GT(counted, 0);
  pair.epoch(), pair.scores();
  EXPECT_EQ(network.plan().mode().multiply_adds, counted);
  EXPECT_EQ(pair.learners[0]->network().traced(), nullptr);
  // Batches of 8 and 4, forwards and backwards, and the evaluation of all 20.
  const std::vector<std::string> graphs = network.traced()->text();
  ASSERT_EQ(graphs.size(), 5U);
  EXPECT_NE(graphs[0].find("aten::native_batch_norm("), std::string::npos);
  EXPECT_NE(graphs[1].find("frugal::convolution_gradients("), std::string::npos);
  EXPECT_EQ(graphs[4].find("aten::native_batch_norm("), std::string::npos) << graphs[4];
  EXPECT_NE(graphs[4].find("frugal::convolution("), std::string::npos);
}

TEST(Traced, RefusesALayerThatHidesATensor) {
  WeightPlan plan;
  Weight* weight = plan.parameter({2}, 0.0, 1.0);
  plan.bind(at::ones({2}));
  const at::Tensor hidden = at::ones({2});
  TracedPasses passes(plan, {.forward = [&](const at::Tensor& x, bool) { return x * weight->value + hidden; },
                             .backward = {}});
  EXPECT_THROW(passes.forward(at::ones({2}), false), std::logic_error);
}

}  // namespace
}  // namespace frugal
