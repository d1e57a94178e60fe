// Levels of LSTM (Hochreiter and Schmidhuber 1997; gates in PyTorch's order) with their own gradients, of
// which the last state is the output: on the CPU a step under autograd is mostly bookkeeping. The input
// gradients of all time steps are one product, and so are those of each weight.
#pragma once

#include "frugal/train/layers.h"

namespace frugal {

// The first layer of a model: [n, channels, 1, steps] to [n, hidden]; the gradient of its input is not
// computed. `weights` are four a level: [4·hidden, in], [4·hidden, hidden] and two of [4·hidden]. `otherwise`
// computes the same with libtorch's lstm, and does so on other devices and where passes are recorded.
std::unique_ptr<Layer> make_lstm(WeightPlan& plan, const std::vector<Weight*>& weights,
                                 std::unique_ptr<Layer> otherwise);

}  // namespace frugal
