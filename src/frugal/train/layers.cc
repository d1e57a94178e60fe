#include "frugal/train/layers.h"

#include <cmath>

#include "frugal/train/recorded_passes.h"

namespace frugal {
namespace {

constexpr double kNormMomentum = 0.1;
constexpr double kNormEpsilon = 1e-5;
constexpr double kRangeMomentum = 0.1;
constexpr auto kImages = at::MemoryFormat::ChannelsLast;

void relu_backward(at::Tensor& grad, const at::Tensor& output) {
  at::threshold_backward_out(grad, grad, output, 0);
}

class Conv final : public Layer {
 public:
  Conv(WeightPlan& plan, ConvShape s)
      : mode_(plan.mode()), stride_(s.stride), padding_(s.padded ? s.kernel / 2 : 0), groups_(s.groups) {
    const double fan_out = static_cast<double>(s.out * s.kernel * s.kernel / s.groups);
    weight_ = plan.parameter({s.out, s.in / s.groups, s.kernel, s.kernel}, std::sqrt(2.0 / fan_out));
    if (s.bias) bias_ = plan.parameter({s.out}, 0.0);
  }
  at::Tensor forward(const at::Tensor& x, bool train) override {
    if (train) input_ = x;
    const at::Tensor bias = bias_ != nullptr ? bias_->compute : at::Tensor();
    at::Tensor y = convolution(x, weight_->compute, bias, shape());
    mode_.multiply_adds += y.numel() * (weight_->count() / weight_->sizes[0]);
    return y;
  }
  at::Tensor backward(at::Tensor grad) override {
    ConvolutionGradients g = convolution_gradients(grad, input_, weight_->compute, shape(), !first_);
    weight_->gradient = g.weight.contiguous(kImages);
    if (bias_ != nullptr) bias_->gradient = grad.sum({0, 2, 3});
    input_.reset();
    return g.input;
  }
  void is_first() override { first_ = true; }

 private:
  ConvolutionShape shape() const { return {.stride = stride_, .padding = padding_, .groups = groups_}; }
  LayerMode& mode_;
  Weight* weight_;
  Weight* bias_ = nullptr;
  std::int64_t stride_, padding_, groups_;
  bool first_ = false;
  at::Tensor input_;
};

// The scale, the shift and the statistics stay in the precision of the state.
class Norm final : public Layer {
 public:
  Norm(WeightPlan& plan, std::int64_t channels, Activation activation) : activation_(activation) {
    scale_ = plan.parameter({channels}, 0.0, 1.0);
    shift_ = plan.parameter({channels}, 0.0, 0.0);
    mean_ = plan.buffer({channels}, 0.0);
    variance_ = plan.buffer({channels}, 1.0);
  }
  at::Tensor forward(const at::Tensor& x, bool train) override {
    auto [y, mean, inverse] = at::native_batch_norm(x, scale_->value, shift_->value, mean_->value,
                                                    variance_->value, train, kNormMomentum, kNormEpsilon);
    if (activation_ == Activation::Relu) y.relu_();
    if (activation_ == Activation::Relu6) y.clamp_(0.0, 6.0);
    if (train) {
      input_ = x;
      batch_mean_ = mean;
      batch_inverse_ = inverse;
      if (activation_ != Activation::None) output_ = y;
    }
    return y;
  }
  at::Tensor backward(at::Tensor grad) override {
    if (activation_ == Activation::Relu) relu_backward(grad, output_);
    if (activation_ == Activation::Relu6) grad = at::hardtanh_backward(grad, output_, 0.0, 6.0);
    auto [to_input, to_scale, to_shift] = norm_gradients(
        grad,
        {input_, scale_->value, mean_->value, variance_->value, batch_mean_, batch_inverse_, kNormEpsilon});
    scale_->gradient = to_scale;
    shift_->gradient = to_shift;
    input_.reset();
    output_.reset();
    return to_input;
  }

