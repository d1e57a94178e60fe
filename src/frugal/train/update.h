// SGD, RMSprop, Adam and AdamW on the flat state of a trial, and the losses they descend. On the CPU each is
// one pass over memory; elsewhere a handful of operations whatever the number of tensors.
#pragma once

#include <ATen/ATen.h>

#include "frugal/train/device_set.h"
#include "frugal/train/trial_settings.h"
#include "frugal/train/weights.h"

namespace frugal {

// State vectors as long as the parameters that `rule` keeps: 1 for sgd (also with momentum 0), 2 for the
// others.
int update_slots(UpdateRule rule);

struct UpdateTarget {
  at::Tensor parameters;  // flat; the values of the plan are views of it
  at::Tensor slots;       // [update_slots, parameters]
};

// The parameters from `head` on, and their weights, when the backbone is frozen.
struct TrainedPart {
  std::size_t first_weight = 0;
  std::int64_t offset = 0;
};

// Writes the gradients of `weights`, from the `first` on, one after the other into one flat tensor of `type`.
at::Tensor flat_gradient(const std::deque<Weight>& weights, std::size_t first, at::ScalarType type);

// One step at `rate` from the gradients in `weights`; `update` counts from 1. Gradients are used up.
//   sgd (Sutskever et al. 2013, as PyTorch writes it): v = μv + g, w −= η(g + μv | v)
//   rmsprop (Hinton 2012, as PyTorch writes it, α .99, ε 1e-8): s = αs + (1−α)g², v = μv + g/(√s + ε), w −=
//   ηv adam (Kingma and Ba 2015, β .9 .999, ε 1e-8), adamw (Loshchilov and Hutter 2019)
struct UpdateStep {
  const TrialSettings& settings;
  double rate = 0.0;
  std::int64_t update = 1;
  TrainedPart part = {};
};
void apply_update(UpdateTarget& target, std::deque<Weight>& weights, const UpdateStep& step);

// Mean cross-entropy of softmax(logits) with label smoothing: returns its gradient, in the type of the
// logits, and adds the sum over the batch to `sum` (one double on the same device). Labels are int64.
at::Tensor cross_entropy_gradient(const at::Tensor& logits, const at::Tensor& labels, double smoothing,
                                  at::Tensor& sum);

// Mean squared error of outputs [n, 1] and targets [n], likewise.
at::Tensor squared_error_gradient(const at::Tensor& outputs, const at::Tensor& targets, at::Tensor& sum);

// The loss of a batch as its shape says: squared error, cross-entropy, or the mean of two cross-entropies
// where records have two labels; shared between two sets of labels where the batch has them.
at::Tensor batch_loss_gradient(const at::Tensor& outputs, const Batch& batch, const ImageShape& shape,
                               double smoothing, at::Tensor& sum);

}  // namespace frugal
