#include "frugal/train/loss_scale.h"

#include <gtest/gtest.h>

#include <limits>

namespace frugal {
namespace {

struct Bench {
  Bench() : cell(at::zeros({LossScale::kValues})), scale(cell) {
    scale.begin();
    weights.resize(2);
    for (Weight& weight : weights) weight.gradient = at::full({3}, 65536.0F);
  }
  double value() const { return cell[0].item<double>(); }
  at::Tensor cell;
  LossScale scale;
  std::deque<Weight> weights;
};

TEST(LossScale, TakesItselfOutAgain) {
  Bench bench;
  at::Tensor gradient = at::full({2}, 0.25F);
  bench.scale.scale(gradient);
  EXPECT_EQ(gradient[0].item<float>(), 16384.0F);
  EXPECT_TRUE(bench.scale.unscale(bench.weights, 0).item<bool>());
  EXPECT_EQ(bench.weights[1].gradient[2].item<float>(), 1.0F);
}

TEST(LossScale, AnOverflowMakesNoStepAndHalvesTheScale) {
  Bench bench;
  bench.weights[0].gradient[1] = std::numeric_limits<float>::infinity();
  const at::Tensor finite = bench.scale.unscale(bench.weights, 0);
  EXPECT_FALSE(finite.item<bool>());
  for (const Weight& weight : bench.weights) EXPECT_EQ(weight.gradient.abs().max().item<float>(), 0.0F);
  bench.scale.follow(finite);
  EXPECT_EQ(bench.value(), 32768.0);
}

TEST(LossScale, GrowsAfterManyGoodSteps) {
  Bench bench;
  const at::Tensor good = at::ones({}, at::kBool);
  for (int i = 0; i < 1999; ++i) bench.scale.follow(good);
  EXPECT_EQ(bench.value(), 65536.0);
  bench.scale.follow(good);
  EXPECT_EQ(bench.value(), 131072.0);
  bench.scale.follow(good);
  EXPECT_EQ(bench.value(), 131072.0);
}

}  // namespace
}  // namespace frugal