 private:
  Activation activation_;
  Weight *scale_, *shift_, *mean_, *variance_;
  at::Tensor input_, output_, batch_mean_, batch_inverse_;
};

class Linear final : public Layer {
 public:
  Linear(WeightPlan& plan, std::int64_t in, std::int64_t out, bool relu) : mode_(plan.mode()), relu_(relu) {
    weight_ = plan.parameter({out, in}, std::sqrt((relu ? 2.0 : 1.0) / static_cast<double>(in)));
    bias_ = plan.parameter({out}, 0.0);
  }
  at::Tensor forward(const at::Tensor& x, bool train) override {
    at::Tensor y = at::addmm(bias_->compute, x, weight_->compute.t());
    mode_.multiply_adds += x.size(0) * weight_->count();
    if (relu_) y.relu_();
    if (train) {
      input_ = x;
      if (relu_) output_ = y;
    }
    return y;
  }
  at::Tensor backward(at::Tensor grad) override {
    if (relu_) relu_backward(grad, output_);
    weight_->gradient = at::mm(grad.t(), input_);
    bias_->gradient = grad.sum(0);
    input_.reset();
    output_.reset();
    return first_ ? at::Tensor() : at::mm(grad, weight_->compute);
  }
  void is_first() override { first_ = true; }

 private:
  LayerMode& mode_;
  bool relu_;
  bool first_ = false;
  Weight *weight_, *bias_;
  at::Tensor input_, output_;
};

class Relu final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& x, bool train) override {
    at::Tensor y = x.relu();
    if (train) output_ = y;
    return y;
  }
  at::Tensor backward(at::Tensor grad) override {
    relu_backward(grad, output_);
    output_.reset();
    return grad;
  }

 private:
  at::Tensor output_;
};

class MaxPool final : public Layer {
 public:
  explicit MaxPool(std::int64_t kernel) : kernel_(kernel) {}
  at::Tensor forward(const at::Tensor& x, bool train) override {
    auto [y, places] = at::max_pool2d_with_indices(x, {kernel_, kernel_}, {kernel_, kernel_});
    if (train) {
      input_ = x;
      places_ = places;
    }
    return y;
  }
  at::Tensor backward(at::Tensor grad) override {
    at::Tensor to_input =
        at::max_pool2d_with_indices_backward(grad.contiguous(kImages), input_, {kernel_, kernel_},
                                             {kernel_, kernel_}, {0, 0}, {1, 1}, false, places_);
    input_.reset();
    places_.reset();
    return to_input;
  }

 private:
  std::int64_t kernel_;
  at::Tensor input_, places_;
};

class Flatten final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& x, bool train) override {
    if (train) sizes_ = x.sizes().vec();
    return x.permute({0, 2, 3, 1}).reshape({x.size(0), x.size(1) * x.size(2) * x.size(3)});
  }
  at::Tensor backward(at::Tensor grad) override {
    if (!grad.defined()) return grad;
    return grad.view({sizes_[0], sizes_[2], sizes_[3], sizes_[1]}).permute({0, 3, 1, 2});
  }

 private:
  std::vector<std::int64_t> sizes_;
};

class MeanPool final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& x, bool train) override {
    if (train) sizes_ = x.sizes().vec();
    return x.mean({2, 3});
  }
  at::Tensor backward(at::Tensor grad) override {
    grad.div_(static_cast<double>(sizes_[2] * sizes_[3]));
    return grad.view({sizes_[0], sizes_[1], 1, 1}).expand(sizes_).contiguous(kImages);
  }

 private:
  std::vector<std::int64_t> sizes_;
};

class Residual final : public Layer {
 public:
  Residual(Layers main, Layers shortcut, bool relu)
      : main_(std::move(main)), shortcut_(std::move(shortcut)), relu_(relu) {}
  at::Tensor forward(const at::Tensor& x, bool train) override {
    at::Tensor y = forward_all(main_, x, train);
    y.add_(forward_all(shortcut_, x, train));
    if (!relu_) return y;
    y.relu_();
    if (train) output_ = y;
    return y;
  }
  at::Tensor backward(at::Tensor grad) override {
    if (relu_) relu_backward(grad, output_);
    output_.reset();
    at::Tensor to_input = backward_all(main_, grad);
    return to_input.add_(backward_all(shortcut_, grad));
  }

