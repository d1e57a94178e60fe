#include "frugal/train/update.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>
#include <torch/optim.h>

#include <functional>

namespace frugal {
namespace {

// Two small weights, their flat copy, and the gradient a step sees.
struct Bench {
  Bench() {
    at::manual_seed(3);
    plan.parameter({5, 3, 3, 3}, 1.0);
    plan.parameter({7}, 1.0);
    const std::int64_t n = plan.parameter_count();
    flat = at::zeros({n});
    plan.bind(flat);
    plan.initialise(1);
    for (const Weight& weight : plan.parameters())
      reference.push_back(weight.value.detach().clone().requires_grad_());
  }
  void new_gradients() {
    std::size_t i = 0;
    for (Weight& weight : plan.parameters()) {
      weight.gradient = at::randn_like(weight.value);
      reference[i++].mutable_grad() = weight.gradient.clone();
    }
  }
  double distance() const {
    double most = 0.0;
    std::size_t i = 0;
    for (const Weight& weight : const_cast<WeightPlan&>(plan).parameters())
      most = std::max(most, (weight.value - reference[i++].detach()).abs().max().item<double>());
    return most;
  }
  WeightPlan plan;
  at::Tensor flat;
  std::vector<at::Tensor> reference;
};

using MakeOptimizer = std::function<std::unique_ptr<torch::optim::Optimizer>(std::vector<at::Tensor>)>;

void expect_agrees(const TrialSettings& settings, const MakeOptimizer& make) {
  Bench bench;
  const auto reference = make(bench.reference);
  UpdateTarget target{.parameters = bench.flat,
                      .slots = at::zeros({update_slots(settings.optimizer), bench.flat.numel()})};
  for (int step = 1; step <= 8; ++step) {
    bench.new_gradients();
    if (settings.gradient_clip > 0.0) {
      double squares = 0.0;
      for (const at::Tensor& w : bench.reference) squares += w.grad().square().sum().item<double>();
      const double scale = std::min(1.0, settings.gradient_clip / (std::sqrt(squares) + 1e-6));
      for (at::Tensor& w : bench.reference) w.mutable_grad().mul_(scale);
    }
    {
      const at::NoGradGuard no_graph;
      apply_update(target, bench.plan.parameters(),
                   {.settings = settings, .rate = settings.learning_rate, .update = step});
    }
    reference->step();
    EXPECT_LT(bench.distance(), 1e-6 * step) << "step " << step;
  }
}

MakeOptimizer sgd(double momentum, bool nesterov, double decay) {
  return [=](std::vector<at::Tensor> weights) {
    return std::make_unique<torch::optim::SGD>(
        std::move(weights),
        torch::optim::SGDOptions(0.05).momentum(momentum).nesterov(nesterov).weight_decay(decay));
  };
}

TEST(Update, SgdIsThatOfLibtorch) {
  TrialSettings s{.learning_rate = 0.05, .momentum = 0.0};
  expect_agrees(s, sgd(0.0, false, 0.0));
  s.momentum = 0.9;
  expect_agrees(s, sgd(0.9, false, 0.0));
  s.weight_decay = 0.01;
  expect_agrees(s, sgd(0.9, false, 0.01));
  s.nesterov = true;
  expect_agrees(s, sgd(0.9, true, 0.01));
}

TEST(Update, AdamIsThatOfLibtorch) {
  for (const double decay : {0.0, 0.05}) {
    const TrialSettings s{
        .optimizer = UpdateRule::Adam, .learning_rate = 0.01, .momentum = 0.0, .weight_decay = decay};
    expect_agrees(s, [decay](std::vector<at::Tensor> weights) {
      return std::make_unique<torch::optim::Adam>(std::move(weights),
                                                  torch::optim::AdamOptions(0.01).weight_decay(decay));
    });
  }
}

TEST(Update, AdamWIsThatOfLibtorch) {
  const TrialSettings s{
      .optimizer = UpdateRule::AdamW, .learning_rate = 0.01, .momentum = 0.0, .weight_decay = 0.1};
  expect_agrees(s, [](std::vector<at::Tensor> weights) {
    return std::make_unique<torch::optim::AdamW>(std::move(weights),
                                                 torch::optim::AdamWOptions(0.01).weight_decay(0.1));
  });
}

TEST(Update, RmsPropIsThatOfLibtorch) {
  for (const double momentum : {0.0, 0.9}) {
    const TrialSettings s{
        .optimizer = UpdateRule::RmsProp, .learning_rate = 0.01, .momentum = momentum, .weight_decay = 0.05};
    expect_agrees(s, [momentum](std::vector<at::Tensor> weights) {
      return std::make_unique<torch::optim::RMSprop>(
          std::move(weights), torch::optim::RMSpropOptions(0.01).momentum(momentum).weight_decay(0.05));
    });
  }
}

TEST(Update, AFrozenPartDoesNotMove) {
  for (const UpdateRule rule :
       {UpdateRule::Sgd, UpdateRule::Nesterov, UpdateRule::RmsProp, UpdateRule::AdamW}) {
    const TrialSettings s{.optimizer = rule, .learning_rate = 0.1, .weight_decay = 0.1};
    Bench bench;
    UpdateTarget target{.parameters = bench.flat,
                        .slots = at::zeros({update_slots(rule), bench.flat.numel()})};
    const at::Tensor before = bench.flat.clone();
    bench.new_gradients();
    const at::NoGradGuard no_graph;
    apply_update(target, bench.plan.parameters(),
                 {.settings = s, .rate = 0.1, .part = {.first_weight = 1, .offset = 135}});
    EXPECT_TRUE(at::equal(bench.flat.narrow(0, 0, 135), before.narrow(0, 0, 135)));
    EXPECT_GT((bench.flat - before).narrow(0, 135, 7).abs().min().item<float>(), 0.0F);
  }
}

TEST(Update, ClippingLimitsTheWholeGradient) {
  const TrialSettings s{.learning_rate = 0.05, .momentum = 0.9, .gradient_clip = 0.5};
  expect_agrees(s, sgd(0.9, false, 0.0));
}

TEST(Update, TheGradientIsFlattenedAsTheWeightsAre) {
  Bench bench;
  bench.new_gradients();
  const at::Tensor flat = flat_gradient(bench.plan.parameters(), 0, at::kFloat);
  bench.flat.copy_(flat);
  for (const Weight& weight : bench.plan.parameters()) EXPECT_TRUE(at::equal(weight.value, weight.gradient));
}

TEST(CrossEntropy, IsThatOfLibtorchWithAndWithoutSmoothing) {
  at::manual_seed(1);
  const at::Tensor labels = at::randint(0, 10, {16}, at::kLong);
  for (const double smoothing : {0.0, 0.1}) {
    at::Tensor logits = (at::randn({16, 10}) * 20.0).requires_grad_();
    at::Tensor sum = at::zeros({}, at::kDouble);
    const at::Tensor own = cross_entropy_gradient(logits.detach(), labels, smoothing, sum);
    const at::Tensor loss = at::cross_entropy_loss(logits, labels, {}, at::Reduction::Mean, -100, smoothing);
    loss.backward();
    EXPECT_NEAR(sum.item<double>() / 16.0, loss.item<double>(), 1e-5);
    EXPECT_LT((own - logits.grad()).abs().max().item<double>(), 1e-6);
  }
}

TEST(CrossEntropy, DoublesAreExact) {
  at::Tensor logits = at::randn({16, 10}, at::kDouble).requires_grad_();
  const at::Tensor labels = at::randint(0, 10, {16}, at::kLong);
  at::Tensor sum = at::zeros({}, at::kDouble);
  const at::Tensor own = cross_entropy_gradient(logits.detach(), labels, 0.1, sum);
  at::cross_entropy_loss(logits, labels, {}, at::Reduction::Mean, -100, 0.1).backward();
  EXPECT_LT((own - logits.grad()).abs().max().item<double>(), 1e-15);
}

TEST(BatchLoss, SharesTwoLabelsAndTwoHeads) {
  at::manual_seed(2);
  const ImageShape shape{.classes = 7, .coarse_classes = 3};
  at::Tensor outputs = at::randn({12, 10}).requires_grad_();
  const auto labels = [](std::int64_t classes) { return at::randint(0, classes, {12}, at::kLong); };
  const Batch batch{.images = {},
                    .labels = labels(7),
                    .coarse = labels(3),
                    .other = labels(7),
                    .other_coarse = labels(3),
                    .share = 0.3};
  at::Tensor sum = at::zeros({}, at::kDouble);
  const at::Tensor own = batch_loss_gradient(outputs.detach(), batch, shape, 0.0, sum);
  const auto loss = [&](const at::Tensor& fine, const at::Tensor& coarse) {
    return (at::cross_entropy_loss(outputs.narrow(1, 0, 7), fine) +
            at::cross_entropy_loss(outputs.narrow(1, 7, 3), coarse)) /
           2;
  };
  const at::Tensor expected =
      0.3 * loss(batch.labels, batch.coarse) + 0.7 * loss(batch.other, batch.other_coarse);
  expected.backward();
  EXPECT_NEAR(sum.item<double>() / 12.0, expected.item<double>(), 1e-6);
  EXPECT_LT((own - outputs.grad()).abs().max().item<double>(), 1e-6);
}

TEST(BatchLoss, ARegressionIsTheMeanSquaredError) {
  at::manual_seed(2);
  at::Tensor outputs = at::randn({12, 1}).requires_grad_();
  const Batch batch{.images = {}, .labels = at::randn({12}), .coarse = {}};
  at::Tensor sum = at::zeros({}, at::kDouble);
  const at::Tensor own = batch_loss_gradient(outputs.detach(), batch, {.regression = true}, 0.0, sum);
  const at::Tensor expected = at::mse_loss(outputs.squeeze(1), batch.labels);
  expected.backward();
  EXPECT_NEAR(sum.item<double>() / 12.0, expected.item<double>(), 1e-6);
  EXPECT_LT((own - outputs.grad()).abs().max().item<double>(), 1e-6);
}

TEST(CrossEntropy, IsNotFiniteWhenALogitIsNot) {
  at::Tensor logits = at::zeros({2, 10});
  logits[0][3] = std::numeric_limits<float>::quiet_NaN();
  at::Tensor sum = at::zeros({}, at::kDouble);
  cross_entropy_gradient(logits, at::zeros({2}, at::kLong), 0.0, sum);
  EXPECT_FALSE(std::isfinite(sum.item<double>()));
}

}  // namespace
}  // namespace frugal
