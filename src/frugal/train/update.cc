#include "frugal/train/update.h"

#include <ATen/Parallel.h>

#include <cmath>
#include <vector>

namespace frugal {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;
constexpr std::int64_t kGrain = 1 << 16;  // fewer floats a thread do not pay for waking it

struct SgdPass {
  float rate, momentum, decay;
  bool nesterov;
  void operator()(float* w, const float* g, float* v, std::int64_t n) const {
    const float own = nesterov ? 1.0F : 0.0F;
    const float velocity = nesterov ? momentum : 1.0F;
    for (std::int64_t i = 0; i < n; ++i) {
      const float gradient = g[i] + decay * w[i];
      v[i] = momentum * v[i] + gradient;
      w[i] -= rate * (own * gradient + velocity * v[i]);
    }
  }
};

struct AdamPass {
  float step, root_correction, decay, shrink;
  void operator()(float* w, const float* g, float* m, float* s, std::int64_t n) const {
    constexpr auto kB1 = static_cast<float>(kBeta1);
    constexpr auto kB2 = static_cast<float>(kBeta2);
    for (std::int64_t i = 0; i < n; ++i) {
      const float kept = w[i] * shrink;
      const float gradient = g[i] + decay * kept;
      m[i] = kB1 * m[i] + (1.0F - kB1) * gradient;
      s[i] = kB2 * s[i] + (1.0F - kB2) * gradient * gradient;
      w[i] = kept - step * m[i] / (std::sqrt(s[i]) * root_correction + static_cast<float>(kEpsilon));
    }
  }
};

AdamPass adam_pass(const TrialSettings& s, std::int64_t update) {
  const double t = static_cast<double>(update);
  const bool decoupled = s.optimizer == UpdateRule::AdamW;
  return {.step = static_cast<float>(s.learning_rate / (1.0 - std::pow(kBeta1, t))),
          .root_correction = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(kBeta2, t))),
          .decay = static_cast<float>(decoupled ? 0.0 : s.weight_decay),
          .shrink = static_cast<float>(decoupled ? 1.0 - s.learning_rate * s.weight_decay : 1.0)};
}

SgdPass sgd_pass(const TrialSettings& s) {
  return {.rate = static_cast<float>(s.learning_rate),
          .momentum = static_cast<float>(s.momentum),
          .decay = static_cast<float>(s.weight_decay),
          .nesterov = s.nesterov};
}

void update_on_cpu(UpdateTarget& target, std::deque<Weight>& weights, const TrialSettings& settings,
                   std::int64_t update) {
  float* w = target.parameters.data_ptr<float>();
  float* slot = target.slots.data_ptr<float>();
  const std::int64_t stride = target.parameters.numel();
  const bool sgd = settings.optimizer == UpdateRule::Sgd;
  const SgdPass sgd_step = sgd_pass(settings);
  const AdamPass adam_step = adam_pass(settings, update);
  for (Weight& weight : weights) {
    const float* g = weight.gradient.data_ptr<float>();
    at::parallel_for(0, weight.count(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      if (sgd) {
        sgd_step(w + begin, g + begin, slot + begin, end - begin);
      } else {
        adam_step(w + begin, g + begin, slot + begin, slot + stride + begin, end - begin);
      }
    });
    w += weight.count();
    slot += weight.count();
  }
}

void update_anywhere(UpdateTarget& target, at::Tensor g, const TrialSettings& s, std::int64_t update) {
  at::Tensor& w = target.parameters;
  at::Tensor m = target.slots[0];
  if (s.optimizer == UpdateRule::Sgd) {
    if (s.weight_decay != 0.0) g.add_(w, s.weight_decay);
    m.mul_(s.momentum).add_(g);
    w.add_(s.nesterov ? g.add_(m, s.momentum) : m, -s.learning_rate);
    return;
  }
  const AdamPass pass = adam_pass(s, update);
  at::Tensor v = target.slots[1];
  if (pass.shrink != 1.0F) w.mul_(pass.shrink);
  if (pass.decay != 0.0F) g.add_(w, pass.decay);
  m.mul_(kBeta1).add_(g, 1.0 - kBeta1);
  v.mul_(kBeta2).addcmul_(g, g, 1.0 - kBeta2);
  w.addcdiv_(m, v.sqrt().mul_(pass.root_correction).add_(kEpsilon), -pass.step);
}

