// The built-in models of images and of rows of numbers. Image models have the stem for small images (one 3×3
// convolution, no pooling; He et al. 2016, section 4.2). Sources of the shapes:
//   mlp          two hidden layers of 128
//   lenet        LeCun et al. 1998, with ReLU and maximum pooling
//   mnist-cnn    PyTorch's example "mnist": two 3×3 convolutions without padding, one hidden layer of 128
//   small-cnn    three 3×3 convolutions of 32, 64 and 128 with batch normalisation
//   resnet8, resnet20 (16-32-64, one and three blocks a stage), resnet18, resnet50: He et al. 2016
//   vgg16        Simonyan and Zisserman 2015, with batch normalisation and one linear layer
//   mobilenetv2  Sandler et al. 2018, the first two strides 1
#pragma once

#include <string>

#include "frugal/train/images.h"
#include "frugal/train/layers.h"

namespace frugal {

struct NetworkOptions {
  bool int8 = false;  // activations can be rounded to 8 bits
};

class Network {
 public:
  // `model` is one of the names above; anything else is a defect of the caller and throws.
  Network(const std::string& model, const ImageShape& shape, const NetworkOptions& options = {});

  WeightPlan& plan() { return plan_; }
  // Logits [n, classes] of images [n, c, h, w] in channels-last order. Running statistics move when `train`.
  at::Tensor forward(const at::Tensor& images, bool train) { return forward_all(layers_, images, train); }
  // After forward(…, true): sets every parameter's gradient. May write into `grad`.
  void backward(at::Tensor grad) { backward_all(layers_, std::move(grad)); }

 private:
  WeightPlan plan_;
  Layers layers_;
};

// Multiplications and additions of one record's forward pass, convolutions and matrices alone.
std::int64_t count_multiply_adds(Network& network, const ImageShape& shape);

}  // namespace frugal
