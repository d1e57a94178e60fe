#include "frugal/train/network.h"

#include <stdexcept>

namespace frugal {
namespace {

void add_conv_norm(WeightPlan& plan, Layers& layers, ConvShape shape, bool relu) {
  layers.push_back(make_conv(plan, shape));
  layers.push_back(make_norm(plan, shape.out, relu));
}

Layers shortcut(WeightPlan& plan, std::int64_t in, std::int64_t out, std::int64_t stride) {
  Layers layers;
  if (in != out || stride != 1)
    add_conv_norm(plan, layers, {.in = in, .out = out, .kernel = 1, .stride = stride}, false);
  return layers;
}

std::unique_ptr<Layer> basic_block(WeightPlan& plan, std::int64_t in, std::int64_t out, std::int64_t stride) {
  Layers main;
  add_conv_norm(plan, main, {.in = in, .out = out, .kernel = 3, .stride = stride}, true);
  add_conv_norm(plan, main, {.in = out, .out = out, .kernel = 3, .stride = 1}, false);
  return make_residual(std::move(main), shortcut(plan, in, out, stride));
}

// The stride sits in the 3×3 convolution, as in the common implementations of ResNet-50.
std::unique_ptr<Layer> bottleneck(WeightPlan& plan, std::int64_t in, std::int64_t out, std::int64_t stride) {
  const std::int64_t inner = out / 4;
  Layers main;
  add_conv_norm(plan, main, {.in = in, .out = inner, .kernel = 1, .stride = 1}, true);
  add_conv_norm(plan, main, {.in = inner, .out = inner, .kernel = 3, .stride = stride}, true);
  add_conv_norm(plan, main, {.in = inner, .out = out, .kernel = 1, .stride = 1}, false);
  return make_residual(std::move(main), shortcut(plan, in, out, stride));
}

struct ResNetShape {
  std::int64_t stem = 64;
  std::vector<int> blocks;  // a stage
  bool bottleneck = false;
};

Layers resnet(WeightPlan& plan, const ImageShape& shape, const ResNetShape& r) {
  Layers layers;
  add_conv_norm(plan, layers, {.in = shape.channels, .out = r.stem, .kernel = 3, .stride = 1}, true);
  std::int64_t in = r.stem;
  for (std::size_t stage = 0; stage < r.blocks.size(); ++stage) {
    const std::int64_t out = (r.stem << stage) * (r.bottleneck ? 4 : 1);
    for (int block = 0; block < r.blocks[stage]; ++block) {
      const std::int64_t stride = stage > 0 && block == 0 ? 2 : 1;
      layers.push_back(r.bottleneck ? bottleneck(plan, in, out, stride) : basic_block(plan, in, out, stride));
      in = out;
    }
  }
  layers.push_back(make_mean_pool());
  layers.push_back(make_linear(plan, in, shape.classes, false));
  layers.front()->is_first();
  return layers;
}

Layers mlp(WeightPlan& plan, const ImageShape& shape) {
  constexpr std::int64_t kHidden = 128;
  Layers layers;
  layers.push_back(make_flatten());
  layers.push_back(make_linear(plan, shape.pixels(), kHidden, true));
  layers.back()->is_first();
  layers.push_back(make_linear(plan, kHidden, kHidden, true));
  layers.push_back(make_linear(plan, kHidden, shape.classes, false));
  return layers;
}

}  // namespace

Network::Network(const std::string& model, const ImageShape& shape) {
  if (model == "mlp") {
    layers_ = mlp(plan_, shape);
  } else if (model == "resnet8") {
    layers_ = resnet(plan_, shape, {.stem = 16, .blocks = {1, 1, 1}, .bottleneck = false});
  } else if (model == "resnet18") {
    layers_ = resnet(plan_, shape, {.stem = 64, .blocks = {2, 2, 2, 2}, .bottleneck = false});
  } else if (model == "resnet50") {
    layers_ = resnet(plan_, shape, {.stem = 64, .blocks = {3, 4, 6, 3}, .bottleneck = true});
  } else {
    throw std::invalid_argument("no model is called '" + model + "'");
  }
}

}  // namespace frugal
