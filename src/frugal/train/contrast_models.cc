// The models that compare: two images (siamese), or a right and a wrong label (forward-forward).
#include <cmath>

#include "frugal/train/builder.h"

namespace frugal {
namespace {

// Features of 2n images to the distances [n, features] of image i and n + i.
class PairDistance final : public Layer {
 public:
  at::Tensor forward(const at::Tensor& x, bool train) override {
    const std::int64_t n = x.size(0) / 2;
    const at::Tensor difference = x.narrow(0, 0, n) - x.narrow(0, n, n);
    if (train) sign_ = difference.sign();
    return difference.abs();
  }
  at::Tensor backward(at::Tensor grad) override {
    grad.mul_(sign_);
    sign_.reset();
    return at::cat({grad, -grad});
  }

 private:
  at::Tensor sign_;
};

constexpr std::int64_t kHidden = 500;
constexpr double kThreshold = 2.0;

// All layers of a Forward-Forward network. Its training sets the gradients itself and leaves its loss in the
// mode; its answer is the goodness of every label.
class ForwardForward final : public Layer {
 public:
  ForwardForward(WeightPlan& plan, const ImageShape& shape) : mode_(plan.mode()), classes_(shape.classes) {
    std::int64_t in = shape.pixels();
    for (int layer = 0; layer < 2; ++layer, in = kHidden) {
      weights_.push_back(plan.parameter({kHidden, in}, 1.0 / std::sqrt(3.0 * static_cast<double>(in))));
      biases_.push_back(plan.parameter({kHidden}, 0.0));
    }
  }

  at::Tensor forward(const at::Tensor& x, bool train) override {
    const at::Tensor pixels = x.permute({0, 2, 3, 1}).reshape({x.size(0), -1});
    if (train) {
      learn(pixels);
      return at::Tensor();
    }
    std::vector<at::Tensor> goodness;
    for (std::int64_t label = 0; label < classes_; ++label)
      goodness.push_back(
          goodness_of(with_label(pixels, at::full({x.size(0)}, label, x.options().dtype(at::kLong)))));
    return at::stack(goodness, 1);
  }
  at::Tensor backward(at::Tensor) override { return {}; }

 private:
  // The first pixels all 0 but that of the label, which is as far from 0 as any.
  at::Tensor with_label(const at::Tensor& pixels, const at::Tensor& labels) const {
    at::Tensor out = pixels.clone();
    at::Tensor first = out.narrow(1, 0, classes_);
    first.zero_();
    first.scatter_(1, labels.unsqueeze(1), pixels.abs().max().expand({labels.size(0), 1}));
    return out;
  }
  static at::Tensor normalised(const at::Tensor& x) { return x / (x.norm(2, {1}, true) + 1e-4); }
  at::Tensor layer(std::size_t i, const at::Tensor& h) {
    mode_.multiply_adds += h.size(0) * weights_[i]->count();
    return at::addmm(biases_[i]->compute, h, weights_[i]->compute.t()).relu_();
  }
  at::Tensor goodness_of(at::Tensor h) {
    at::Tensor sum = at::zeros({h.size(0)}, h.options());
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      h = layer(i, normalised(h));
      sum.add_(h.square().mean(1));
    }
    return sum;
  }
  // Each layer by itself: the mean over right and wrong records of log(1 + exp(∓(goodness − threshold))).
  void learn(const at::Tensor& pixels) {
    const std::int64_t n = pixels.size(0);
    const at::Tensor shift = at::empty_like(mode_.labels).random_(1, classes_, mode_.generator);
    at::Tensor h = at::cat(
        {with_label(pixels, mode_.labels), with_label(pixels, (mode_.labels + shift).remainder(classes_))});
    const at::Tensor sign = at::cat({at::full({n}, -1.0, h.options()), at::full({n}, 1.0, h.options())});
    at::Tensor loss = at::zeros({}, h.options());
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      const at::Tensor in = normalised(h);
      h = layer(i, in);
      const at::Tensor wrong = sign * (h.square().mean(1) - kThreshold);
      loss.add_(at::softplus(wrong).mean());
      const at::Tensor slope = sign * at::sigmoid(wrong) / static_cast<double>(2 * n);  // of the goodness
      const at::Tensor to_output = h * (slope.unsqueeze(1) * (2.0 / static_cast<double>(kHidden)));
      weights_[i]->gradient = at::mm(to_output.t(), in);
      biases_[i]->gradient = to_output.sum(0);
    }
    mode_.own_loss = loss;
  }

  LayerMode& mode_;
  std::int64_t classes_;
  std::vector<Weight*> weights_, biases_;
};

}  // namespace

void siamese(Builder& to, const ImageShape& shape) {
  std::int64_t in = shape.channels;
  for (const std::int64_t out : {32, 64, 128}) {
    to.conv_norm({.in = in, .out = out});
    if (out < 128) to.add(make_max_pool(2));
    in = out;
  }
  to.add(make_mean_pool());
  to.add(std::make_unique<PairDistance>());
  to.linear_relu(in, 128);
  to.head(128, 2);
}

void forward_forward(Builder& to, const ImageShape& shape) {
  to.add(std::make_unique<ForwardForward>(to.plan, shape));
}

}  // namespace frugal
