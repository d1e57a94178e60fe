#include "frugal/train/device_images.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace frugal {
namespace {

// Record i has pixel values i and i/2 in its two channels and label i % 10.
Images counted(int count) {
  Images images{.shape = {.channels = 2, .height = 2, .width = 3, .classes = 10}, .pixels = {}, .labels = {}};
  for (int i = 0; i < count; ++i) {
    for (int p = 0; p < 12; ++p) images.pixels.push_back(static_cast<std::uint8_t>(p < 6 ? i : i / 2));
    images.labels.push_back(static_cast<std::uint8_t>(i % 10));
  }
  return images;
}

DeviceImages unchanged(Images images, std::int64_t memory) {
  return DeviceImages(std::move(images),
                      {.by = {.centre = {0.0, 0.0}, .spread = {1.0, 1.0}}, .memory_limit = memory});
}
DeviceImages standardised(const Images& images) {
  return DeviceImages(images, {.by = channel_scale(images, Preprocessing::Standardise)});
}
constexpr std::int64_t kRecordPair = 2 * 12 * 4;

std::vector<int> records(const Batch& batch) {
  std::vector<int> out;
  for (std::int64_t i = 0; i < batch.count(); ++i) {
    out.push_back(static_cast<int>(batch.images[i][0][1][2].item<float>()));
    EXPECT_EQ(out.back() % 10, batch.labels[i].item<std::int64_t>());
    EXPECT_EQ(out.back() / 2, static_cast<int>(batch.images[i][1][0][0].item<float>()));
  }
  return out;
}

TEST(DeviceImages, StandardisesByTheTrainingPart) {
  const Images images = counted(100);
  const DeviceImages device = standardised(images);
  const at::Tensor all = device.range(0, 100).images;
  for (int channel = 0; channel < 2; ++channel) {
    EXPECT_NEAR(all.select(1, channel).mean().item<double>(), 0.0, 1e-5);
    EXPECT_NEAR(all.select(1, channel).std(false).item<double>(), 1.0, 1e-5);
  }
}

TEST(DeviceImages, AConstantChannelDoesNotDivideByZero) {
  Images images = counted(4);
  std::fill(images.pixels.begin(), images.pixels.end(), std::uint8_t{7});
  const DeviceImages device = standardised(images);
  EXPECT_EQ(device.range(0, 4).images.abs().max().item<float>(), 0.0F);
}

TEST(DeviceImages, HalfPrecisionIsStoredAsHalf) {
  const Images images = counted(100);
  const DeviceImages half(images,
                          {.by = channel_scale(images, Preprocessing::Standardise), .type = at::kHalf});
  const at::Tensor stored = half.range(0, 100).images;
  EXPECT_EQ(stored.scalar_type(), at::kHalf);
  const at::Tensor full = standardised(images).range(0, 100).images;
  const double error = (stored.to(at::kFloat) - full).abs().max().item<double>();
  EXPECT_GT(error, 0.0);
  EXPECT_LT(error, 2.0 * 0x1p-11);  // half a unit in the last place of values below 2
}

TEST(DeviceImages, TargetsOfARegressionAreStandardised) {
  Images images = counted(100);
  images.shape.regression = true;
  for (int i = 0; i < 100; ++i) images.targets.push_back(static_cast<float>(3 * i));
  const DeviceImages set(
      images, {.by = channel_scale(images, Preprocessing::None), .target = target_scale(images.targets)});
  const at::Tensor labels = set.range(0, 100).labels;
  EXPECT_NEAR(labels.mean().item<double>(), 0.0, 1e-6);
  EXPECT_NEAR(labels.std(false).item<double>(), 1.0, 1e-6);
  EXPECT_NEAR(labels[99].item<double>(), (297.0 - 148.5) / (3.0 * std::sqrt(9999.0 / 12.0)), 1e-5);
}

TEST(BatchQueue, EveryRecordOnceAnEpochWhateverTheBatchAndTheMemory) {
  for (const std::int64_t memory : {std::int64_t{0}, 7 * kRecordPair, 1 * kRecordPair, 64 * kRecordPair}) {
    const DeviceImages images = unchanged(counted(101), memory);
    EXPECT_EQ(images.resident(), memory == 0);
    for (const std::int64_t size : {std::int64_t{1}, std::int64_t{3}, std::int64_t{7}, std::int64_t{10},
                                    std::int64_t{64}, std::int64_t{101}}) {
      BatchQueue queue(images, shuffled_order(101, 5), false);
      std::vector<int> seen;
      for (Batch batch = queue.next(size); batch.count() > 0; batch = queue.next(size)) {
        EXPECT_EQ(batch.count(), std::min(size, 101 - static_cast<std::int64_t>(seen.size())));
        for (const int record : records(batch)) seen.push_back(record);
      }
      const std::vector<std::int64_t> order = shuffled_order(101, 5);
      EXPECT_TRUE(std::equal(seen.begin(), seen.end(), order.begin(), order.end())) << memory << " " << size;
    }
  }
}

TEST(BatchQueue, ABatchOfAResidentBlockIsAView) {
  const DeviceImages images = unchanged(counted(20), 0);
  BatchQueue queue(images, shuffled_order(20, 1), false);
  const Batch a = queue.next(4);
  const Batch b = queue.next(4);
  EXPECT_EQ(a.images.data_ptr<float>() + 4 * 12, b.images.data_ptr<float>());
}

TEST(BatchQueue, GoesAroundWithFullBatches) {
  for (const std::int64_t memory : {std::int64_t{0}, 4 * kRecordPair}) {
    const DeviceImages images = unchanged(counted(30), memory);
    BatchQueue queue(images, {3, 1, 4, 15, 9}, true);
    std::vector<int> seen;
    for (int i = 0; i < 4; ++i) {
      for (const int record : records(queue.next(3))) seen.push_back(record);
    }
    EXPECT_EQ(seen, (std::vector<int>{3, 1, 4, 15, 9, 3, 1, 4, 15, 9, 3, 1}));
    BatchQueue large(images, {3, 1}, true);
    EXPECT_EQ(records(large.next(5)), (std::vector<int>{3, 1, 3, 1, 3}));
  }
}

TEST(ShuffledOrder, IsSeededAndComplete) {
  std::vector<std::int64_t> order = shuffled_order(1000, 1);
  EXPECT_EQ(order, shuffled_order(1000, 1));
  EXPECT_NE(order, shuffled_order(1000, 2));
  std::sort(order.begin(), order.end());
  EXPECT_EQ(order.front(), 0);
  EXPECT_EQ(order.back(), 999);
}

}  // namespace
}  // namespace frugal
