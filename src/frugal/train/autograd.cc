#include "frugal/train/autograd.h"

#include <ATen/core/grad_mode.h>

#include "frugal/train/traced_function.h"

namespace frugal {
namespace {

class Autograd final : public Layer {
 public:
  Autograd(WeightPlan& plan, std::vector<Weight*> weights, AutogradFunction function)
      : mode_(plan.mode()), weights_(std::move(weights)), function_(std::move(function)) {}

  at::Tensor forward(const at::Tensor& x, bool train) override {
    const at::AutoGradMode graph(train);
    leaves_.clear();
    for (const Weight* weight : weights_) leaves_.push_back(weight->compute.detach().requires_grad_(train));
    const bool numbers = x.is_floating_point();
    input_ = numbers && train && !first_ ? x.detach().requires_grad_() : x;
    output_ = mode_.traced ? traced(train) : function_(input_, leaves_, mode_, train);
    return output_.detach();
  }

  at::Tensor backward(at::Tensor grad) override {
    output_.backward(grad.view_as(output_));
    for (std::size_t i = 0; i < weights_.size(); ++i) weights_[i]->gradient = laid_out_gradient(leaves_[i]);
    at::Tensor to_input = input_.requires_grad() ? input_.grad() : at::Tensor();
    leaves_.clear();
    output_.reset();
    input_.reset();
    return to_input;
  }
  void is_first() override { first_ = true; }

 private:
  at::Tensor traced(bool train) {
    const auto call = [&](const at::Tensor& x, const std::vector<at::Tensor>& weights) {
      return function_(x, weights, mode_, train);
    };
    return graph_.run(call, input_, leaves_, train);
  }

  LayerMode& mode_;
  TracedFunction graph_{mode_};
  std::vector<Weight*> weights_;
  AutogradFunction function_;
  bool first_ = false;
  std::vector<at::Tensor> leaves_;
  at::Tensor input_, output_;
};

}  // namespace

std::unique_ptr<Layer> make_autograd(WeightPlan& plan, std::vector<Weight*> weights,
                                     AutogradFunction function) {
  return std::make_unique<Autograd>(plan, std::move(weights), std::move(function));
}

at::Tensor counted_linear(const at::Tensor& x, const at::Tensor& w, const at::Tensor& b, LayerMode& mode) {
  mode.multiply_adds += x.numel() / x.size(-1) * w.numel();
  return at::linear(x, w, b);
}

at::Tensor dropped(const at::Tensor& x, LayerMode& mode, bool train) {
  if (!train || mode.dropout == 0.0) return x;
  return x * dropout_mask(x.detach(), mode);
}

at::Tensor laid_out_gradient(const at::Tensor& leaf) {
  const at::Tensor gradient = leaf.grad().defined() ? leaf.grad() : at::zeros_like(leaf.detach());
  return gradient.contiguous(leaf.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
}

}  // namespace frugal
