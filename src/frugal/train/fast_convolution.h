// Convolutions by the fastest of the ways that give the same answer: Winograd's where it fits, else
// libtorch's. Both are operators that a recorded graph may hold. Layers call recorded_passes.h.
#pragma once

#include "frugal/train/convolution_shape.h"

namespace frugal {

// In graphs: (input, weight, bias or None, stride, padding, groups), and
// (gradient, input, weight, stride, padding, groups, whether that of the input is wanted).
constexpr const char* kConvolutionNode = "frugal::convolution";
constexpr const char* kConvolutionGradientsNode = "frugal::convolution_gradients";

// `bias` may be undefined. Where autograd looks on, it is libtorch's, which it knows.
at::Tensor fast_convolution(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                            const ConvolutionShape& shape);
ConvolutionGradients fast_convolution_gradients(const at::Tensor& grad, const at::Tensor& input,
                                                const at::Tensor& weight, const ConvolutionShape& shape,
                                                bool want_input);

}  // namespace frugal
