#include "frugal/stats/block_ratio.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "frugal/base/rng.h"
#include "frugal/stats/distributions.h"

namespace frugal::stats {
namespace {

struct Blocks {
  std::vector<double> a;
  std::vector<double> b;
};

// Log-normal runs, 5 % apart from run to run, on a machine that drifts by 20 % from block to block.
Blocks drawn(Rng& rng, std::size_t n, double ratio) {
  const auto noise = [&](double sd) {
    return std::exp(sd * normal_quantile(rng.uniform() * 0.999998 + 1e-6));
  };
  Blocks blocks;
  for (std::size_t i = 0; i < n; ++i) {
    const double level = 100 * noise(0.2);
    blocks.a.push_back(level * noise(0.05));
    blocks.b.push_back(ratio * level * noise(0.05));
  }
  return blocks;
}

TEST(BlockRatioTest, FlipsOfAllBlocksAreCounted) {
  // Every block says B takes more: 2 of the 2^5 ways to flip are as far out, 2 of 2^6.
  const std::vector<double> a{1, 1, 1, 1, 1, 1};
  const std::vector<double> b{2, 3, 2, 4, 2, 3};
  EXPECT_DOUBLE_EQ(block_ratio(std::span(a).first(5), std::span(b).first(5), 1)->p_value, 2.0 / 32);
  const Result<BlockRatio> six = block_ratio(a, b, 1);
  EXPECT_DOUBLE_EQ(six->p_value, 2.0 / 64);
  EXPECT_DOUBLE_EQ(six->ratio, 16.0 / 6);
  EXPECT_EQ(six->blocks, 6u);
}

TEST(BlockRatioTest, AConstantRatioHasNoWidthHoweverTheMachineDrifts) {
  const std::vector<double> a{100, 140, 90, 200, 120, 80};
  std::vector<double> b;
  for (const double value : a) b.push_back(0.7 * value);
  const Result<BlockRatio> found = block_ratio(a, b, 1);
  EXPECT_NEAR(found->ratio, 0.7, 1e-12);
  EXPECT_NEAR(found->low, 0.7, 1e-12);
  EXPECT_NEAR(found->high, 0.7, 1e-12);
}

TEST(BlockRatioTest, WhatCannotDecideSaysSo) {
  const std::vector<double> four{1, 2, 3, 4};
  const std::vector<double> five{1, 2, 3, 4, 5};
  const std::vector<double> zero{1, 2, 0, 4, 5};
  EXPECT_EQ(block_ratio(four, four, 1).error().message, "4 blocks are too few for an interval: at least 5");
  EXPECT_EQ(block_ratio(four, five, 1).error().message, "blocks need one run of each: 4 and 5");
  EXPECT_EQ(block_ratio(five, zero, 1).error().message, "block 2 has a value that is not positive");
}

// 95 % intervals hold the true ratio in about 95 % of the cases, few blocks included; tests of equal commands
// are significant in about 5 %. With 1,000 cases the count is within ±2 points in 99.6 % of such tests.
TEST(BlockRatioTest, IntervalsCoverAndTestsKeepTheirLevel) {
  for (const std::size_t n : {5, 10, 20}) {
    Rng rng(n);
    int covered = 0;
    int significant = 0;
    constexpr int kCases = 1000;
    for (int i = 0; i < kCases; ++i) {
      const Blocks blocks = drawn(rng, n, 1.1);
      const Result<BlockRatio> found = block_ratio(blocks.a, blocks.b, static_cast<std::uint64_t>(i), 1000);
      covered += found->low <= 1.1 && 1.1 <= found->high ? 1 : 0;
      const Blocks equal = drawn(rng, n, 1);
      significant += block_ratio(equal.a, equal.b, 1, 400)->p_value <= 0.05 ? 1 : 0;
    }
    EXPECT_GE(covered, 925) << n;
    EXPECT_LE(covered, 990) << n;
    EXPECT_LE(significant, 72) << n;
  }
}

}  // namespace
}  // namespace frugal::stats
