// One trial being trained: network, optimiser state and counters in one flat tensor, so that a backup, a
// restore and a checkpoint are one copy each. The randomness of an epoch follows from (seed, epoch) alone,
// that of a step from (seed, updates).
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "frugal/train/loss_scale.h"
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

struct ModelChoice {
  std::string name;
  std::string script = {};       // file of torchscript
  bool freeze_backbone = false;  // only the head is trained
};

class Learner {
 public:
  // Fresh weights from `seed`. Borrows nothing; `records` tells shape and device.
  Learner(const ModelChoice& model, const DeviceSet& records, const TrialSettings& settings,
          std::uint64_t seed);

  TrialSettings& settings() { return settings_; }
  std::uint64_t seed() const { return seed_; }
  int epoch() const { return epoch_; }
  std::int64_t updates() const { return updates_; }

  // Takes over the weights of another network of the same model, whose head may differ: then the head stays
  // as it is. An error, and nothing taken, when anything else differs. `values` are as in its checkpoint.
  Status adopt(Network& other);
  Network& network() { return network_; }

  // Trains on one batch and adds the sum of its losses, before the update, to `loss_sum`. Never waits for the
  // device.
  void step(const Batch& batch, at::Tensor& loss_sum);
  // One pass over `train` in the order of (seed, epoch); returns the mean loss and counts the epoch.
  double train_epoch(const DeviceSet& train);
  // The metrics of Scores on `validation`, with the running statistics. With internal ptq those of the model
  // rounded to int8 by ranges seen on the first records of `train`, and those of the model as it is under
  // "float_…"; "model_bytes" and "int8_bytes" tell the sizes.
  std::map<std::string, double> evaluate(const DeviceSet& validation, const DeviceSet& train);
  // The seed of a stream of this epoch, such as "explore".
  std::uint64_t stream_seed(std::string_view stream) const;

  LearnerState backup() const;
  void restore(const LearnerState& state);
  // The flat state on the host, for a checkpoint: on the CPU the state itself. Told as words of four bytes,
  // of which load() must be given word_count().
  at::Tensor host_state() const { return values_.cpu(); }
  std::int64_t word_count() const;
  void load(std::span<const float> words, int epoch, std::int64_t updates);

 private:
  Batch prepared(const Batch& batch);
  Batch seen(const Batch& batch, std::uint64_t seed);
  void update(double rate);
  std::map<std::string, double> score(const DeviceSet& records);
  std::map<std::string, double> score_rounded(const DeviceSet& records, const DeviceSet& train);

  TrialSettings settings_;
  std::uint64_t seed_;
  ImageShape shape_;  // of the records
  SeenAs seen_;
  at::ScalarType compute_;  // of the layers
  bool script_;             // draws from the default generators
  Network network_;
  at::Tensor values_;  // parameters, buffers, optimiser slots, the scale of the loss
  UpdateTarget target_;
  std::optional<LossScale> scale_;
  int epoch_ = 0;
  std::int64_t updates_ = 0;
};

// A zero to sum losses in, on the learner's device.
at::Tensor loss_cell(at::Device device);

// In what precision the records of a trial lie on the device.
at::ScalarType stored_type(Precision precision);

}  // namespace frugal
