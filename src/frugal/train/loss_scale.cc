#include "frugal/train/loss_scale.h"

namespace frugal {

void LossScale::begin() {
  cell_[0].fill_(kFirst);
  cell_[1].fill_(0.0);
}

void LossScale::scale(at::Tensor& gradient) const {
  gradient = gradient.to(cell_.scalar_type()).mul_(cell_[0]).to(gradient.scalar_type());
}

at::Tensor LossScale::unscale(std::deque<Weight>& weights, std::size_t first) const {
  at::Tensor finite = at::ones({}, cell_.options().dtype(at::kBool));
  for (std::size_t i = first; i < weights.size(); ++i) {
    weights[i].gradient = weights[i].gradient.to(cell_.scalar_type()).div_(cell_[0]);
    finite.logical_and_(weights[i].gradient.isfinite().all());
  }
  for (std::size_t i = first; i < weights.size(); ++i)
    weights[i].gradient.masked_fill_(finite.logical_not(), 0.0);
  return finite;
}

void LossScale::follow(const at::Tensor& finite) {
  const at::Tensor good = at::where(finite, cell_[1] + 1.0, at::zeros_like(cell_[1]));
  const at::Tensor grown = good.ge(kPatience);
  const at::Tensor factor = at::where(finite, at::where(grown, at::full_like(good, 2.0), at::ones_like(good)),
                                      at::full_like(good, 0.5));
  cell_[0].mul_(factor);
  cell_[1].copy_(at::where(grown, at::zeros_like(good), good));
}

}  // namespace frugal
