// Puts the layers of a model together in the order of the data. Only for the files that define models.
#pragma once

#include "frugal/train/images.h"
#include "frugal/train/network.h"

namespace frugal {

class Builder {
 public:
  Builder(WeightPlan& weights, const NetworkOptions& options) : plan(weights), options_(options) {}

  void add(std::unique_ptr<Layer> layer) { layers.push_back(std::move(layer)); }
  void conv_norm(ConvShape shape, Activation activation = Activation::Relu) {
    add(make_conv(plan, shape));
    add(make_norm(plan, shape.out, activation));
    if (activation != Activation::None) rounding();
  }
  void conv_relu(ConvShape shape) {
    add(make_conv(plan, shape));
    add(make_relu());
    rounding();
  }
  void linear_relu(std::int64_t in, std::int64_t out) {
    add(make_linear(plan, in, out, true));
    rounding();
  }
  void rounding() {
    if (options_.int8) add(make_activation_rounding(plan));
  }
  void dropout() { add(make_dropout(plan)); }
  // The last layer, which `freeze: backbone` still trains.
  void head(std::int64_t in, std::int64_t outputs) {
    dropout();
    plan.begin_head();
    head_layer = layers.size();
    add(make_linear(plan, in, outputs, false));
  }
  Builder nested() { return {plan, options_}; }

  WeightPlan& plan;
  Layers layers;
  std::size_t head_layer = 0;

 private:
  NetworkOptions options_;
};

// Two LSTM layers of 64 (Hochreiter and Schmidhuber 1997), the last step's output to a linear head. Records
// are [n, channels, 1, steps].
void lstm(Builder& to, const ImageShape& shape);
// A Transformer encoder with a causal mask over words (Vaswani et al. 2017): two layers, width and hidden
// width 200, two heads, sinusoidal positions, normalisation after each part, as PyTorch's
// word_language_model.
void transformer_lm(Builder& to, const ImageShape& shape);
// A Vision Transformer (Dosovitskiy et al. 2021) for small images: patches of 4×4 (2×2 below 16), six layers
// of width 192, three heads, hidden width 384, normalisation before each part, learned positions, mean over
// patches.
void vit_small(Builder& to, const ImageShape& shape);
// Two images through the same three convolutions; the distance of their features, channel by channel, decides
// whether they are of one class (Koch et al. 2015).
void siamese(Builder& to, const ImageShape& shape);
// The Forward-Forward algorithm (Hinton 2022): two layers of 500, each trained by itself to tell right
// labels, written into the first pixels, from wrong ones.
void forward_forward(Builder& to, const ImageShape& shape);

}  // namespace frugal
