#include "frugal/train/preprocess.h"

#include <gtest/gtest.h>

#include <numeric>

namespace frugal {
namespace {

// 100 records of one pixel and two channels: 0 … 99, and always 7.
Images counted() {
  Images images{.shape = {.channels = 2, .height = 1, .width = 1, .classes = 10}, .pixels = {}, .labels = {}};
  for (int i = 0; i < 100; ++i) {
    images.pixels.push_back(static_cast<std::uint8_t>((i * 37) % 100));
    images.pixels.push_back(7);
    images.labels.push_back(0);
  }
  return images;
}

// Known values of 0 … 99: mean 49.5, deviation √(9999/12), quartiles 24.75, 49.5, 74.25 (type 7, as NumPy).
TEST(Preprocess, TakesCentreAndSpreadOfEveryChannel) {
  const Images images = counted();
  const ChannelScale standard = channel_scale(images, Preprocessing::Standardise);
  EXPECT_DOUBLE_EQ(standard.centre[0], 49.5);
  EXPECT_NEAR(standard.spread[0], std::sqrt(9999.0 / 12.0), 1e-9);
  const ChannelScale robust = channel_scale(images, Preprocessing::Robust);
  EXPECT_DOUBLE_EQ(robust.centre[0], 49.5);
  EXPECT_DOUBLE_EQ(robust.spread[0], 49.5);
  const ChannelScale unit = channel_scale(images, Preprocessing::MinMax);
  EXPECT_DOUBLE_EQ(unit.centre[0], 0.0);
  EXPECT_DOUBLE_EQ(unit.spread[0], 99.0);
  const ChannelScale none = channel_scale(images, Preprocessing::None);
  EXPECT_DOUBLE_EQ(none.centre[0], 0.0);
  EXPECT_DOUBLE_EQ(none.spread[0], 1.0);
  for (const ChannelScale& scale : {standard, robust, unit}) {
    EXPECT_DOUBLE_EQ(scale.centre[1], 7.0);
    EXPECT_DOUBLE_EQ(scale.spread[1], 1.0);
  }
}

TEST(Preprocess, NumbersGoTheSameWayAsBytes) {
  Images bytes = counted();
  Images numbers = bytes;
  numbers.values.assign(bytes.pixels.begin(), bytes.pixels.end());
  numbers.pixels.clear();
  for (const Preprocessing how :
       {Preprocessing::Standardise, Preprocessing::None, Preprocessing::Robust, Preprocessing::MinMax}) {
    const ChannelScale a = channel_scale(bytes, how), b = channel_scale(numbers, how);
    for (std::size_t c = 0; c < 2; ++c) {
      EXPECT_NEAR(a.centre[c], b.centre[c], 1e-9);
      EXPECT_NEAR(a.spread[c], b.spread[c], 1e-9);
    }
  }
}

// Most values alike: the interquartile range is 0, the deviation stands in.
TEST(Preprocess, ARareValueDoesNotDivideByZero) {
  Images images = counted();
  for (std::size_t i = 0; i < 100; ++i) images.pixels[2 * i] = i == 0 ? 100 : 0;
  const ChannelScale robust = channel_scale(images, Preprocessing::Robust);
  EXPECT_DOUBLE_EQ(robust.centre[0], 0.0);
  EXPECT_NEAR(robust.spread[0], std::sqrt(100.0 - 1.0), 1e-9);
}

TEST(Preprocess, ScalesTargets) {
  std::vector<float> targets(100);
  std::iota(targets.begin(), targets.end(), 0.0F);
  EXPECT_DOUBLE_EQ(target_scale(targets).mean, 49.5);
  EXPECT_NEAR(target_scale(targets).deviation, std::sqrt(9999.0 / 12.0), 1e-9);
}

}  // namespace
}  // namespace frugal