// Scales all gradients so that their common norm is at most `limit`; without waiting for the device.
void clip(std::deque<Weight>& weights, double limit) {
  std::vector<at::Tensor> norms;
  for (const Weight& weight : weights) norms.push_back(weight.gradient.norm());
  const at::Tensor scale = (limit / (at::stack(norms).norm() + 1e-6)).clamp_max(1.0);
  for (Weight& weight : weights) weight.gradient.mul_(scale);
}

at::Tensor cross_entropy_on_cpu(const at::Tensor& logits, const at::Tensor& labels, double smoothing,
                                at::Tensor& sum) {
  const std::int64_t n = logits.size(0);
  const std::int64_t classes = logits.size(1);
  at::Tensor gradient = at::empty({n, classes}, logits.options());
  const float* x = logits.data_ptr<float>();
  const std::int64_t* y = labels.data_ptr<std::int64_t>();
  float* g = gradient.data_ptr<float>();
  const auto even = static_cast<float>(smoothing / static_cast<double>(classes));
  const auto share = static_cast<float>(1.0 / static_cast<double>(n));
  double total = 0.0;
  for (std::int64_t row = 0; row < n; ++row, x += classes, g += classes) {
    float most = x[0];
    for (std::int64_t c = 1; c < classes; ++c) most = std::max(most, x[c]);
    float mass = 0.0F, all = 0.0F;
    for (std::int64_t c = 0; c < classes; ++c) {
      g[c] = std::exp(x[c] - most);
      mass += g[c];
      all += x[c];
    }
    const float log_mass = most + std::log(mass);
    for (std::int64_t c = 0; c < classes; ++c) g[c] = (g[c] / mass - even) * share;
    g[y[row]] -= static_cast<float>(1.0 - smoothing) * share;
    total +=
        (1.0 - smoothing) * (log_mass - x[y[row]]) + even * (static_cast<double>(classes) * log_mass - all);
  }
  *sum.data_ptr<double>() += total;
  return gradient;
}

at::Tensor cross_entropy_anywhere(const at::Tensor& logits, const at::Tensor& labels, double smoothing,
                                  at::Tensor& sum) {
  const double n = static_cast<double>(logits.size(0));
  const at::Tensor log_p = at::log_softmax(logits, 1);
  const at::Tensor target =
      at::full_like(logits, smoothing / static_cast<double>(logits.size(1)))
          .scatter_add_(1, labels.unsqueeze(1),
                        at::full({labels.size(0), 1}, 1.0 - smoothing, logits.options()));
  sum.sub_((log_p * target).sum().to(at::kDouble));
  return log_p.exp().sub_(target).div_(n);
}

}  // namespace

int update_slots(UpdateRule rule) { return rule == UpdateRule::Sgd ? 1 : 2; }

at::Tensor flat_gradient(const std::deque<Weight>& weights) {
  std::vector<at::Tensor> pieces;
  for (const Weight& weight : weights) {
    const at::Tensor& g = weight.gradient;
    pieces.push_back(g.dim() == 4 ? g.permute({0, 2, 3, 1}).reshape(-1) : g.reshape(-1));
  }
  return at::cat(pieces);
}

void apply_update(UpdateTarget& target, std::deque<Weight>& weights, const TrialSettings& settings,
                  std::int64_t update) {
  if (settings.gradient_clip > 0.0) clip(weights, settings.gradient_clip);
  if (target.parameters.is_cpu()) {
    update_on_cpu(target, weights, settings, update);
  } else {
    update_anywhere(target, flat_gradient(weights), settings, update);
  }
  for (Weight& weight : weights) weight.gradient.reset();
}

at::Tensor cross_entropy_gradient(const at::Tensor& logits, const at::Tensor& labels, double smoothing,
                                  at::Tensor& sum) {
  return logits.is_cpu() ? cross_entropy_on_cpu(logits, labels, smoothing, sum)
                         : cross_entropy_anywhere(logits, labels, smoothing, sum);
}

}  // namespace frugal
