#include "frugal/train/network.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "frugal/train/update.h"

namespace frugal {
namespace {

constexpr ImageShape kCifar{.channels = 3, .height = 32, .width = 32, .classes = 10};
constexpr ImageShape kDigits{};

at::Tensor bind_fresh(Network& network, std::uint64_t seed) {
  WeightPlan& plan = network.plan();
  at::Tensor flat = at::zeros({plan.parameter_count() + plan.buffer_count()});
  plan.bind(flat);
  plan.initialise(seed);
  return flat;
}

at::Tensor images(std::int64_t n, const ImageShape& s) {
  at::manual_seed(5);
  return at::randn({n, s.channels, s.height, s.width}).contiguous(at::MemoryFormat::ChannelsLast);
}

TEST(Network, HasThePublishedNumbersOfParameters) {
  EXPECT_EQ(Network("resnet18", kCifar).plan().parameter_count(), 11'173'962);
  EXPECT_EQ(Network("resnet50", kCifar).plan().parameter_count(), 23'520'842);
  ImageShape hundred = kCifar;
  hundred.classes = 100;
  EXPECT_EQ(Network("resnet50", hundred).plan().parameter_count(), 23'705'252);
  EXPECT_EQ(Network("mlp", kDigits).plan().parameter_count(),
            64 * 128 + 128 + 128 * 128 + 128 + 128 * 10 + 10);
}

TEST(Network, AnswersWithLogitsForEveryModelAndShape) {
  for (const char* model : {"mlp", "resnet8", "resnet18", "resnet50"}) {
    Network network(model, kCifar);
    bind_fresh(network, 1);
    const at::Tensor logits = network.forward(images(2, kCifar), false);
    EXPECT_EQ(logits.sizes().vec(), (std::vector<std::int64_t>{2, 10})) << model;
    EXPECT_TRUE(at::isfinite(logits).all().item<bool>()) << model;
  }
  Network small("resnet8", kDigits);
  bind_fresh(small, 1);
  EXPECT_EQ(small.forward(images(3, kDigits), false).size(0), 3);
}

TEST(Network, BeginsAlikeForASeedAndSpreadAsKaimingHe) {
  Network a("resnet8", kCifar), b("resnet8", kCifar), c("resnet8", kCifar);
  const at::Tensor first = bind_fresh(a, 3);
  EXPECT_TRUE(at::equal(first, bind_fresh(b, 3)));
  EXPECT_FALSE(at::equal(first, bind_fresh(c, 4)));
  Network wide("resnet18", kCifar);
  bind_fresh(wide, 3);
  const Weight* largest = &wide.plan().parameters().front();
  for (const Weight& weight : wide.plan().parameters()) {
    if (weight.count() > largest->count()) largest = &weight;
  }
  const double expected = std::sqrt(2.0 / (9.0 * 512.0));
  EXPECT_NEAR(largest->value.std().item<double>(), expected, 0.01 * expected);
}

// The layers' own gradients against those of libtorch's autograd through the same forward pass.
void expect_autograd_agrees(const std::string& model, const ImageShape& shape) {
  Network network(model, shape);
  bind_fresh(network, 1);
  const at::Tensor x = images(6, shape);
  const at::Tensor labels = at::arange(6, at::kLong).remainder(shape.classes);
  at::Tensor sum = at::zeros({}, at::kDouble);
  std::vector<at::Tensor> own;
  {
    const at::NoGradGuard no_graph;
    network.backward(cross_entropy_gradient(network.forward(x, true), labels, 0.0, sum));
    for (const Weight& weight : network.plan().parameters()) own.push_back(weight.gradient.clone());
  }
  for (Weight& weight : network.plan().parameters())
    weight.value = weight.value.detach().clone().requires_grad_();
  const at::Tensor loss = at::cross_entropy_loss(network.forward(x, true), labels);
  loss.backward();
  EXPECT_NEAR(sum.item<double>() / 6.0, loss.item<double>(), 1e-5);
  std::size_t i = 0;
  for (const Weight& weight : network.plan().parameters()) {
    const at::Tensor& expected = weight.value.grad();
    const double error = (own[i++] - expected).abs().max().item<double>();
    EXPECT_LT(error, 1e-5 + 1e-3 * expected.abs().max().item<double>()) << model << " weight " << i - 1;
  }
}

TEST(Network, GradientsAgreeWithAutograd) {
  expect_autograd_agrees("mlp", kDigits);
  expect_autograd_agrees("resnet8", kDigits);
  expect_autograd_agrees("resnet8", kCifar);
  expect_autograd_agrees("resnet18", kCifar);
  expect_autograd_agrees("resnet50", kCifar);
}

TEST(Network, TrainingMovesTheRunningStatisticsAndEvaluationDoesNot) {
  Network network("resnet8", kDigits);
  const at::Tensor flat = bind_fresh(network, 1);
  const at::Tensor before = flat.clone();
  network.forward(images(8, kDigits), false);
  EXPECT_TRUE(at::equal(flat, before));
  network.forward(images(8, kDigits), true);
  const std::int64_t parameters = network.plan().parameter_count();
  EXPECT_TRUE(at::equal(flat.narrow(0, 0, parameters), before.narrow(0, 0, parameters)));
  EXPECT_FALSE(at::equal(flat, before));
}

}  // namespace
}  // namespace frugal
