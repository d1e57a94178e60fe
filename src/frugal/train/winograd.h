// Convolutions of 3×3 by the algorithm F(4×4, 3×3) of A. Lavin, S. Gray 2016, *Fast Algorithms for
// Convolutional Neural Networks*, CVPR, in oneDNN's implementation, which libtorch never asks for. It
// multiplies a quarter as often; what it adds moves the last digits (winograd_test says how far). Where the
// trainer was built without oneDNN 2, or the processor has no AVX-512, nothing fits.
#pragma once

#include <ATen/ATen.h>

#include "frugal/train/convolution_shape.h"

namespace frugal {

// Whether this is such a convolution and faster so: channels-last float32 on the CPU, stride 1, padding 1,
// one group, at least 64 channels on both sides, enough pixels.
bool winograd_fits(const at::Tensor& input, const at::Tensor& weight, const ConvolutionShape& shape);

// Of what fits. Tensors are channels-last.
at::Tensor winograd_convolution(const at::Tensor& input, const at::Tensor& weight);
ConvolutionGradients winograd_gradients(const at::Tensor& grad, const at::Tensor& input,
                                        const at::Tensor& weight, bool want_input);

}  // namespace frugal
