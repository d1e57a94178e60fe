#include "frugal/train/winograd.h"

#include <gtest/gtest.h>

#include "frugal/train/fast_convolution.h"

namespace frugal {
namespace {

constexpr auto kImages = at::MemoryFormat::ChannelsLast;
constexpr ConvolutionShape kShape{.stride = 1, .padding = 1, .groups = 1};

struct Case {
  std::int64_t records, in, out, height, width;
};

at::Tensor random(at::IntArrayRef sizes, double scale = 1.0) {
  return (at::randn(sizes) * scale).contiguous(kImages);
}

bool have_it() { return winograd_fits(random({8, 64, 8, 8}), random({64, 64, 3, 3}), kShape); }

// The largest difference from the same in double precision, in units of the largest value.
double off(const at::Tensor& found, const at::Tensor& exact) {
  return ((found.to(at::kDouble) - exact).abs().max() / exact.abs().max()).item<double>();
}

class WinogradTest : public ::testing::TestWithParam<Case> {};

TEST_P(WinogradTest, AgreesWithDoublePrecisionInAllThreePasses) {
  if (!have_it()) GTEST_SKIP() << "no oneDNN 2 in this build, or no AVX-512 here";
  const Case& c = GetParam();
  at::manual_seed(3);
  const at::Tensor x = random({c.records, c.in, c.height, c.width}),
                   w = random({c.out, c.in, 3, 3}, 1.0 / std::sqrt(9.0 * static_cast<double>(c.in))),
                   g = random({c.records, c.out, c.height, c.width});
  ASSERT_TRUE(winograd_fits(x, w, kShape));
  const at::Tensor xd = x.to(at::kDouble), wd = w.to(at::kDouble), gd = g.to(at::kDouble);
  const at::Tensor y = at::convolution(xd, wd, {}, {1, 1}, {1, 1}, {1, 1}, false, {0, 0}, 1);
  const ConvolutionGradients exact = fast_convolution_gradients(gd, xd, wd, kShape, true);
  const at::Tensor found = winograd_convolution(x, w);
  EXPECT_TRUE(found.is_contiguous(kImages));
  EXPECT_LT(off(found, y), 5e-6);
  const ConvolutionGradients gradients = winograd_gradients(g, x, w, true);
  EXPECT_LT(off(gradients.input, exact.input), 5e-6);
  EXPECT_LT(off(gradients.weight, exact.weight), 5e-6);
  EXPECT_TRUE(gradients.weight.is_contiguous(kImages));
  EXPECT_FALSE(winograd_gradients(g, x, w, false).input.defined());
}

// Sides that are no multiple of the tile of 4, more outputs than inputs and the reverse, every size of
// resnet18.
INSTANTIATE_TEST_SUITE_P(Shapes, WinogradTest,
                         ::testing::Values(Case{2, 64, 64, 32, 32}, Case{9, 128, 64, 9, 7},
                                           Case{16, 64, 192, 6, 6}, Case{11, 128, 128, 16, 16},
                                           Case{9, 256, 256, 8, 8}, Case{40, 512, 512, 4, 4}));

TEST(Winograd, RefusesWhatItIsNotFor) {
  const at::Tensor w = random({64, 64, 3, 3}), x = random({8, 64, 8, 8});
  EXPECT_FALSE(winograd_fits(x, w, {.stride = 2, .padding = 1}));
  EXPECT_FALSE(winograd_fits(x, w, {.stride = 1, .padding = 0}));
  EXPECT_FALSE(winograd_fits(x, random({64, 64, 1, 1}), kShape));
  EXPECT_FALSE(winograd_fits(x.contiguous(), w, kShape));
  EXPECT_FALSE(winograd_fits(x.to(at::kDouble), w.to(at::kDouble), kShape));
  EXPECT_FALSE(winograd_fits(random({7, 64, 8, 8}), w, kShape)) << "too few pixels";
  EXPECT_FALSE(winograd_fits(random({8, 48, 8, 8}), random({64, 48, 3, 3}), kShape)) << "too few channels";
  EXPECT_FALSE(winograd_fits(random({64, 64, 3, 9}), w, kShape)) << "a side shorter than a tile";
}

}  // namespace
}  // namespace frugal
