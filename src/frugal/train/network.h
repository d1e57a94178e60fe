// The built-in models: mlp (two hidden layers of 128), resnet8 (16-32-64, one block a stage), resnet18 and
// resnet50 with the stem for small images (one 3×3 convolution, no pooling; He et al. 2016, section 4.2).
#pragma once

#include <string>

#include "frugal/train/images.h"
#include "frugal/train/layers.h"

namespace frugal {

class Network {
 public:
  // `model` is one of the names above; anything else is a defect of the caller and throws.
  Network(const std::string& model, const ImageShape& shape);

  WeightPlan& plan() { return plan_; }
  // Logits [n, classes] of images [n, c, h, w] in channels-last order. Running statistics move when `train`.
  at::Tensor forward(const at::Tensor& images, bool train) { return forward_all(layers_, images, train); }
  // After forward(…, true): sets every parameter's gradient. May write into `grad`.
  void backward(at::Tensor grad) { backward_all(layers_, std::move(grad)); }

 private:
  WeightPlan plan_;
  Layers layers_;
};

}  // namespace frugal
