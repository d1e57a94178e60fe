// SGD, Adam and AdamW on the flat state of a trial, and the loss they descend. On the CPU each is one pass
// over memory; elsewhere a handful of operations whatever the number of tensors.
#pragma once

#include <ATen/ATen.h>

#include "frugal/train/layers.h"
#include "frugal/train/trial_settings.h"

namespace frugal {

// State vectors as long as the parameters that `rule` keeps: 1 for sgd (also with momentum 0), 2 for the
// others.
int update_slots(UpdateRule rule);

struct UpdateTarget {
  at::Tensor parameters;  // flat; the values of the plan are views of it
  at::Tensor slots;       // [update_slots, parameters]
};

// Writes the gradients of `weights` one after the other into one flat tensor.
at::Tensor flat_gradient(const std::deque<Weight>& weights);

// One step from the gradients in `weights`; `update` counts from 1. Gradients are used up.
//   sgd (Sutskever et al. 2013, as PyTorch writes it): v = μv + g, w −= η(g + μv | v)
//   adam (Kingma and Ba 2015, β .9 .999, ε 1e-8), adamw (Loshchilov and Hutter 2019)
void apply_update(UpdateTarget& target, std::deque<Weight>& weights, const TrialSettings& settings,
                  std::int64_t update);

// Mean cross-entropy of softmax(logits) with label smoothing: returns its gradient and adds the sum over the
// batch to `sum` (one double on the same device). Labels are int64.
at::Tensor cross_entropy_gradient(const at::Tensor& logits, const at::Tensor& labels, double smoothing,
                                  at::Tensor& sum);

}  // namespace frugal
