// The models whose gradients autograd finds: recurrent and attentive ones.
#include <cmath>

#include "frugal/train/autograd.h"
#include "frugal/train/builder.h"
#include "frugal/train/lstm_layer.h"

namespace frugal {
namespace {

using Tensors = std::vector<at::Tensor>;

double by_width(std::int64_t in) { return 1.0 / std::sqrt(static_cast<double>(in)); }

struct BlockShape {
  std::int64_t width, heads, hidden;
  bool causal, norm_first;
};

constexpr std::size_t kBlockWeights = 12;

// The weights of one layer: attention in and out, both normalisations, both linear maps, each with a bias.
void add_block_weights(WeightPlan& plan, const BlockShape& b, std::vector<Weight*>& to) {
  const auto linear = [&](std::int64_t in, std::int64_t out) {
    to.push_back(plan.parameter({out, in}, by_width(in)));
    to.push_back(plan.parameter({out}, 0.0));
  };
  const auto norm = [&] {
    to.push_back(plan.parameter({b.width}, 0.0, 1.0));
    to.push_back(plan.parameter({b.width}, 0.0));
  };
  linear(b.width, 3 * b.width);
  linear(b.width, b.width);
  norm();
  linear(b.width, b.hidden);
  linear(b.hidden, b.width);
  norm();
}

at::Tensor attention(const at::Tensor& x, const at::Tensor* w, const BlockShape& b, const at::Tensor& mask,
                     LayerMode& mode, bool train) {
  const std::int64_t n = x.size(0), length = x.size(1), each = b.width / b.heads;
  const at::Tensor all =
      counted_linear(x, w[0], w[1], mode).view({n, length, 3, b.heads, each}).permute({2, 0, 3, 1, 4});
  at::Tensor scores = at::matmul(all[0], all[1].transpose(-2, -1)) * by_width(each);
  if (mask.defined()) scores = scores + mask;
  mode.multiply_adds += 2 * n * length * length * b.width;
  const at::Tensor weights = dropped(at::softmax(scores, -1), mode, train);
  const at::Tensor mixed = at::matmul(weights, all[2]).transpose(1, 2).reshape({n, length, b.width});
  return counted_linear(mixed, w[2], w[3], mode);
}

at::Tensor block(const at::Tensor& x, const at::Tensor* w, const BlockShape& b, const at::Tensor& mask,
                 LayerMode& mode, bool train) {
  const auto norm = [&](const at::Tensor& t, std::size_t at) {
    return at::layer_norm(t, {b.width}, w[at], w[at + 1]);
  };
  const auto feed = [&](const at::Tensor& t) {
    const at::Tensor inner = counted_linear(t, w[6], w[7], mode);
    const at::Tensor bent = b.norm_first ? at::gelu(inner) : at::relu(inner);
    return counted_linear(dropped(bent, mode, train), w[8], w[9], mode);
  };
  const auto attend = [&](const at::Tensor& t) { return attention(t, w, b, mask, mode, train); };
  if (b.norm_first) {
    const at::Tensor y = x + dropped(attend(norm(x, 4)), mode, train);
    return y + dropped(feed(norm(y, 10)), mode, train);
  }
  const at::Tensor y = norm(x + dropped(attend(x), mode, train), 4);
  return norm(y + dropped(feed(y), mode, train), 10);
}

// Sine and cosine of the place at falling frequencies, [length, width].
at::Tensor positions(std::int64_t length, std::int64_t width, const at::TensorOptions& options) {
  const at::Tensor place = at::arange(length, at::kFloat).unsqueeze(1);
  const at::Tensor rate =
      at::exp(at::arange(0, width, 2, at::kFloat) * (-std::log(10000.0) / static_cast<double>(width)));
  at::Tensor out = at::zeros({length, width});
  out.slice(1, 0, width, 2).copy_(at::sin(place * rate));
  out.slice(1, 1, width, 2).copy_(at::cos(place * rate));
  return out.to(options);
}

at::Tensor causal_mask(std::int64_t length, const at::TensorOptions& options) {
  return at::full({length, length}, -INFINITY, options).triu(1);
}

}  // namespace

void lstm(Builder& to, const ImageShape& shape) {
  constexpr std::int64_t kHidden = 64, kLayers = 2;
  std::vector<Weight*> weights;
  const double deviation = by_width(kHidden) / std::sqrt(3.0);  // of the usual uniform start
  std::int64_t in = shape.channels;
  for (std::int64_t layer = 0; layer < kLayers; ++layer, in = kHidden) {
    weights.push_back(to.plan.parameter({4 * kHidden, in}, deviation));
    weights.push_back(to.plan.parameter({4 * kHidden, kHidden}, deviation));
    weights.push_back(to.plan.parameter({4 * kHidden}, deviation));
    weights.push_back(to.plan.parameter({4 * kHidden}, deviation));
  }
  std::unique_ptr<Layer> with_autograd =
      make_autograd(to.plan, weights, [](const at::Tensor& x, const Tensors& w, LayerMode& mode, bool train) {
        const at::Tensor steps = x.flatten(2).transpose(1, 2).contiguous();  // [n, steps, channels]
        const at::Tensor zero = at::zeros({kLayers, x.size(0), kHidden}, x.options());
        for (std::size_t i = 0; i < w.size(); i += 4)
          mode.multiply_adds += x.size(0) * steps.size(1) * (w[i].numel() + w[i + 1].numel());
        const auto out = at::lstm(steps, {zero, zero}, w, true, kLayers, 0.0, train, false, true);
        return std::get<0>(out).select(1, steps.size(1) - 1).contiguous();
      });
  to.add(make_lstm(to.plan, weights, std::move(with_autograd)));
  to.head(kHidden, shape.outputs());
}

void transformer_lm(Builder& to, const ImageShape& shape) {
  constexpr BlockShape kBlock{.width = 200, .heads = 2, .hidden = 200, .causal = true, .norm_first = false};
  constexpr std::size_t kLayers = 2;
  std::vector<Weight*> weights = {to.plan.parameter({shape.classes, kBlock.width}, 0.1 / std::sqrt(3.0))};
  for (std::size_t layer = 0; layer < kLayers; ++layer) add_block_weights(to.plan, kBlock, weights);
  to.add(make_autograd(to.plan, std::move(weights),
                       [kBlock](const at::Tensor& x, const Tensors& w, LayerMode& mode, bool train) {
                         const std::int64_t length = x.size(1);
                         const at::Tensor places =
                             positions(length, kBlock.width, w[0].options().requires_grad(false));
                         at::Tensor y =
                             at::embedding(w[0], x) * std::sqrt(static_cast<double>(kBlock.width)) + places;
                         y = dropped(y, mode, train);
                         const at::Tensor mask = causal_mask(length, y.options().requires_grad(false));
                         for (std::size_t layer = 0; layer < kLayers; ++layer)
                           y = block(y, w.data() + 1 + layer * kBlockWeights, kBlock, mask, mode, train);
                         return y.reshape({-1, kBlock.width});
                       }));
  to.head(kBlock.width, shape.classes);
}

void vit_small(Builder& to, const ImageShape& shape) {
  constexpr BlockShape kBlock{.width = 192, .heads = 3, .hidden = 384, .causal = false, .norm_first = true};
  constexpr std::size_t kLayers = 6;
  const std::int64_t patch = shape.height < 16 ? 2 : 4;
  const std::int64_t patches = (shape.height / patch) * (shape.width / patch);
  std::vector<Weight*> weights = {
      to.plan.parameter({kBlock.width, shape.channels, patch, patch},
                        by_width(shape.channels * patch * patch)),
      to.plan.parameter({kBlock.width}, 0.0), to.plan.parameter({patches, kBlock.width}, 0.02),
      to.plan.parameter({kBlock.width}, 0.0, 1.0), to.plan.parameter({kBlock.width}, 0.0)};
  for (std::size_t layer = 0; layer < kLayers; ++layer) add_block_weights(to.plan, kBlock, weights);
  to.add(make_autograd(
      to.plan, std::move(weights),
      [kBlock, patch](const at::Tensor& x, const Tensors& w, LayerMode& mode, bool train) {
        const at::Tensor pieces = at::conv2d(x, w[0], w[1], {patch, patch}).flatten(2).transpose(1, 2);
        mode.multiply_adds += pieces.size(0) * pieces.size(1) * w[0].numel();
        at::Tensor y = dropped(pieces + w[2], mode, train);
        for (std::size_t layer = 0; layer < kLayers; ++layer)
          y = block(y, w.data() + 5 + layer * kBlockWeights, kBlock, {}, mode, train);
        return at::layer_norm(y, {kBlock.width}, w[3], w[4]).mean(1);
      }));
  to.head(kBlock.width, shape.outputs());
}

}  // namespace frugal
