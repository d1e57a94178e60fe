// The metrics of an evaluation, summed on the device batch by batch and read once at the end.
#pragma once

#include <ATen/ATen.h>

#include <map>
#include <string>

#include "frugal/train/device_set.h"

namespace frugal {

//   classes          accuracy, f1 (the mean over classes that occur or are predicted), loss; with a second
//                    label also accuracy_coarse, and accuracy is that of the first
//   tokens           perplexity, loss
//   regression       r2 = 1 − Σ(y − ŷ)²/Σ(y − ȳ)², loss in units of the standardised target
class Scores {
 public:
  Scores(const ImageShape& shape, at::Device device);
  void add(const at::Tensor& outputs, const Batch& batch);
  std::map<std::string, double> result() const;

 private:
  void count_classes(const at::Tensor& outputs, const at::Tensor& labels);
  ImageShape shape_;
  std::int64_t targets_ = 0;
  at::Tensor loss_;
  at::Tensor hits_, predicted_, wanted_, coarse_hits_;  // a class each
  at::Tensor sums_;                                     // of y, y² and (y − ŷ)²
};

}  // namespace frugal
