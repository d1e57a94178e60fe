#include "frugal/train/layers.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

#include "frugal/base/rng.h"
#include "frugal/train/torch_compat.h"

namespace frugal {
namespace {

constexpr double kNormMomentum = 0.1;
constexpr double kNormEpsilon = 1e-5;
constexpr auto kImages = at::MemoryFormat::ChannelsLast;

std::int64_t total(const std::deque<Weight>& weights) {
  std::int64_t sum = 0;
  for (const Weight& weight : weights) sum += weight.count();
  return sum;
}

void bind_views(std::deque<Weight>& weights, const at::Tensor& flat, std::int64_t& offset) {
  for (Weight& weight : weights) {
    const at::Tensor piece = flat.narrow(0, offset, weight.count());
    const auto& s = weight.sizes;
    weight.value = s.size() == 4 ? piece.view({s[0], s[2], s[3], s[1]}).permute({0, 3, 1, 2}) : piece.view(s);
    offset += weight.count();
  }
}

void relu_backward(at::Tensor& grad, const at::Tensor& output) {
  at::threshold_backward_out(grad, grad, output, 0);
}

class Conv final : public Layer {
 public:
  Conv(WeightPlan& plan, ConvShape s) : stride_(s.stride), padding_(s.kernel / 2) {
    const double fan_out = static_cast<double>(s.out * s.kernel * s.kernel);
    weight_ = plan.parameter({s.out, s.in, s.kernel, s.kernel}, std::sqrt(2.0 / fan_out));
  }
  at::Tensor forward(const at::Tensor& x, bool train) override {
    if (train) input_ = x;
    return at::convolution(x, weight_->value, {}, {stride_, stride_}, {padding_, padding_}, {1, 1}, false,
                           {0, 0}, 1);
  }
  at::Tensor backward(at::Tensor grad) override {
    ConvolutionGradients g = convolution_gradients(grad, input_, weight_->value, stride_, padding_, !first_);
    weight_->gradient = g.weight.contiguous(kImages);
    input_.reset();
    return g.input;
  }
  void is_first() override { first_ = true; }

 private:
  Weight* weight_;
  std::int64_t stride_, padding_;
  bool first_ = false;
  at::Tensor input_;
};

class Norm final : public Layer {
 public:
  Norm(WeightPlan& plan, std::int64_t channels, bool relu) : relu_(relu) {
    scale_ = plan.parameter({channels}, 0.0, 1.0);
    shift_ = plan.parameter({channels}, 0.0, 0.0);
    mean_ = plan.buffer({channels}, 0.0);
    variance_ = plan.buffer({channels}, 1.0);
  }
  at::Tensor forward(const at::Tensor& x, bool train) override {
    auto [y, mean, inverse] = at::native_batch_norm(x, scale_->value, shift_->value, mean_->value,
                                                    variance_->value, train, kNormMomentum, kNormEpsilon);
    if (relu_) y.relu_();
    if (train) {
      input_ = x;
      batch_mean_ = mean;
      batch_inverse_ = inverse;
      if (relu_) output_ = y;
    }
    return y;
  }
  at::Tensor backward(at::Tensor grad) override {
    if (relu_) relu_backward(grad, output_);
    auto [to_input, to_scale, to_shift] =
        at::native_batch_norm_backward(grad, input_, scale_->value, mean_->value, variance_->value,
                                       batch_mean_, batch_inverse_, true, kNormEpsilon, {true, true, true});
    scale_->gradient = to_scale;
    shift_->gradient = to_shift;
    input_.reset();
    output_.reset();
    return to_input;
  }

