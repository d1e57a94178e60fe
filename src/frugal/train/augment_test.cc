#include "frugal/train/augment.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace frugal {
namespace {

constexpr std::int64_t kSide = 16;

// Images of bytes 1 … 255 divided by 2, moved by 3: seen = byte·0.5 − 3.
struct Scene {
  explicit Scene(std::int64_t n) {
    at::manual_seed(4);
    raw = at::randint(1, 256, {n, 3, kSide, kSide}, at::kFloat);
    seen = {.scale = at::full({1, 3, 1, 1}, 0.5), .offset = at::full({1, 3, 1, 1}, -3.0)};
    batch.images = (raw * seen.scale + seen.offset).contiguous(at::MemoryFormat::ChannelsLast);
    batch.labels = at::arange(n, at::kLong);
  }
  Batch run(Augmentation how, std::uint64_t seed) const { return augmented(batch, how, seen, 255, seed); }
  at::Tensor raw;
  SeenAs seen;
  Batch batch;
};

TEST(Augment, NoneChangesNothing) {
  const Scene scene(4);
  const Batch out = scene.run(Augmentation::None, 1);
  EXPECT_TRUE(at::equal(out.images, scene.batch.images));
  EXPECT_FALSE(out.other.defined());
}

TEST(Augment, IsSeededKeepsShapesAndLeavesTheBatchAlone) {
  const Scene scene(8);
  const at::Tensor before = scene.batch.images.clone();
  for (const Augmentation how :
       {Augmentation::RandAugment, Augmentation::MixUp, Augmentation::CutMix, Augmentation::FlipCrop}) {
    const Batch a = scene.run(how, 1), b = scene.run(how, 1), c = scene.run(how, 2);
    EXPECT_TRUE(at::equal(a.images, b.images));
    EXPECT_FALSE(at::equal(a.images, c.images));
    EXPECT_FALSE(at::equal(a.images, before));
    EXPECT_EQ(a.images.sizes(), before.sizes());
    EXPECT_TRUE(a.images.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_TRUE(at::equal(scene.batch.images, before));
  }
}

// Every image is one of the 2·5·5 views that a plain loop makes (padding 2 of 16).
TEST(Augment, FlipCropIsAShiftedPossiblyMirroredImage) {
  const Scene scene(6);
  const Batch out = scene.run(Augmentation::FlipCrop, 3);
  int mirrored = 0;
  for (std::int64_t i = 0; i < 6; ++i) {
    bool found = false;
    for (const bool flip : {false, true}) {
      const at::Tensor image = flip ? scene.batch.images[i].flip(2) : scene.batch.images[i];
      const at::Tensor padded = at::constant_pad_nd(image, {2, 2, 2, 2}, 0.0);
      for (std::int64_t y = 0; y <= 4; ++y) {
        for (std::int64_t x = 0; x <= 4; ++x) {
          if (!at::equal(padded.narrow(1, y, kSide).narrow(2, x, kSide), out.images[i])) continue;
          found = true;
          mirrored += flip ? 1 : 0;
        }
      }
    }
    EXPECT_TRUE(found) << i;
  }
  EXPECT_GT(mirrored, 0);
  EXPECT_LT(mirrored, 6);
}

TEST(Augment, MixUpSharesImagesAndLabelsAlike) {
  const Scene scene(8);
  const Batch out = scene.run(Augmentation::MixUp, 5);
  EXPECT_GT(out.share, 0.0);
  EXPECT_LT(out.share, 1.0);
  for (std::int64_t i = 0; i < 8; ++i) {
    const std::int64_t partner = out.other[i].item<std::int64_t>();
    EXPECT_NE(partner, i);
    const at::Tensor expected =
        scene.batch.images[i] * out.share + scene.batch.images[partner] * (1.0 - out.share);
    EXPECT_TRUE(at::allclose(out.images[i], expected, 1e-5, 1e-4));
  }
}

TEST(Augment, CutMixSharesTheLossByTheAreaOfTheBox) {
  const Scene scene(8);
  double least = 1.0, most = 0.0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Batch out = scene.run(Augmentation::CutMix, seed);
    const std::int64_t partner = out.other[0].item<std::int64_t>();
    const at::Tensor from_own = out.images[0].eq(scene.batch.images[0]).all(0);
    const at::Tensor from_partner = out.images[0].eq(scene.batch.images[partner]).all(0);
    EXPECT_TRUE(from_own.logical_or(from_partner).all().item<bool>());
    EXPECT_NEAR(from_own.sum().item<double>() / (kSide * kSide), out.share, 1e-9);
    least = std::min(least, out.share);
    most = std::max(most, out.share);
  }
  EXPECT_LT(least, 0.3);
  EXPECT_GT(most, 0.9);
}

TEST(Augment, RandAugmentStaysBetweenBlackAndWhite) {
  const Scene scene(64);
  const Batch out = scene.run(Augmentation::RandAugment, 9);
  const at::Tensor raw = (out.images - scene.seen.offset) / scene.seen.scale;
  EXPECT_GE(raw.min().item<double>(), -1e-3);
  EXPECT_LE(raw.max().item<double>(), 255.001);
  // Two operations of twelve are both the identity for one image in 144, and contrast or colour can be all
  // but.
  const at::Tensor changed = (raw - scene.raw).abs().amax({1, 2, 3}).gt(1.0);
  EXPECT_GT(changed.sum().item<std::int64_t>(), 48);
  EXPECT_TRUE(at::equal(out.labels, scene.batch.labels));
}

TEST(Augment, IsForImages) {
  EXPECT_FALSE(cannot_augment(Augmentation::FlipCrop, ImageShape{}));
  EXPECT_EQ(cannot_augment(Augmentation::CutMix, ImageShape{.channels = 9, .height = 1, .width = 1}),
            "augmentation cutmix is for images, and these records are none; use augmentation none");
}

}  // namespace
}  // namespace frugal
