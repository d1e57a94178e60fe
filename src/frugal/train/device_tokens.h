// A text on the device, cut into records of equal length that do not overlap: what the model sees, and the
// same one word later.
#pragma once

#include "frugal/train/device_set.h"

namespace frugal {

class DeviceTokens final : public DeviceSet {
 public:
  // The first `records` of the text, 0 for all; it must hold one at least.
  DeviceTokens(const std::vector<std::int32_t>& words, int vocabulary, std::int64_t length,
               std::int64_t records, at::Device device);

  // Records of `length` words, each with the word after it, that a text of `words` holds.
  static std::int64_t records_in(std::size_t words, std::int64_t length) {
    return words == 0 ? 0 : (static_cast<std::int64_t>(words) - 1) / length;
  }
  std::int64_t count() const override { return count_; }
  const ImageShape& shape() const override { return shape_; }
  at::Device device() const override { return words_.device(); }
  std::int64_t block_records() const override { return count_; }
  Batch gather(std::span<const std::int64_t> order) const override;
  Batch range(std::int64_t first, std::int64_t count) const override;

 private:
  Batch at_starts(const at::Tensor& starts) const;
  ImageShape shape_;
  std::int64_t count_;
  at::Tensor words_;  // int64
};

}  // namespace frugal
