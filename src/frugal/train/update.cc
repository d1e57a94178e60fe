#include "frugal/train/update.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace frugal {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;
constexpr double kAlpha = 0.99;
constexpr std::int64_t kGrain = 1 << 16;  // fewer floats a thread do not pay for waking it

template <class T>
struct SgdPass {
  T rate, momentum, decay;
  bool nesterov;
  void operator()(T* w, const T* g, T* v, T*, std::int64_t n) const {
    const T own = nesterov ? 1 : 0;
    const T velocity = nesterov ? momentum : 1;
    for (std::int64_t i = 0; i < n; ++i) {
      const T gradient = g[i] + decay * w[i];
      v[i] = momentum * v[i] + gradient;
      w[i] -= rate * (own * gradient + velocity * v[i]);
    }
  }
};

template <class T>
struct AdamPass {
  T step, root_correction, decay, shrink;
  void operator()(T* w, const T* g, T* m, T* s, std::int64_t n) const {
    constexpr auto kB1 = static_cast<T>(kBeta1);
    constexpr auto kB2 = static_cast<T>(kBeta2);
    for (std::int64_t i = 0; i < n; ++i) {
      const T kept = w[i] * shrink;
      const T gradient = g[i] + decay * kept;
      m[i] = kB1 * m[i] + (1 - kB1) * gradient;
      s[i] = kB2 * s[i] + (1 - kB2) * gradient * gradient;
      w[i] = kept - step * m[i] / (std::sqrt(s[i]) * root_correction + static_cast<T>(kEpsilon));
    }
  }
};

template <class T>
struct RmsPropPass {
  T rate, momentum, decay;
  void operator()(T* w, const T* g, T* v, T* s, std::int64_t n) const {
    constexpr auto kA = static_cast<T>(kAlpha);
    for (std::int64_t i = 0; i < n; ++i) {
      const T gradient = g[i] + decay * w[i];
      s[i] = kA * s[i] + (1 - kA) * gradient * gradient;
      v[i] = momentum * v[i] + gradient / (std::sqrt(s[i]) + static_cast<T>(kEpsilon));
      w[i] -= rate * v[i];
    }
  }
};

template <class T>
AdamPass<T> adam_pass(const UpdateStep& step) {
  const TrialSettings& s = step.settings;
  const double t = static_cast<double>(step.update);
  const bool decoupled = s.optimizer == UpdateRule::AdamW;
  return {.step = static_cast<T>(step.rate / (1.0 - std::pow(kBeta1, t))),
          .root_correction = static_cast<T>(1.0 / std::sqrt(1.0 - std::pow(kBeta2, t))),
          .decay = static_cast<T>(decoupled ? 0.0 : s.weight_decay),
          .shrink = static_cast<T>(decoupled ? 1.0 - step.rate * s.weight_decay : 1.0)};
}

// Calls `visit` with the pass of the rule.
template <class T, class Visit>
void with_pass(const UpdateStep& step, const Visit& visit) {
  const TrialSettings& s = step.settings;
  const auto rate = static_cast<T>(step.rate), momentum = static_cast<T>(s.momentum),
             decay = static_cast<T>(s.weight_decay);
  switch (s.optimizer) {
    case UpdateRule::Sgd:
    case UpdateRule::Nesterov:
      return visit(SgdPass<T>{.rate = rate, .momentum = momentum, .decay = decay, .nesterov = s.nesterov});
    case UpdateRule::RmsProp:
      return visit(RmsPropPass<T>{.rate = rate, .momentum = momentum, .decay = decay});
    case UpdateRule::Adam:
    case UpdateRule::AdamW:
      return visit(adam_pass<T>(step));
  }
}

template <class T>
void update_on_cpu(UpdateTarget& target, std::deque<Weight>& weights, const UpdateStep& step) {
  T* w = target.parameters.data_ptr<T>() + step.part.offset;
  T* slot = target.slots.data_ptr<T>() + step.part.offset;
  const std::int64_t stride = target.slots.size(0) > 1 ? target.parameters.numel() : 0;
  with_pass<T>(step, [&](const auto& pass) {
    for (std::size_t i = step.part.first_weight; i < weights.size(); ++i) {
      const at::Tensor gradient = weights[i].gradient.to(target.parameters.scalar_type());
      const T* g = gradient.data_ptr<T>();
      at::parallel_for(0, weights[i].count(), kGrain, [&](std::int64_t begin, std::int64_t end) {
        pass(w + begin, g + begin, slot + begin, slot + stride + begin, end - begin);
      });
      w += weights[i].count();
      slot += weights[i].count();
    }
  });
}

