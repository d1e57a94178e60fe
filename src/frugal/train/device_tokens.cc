#include "frugal/train/device_tokens.h"

#include <algorithm>

namespace frugal {

DeviceTokens::DeviceTokens(const std::vector<std::int32_t>& words, int vocabulary, std::int64_t length,
                           std::int64_t records, at::Device device)
    : shape_{.channels = 1,
             .height = 1,
             .width = static_cast<int>(length),
             .classes = vocabulary,
             .tokens = length,
             .largest = 0},
      count_(records_in(words.size(), length)) {
  if (records > 0) count_ = std::min(count_, records);
  const at::Tensor host = at::empty({count_ * length + 1}, at::kInt);
  std::copy_n(words.begin(), host.numel(), host.data_ptr<std::int32_t>());
  words_ = host.to(device).to(at::kLong);
}

Batch DeviceTokens::at_starts(const at::Tensor& starts) const {
  const at::Tensor places = starts.unsqueeze(1) * shape_.tokens + at::arange(shape_.tokens, starts.options());
  const auto at_places = [&](const at::Tensor& p) {
    return words_.index_select(0, p.reshape({-1})).view_as(p);
  };
  return {.images = at_places(places), .labels = at_places(places + 1), .coarse = {}};
}

Batch DeviceTokens::gather(std::span<const std::int64_t> order) const {
  return at_starts(at::tensor(at::ArrayRef<std::int64_t>(order.data(), order.size())).to(words_.device()));
}

Batch DeviceTokens::range(std::int64_t first, std::int64_t count) const {
  return at_starts(at::arange(first, std::min(first + count, count_), words_.options()));
}

}  // namespace frugal
