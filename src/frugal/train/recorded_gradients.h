// The gradients of convolution and batch normalisation, which libtorch's tracer cannot record by itself:
// their list of wanted outputs is no type that it knows.
#pragma once

#include <ATen/ATen.h>

#include <tuple>

namespace frugal {

// The gradients of a convolution, without that of its bias; `input` is undefined unless wanted.
struct ConvolutionGradients {
  at::Tensor input;
  at::Tensor weight;
};
struct ConvolutionShape {
  std::int64_t stride = 1, padding = 0, groups = 1;
  bool want_input = true;
};
ConvolutionGradients convolution_gradients(const at::Tensor& grad, const at::Tensor& input,
                                           const at::Tensor& weight, const ConvolutionShape& shape);

// Of a batch normalisation in training: what it was given, its running statistics and those of the batch.
struct NormPass {
  const at::Tensor &input, &scale, &mean, &variance, &batch_mean, &batch_inverse;
  double epsilon;
};
// Those of the input, the scale and the shift.
std::tuple<at::Tensor, at::Tensor, at::Tensor> norm_gradients(const at::Tensor& grad, const NormPass& pass);

}  // namespace frugal