 private:
  Layers main_, shortcut_;
  bool relu_;
  at::Tensor output_;
};

class Dropout final : public Layer {
 public:
  explicit Dropout(WeightPlan& plan) : mode_(plan.mode()) {}
  at::Tensor forward(const at::Tensor& x, bool train) override {
    mask_.reset();
    if (!train || mode_.dropout == 0.0) return x;
    mask_ = dropout_mask(x, mode_);
    return x * mask_;
  }
  at::Tensor backward(at::Tensor grad) override {
    if (!mask_.defined()) return grad;
    grad.mul_(mask_);
    mask_.reset();
    return grad;
  }

 private:
  LayerMode& mode_;
  at::Tensor mask_;
};

class ActivationRounding final : public Layer {
 public:
  explicit ActivationRounding(WeightPlan& plan) : mode_(plan.mode()), range_(plan.buffer({1}, 0.0)) {
    range_->range = true;
  }
  at::Tensor forward(const at::Tensor& x, bool train) override {
    using Int8 = LayerMode::Int8;
    inside_.reset();
    if (mode_.int8 == Int8::Off) return x;
    if (mode_.int8 == Int8::Observe || (mode_.int8 == Int8::Train && train)) observe(x);
    if (mode_.int8 == Int8::Observe) return x;
    const at::Tensor range = range_->value.clamp_min(1e-8).to(x.scalar_type());
    if (train) inside_ = x.le(range);
    const at::Tensor scale = range / 255.0;
    return x.div(scale).round_().clamp_(0.0, 255.0).mul_(scale);
  }
  at::Tensor backward(at::Tensor grad) override {
    if (!inside_.defined()) return grad;
    grad.mul_(inside_);
    inside_.reset();
    return grad;
  }

 private:
  void observe(const at::Tensor& x) {
    at::Tensor& range = range_->value;
    const at::Tensor most = x.max().to(range.scalar_type());
    if (mode_.int8 == LayerMode::Int8::Observe) {
      range.copy_(at::maximum(range, most));
    } else {
      range.copy_(at::where(range.eq(0.0), most, at::lerp(range, most.expand({1}), kRangeMomentum)));
    }
  }
  LayerMode& mode_;
  Weight* range_;
  at::Tensor inside_;
};

}  // namespace

at::Tensor forward_all(const Layers& layers, at::Tensor x, bool train) {
  for (const auto& layer : layers) x = layer->forward(x, train);
  return x;
}

at::Tensor backward_all(const Layers& layers, at::Tensor grad) {
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer)
    grad = (*layer)->backward(std::move(grad));
  return grad;
}

std::unique_ptr<Layer> make_conv(WeightPlan& plan, ConvShape shape) {
  return std::make_unique<Conv>(plan, shape);
}
std::unique_ptr<Layer> make_norm(WeightPlan& plan, std::int64_t channels, Activation activation) {
  return std::make_unique<Norm>(plan, channels, activation);
}
std::unique_ptr<Layer> make_linear(WeightPlan& plan, std::int64_t in, std::int64_t out, bool relu) {
  return std::make_unique<Linear>(plan, in, out, relu);
}
std::unique_ptr<Layer> make_relu() { return std::make_unique<Relu>(); }
std::unique_ptr<Layer> make_max_pool(std::int64_t kernel) { return std::make_unique<MaxPool>(kernel); }
std::unique_ptr<Layer> make_flatten() { return std::make_unique<Flatten>(); }
std::unique_ptr<Layer> make_mean_pool() { return std::make_unique<MeanPool>(); }
std::unique_ptr<Layer> make_residual(Layers main, Layers shortcut, bool relu) {
  return std::make_unique<Residual>(std::move(main), std::move(shortcut), relu);
}
std::unique_ptr<Layer> make_dropout(WeightPlan& plan) { return std::make_unique<Dropout>(plan); }
std::unique_ptr<Layer> make_activation_rounding(WeightPlan& plan) {
  return std::make_unique<ActivationRounding>(plan);
}

}  // namespace frugal