void update_anywhere(UpdateTarget& target, at::Tensor g, const UpdateStep& step) {
  const TrialSettings& s = step.settings;
  const std::int64_t n = g.numel(), offset = step.part.offset;
  at::Tensor w = target.parameters.narrow(0, offset, n);
  at::Tensor m = target.slots[0].narrow(0, offset, n);
  const auto decayed = [&] {
    if (s.weight_decay != 0.0) g.add_(w, s.weight_decay);
  };
  if (s.optimizer == UpdateRule::Sgd || s.optimizer == UpdateRule::Nesterov) {
    decayed();
    m.mul_(s.momentum).add_(g);
    w.add_(s.nesterov ? g.add_(m, s.momentum) : m, -step.rate);
    return;
  }
  at::Tensor v = target.slots[1].narrow(0, offset, n);
  if (s.optimizer == UpdateRule::RmsProp) {
    decayed();
    v.mul_(kAlpha).addcmul_(g, g, 1.0 - kAlpha);
    m.mul_(s.momentum).addcdiv_(g, v.sqrt().add_(kEpsilon));
    w.add_(m, -step.rate);
    return;
  }
  const AdamPass<double> pass = adam_pass<double>(step);
  if (pass.shrink != 1.0) w.mul_(pass.shrink);
  if (pass.decay != 0.0) g.add_(w, pass.decay);
  m.mul_(kBeta1).add_(g, 1.0 - kBeta1);
  v.mul_(kBeta2).addcmul_(g, g, 1.0 - kBeta2);
  w.addcdiv_(m, v.sqrt().mul_(pass.root_correction).add_(kEpsilon), -pass.step);
}

// Scales all gradients so that their common norm is at most `limit`; without waiting for the device.
void clip(std::deque<Weight>& weights, std::size_t first, double limit) {
  std::vector<at::Tensor> norms;
  for (std::size_t i = first; i < weights.size(); ++i)
    norms.push_back(at::norm(weights[i].gradient.to(at::kFloat)));
  const at::Tensor scale = (limit / (at::stack(norms).norm() + 1e-6)).clamp_max(1.0);
  for (std::size_t i = first; i < weights.size(); ++i)
    weights[i].gradient.mul_(scale.to(weights[i].gradient.scalar_type()));
}

// One row of logits: writes its share of the gradient and returns its loss.
template <class T>
double cross_entropy_row(const T* x, std::int64_t label, T* g, std::int64_t classes, double smoothing,
                         T share) {
  const T even = static_cast<T>(smoothing / static_cast<double>(classes));
  T most = x[0];
  for (std::int64_t c = 1; c < classes; ++c) most = std::max(most, x[c]);
  T mass = 0, all = 0;
  for (std::int64_t c = 0; c < classes; ++c) {
    g[c] = std::exp(x[c] - most);
    mass += g[c];
    all += x[c];
  }
  const T log_mass = most + std::log(mass);
  for (std::int64_t c = 0; c < classes; ++c) g[c] = (g[c] / mass - even) * share;
  g[label] -= static_cast<T>(1.0 - smoothing) * share;
  return (1.0 - smoothing) * (log_mass - x[label]) + even * (static_cast<double>(classes) * log_mass - all);
}

template <class T>
at::Tensor cross_entropy_on_cpu(const at::Tensor& logits, const at::Tensor& labels, double smoothing,
                                at::Tensor& sum) {
  const std::int64_t n = logits.size(0), classes = logits.size(1);
  at::Tensor gradient = at::empty({n, classes}, logits.options());
  const T* x = logits.data_ptr<T>();
  const std::int64_t* y = labels.data_ptr<std::int64_t>();
  T* g = gradient.data_ptr<T>();
  const auto share = static_cast<T>(1.0 / static_cast<double>(n));
  std::vector<double> losses(static_cast<std::size_t>(n));
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / classes);
  at::parallel_for(0, n, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      losses[static_cast<std::size_t>(row)] =
          cross_entropy_row(x + row * classes, y[row], g + row * classes, classes, smoothing, share);
  });
  double total = 0.0;
  for (const double loss : losses) total += loss;
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

