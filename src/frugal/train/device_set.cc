#include "frugal/train/device_set.h"

#include <algorithm>
#include <numeric>

#include "frugal/base/rng.h"

namespace frugal {
namespace {

at::Tensor joined(const std::vector<at::Tensor>& pieces) {
  return pieces.size() == 1 ? pieces[0] : at::cat(pieces);
}

}  // namespace

std::vector<std::int64_t> shuffled_order(std::int64_t count, std::uint64_t seed) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  Rng rng(seed);
  rng.shuffle(std::span(order));
  return order;
}

BatchQueue::BatchQueue(const DeviceSet& records, std::vector<std::int64_t> order, bool around)
    : records_(records), order_(std::move(order)), around_(around) {}

bool BatchQueue::load_block() {
  const auto total = static_cast<std::int64_t>(order_.size());
  if (loaded_ == total && around_) {
    loaded_ = 0;
    if (block_.count() == total) {  // the whole order is one block, and it is still there
      loaded_ = total;
      used_ = 0;
      return total > 0;
    }
  }
  const std::int64_t n = std::min(records_.block_records(), total - loaded_);
  if (n == 0) return false;
  block_ = records_.gather(
      std::span(order_).subspan(static_cast<std::size_t>(loaded_), static_cast<std::size_t>(n)));
  loaded_ += n;
  used_ = 0;
  return true;
}

Batch BatchQueue::next(std::int64_t size) {
  std::vector<at::Tensor> images, labels, coarse;
  while (size > 0) {
    if (used_ == block_.count() && !load_block()) break;
    const std::int64_t n = std::min(size, block_.count() - used_);
    images.push_back(block_.images.narrow(0, used_, n));
    labels.push_back(block_.labels.narrow(0, used_, n));
    if (block_.coarse.defined()) coarse.push_back(block_.coarse.narrow(0, used_, n));
    used_ += n;
    size -= n;
  }
  if (images.empty()) return {};
  return {.images = joined(images),
          .labels = joined(labels),
          .coarse = coarse.empty() ? at::Tensor() : joined(coarse)};
}

}  // namespace frugal
