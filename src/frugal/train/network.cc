#include "frugal/train/network.h"

#include <functional>
#include <map>
#include <stdexcept>

namespace frugal {
namespace {

// Puts layers together in the order of the data.
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
  void head(std::int64_t in, const ImageShape& shape) {
    dropout();
    plan.begin_head();
    add(make_linear(plan, in, shape.outputs(), false));
  }
  Builder nested() { return {plan, options_}; }

  WeightPlan& plan;
  Layers layers;

 private:
  NetworkOptions options_;
};

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
  to.head(in, shape);
}

void mlp(Builder& to, const ImageShape& shape) {
  constexpr std::int64_t kHidden = 128;
  to.add(make_flatten());
  to.linear_relu(shape.pixels(), kHidden);
  to.dropout();
  to.linear_relu(kHidden, kHidden);
  to.head(kHidden, shape);
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
  to.head(84, shape);
}

void mnist_cnn(Builder& to, const ImageShape& shape) {
  to.conv_relu({.in = shape.channels, .out = 32, .padded = false, .bias = true});
  to.conv_relu({.in = 32, .out = 64, .padded = false, .bias = true});
  to.add(make_max_pool(2));
  to.dropout();
  to.add(make_flatten());
  const std::int64_t side = (shape.height - 4) / 2;
  to.linear_relu(64 * side * side, 128);
  to.head(128, shape);
}

void small_cnn(Builder& to, const ImageShape& shape) {
  std::int64_t in = shape.channels;
  for (const std::int64_t out : {32, 64, 128}) {
    to.conv_norm({.in = in, .out = out});
    if (out < 128) to.add(make_max_pool(2));
    in = out;
  }
  to.add(make_mean_pool());
  to.head(in, shape);
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
  to.head(in, shape);
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
  to.head(1280, shape);
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
  };
  return table;
}

}  // namespace

Network::Network(const std::string& model, const ImageShape& shape, const NetworkOptions& options) {
  const auto found = models().find(model);
  if (found == models().end()) throw std::invalid_argument("no model is called '" + model + "'");
  Builder builder(plan_, options);
  found->second(builder, shape);
  layers_ = std::move(builder.layers);
  // The first layer with weights is the first, or stands behind a layer that only looks at the data another
  // way.
  layers_[0]->is_first();
  if (model == "mlp") layers_[1]->is_first();
}

std::int64_t count_multiply_adds(Network& network, const ImageShape& shape) {
  std::int64_t& counted = network.plan().mode().multiply_adds;
  const std::int64_t before = counted;
  const at::Tensor& any = network.plan().parameters().front().compute;
  const at::Tensor record = at::zeros({1, shape.channels, shape.height, shape.width}, any.options());
  network.forward(record.contiguous(at::MemoryFormat::ChannelsLast), false);
  return counted - before;
}

}  // namespace frugal
