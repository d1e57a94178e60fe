// The layers of the built-in models with their own gradients: no autograd graph is built, so a step of a
// small model is not spent on bookkeeping. Values live in one flat tensor that the owner of the network
// provides. Invariant: forward(train) then backward, once each, in turn; a layer keeps what its backward
// needs in between.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace frugal {

// A tensor of the model: its shape, how it begins, and, once bound, its view of the flat state.
struct Weight {
  std::vector<std::int64_t> sizes;
  double deviation = 0.0;  // of a normal start; 0: every value is `fill`
  double fill = 0.0;
  at::Tensor value;     // 4-D weights are channels-last
  at::Tensor gradient;  // set by backward, laid out like value; parameters only
  std::int64_t count() const;
};

// Collects the tensors of a model in a fixed order. Addresses stay valid.
class WeightPlan {
 public:
  Weight* parameter(std::vector<std::int64_t> sizes, double deviation, double fill = 0.0);
  Weight* buffer(std::vector<std::int64_t> sizes, double fill);
  std::int64_t parameter_count() const;
  std::int64_t buffer_count() const;
  std::deque<Weight>& parameters() { return parameters_; }
  // Makes every value a view of `flat`: the parameters, then the buffers.
  void bind(const at::Tensor& flat);
  void initialise(std::uint64_t seed);

 private:
  std::deque<Weight> parameters_;
  std::deque<Weight> buffers_;
};

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

struct ConvShape {
  std::int64_t in = 1, out = 1, kernel = 3, stride = 1;
};
std::unique_ptr<Layer> make_conv(WeightPlan& plan, ConvShape shape);
// Batch normalisation (Ioffe and Szegedy 2015), momentum 0.1, epsilon 1e-5, followed by a ReLU on request.
std::unique_ptr<Layer> make_norm(WeightPlan& plan, std::int64_t channels, bool relu);
std::unique_ptr<Layer> make_linear(WeightPlan& plan, std::int64_t in, std::int64_t out, bool relu);
// [n, c, h, w] to [n, h·w·c] without a copy, and to the mean of every channel [n, c].
std::unique_ptr<Layer> make_flatten();
std::unique_ptr<Layer> make_mean_pool();
// relu(main(x) + shortcut(x)); an empty shortcut is the identity (He et al. 2016).
std::unique_ptr<Layer> make_residual(Layers main, Layers shortcut);

}  // namespace frugal
