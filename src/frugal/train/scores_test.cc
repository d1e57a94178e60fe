#include "frugal/train/scores.h"

#include <gtest/gtest.h>

namespace frugal {
namespace {

// Logits that choose the given classes.
at::Tensor choosing(std::initializer_list<std::int64_t> classes, std::int64_t of) {
  at::Tensor out = at::zeros({static_cast<std::int64_t>(classes.size()), of});
  std::int64_t row = 0;
  for (const std::int64_t c : classes) out[row++][c] = 5.0;
  return out;
}

at::Tensor numbers(std::vector<std::int64_t> values) { return at::tensor(values); }

// Wanted 0 0 1 1 2, chosen 0 1 1 1 0: f1 is ½ for class 0 (1 of 2 and 2), 0.8 for 1 (2 of 3 and 2), 0 for 2;
// class 3 neither occurs nor is chosen.
TEST(Scores, CountsClassesOverBatches) {
  Scores scores({.classes = 4}, at::kCPU);
  scores.add(choosing({0, 1, 1}, 4), {.images = {}, .labels = numbers({0, 0, 1}), .coarse = {}});
  scores.add(choosing({1, 0}, 4), {.images = {}, .labels = numbers({1, 2}), .coarse = {}});
  const auto result = scores.result();
  EXPECT_DOUBLE_EQ(result.at("accuracy"), 0.6);
  EXPECT_NEAR(result.at("f1"), (0.5 + 0.8 + 0.0) / 3.0, 1e-12);
  const double right = std::log(1.0 + 3.0 * std::exp(-5.0));
  EXPECT_NEAR(result.at("loss"), right + 0.4 * 5.0, 1e-5);
}

TEST(Scores, TheSecondLabelHasItsOwnAccuracy) {
  Scores scores({.classes = 4, .coarse_classes = 2}, at::kCPU);
  const at::Tensor outputs = at::cat({choosing({0, 1, 2, 3}, 4), choosing({0, 0, 0, 1}, 2)}, 1);
  scores.add(outputs, {.images = {}, .labels = numbers({0, 1, 2, 0}), .coarse = numbers({0, 1, 1, 1})});
  EXPECT_DOUBLE_EQ(scores.result().at("accuracy"), 0.75);
  EXPECT_DOUBLE_EQ(scores.result().at("accuracy_coarse"), 0.5);
}

// y = 1 2 3 4 predicted 1 2 3 2: Σ(y − ŷ)² = 4, Σ(y − ȳ)² = 5.
TEST(Scores, RSquaredOverBatches) {
  Scores scores({.classes = 1, .regression = true}, at::kCPU);
  scores.add(at::tensor({1.0F, 2.0F}).unsqueeze(1),
             {.images = {}, .labels = at::tensor({1.0F, 2.0F}), .coarse = {}});
  scores.add(at::tensor({3.0F, 2.0F}).unsqueeze(1),
             {.images = {}, .labels = at::tensor({3.0F, 4.0F}), .coarse = {}});
  EXPECT_NEAR(scores.result().at("r2"), 0.2, 1e-12);
  EXPECT_NEAR(scores.result().at("loss"), 1.0, 1e-6);
}

TEST(Scores, PerplexityIsTheExponentOfTheMeanLossOfATokens) {
  Scores scores({.classes = 8, .tokens = 3}, at::kCPU);
  scores.add(at::zeros({6, 8}), {.images = {}, .labels = at::zeros({2, 3}, at::kLong), .coarse = {}});
  EXPECT_NEAR(scores.result().at("perplexity"), 8.0, 1e-5);
}

}  // namespace
}  // namespace frugal