// The loss on one set of labels, weighted.
at::Tensor labels_gradient(const at::Tensor& outputs, const at::Tensor& labels, const at::Tensor& coarse,
                           const ImageShape& shape, double smoothing, at::Tensor& sum) {
  if (shape.regression) return squared_error_gradient(outputs, labels, sum);
  if (!coarse.defined()) return cross_entropy_gradient(outputs, labels.reshape({-1}), smoothing, sum);
  at::Tensor twice = at::zeros_like(sum);
  const auto head = [&](std::int64_t first, std::int64_t classes, const at::Tensor& wanted) {
    return cross_entropy_gradient(outputs.narrow(1, first, classes).contiguous(), wanted, smoothing, twice);
  };
  const at::Tensor fine = head(0, shape.classes, labels);
  const at::Tensor rough = head(shape.classes, shape.coarse_classes, coarse);
  sum.add_(twice, 0.5);
  return at::cat({fine, rough}, 1).mul_(0.5);
}

}  // namespace

int update_slots(UpdateRule rule) { return rule == UpdateRule::Sgd || rule == UpdateRule::Nesterov ? 1 : 2; }

at::Tensor flat_gradient(const std::deque<Weight>& weights, std::size_t first, at::ScalarType type) {
  std::vector<at::Tensor> pieces;
  for (std::size_t i = first; i < weights.size(); ++i) {
    const at::Tensor& g = weights[i].gradient;
    pieces.push_back(g.dim() == 4 ? g.permute({0, 2, 3, 1}).reshape(-1) : g.reshape(-1));
  }
  return at::cat(pieces).to(type);
}

void apply_update(UpdateTarget& target, std::deque<Weight>& weights, const UpdateStep& step) {
  const std::size_t first = step.part.first_weight;
  const at::ScalarType type = target.parameters.scalar_type();
  if (step.settings.gradient_clip > 0.0) clip(weights, first, step.settings.gradient_clip);
  if (!target.parameters.is_cpu()) {
    update_anywhere(target, flat_gradient(weights, first, type), step);
  } else if (type == at::kDouble) {
    update_on_cpu<double>(target, weights, step);
  } else {
    update_on_cpu<float>(target, weights, step);
  }
  for (Weight& weight : weights) weight.gradient.reset();
}

at::Tensor cross_entropy_gradient(const at::Tensor& logits, const at::Tensor& labels, double smoothing,
                                  at::Tensor& sum) {
  const at::ScalarType type = logits.scalar_type();
  const at::Tensor exact = type == at::kDouble ? logits : logits.to(at::kFloat);
  at::Tensor gradient;
  if (!logits.is_cpu()) {
    gradient = cross_entropy_anywhere(exact, labels, smoothing, sum);
  } else if (type == at::kDouble) {
    gradient = cross_entropy_on_cpu<double>(exact, labels, smoothing, sum);
  } else {
    gradient = cross_entropy_on_cpu<float>(exact, labels, smoothing, sum);
  }
  return gradient.to(type);
}

at::Tensor squared_error_gradient(const at::Tensor& outputs, const at::Tensor& targets, at::Tensor& sum) {
  const at::ScalarType type = outputs.scalar_type();
  const at::Tensor error = outputs.to(targets.scalar_type()) - targets.view({-1, 1});
  sum.add_(error.square().sum().to(at::kDouble));
  return error.mul(2.0 / static_cast<double>(targets.size(0))).to(type);
}

at::Tensor batch_loss_gradient(const at::Tensor& outputs, const Batch& batch, const ImageShape& shape,
                               double smoothing, at::Tensor& sum) {
  if (!batch.other.defined())
    return labels_gradient(outputs, batch.labels, batch.coarse, shape, smoothing, sum);
  at::Tensor own = at::zeros_like(sum), other = at::zeros_like(sum);
  at::Tensor gradient = labels_gradient(outputs, batch.labels, batch.coarse, shape, smoothing, own);
  gradient.mul_(batch.share);
  gradient.add_(labels_gradient(outputs, batch.other, batch.other_coarse, shape, smoothing, other),
                1.0 - batch.share);
  sum.add_(own, batch.share).add_(other, 1.0 - batch.share);
  return gradient;
}

}  // namespace frugal
