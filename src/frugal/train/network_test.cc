#include "frugal/train/network.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "frugal/train/update.h"

namespace frugal {
namespace {

constexpr ImageShape kCifar{.channels = 3, .height = 32, .width = 32, .classes = 10};
constexpr ImageShape kDigits{};

at::Tensor bind_fresh(Network& network, std::uint64_t seed) {
  WeightPlan& plan = network.plan();
  at::Tensor flat = at::zeros({plan.parameter_count() + plan.buffer_count()});
  plan.bind(flat);
  plan.initialise(seed);
  return flat;
}

at::Tensor images(std::int64_t n, const ImageShape& s) {
  at::manual_seed(5);
  return at::randn({n, s.channels, s.height, s.width}).contiguous(at::MemoryFormat::ChannelsLast);
}

std::int64_t parameters(const std::string& model, ImageShape shape, int classes) {
  shape.classes = classes;
  return Network(model, shape).plan().parameter_count();
}

// ResNet-18 and -50 with the small stem, MobileNetV2: torchvision's counts (11,689,512, 25,557,032 and
// 3,504,872 for 1000 classes of 224×224) less what stem and head differ by. ResNet-20: He et al. 2016, table
// 6, 0.27 M without projections (2,752 more with). VGG-16: 14,728,266 of github.com/kuangliu/pytorch-cifar
// less its 4,224 biases before batch normalisation. mnist-cnn: 1,199,882 and LeNet-5: 61,706, the sums of
// PyTorch's example and of Zhang et al., Dive into Deep Learning, 7.6.
TEST(Network, HasThePublishedNumbersOfParameters) {
  constexpr ImageShape kMnist{.channels = 1, .height = 28, .width = 28, .classes = 10};
  EXPECT_EQ(parameters("resnet18", kCifar, 10), 11'689'512 - 64 * 3 * (49 - 9) - 513 * 990);
  EXPECT_EQ(parameters("resnet50", kCifar, 10), 25'557'032 - 64 * 3 * (49 - 9) - 2049 * 990);
  EXPECT_EQ(parameters("resnet50", kCifar, 100), 23'705'252);
  EXPECT_EQ(parameters("mobilenetv2", kCifar, 10), 3'504'872 - 1281 * 990);
  EXPECT_EQ(parameters("resnet20", kCifar, 10), 269'722 + 2'752);
  EXPECT_EQ(parameters("vgg16", kCifar, 10), 14'728'266 - 4'224);
  EXPECT_EQ(parameters("mnist-cnn", kMnist, 10), 1'199'882);
  EXPECT_EQ(parameters("lenet", kMnist, 10), 61'706);
  // nn.LSTM(7, 64, 2): 51,968, and a linear map.
  EXPECT_EQ(parameters("lstm", {.channels = 7, .height = 1, .width = 24}, 1), 51'968 + 65);
  EXPECT_EQ(parameters("mlp", kDigits, 10), 64 * 128 + 128 + 128 * 128 + 128 + 128 * 10 + 10);
}

// ResNet-20 40.8 M and ResNet-18 556 M multiply-adds (He et al. 2016 for CIFAR as counted by
// github.com/chenyaofo/pytorch-cifar-models: 40.82 M; ResNet-18: 0.56 G), VGG-16 313 M (ibid. 313.73 M with
// other heads). mnist-cnn by hand: 26²·32·9 + 24²·64·288 + 9216·128 + 1280.
TEST(Network, CountsMultiplyAdds) {
  const auto millions = [](const std::string& model, const ImageShape& shape) {
    Network network(model, shape);
    bind_fresh(network, 1);
    return static_cast<double>(count_multiply_adds(network, shape)) / 1e6;
  };
  EXPECT_NEAR(millions("resnet20", kCifar), 40.82, 0.5);
  EXPECT_NEAR(millions("resnet18", kCifar), 556, 3);
  EXPECT_NEAR(millions("vgg16", kCifar), 313.5, 1);
  EXPECT_DOUBLE_EQ(millions("mnist-cnn", {.channels = 1, .height = 28, .width = 28, .classes = 10}),
                   (26 * 26 * 32 * 9 + 24 * 24 * 64 * 288 + 9216 * 128 + 1280) / 1e6);
}

TEST(Network, AnswersWithLogitsForEveryModelAndShape) {
  for (const char* model : {"mlp", "lenet", "mnist-cnn", "small-cnn", "resnet8", "resnet18", "resnet20",
                            "resnet50", "vgg16", "mobilenetv2"}) {
    Network network(model, kCifar);
    bind_fresh(network, 1);
    const at::Tensor logits = network.forward(images(2, kCifar), false);
    EXPECT_EQ(logits.sizes().vec(), (std::vector<std::int64_t>{2, 10})) << model;
    EXPECT_TRUE(at::isfinite(logits).all().item<bool>()) << model;
  }
  Network small("resnet8", kDigits);
  bind_fresh(small, 1);
  EXPECT_EQ(small.forward(images(3, kDigits), false).size(0), 3);
}

// A word's answer depends on the words before it alone.
TEST(Network, ATransformerDoesNotSeeAhead) {
  const ImageShape text{.classes = 50, .tokens = 9};
  Network network("transformer-lm", text);
  bind_fresh(network, 1);
  const at::Tensor words = at::randint(0, 50, {1, 9}, at::kLong);
  at::Tensor other = words.clone();
  other[0][6] = (words[0][6].item<std::int64_t>() + 1) % 50;
  const at::Tensor a = network.forward(words, false), b = network.forward(other, false);
  EXPECT_EQ(a.sizes().vec(), (std::vector<std::int64_t>{9, 50}));
  EXPECT_TRUE(at::equal(a.narrow(0, 0, 6), b.narrow(0, 0, 6)));
  EXPECT_GT((a - b).narrow(0, 6, 3).abs().min().item<float>(), 0.0F);
}

TEST(Network, SaysWhatItCannotTrain) {
  EXPECT_FALSE(cannot_train("vgg16", kCifar));
  EXPECT_EQ(cannot_train("vgg16", kDigits),
            "model vgg16 needs images of 32×32 and larger, the records are 1×8×8");
  EXPECT_EQ(cannot_train("lstm", kCifar), "model lstm needs a series or a table, the records are 3×32×32");
  EXPECT_EQ(cannot_train("resnet8", {.classes = 50, .tokens = 9}),
            "model resnet8 needs numbers or images, the records are texts of 9 words");
}

TEST(Network, BeginsAlikeForASeedAndSpreadAsKaimingHe) {
  Network a("resnet8", kCifar), b("resnet8", kCifar), c("resnet8", kCifar);
  const at::Tensor first = bind_fresh(a, 3);
  EXPECT_TRUE(at::equal(first, bind_fresh(b, 3)));
  EXPECT_FALSE(at::equal(first, bind_fresh(c, 4)));
  Network wide("resnet18", kCifar);
  bind_fresh(wide, 3);
  const Weight* largest = &wide.plan().parameters().front();
  for (const Weight& weight : wide.plan().parameters()) {
    if (weight.count() > largest->count()) largest = &weight;
  }
  const double expected = std::sqrt(2.0 / (9.0 * 512.0));
  EXPECT_NEAR(largest->value.std().item<double>(), expected, 0.01 * expected);
}

// Of one batch of six: the loss, and the gradient of every parameter, one after the other.
struct Found {
  double loss = 0;
  std::vector<at::Tensor> gradients;
  at::Tensor flat() const {
    std::vector<at::Tensor> all;
    for (const at::Tensor& each : gradients) all.push_back(each.to(at::kDouble).reshape(-1));
    return at::cat(all);
  }
};

class OneBatch {
 public:
  OneBatch(const std::string& model, const ImageShape& shape, at::ScalarType type)
      : network_(model, shape), x_(images(6, shape).to(type)), labels_(at::arange(6, at::kLong)) {
    labels_ = labels_.remainder(shape.classes);
    WeightPlan& plan = network_.plan();
    plan.bind(at::zeros({plan.parameter_count() + plan.buffer_count()}, type));
    plan.initialise(1);
  }
  Found by_layers() {
    const at::NoGradGuard no_graph;
    at::Tensor sum = at::zeros({}, at::kDouble);
    network_.backward(cross_entropy_gradient(network_.forward(x_, true), labels_, 0.0, sum));
    Found found{.loss = sum.item<double>() / 6.0, .gradients = {}};
    for (const Weight& weight : network_.plan().parameters())
      found.gradients.push_back(weight.gradient.clone());
    return found;
  }
  Found by_autograd() {
    for (Weight& weight : network_.plan().parameters()) {
      weight.value = weight.value.detach().clone().requires_grad_();
      weight.compute = weight.value;
    }
    const at::Tensor loss = at::cross_entropy_loss(network_.forward(x_, true), labels_);
    loss.backward();
    Found found{.loss = loss.item<double>(), .gradients = {}};
    for (const Weight& weight : network_.plan().parameters()) found.gradients.push_back(weight.value.grad());
    return found;
  }

 private:
  Network network_;
  at::Tensor x_, labels_;
};

const std::vector<std::pair<const char*, ImageShape>> kOwnGradients = {
    {"mlp", kDigits},      {"resnet8", kDigits},
    {"resnet8", kCifar},   {"resnet18", kCifar},
    {"resnet50", kCifar},  {"lenet", kCifar},
    {"small-cnn", kCifar}, {"mnist-cnn", {.channels = 1, .height = 14, .width = 14, .classes = 10}},
    {"vgg16", kCifar},     {"mobilenetv2", kCifar}};

// In double precision, so that nothing hides behind rounding.
TEST(Network, GradientsAgreeWithAutograd) {
  for (const auto& [model, shape] : kOwnGradients) {
    OneBatch batch(model, shape, at::kDouble);
    const Found own = batch.by_layers(), exact = batch.by_autograd();
    EXPECT_NEAR(own.loss, exact.loss, 1e-12);
    for (std::size_t i = 0; i < own.gradients.size(); ++i) {
      const double error = (own.gradients[i] - exact.gradients[i]).abs().max().item<double>();
      EXPECT_LT(error, 1e-9 * (1.0 + exact.gradients[i].abs().max().item<double>()))
          << model << " weight " << i;
    }
  }
}

// Six images and batch statistics make rounding large; Winograd's convolutions do not make it larger than
// libtorch's do.
TEST(Network, GradientsInFloatAreThoseInDouble) {
  for (const char* model : {"resnet18", "vgg16"}) {
    const Found exact = OneBatch(model, kCifar, at::kDouble).by_layers(),
                own = OneBatch(model, kCifar, at::kFloat).by_layers(),
                direct = OneBatch(model, kCifar, at::kFloat).by_autograd();
    const auto off = [&exact](const Found& found) {
      return ((found.flat() - exact.flat()).norm() / exact.flat().norm()).item<double>();
    };
    EXPECT_NEAR(own.loss, exact.loss, 1e-5) << model;
    EXPECT_LT(off(own), 2.0 * off(direct) + 1e-3) << model;
  }
}

TEST(Network, TrainingMovesTheRunningStatisticsAndEvaluationDoesNot) {
  Network network("resnet8", kDigits);
  const at::Tensor flat = bind_fresh(network, 1);
  const at::Tensor before = flat.clone();
  network.forward(images(8, kDigits), false);
  EXPECT_TRUE(at::equal(flat, before));
  network.forward(images(8, kDigits), true);
  const std::int64_t parameters = network.plan().parameter_count();
  EXPECT_TRUE(at::equal(flat.narrow(0, 0, parameters), before.narrow(0, 0, parameters)));
  EXPECT_FALSE(at::equal(flat, before));
}

}  // namespace
}  // namespace frugal
