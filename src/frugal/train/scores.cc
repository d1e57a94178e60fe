#include "frugal/train/scores.h"

#include <cmath>

#include "frugal/train/update.h"

namespace frugal {
namespace {

at::Tensor zeros(std::int64_t n, at::ScalarType type, at::Device device) {
  return at::zeros({n}, at::TensorOptions().dtype(type).device(device));
}

// The mean of 2·hits/(predicted + wanted) over the classes where that is defined.
double mean_f1(const at::Tensor& hits, const at::Tensor& predicted, const at::Tensor& wanted) {
  const at::Tensor both = (predicted + wanted).to(at::kDouble);
  const at::Tensor f1 = hits.to(at::kDouble).mul(2.0) / both.clamp_min(1.0);
  return (f1.sum() / both.gt(0.0).sum()).item<double>();
}

}  // namespace

Scores::Scores(const ImageShape& shape, at::Device device)
    : shape_(shape), loss_(at::zeros({}, at::TensorOptions().dtype(at::kDouble).device(device))) {
  if (shape.regression) {
    sums_ = zeros(3, at::kDouble, device);
  } else if (shape.tokens == 0) {
    hits_ = zeros(shape.classes, at::kLong, device);
    predicted_ = zeros(shape.classes, at::kLong, device);
    wanted_ = zeros(shape.classes, at::kLong, device);
    coarse_hits_ = zeros(1, at::kLong, device);
  }
}

void Scores::count_classes(const at::Tensor& outputs, const at::Tensor& labels) {
  const at::Tensor chosen = outputs.narrow(1, 0, shape_.classes).argmax(1);
  const at::Tensor right = chosen.eq(labels).to(at::kLong), ones = at::ones_like(labels);
  hits_.scatter_add_(0, labels, right);
  predicted_.scatter_add_(0, chosen, ones);
  wanted_.scatter_add_(0, labels, ones);
}

void Scores::add(const at::Tensor& outputs, const Batch& batch) {
  batch_loss_gradient(outputs, batch, shape_, 0.0, loss_);
  targets_ += batch.labels.numel();
  if (shape_.tokens > 0) return;
  if (!shape_.regression) {
    count_classes(outputs, batch.labels);
    if (batch.coarse.defined())
      coarse_hits_.add_(
          outputs.narrow(1, shape_.classes, shape_.coarse_classes).argmax(1).eq(batch.coarse).sum());
    return;
  }
  const at::Tensor y = batch.labels.to(at::kDouble);
  const at::Tensor error = outputs.squeeze(1).to(at::kDouble) - y;
  sums_.add_(at::stack({y.sum(), y.square().sum(), error.square().sum()}));
}

std::map<std::string, double> Scores::result() const {
  const double n = static_cast<double>(targets_);
  const double loss = loss_.item<double>() / n;
  if (shape_.tokens > 0) return {{"loss", loss}, {"perplexity", std::exp(loss)}};
  if (shape_.regression) {
    const at::Tensor sums = sums_.cpu();
    const double* s = sums.data_ptr<double>();
    return {{"loss", loss}, {"r2", 1.0 - s[2] / (s[1] - s[0] * s[0] / n)}};
  }
  std::map<std::string, double> out = {{"accuracy", hits_.sum().item<double>() / n},
                                       {"f1", mean_f1(hits_, predicted_, wanted_)},
                                       {"loss", loss}};
  if (shape_.coarse_classes > 0) out["accuracy_coarse"] = coarse_hits_.item<double>() / n;
  return out;
}

}  // namespace frugal
