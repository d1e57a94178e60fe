// Records where the training happens, whatever they are: batches of any size are views of a shuffled block. A
// set that does not fit passes through the device as a first-in-first-out queue of blocks. The order of the
// records is given by the caller, so both ways yield the same batches.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

#include "frugal/train/images.h"

namespace frugal {

struct Batch {
  at::Tensor images;  // [n, c, h, w] channels-last, or tokens [n, length]
  at::Tensor labels;  // [n] or [n, length] int64; numbers [n] for a regression
  at::Tensor coarse;  // [n] int64 where records have a second label
  // Other labels that share the loss (MixUp, CutMix): labels count `share`, these the rest.
  at::Tensor other = {};
  at::Tensor other_coarse = {};
  double share = 1.0;
  std::int64_t count() const { return labels.defined() ? labels.size(0) : 0; }
};

// How a value of a channel came to be: seen = value·scale + offset, each [1, c, 1, 1].
struct SeenAs {
  at::Tensor scale, offset;
};

class DeviceSet {
 public:
  virtual ~DeviceSet() = default;
  virtual std::int64_t count() const = 0;
  virtual const ImageShape& shape() const = 0;
  virtual at::Device device() const = 0;
  // Records that one block may hold.
  virtual std::int64_t block_records() const = 0;
  // The records `order`, in that order, on the device.
  virtual Batch gather(std::span<const std::int64_t> order) const = 0;
  // Records [first, first + count) in the order of the file; a view where possible.
  virtual Batch range(std::int64_t first, std::int64_t count) const = 0;
  // Undefined tensors where records are no images.
  virtual SeenAs seen_as() const { return {}; }
};

// A seeded order of all `count` records (the same on every machine).
std::vector<std::int64_t> shuffled_order(std::int64_t count, std::uint64_t seed);

// Hands out `order` batch by batch. Borrows the records.
class BatchQueue {
 public:
  // With `around`, the order begins anew at its end and every batch is full; else the last one may be
  // smaller.
  BatchQueue(const DeviceSet& records, std::vector<std::int64_t> order, bool around);
  // The next `size` records, fewer at the end, none after it.
  Batch next(std::int64_t size);

 private:
  bool load_block();
  const DeviceSet& records_;
  std::vector<std::int64_t> order_;
  bool around_;
  std::int64_t loaded_ = 0;  // records of order_ that were on the device
  Batch block_;
  std::int64_t used_ = 0;  // records of block_ handed out
};

}  // namespace frugal
