// A part of a model written as a function of its input and its weights, whose gradients libtorch's autograd
// finds. Must run outside of inference mode. For models whose own gradients would not pay.
#pragma once

#include <functional>

#include "frugal/train/layers.h"

namespace frugal {

// May count into mode.multiply_adds and draw from mode.generator.
using AutogradFunction = std::function<at::Tensor(const at::Tensor& x, const std::vector<at::Tensor>& weights,
                                                  LayerMode& mode, bool train)>;

std::unique_ptr<Layer> make_autograd(WeightPlan& plan, std::vector<Weight*> weights,
                                     AutogradFunction function);

// x·wᵀ + b, counted.
at::Tensor counted_linear(const at::Tensor& x, const at::Tensor& w, const at::Tensor& b, LayerMode& mode);
// Drops values at the rate of the mode when `train`.
at::Tensor dropped(const at::Tensor& x, LayerMode& mode, bool train);
// The gradient as the flat state wants it: channels-last for four dimensions, and of zeros where there is
// none.
at::Tensor laid_out_gradient(const at::Tensor& leaf);

}  // namespace frugal
