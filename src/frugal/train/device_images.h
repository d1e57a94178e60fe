// Images where the training happens: standardised once, float32, channels-last; batches of any size are views
// of a shuffled block. A set that does not fit stays as bytes in host memory and passes through the device as
// a first-in-first-out queue of blocks. The order of the records is given by the caller, so both ways yield
// the same batches.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

#include "frugal/train/images.h"

namespace frugal {

// Mean and standard deviation of every channel, of values that are bytes.
struct Standardisation {
  std::vector<double> mean;
  std::vector<double> deviation;
};
Standardisation standardisation_of(const Images& images);

struct Batch {
  at::Tensor images;  // [n, c, h, w], channels-last
  at::Tensor labels;  // [n], int64
  std::int64_t count() const { return labels.defined() ? labels.size(0) : 0; }
};

class DeviceImages {
 public:
  // `memory_limit` in bytes for what lies on the device, shuffled block included; 0: everything fits.
  DeviceImages(Images images, const Standardisation& by, at::Device device, std::int64_t memory_limit);

  std::int64_t count() const { return count_; }
  const ImageShape& shape() const { return host_.shape; }
  at::Device device() const { return device_; }
  bool resident() const { return images_.defined(); }
  // Records that one block may hold.
  std::int64_t block_records() const { return block_; }
  // The records `order`, in that order, on the device.
  Batch gather(std::span<const std::int64_t> order) const;
  // Records [first, first + count) in the order of the file; a view where resident.
  Batch range(std::int64_t first, std::int64_t count) const;

 private:
  Batch upload(const at::Tensor& bytes, const at::Tensor& labels) const;
  Images host_;  // pixels only when not resident
  at::Device device_;
  std::int64_t count_;
  std::int64_t block_;
  at::Tensor scale_, offset_;  // standardised = byte·scale + offset, a channel
  at::Tensor images_, labels_;
};

// A seeded order of all `count` records (the same on every machine).
std::vector<std::int64_t> shuffled_order(std::int64_t count, std::uint64_t seed);

// Hands out `order` batch by batch. Borrows the images.
class BatchQueue {
 public:
  // With `around`, the order begins anew at its end and every batch is full; else the last one may be
  // smaller.
  BatchQueue(const DeviceImages& images, std::vector<std::int64_t> order, bool around);
  // The next `size` records, fewer at the end, none after it.
  Batch next(std::int64_t size);

 private:
  bool load_block();
  const DeviceImages& images_;
  std::vector<std::int64_t> order_;
  bool around_;
  std::int64_t loaded_ = 0;  // records of order_ that were on the device
  Batch block_;
  std::int64_t used_ = 0;  // records of block_ handed out
};

}  // namespace frugal
