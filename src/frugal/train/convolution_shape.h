// What a convolution of two dimensions is, and what its backward pass gives.
#pragma once

#include <ATen/ATen.h>

namespace frugal {

struct ConvolutionShape {
  std::int64_t stride = 1, padding = 0, groups = 1;
};

// Without the gradient of the bias; `input` is undefined unless it was wanted.
struct ConvolutionGradients {
  at::Tensor input;
  at::Tensor weight;
};

}  // namespace frugal
