#include "frugal/train/weights.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TracerMode.h>

#include "frugal/base/rng.h"

namespace frugal {
namespace {

std::int64_t total(const std::deque<Weight>& weights) {
  std::int64_t sum = 0;
  for (const Weight& weight : weights) sum += weight.count();
  return sum;
}

void bind_views(std::deque<Weight>& weights, const at::Tensor& flat, std::int64_t& offset,
                at::Tensor Weight::*member) {
  for (Weight& weight : weights) {
    const at::Tensor piece = flat.narrow(0, offset, weight.count());
    const auto& s = weight.sizes;
    weight.*member =
        s.size() == 4 ? piece.view({s[0], s[2], s[3], s[1]}).permute({0, 3, 1, 2}) : piece.view(s);
    offset += weight.count();
  }
}

}  // namespace

void fill_dropout_mask(at::Tensor& mask, LayerMode& mode) {
  const double kept = 1.0 - mode.dropout;
  mask.bernoulli_(kept, mode.generator).div_(kept);
}

at::Tensor dropout_mask(const at::Tensor& x, LayerMode& mode) {
  const at::tracer::impl::NoTracerDispatchMode chance;  // a recorded pass is told of the mask instead
  at::Tensor mask = at::empty_like(x);
  fill_dropout_mask(mask, mode);
  if (mode.drawn) mode.drawn(mask);
  return mask;
}

std::int64_t Weight::count() const {
  std::int64_t product = 1;
  for (const std::int64_t size : sizes) product *= size;
  return product;
}

Weight* WeightPlan::parameter(std::vector<std::int64_t> sizes, double deviation, double fill) {
  Weight& weight = parameters_.emplace_back();
  weight.sizes = std::move(sizes);
  weight.deviation = deviation;
  weight.fill = fill;
  return &weight;
}

Weight* WeightPlan::buffer(std::vector<std::int64_t> sizes, double fill) {
  Weight& weight = buffers_.emplace_back();
  weight.sizes = std::move(sizes);
  weight.fill = fill;
  return &weight;
}

std::int64_t WeightPlan::head_offset() const {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < head_weight_; ++i) sum += parameters_[i].count();
  return sum;
}

std::int64_t WeightPlan::parameter_count() const { return total(parameters_); }
std::int64_t WeightPlan::buffer_count() const { return total(buffers_); }

void WeightPlan::bind(const at::Tensor& flat, at::ScalarType compute, bool copy) {
  std::int64_t offset = 0;
  bind_views(parameters_, flat, offset, &Weight::value);
  bind_views(buffers_, flat, offset, &Weight::value);
  for (Weight& weight : parameters_) weight.compute = weight.value;
  if (!copy && compute == flat.scalar_type()) return;
  flat_ = flat.narrow(0, 0, parameter_count());
  copy_ = at::zeros({parameter_count()}, flat.options().dtype(compute));
  offset = 0;
  bind_views(parameters_, copy_, offset, &Weight::compute);
}

// Drawn on the CPU in the order of the plan, so that every device and every batch size begins alike.
void WeightPlan::initialise(std::uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(derive_seed(seed, "weights"));
  for (Weight& weight : parameters_) {
    if (weight.start.defined()) {
      weight.value.copy_(weight.start);
    } else if (weight.deviation == 0.0) {
      weight.value.fill_(weight.fill);
    } else {
      weight.value.copy_(at::empty(weight.sizes).normal_(0.0, weight.deviation, generator));
    }
  }
  for (Weight& weight : buffers_) {
    if (weight.start.defined()) {
      weight.value.copy_(weight.start);
    } else {
      weight.value.fill_(weight.fill);
    }
  }
}

void WeightPlan::refresh(bool int8) {
  if (!copy_.defined()) return;
  copy_.copy_(flat_);
  if (!int8) return;
  for (Weight& weight : parameters_) {
    if (weight.sizes.size() >= 2) weight.compute.copy_(rounded_to_int8(weight.value));
  }
}

std::int64_t WeightPlan::int8_bytes() const {
  std::int64_t bytes = 0;
  for (const Weight& weight : parameters_)
    bytes += weight.sizes.size() >= 2 ? weight.count() + 4 * weight.sizes[0] : 4 * weight.count();
  return bytes;
}

at::Tensor rounded_to_int8(const at::Tensor& w) {
  std::vector<std::int64_t> rest;
  for (std::int64_t d = 1; d < w.dim(); ++d) rest.push_back(d);
  const at::Tensor scale = w.abs().amax(rest, true).div_(127.0).clamp_min_(1e-12);
  return w.div(scale).round_().clamp_(-127.0, 127.0).mul_(scale);
}

}  // namespace frugal
