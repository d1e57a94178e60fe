#include "frugal/train/network.h"

#include <functional>
#include <map>
#include <stdexcept>

#include "frugal/train/builder.h"
#include "frugal/train/script_model.h"

namespace frugal {
namespace {

Layers shortcut(Builder builder, std::int64_t in, std::int64_t out, std::int64_t stride) {
  if (in != out || stride != 1)
    builder.conv_norm({.in = in, .out = out, .kernel = 1, .stride = stride}, Activation::None);
  return std::move(builder.layers);
}

void basic_block(Builder& to, std::int64_t in, std::int64_t out, std::int64_t stride) {
  Builder main = to.nested();
  main.conv_norm({.in = in, .out = out, .kernel = 3, .stride = stride});
  main.conv_norm({.in = out, .out = out, .kernel = 3}, Activation::None);
  to.add(make_residual(std::move(main.layers), shortcut(to.nested(), in, out, stride)));
  to.rounding();
}

// The stride sits in the 3×3 convolution, as in the common implementations of ResNet-50.
void bottleneck(Builder& to, std::int64_t in, std::int64_t out, std::int64_t stride) {
  const std::int64_t inner = out / 4;
  Builder main = to.nested();
  main.conv_norm({.in = in, .out = inner, .kernel = 1});
  main.conv_norm({.in = inner, .out = inner, .kernel = 3, .stride = stride});
  main.conv_norm({.in = inner, .out = out, .kernel = 1}, Activation::None);
  to.add(make_residual(std::move(main.layers), shortcut(to.nested(), in, out, stride)));
  to.rounding();
}

struct ResNetShape {
  std::int64_t stem = 64;
  std::vector<int> blocks;  // a stage
  bool bottleneck = false;
};

void resnet(Builder& to, const ImageShape& shape, const ResNetShape& r) {
  to.conv_norm({.in = shape.channels, .out = r.stem, .kernel = 3});
  std::int64_t in = r.stem;
  for (std::size_t stage = 0; stage < r.blocks.size(); ++stage) {
    const std::int64_t out = (r.stem << stage) * (r.bottleneck ? 4 : 1);
    for (int block = 0; block < r.blocks[stage]; ++block) {
      const std::int64_t stride = stage > 0 && block == 0 ? 2 : 1;
      r.bottleneck ? bottleneck(to, in, out, stride) : basic_block(to, in, out, stride);
      in = out;
    }
  }
  to.add(make_mean_pool());
  to.head(in, shape.outputs());
}

void mlp(Builder& to, const ImageShape& shape) {
  constexpr std::int64_t kHidden = 128;
  to.add(make_flatten());
  to.linear_relu(shape.pixels(), kHidden);
  to.dropout();
  to.linear_relu(kHidden, kHidden);
  to.head(kHidden, shape.outputs());
}

void lenet(Builder& to, const ImageShape& shape) {
  const bool padded = shape.height < 32;  // the original padded 28×28 to 32×32
  to.conv_relu({.in = shape.channels, .out = 6, .kernel = 5, .padded = padded, .bias = true});
  to.add(make_max_pool(2));
  to.conv_relu({.in = 6, .out = 16, .kernel = 5, .padded = false, .bias = true});
  to.add(make_max_pool(2));
  const std::int64_t side = ((shape.height - (padded ? 0 : 4)) / 2 - 4) / 2;
  to.add(make_flatten());
  to.linear_relu(16 * side * side, 120);
  to.linear_relu(120, 84);
  to.head(84, shape.outputs());
}

void mnist_cnn(Builder& to, const ImageShape& shape) {
  to.conv_relu({.in = shape.channels, .out = 32, .padded = false, .bias = true});
  to.conv_relu({.in = 32, .out = 64, .padded = false, .bias = true});
  to.add(make_max_pool(2));
  to.dropout();
  to.add(make_flatten());
  const std::int64_t side = (shape.height - 4) / 2;
  to.linear_relu(64 * side * side, 128);
  to.head(128, shape.outputs());
}

void small_cnn(Builder& to, const ImageShape& shape) {
  std::int64_t in = shape.channels;
  for (const std::int64_t out : {32, 64, 128}) {
    to.conv_norm({.in = in, .out = out});
    if (out < 128) to.add(make_max_pool(2));
    in = out;
  }
  to.add(make_mean_pool());
  to.head(in, shape.outputs());
}

void vgg16(Builder& to, const ImageShape& shape) {
  std::int64_t in = shape.channels;
  for (const auto& [width, depth] : {std::pair(64, 2), {128, 2}, {256, 3}, {512, 3}, {512, 3}}) {
    for (int layer = 0; layer < depth; ++layer) {
      to.conv_norm({.in = in, .out = width});
      in = width;
    }
    to.add(make_max_pool(2));
  }
  to.add(make_flatten());
  to.head(in, shape.outputs());
}

void inverted_residual(Builder& to, std::int64_t in, std::int64_t out, std::int64_t stride,
                       std::int64_t widen) {
  const std::int64_t inner = in * widen;
  Builder main = to.nested();
  if (widen > 1) main.conv_norm({.in = in, .out = inner, .kernel = 1}, Activation::Relu6);
  main.conv_norm({.in = inner, .out = inner, .stride = stride, .groups = inner}, Activation::Relu6);
  main.conv_norm({.in = inner, .out = out, .kernel = 1}, Activation::None);
  if (stride == 1 && in == out) {
    to.add(make_residual(std::move(main.layers), {}, false));
  } else {
    for (auto& layer : main.layers) to.add(std::move(layer));
  }
}

void mobilenetv2(Builder& to, const ImageShape& shape) {
  struct Stage {
    std::int64_t widen, out, depth, stride;
  };
  to.conv_norm({.in = shape.channels, .out = 32}, Activation::Relu6);
  std::int64_t in = 32;
  for (const Stage& s : {Stage{1, 16, 1, 1},
                         {6, 24, 2, 1},
                         {6, 32, 3, 2},
                         {6, 64, 4, 2},
                         {6, 96, 3, 1},
                         {6, 160, 3, 2},
                         {6, 320, 1, 1}}) {
    for (std::int64_t block = 0; block < s.depth; ++block) {
      inverted_residual(to, in, s.out, block == 0 ? s.stride : 1, s.widen);
      in = s.out;
    }
  }
  to.conv_norm({.in = in, .out = 1280, .kernel = 1}, Activation::Relu6);
  to.add(make_mean_pool());
  to.head(1280, shape.outputs());
}

using Build = std::function<void(Builder&, const ImageShape&)>;

Build resnet_of(ResNetShape r) {
  return [r](Builder& to, const ImageShape& shape) { resnet(to, shape, r); };
}

const std::map<std::string, Build>& models() {
  static const std::map<std::string, Build> table = {
      {"mlp", mlp},
      {"lenet", lenet},
      {"mnist-cnn", mnist_cnn},
      {"small-cnn", small_cnn},
      {"resnet8", resnet_of({.stem = 16, .blocks = {1, 1, 1}})},
      {"resnet20", resnet_of({.stem = 16, .blocks = {3, 3, 3}})},
      {"resnet18", resnet_of({.stem = 64, .blocks = {2, 2, 2, 2}})},
      {"resnet50", resnet_of({.stem = 64, .blocks = {3, 4, 6, 3}, .bottleneck = true})},
      {"vgg16", vgg16},
      {"mobilenetv2", mobilenetv2},
      {"vit-small", vit_small},
      {"lstm", lstm},
      {"transformer-lm", transformer_lm},
      {"siamese", siamese},
      {"forward-forward", forward_forward},
  };
  return table;
}

}  // namespace

Network::Network(const std::string& model, const ImageShape& shape, const NetworkOptions& options)
    : outputs_(shape) {
  Builder builder(plan_, options);
  if (model == "torchscript") {
    builder.add(make_script(plan_, options.script, options.device));
  } else {
    const auto found = models().find(model);
    if (found == models().end()) throw std::invalid_argument("no model is called '" + model + "'");
    found->second(builder, shape);
  }
  layers_ = std::move(builder.layers);
  head_layer_ = builder.head_layer;
  pairs_ = model == "siamese";
  if (pairs_) outputs_ = {.classes = 2};
  // The first layer with weights is the first, or stands behind a layer that only looks at the data another
  // way.
  layers_[0]->is_first();
  if (model == "mlp") layers_[1]->is_first();
  plan_.mode().traced = options.traced && needs_autograd(model);
  if (!options.traced || needs_autograd(model)) return;
  traced_ = std::make_unique<TracedPasses>(
      plan_, LayerPasses{.forward = [this](const at::Tensor& x, bool train) { return run_layers(x, train); },
                         .backward = [this](at::Tensor grad) { run_layers_back(std::move(grad)); }});
}

at::Tensor Network::forward(const at::Tensor& images, bool train) {
  return traced_ ? traced_->forward(images, train) : run_layers(images, train);
}

void Network::backward(at::Tensor grad) {
  traced_ ? traced_->backward(std::move(grad)) : run_layers_back(std::move(grad));
}

at::Tensor Network::run_layers(const at::Tensor& images, bool train) {
  if (!frozen_) return forward_all(layers_, images, train);
  at::Tensor x = images;
  for (std::size_t i = 0; i < layers_.size(); ++i) x = layers_[i]->forward(x, train && i >= head_layer_);
  return x;
}

void Network::run_layers_back(at::Tensor grad) {
  if (!frozen_) {
    backward_all(layers_, std::move(grad));
    return;
  }
  for (std::size_t i = layers_.size(); i > head_layer_; --i) grad = layers_[i - 1]->backward(std::move(grad));
}

void Network::freeze_backbone() {
  frozen_ = true;
  layers_[head_layer_]->is_first();
}

bool needs_autograd(const std::string& model) {
  return model == "torchscript" || model == "vit-small" || model == "lstm" || model == "transformer-lm";
}

std::optional<std::string> cannot_train(const std::string& model, const ImageShape& s) {
  const std::string shape = s.tokens > 0 ? "texts of " + std::to_string(s.tokens) + " words"
                                         : std::to_string(s.channels) + "×" + std::to_string(s.height) + "×" +
                                               std::to_string(s.width);
  const auto refuse = [&](const std::string& needs) {
    return "model " + model + " needs " + needs + ", the records are " + shape;
  };
  if (model == "torchscript") return std::nullopt;
  if ((model == "transformer-lm") != (s.tokens > 0))
    return refuse(model == "transformer-lm" ? "texts (dataset wikitext2)" : "numbers or images");
  if (model == "mlp" || model == "transformer-lm" || model == "forward-forward") {
    if (model == "forward-forward" && (s.regression || s.coarse_classes > 0 || s.pixels() < s.classes))
      return refuse("one label and at least a pixel for each class");
    return std::nullopt;
  }
  if (model == "lstm") return s.height == 1 ? std::nullopt : std::optional(refuse("a series or a table"));
  if (model == "siamese" && (s.regression || s.coarse_classes > 0)) return refuse("one label");
  const bool deep = model == "lenet" || model == "resnet18" || model == "resnet50" || model == "mobilenetv2";
  const int least = model == "vgg16" ? 32 : deep ? 28 : 8;
  if (s.height < least || s.width < least)
    return refuse("images of " + std::to_string(least) + "×" + std::to_string(least) + " and larger");
  return std::nullopt;
}

std::int64_t count_multiply_adds(Network& network, const ImageShape& shape) {
  std::int64_t& counted = network.plan().mode().multiply_adds;
  const std::int64_t before = counted;
  const at::Tensor& any = network.plan().parameters().front().compute;
  if (shape.tokens > 0) {
    network.forward(at::zeros({1, shape.tokens}, any.options().dtype(at::kLong)), false);
    return counted - before;
  }
  const std::int64_t records = network.pairs() ? 2 : 1;
  const at::Tensor record = at::zeros({records, shape.channels, shape.height, shape.width}, any.options());
  network.forward(record.contiguous(at::MemoryFormat::ChannelsLast), false);
  return counted - before;
}

}  // namespace frugal
