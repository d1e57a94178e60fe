// Convolutions and the gradients of batch normalisation as layers call them: run at once and, while a
// recording is under way, a node in its graph. libtorch's tracer cannot record these by itself: lists of
// wanted outputs are no type that it knows, and it does not know our convolutions.
#pragma once

#include <ATen/ATen.h>

#include <tuple>

#include "frugal/train/fast_convolution.h"

namespace frugal {

// `bias` may be undefined.
at::Tensor convolution(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                       const ConvolutionShape& shape);
ConvolutionGradients convolution_gradients(const at::Tensor& grad, const at::Tensor& input,
                                           const at::Tensor& weight, const ConvolutionShape& shape,
                                           bool want_input);

// Of a batch normalisation in training: what it was given, its running statistics and those of the batch.
struct NormPass {
  const at::Tensor &input, &scale, &mean, &variance, &batch_mean, &batch_inverse;
  double epsilon;
};
// Those of the input, the scale and the shift.
std::tuple<at::Tensor, at::Tensor, at::Tensor> norm_gradients(const at::Tensor& grad, const NormPass& pass);

}  // namespace frugal
