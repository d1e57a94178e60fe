// Images and rows of numbers where the training happens: preprocessed once, channels-last. A set that does
// not fit stays as it was read in host memory and is preprocessed block by block.
#pragma once

#include "frugal/train/device_set.h"
#include "frugal/train/preprocess.h"

namespace frugal {

struct DeviceImagesOptions {
  ChannelScale by;
  TargetScale target = {};
  at::Device device = at::kCPU;
  std::int64_t memory_limit = 0;     // bytes on the device, shuffled block included; 0: everything fits
  at::ScalarType type = at::kFloat;  // of the preprocessed values
};

class DeviceImages final : public DeviceSet {
 public:
  DeviceImages(Images images, const DeviceImagesOptions& options);

  std::int64_t count() const override { return count_; }
  const ImageShape& shape() const override { return host_.shape; }
  at::Device device() const override { return options_.device; }
  std::int64_t block_records() const override { return block_; }
  Batch gather(std::span<const std::int64_t> order) const override;
  Batch range(std::int64_t first, std::int64_t count) const override;
  SeenAs seen_as() const override { return {.scale = scale_, .offset = offset_}; }
  bool resident() const { return all_.images.defined(); }

 private:
  at::Tensor upload(const at::Tensor& raw) const;
  Images host_;  // only the shape when resident
  DeviceImagesOptions options_;
  std::int64_t count_;
  std::int64_t block_;
  at::Tensor scale_, offset_;
  Batch all_;
};

}  // namespace frugal