 private:
  bool relu_;
  Weight *scale_, *shift_, *mean_, *variance_;
  at::Tensor input_, output_, batch_mean_, batch_inverse_;
};

class Linear final : public Layer {
 public:
  Linear(WeightPlan& plan, std::int64_t in, std::int64_t out, bool relu) : relu_(relu) {
    weight_ = plan.parameter({out, in}, std::sqrt((relu ? 2.0 : 1.0) / static_cast<double>(in)));
    bias_ = plan.parameter({out}, 0.0);
  }
  at::Tensor forward(const at::Tensor& x, bool train) override {
    at::Tensor y = at::addmm(bias_->value, x, weight_->value.t());
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
    return first_ ? at::Tensor() : at::mm(grad, weight_->value);
  }
  void is_first() override { first_ = true; }

 private:
  bool relu_;
  bool first_ = false;
  Weight *weight_, *bias_;
  at::Tensor input_, output_;
};

// Only ever the first layer, so that nothing flows back through it.
class Flatten final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& x, bool) override {
    return x.permute({0, 2, 3, 1}).reshape({x.size(0), x.size(1) * x.size(2) * x.size(3)});
  }
  at::Tensor backward(at::Tensor) override { return {}; }
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
  Residual(Layers main, Layers shortcut) : main_(std::move(main)), shortcut_(std::move(shortcut)) {}
  at::Tensor forward(const at::Tensor& x, bool train) override {
    at::Tensor y = forward_all(main_, x, train);
    y.add_(forward_all(shortcut_, x, train)).relu_();
    if (train) output_ = y;
    return y;
  }
  at::Tensor backward(at::Tensor grad) override {
    relu_backward(grad, output_);
    output_.reset();
    at::Tensor to_input = backward_all(main_, grad);
    return to_input.add_(backward_all(shortcut_, grad));
  }

 private:
  Layers main_, shortcut_;
  at::Tensor output_;
};

}  // namespace

std::int64_t Weight::count() const {
  std::int64_t product = 1;
  for (const std::int64_t size : sizes) product *= size;
  return product;
}

Weight* WeightPlan::parameter(std::vector<std::int64_t> sizes, double deviation, double fill) {
  return &parameters_.emplace_back(
      Weight{.sizes = std::move(sizes), .deviation = deviation, .fill = fill, .value = {}, .gradient = {}});
}

Weight* WeightPlan::buffer(std::vector<std::int64_t> sizes, double fill) {
  return &buffers_.emplace_back(
      Weight{.sizes = std::move(sizes), .deviation = 0.0, .fill = fill, .value = {}, .gradient = {}});
}

std::int64_t WeightPlan::parameter_count() const { return total(parameters_); }
std::int64_t WeightPlan::buffer_count() const { return total(buffers_); }

void WeightPlan::bind(const at::Tensor& flat) {
  std::int64_t offset = 0;
  bind_views(parameters_, flat, offset);
  bind_views(buffers_, flat, offset);
}

// Drawn on the CPU in the order of the plan, so that every device and every batch size begins alike.
void WeightPlan::initialise(std::uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(derive_seed(seed, "weights"));
  for (Weight& weight : parameters_) {
    if (weight.deviation == 0.0) {
      weight.value.fill_(weight.fill);
    } else {
      weight.value.copy_(at::empty(weight.sizes).normal_(0.0, weight.deviation, generator));
    }
  }
  for (Weight& weight : buffers_) weight.value.fill_(weight.fill);
}

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
std::unique_ptr<Layer> make_norm(WeightPlan& plan, std::int64_t channels, bool relu) {
  return std::make_unique<Norm>(plan, channels, relu);
}
std::unique_ptr<Layer> make_linear(WeightPlan& plan, std::int64_t in, std::int64_t out, bool relu) {
  return std::make_unique<Linear>(plan, in, out, relu);
}
std::unique_ptr<Layer> make_flatten() { return std::make_unique<Flatten>(); }
std::unique_ptr<Layer> make_mean_pool() { return std::make_unique<MeanPool>(); }
std::unique_ptr<Layer> make_residual(Layers main, Layers shortcut) {
  return std::make_unique<Residual>(std::move(main), std::move(shortcut));
}

}  // namespace frugal
