#include "frugal/train/device_images.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "frugal/base/rng.h"

namespace frugal {
namespace {

at::Tensor joined(const std::vector<at::Tensor>& pieces) {
  return pieces.size() == 1 ? pieces[0] : at::cat(pieces);
}

// [n, h·w·c] as [n, c, h, w] in channels-last order.
at::Tensor as_images(const at::Tensor& rows, const ImageShape& s) {
  return rows.view({rows.size(0), s.height, s.width, s.channels}).permute({0, 3, 1, 2});
}

at::Tensor as_rows(const at::Tensor& images) {
  return images.permute({0, 2, 3, 1}).reshape({images.size(0), -1});
}

}  // namespace

Standardisation standardisation_of(const Images& images) {
  Standardisation out;
  const std::int64_t area = std::int64_t{images.shape.height} * images.shape.width;
  for (int channel = 0; channel < images.shape.channels; ++channel) {
    std::uint64_t sum = 0, squares = 0;
    for (std::int64_t i = 0; i < images.count(); ++i) {
      const std::uint8_t* first = images.pixels.data() + i * images.shape.pixels() + channel * area;
      for (const std::uint8_t* p = first; p != first + area; ++p) {
        sum += *p;
        squares += std::uint64_t{*p} * *p;
      }
    }
    const double n = static_cast<double>(images.count() * area);
    const double mean = static_cast<double>(sum) / n;
    const double variance = static_cast<double>(squares) / n - mean * mean;
    out.mean.push_back(mean);
    out.deviation.push_back(variance > 1e-12 ? std::sqrt(variance) : 1.0);
  }
  return out;
}

DeviceImages::DeviceImages(Images images, const Standardisation& by, at::Device device,
                           std::int64_t memory_limit)
    : host_(std::move(images)), device_(device), count_(host_.count()), block_(count_) {
  std::vector<float> scale, offset;
  for (std::size_t c = 0; c < by.mean.size(); ++c) {
    scale.push_back(static_cast<float>(1.0 / by.deviation[c]));
    offset.push_back(static_cast<float>(-by.mean[c] / by.deviation[c]));
  }
  const std::int64_t channels = host_.shape.channels;
  scale_ = at::tensor(scale).view({1, channels, 1, 1}).to(device);
  offset_ = at::tensor(offset).view({1, channels, 1, 1}).to(device);
  const std::int64_t pair = 2 * host_.shape.pixels() * static_cast<std::int64_t>(sizeof(float));
  if (memory_limit > 0 && memory_limit < pair * count_) {
    block_ = std::max<std::int64_t>(1, memory_limit / pair);
    return;
  }
  const Batch all = [this] {
    std::vector<std::int64_t> order(static_cast<std::size_t>(count_));
    std::iota(order.begin(), order.end(), 0);
    return gather(order);
  }();
  images_ = all.images;
  labels_ = all.labels;
  host_.pixels = {};
  host_.labels = {};
}

Batch DeviceImages::upload(const at::Tensor& bytes, const at::Tensor& labels) const {
  const ImageShape& s = host_.shape;
  const at::Tensor images =
      bytes.to(device_).to(at::kFloat).view({bytes.size(0), s.channels, s.height, s.width});
  const at::Tensor standard = images.mul(scale_).add_(offset_);
  return {.images = as_images(as_rows(standard).contiguous(), s), .labels = labels.to(device_)};
}

Batch DeviceImages::gather(std::span<const std::int64_t> order) const {
  const auto n = static_cast<std::int64_t>(order.size());
  if (resident()) {
    const at::Tensor index = at::tensor(at::ArrayRef<std::int64_t>(order.data(), order.size())).to(device_);
    return {.images = as_images(as_rows(images_).index_select(0, index), host_.shape),
            .labels = labels_.index_select(0, index)};
  }
  const auto pixels = static_cast<std::size_t>(host_.shape.pixels());
  const at::Tensor bytes = at::empty({n, host_.shape.pixels()}, at::kByte);
  const at::Tensor labels = at::empty({n}, at::kLong);
  std::uint8_t* to = bytes.data_ptr<std::uint8_t>();
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto record = static_cast<std::size_t>(order[i]);
    std::memcpy(to + i * pixels, host_.pixels.data() + record * pixels, pixels);
    labels.data_ptr<std::int64_t>()[i] = host_.labels[record];
  }
  return upload(bytes, labels);
}

Batch DeviceImages::range(std::int64_t first, std::int64_t count) const {
  count = std::min(count, count_ - first);
  if (resident())
    return {.images = images_.narrow(0, first, count), .labels = labels_.narrow(0, first, count)};
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), first);
  return gather(order);
}

std::vector<std::int64_t> shuffled_order(std::int64_t count, std::uint64_t seed) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  Rng rng(seed);
  rng.shuffle(std::span(order));
  return order;
}

BatchQueue::BatchQueue(const DeviceImages& images, std::vector<std::int64_t> order, bool around)
    : images_(images), order_(std::move(order)), around_(around) {}

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
  const std::int64_t n = std::min(images_.block_records(), total - loaded_);
  if (n == 0) return false;
  block_ = images_.gather(
      std::span(order_).subspan(static_cast<std::size_t>(loaded_), static_cast<std::size_t>(n)));
  loaded_ += n;
  used_ = 0;
  return true;
}

Batch BatchQueue::next(std::int64_t size) {
  std::vector<at::Tensor> images, labels;
  while (size > 0) {
    if (used_ == block_.count() && !load_block()) break;
    const std::int64_t n = std::min(size, block_.count() - used_);
    images.push_back(block_.images.narrow(0, used_, n));
    labels.push_back(block_.labels.narrow(0, used_, n));
    used_ += n;
    size -= n;
  }
  if (images.empty()) return {};
  return {.images = joined(images), .labels = joined(labels)};
}

}  // namespace frugal
