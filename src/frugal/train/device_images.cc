#include "frugal/train/device_images.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace frugal {
namespace {

// [n, h·w·c] as [n, c, h, w] in channels-last order.
at::Tensor as_images(const at::Tensor& rows, const ImageShape& s) {
  return rows.view({rows.size(0), s.height, s.width, s.channels}).permute({0, 3, 1, 2});
}

at::Tensor as_rows(const at::Tensor& images) {
  return images.permute({0, 2, 3, 1}).reshape({images.size(0), -1});
}

std::vector<std::int64_t> counting(std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), first);
  return order;
}

// The records `order`, each `width` long, as a tensor [n, width].
template <class T>
at::Tensor picked(const std::vector<T>& from, std::span<const std::int64_t> order, std::int64_t width,
                  at::ScalarType type) {
  at::Tensor out = at::empty({static_cast<std::int64_t>(order.size()), width}, type);
  T* to = static_cast<T*>(out.data_ptr());
  const auto n = static_cast<std::size_t>(width);
  for (std::size_t i = 0; i < order.size(); ++i)
    std::memcpy(to + i * n, from.data() + static_cast<std::size_t>(order[i]) * n, n * sizeof(T));
  return out;
}

at::Tensor picked_labels(const std::vector<std::uint8_t>& from, std::span<const std::int64_t> order,
                         at::Device device) {
  return picked(from, order, 1, at::kByte).view({-1}).to(device).to(at::kLong);
}

}  // namespace

DeviceImages::DeviceImages(Images images, const DeviceImagesOptions& options)
    : host_(std::move(images)), options_(options), count_(host_.count()), block_(count_) {
  const ChannelScale& by = options_.by;
  std::vector<double> scale, offset;
  for (std::size_t c = 0; c < by.centre.size(); ++c) {
    scale.push_back(1.0 / by.spread[c]);
    offset.push_back(-by.centre[c] / by.spread[c]);
  }
  const auto work = options_.type == at::kDouble ? at::kDouble : at::kFloat;
  const std::int64_t channels = host_.shape.channels;
  scale_ = at::tensor(scale).view({1, channels, 1, 1}).to(options_.device, work);
  offset_ = at::tensor(offset).view({1, channels, 1, 1}).to(options_.device, work);
  const std::int64_t pair =
      2 * host_.shape.pixels() * static_cast<std::int64_t>(at::elementSize(options_.type));
  if (options_.memory_limit > 0 && options_.memory_limit < pair * count_) {
    block_ = std::max<std::int64_t>(1, options_.memory_limit / pair);
    return;
  }
  all_ = gather(counting(0, count_));
  host_ = Images{.shape = host_.shape, .pixels = {}, .labels = {}};
}

at::Tensor DeviceImages::upload(const at::Tensor& raw) const {
  const ImageShape& s = host_.shape;
  const at::Tensor images =
      raw.to(options_.device).to(scale_.scalar_type()).view({raw.size(0), s.channels, s.height, s.width});
  const at::Tensor seen = images.mul(scale_).add_(offset_).to(options_.type);
  return as_images(as_rows(seen).contiguous(), s);
}

Batch DeviceImages::gather(std::span<const std::int64_t> order) const {
  Batch out;
  if (resident()) {
    const at::Tensor index =
        at::tensor(at::ArrayRef<std::int64_t>(order.data(), order.size())).to(options_.device);
    out.images = as_images(as_rows(all_.images).index_select(0, index), host_.shape);
    out.labels = all_.labels.index_select(0, index);
    if (all_.coarse.defined()) out.coarse = all_.coarse.index_select(0, index);
    return out;
  }
  const std::int64_t width = host_.shape.pixels();
  out.images = upload(host_.values.empty() ? picked(host_.pixels, order, width, at::kByte)
                                           : picked(host_.values, order, width, at::kFloat));
  if (!host_.coarse.empty()) out.coarse = picked_labels(host_.coarse, order, options_.device);
  if (!host_.shape.regression) {
    out.labels = picked_labels(host_.labels, order, options_.device);
    return out;
  }
  const at::Tensor raw = picked(host_.targets, order, 1, at::kFloat).view({-1}).to(options_.device);
  out.labels = raw.to(scale_.scalar_type()).sub_(options_.target.mean).div_(options_.target.deviation);
  return out;
}

Batch DeviceImages::range(std::int64_t first, std::int64_t count) const {
  count = std::min(count, count_ - first);
  if (!resident()) return gather(counting(first, count));
  Batch out{.images = all_.images.narrow(0, first, count),
            .labels = all_.labels.narrow(0, first, count),
            .coarse = {}};
  if (all_.coarse.defined()) out.coarse = all_.coarse.narrow(0, first, count);
  return out;
}

}  // namespace frugal
