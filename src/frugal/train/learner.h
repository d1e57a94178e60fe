// One trial being trained: network, optimiser state and counters in one flat tensor, so that a backup, a
// restore and a checkpoint are one copy each. The randomness of an epoch follows from (seed, epoch) alone.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "frugal/train/device_images.h"
#include "frugal/train/network.h"
#include "frugal/train/trial_settings.h"
#include "frugal/train/update.h"

namespace frugal {

// Everything that training changes, apart from the settings.
struct LearnerState {
  at::Tensor values;
  int epoch = 0;
  std::int64_t updates = 0;
};

class Learner {
 public:
  // Fresh weights from `seed`. Borrows nothing; `images` tells shape and device.
  Learner(const std::string& model, const DeviceImages& images, const TrialSettings& settings,
          std::uint64_t seed);

  TrialSettings& settings() { return settings_; }
  std::uint64_t seed() const { return seed_; }
  int epoch() const { return epoch_; }
  std::int64_t updates() const { return updates_; }
  std::int64_t value_count() const { return values_.numel(); }

  // Trains on one batch and adds the sum of its losses, before the update, to `loss_sum`. Never waits for the
  // device.
  void step(const Batch& batch, at::Tensor& loss_sum);
  // One pass over `train` in the order of (seed, epoch); returns the mean loss and counts the epoch.
  double train_epoch(const DeviceImages& train);
  // {"accuracy", "loss"} on `validation`, with the running statistics.
  std::map<std::string, double> evaluate(const DeviceImages& validation);
  // The seed of a stream of this epoch, such as "explore".
  std::uint64_t stream_seed(std::string_view stream) const;

  LearnerState backup() const;
  void restore(const LearnerState& state);
  // The flat state on the host, for a checkpoint, and back; `state` must have value_count() floats.
  at::Tensor host_values() const;
  void load(std::span<const float> values, int epoch, std::int64_t updates);

 private:
  TrialSettings settings_;
  std::uint64_t seed_;
  Network network_;
  at::Tensor values_;  // parameters, buffers, optimiser slots
  UpdateTarget target_;
  int epoch_ = 0;
  std::int64_t updates_ = 0;
};

// A zero to sum losses in, on the learner's device.
at::Tensor loss_cell(at::Device device);

}  // namespace frugal
