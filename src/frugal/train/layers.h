// The layers of the built-in models with their own gradients: no autograd graph is built, so a step of a
// small model is not spent on bookkeeping. Invariant: forward(train) then backward, once each, in turn; a
// layer keeps what its backward needs in between.
#pragma once

#include <memory>

#include "frugal/train/weights.h"

namespace frugal {

class Layer {
 public:
  virtual ~Layer() = default;
  virtual at::Tensor forward(const at::Tensor& x, bool train) = 0;
  // Sets the gradients of the layer's weights and returns that of its input. May write into `grad`.
  virtual at::Tensor backward(at::Tensor grad) = 0;
  // The input is data: its gradient is not needed.
  virtual void is_first() {}
};

using Layers = std::vector<std::unique_ptr<Layer>>;
at::Tensor forward_all(const Layers& layers, at::Tensor x, bool train);
at::Tensor backward_all(const Layers& layers, at::Tensor grad);

enum class Activation { None, Relu, Relu6 };

struct ConvShape {
  std::int64_t in = 1, out = 1, kernel = 3, stride = 1;
  std::int64_t groups = 1;
  bool padded = true;  // by half the kernel
  bool bias = false;
};
std::unique_ptr<Layer> make_conv(WeightPlan& plan, ConvShape shape);
// Batch normalisation (Ioffe and Szegedy 2015), momentum 0.1, epsilon 1e-5, followed by the activation.
std::unique_ptr<Layer> make_norm(WeightPlan& plan, std::int64_t channels, Activation activation);
std::unique_ptr<Layer> make_linear(WeightPlan& plan, std::int64_t in, std::int64_t out, bool relu);
std::unique_ptr<Layer> make_relu();
std::unique_ptr<Layer> make_max_pool(std::int64_t kernel);
// [n, c, h, w] to [n, h·w·c] without a copy, and to the mean of every channel [n, c].
std::unique_ptr<Layer> make_flatten();
std::unique_ptr<Layer> make_mean_pool();
// main(x) + shortcut(x), with a ReLU unless told otherwise; an empty shortcut is the identity (He et al.
// 2016).
std::unique_ptr<Layer> make_residual(Layers main, Layers shortcut, bool relu = true);
// Drops values at the rate of the mode (Srivastava et al. 2014); does nothing outside of training.
std::unique_ptr<Layer> make_dropout(WeightPlan& plan);
// Rounds values of at least 0 to 8 bits as the mode says; gradients pass where the value was within the range
// (Jacob et al. 2018). Keeps the range in a buffer.
std::unique_ptr<Layer> make_activation_rounding(WeightPlan& plan);

}  // namespace frugal
