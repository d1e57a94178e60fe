// The factors of a point that the trainer understands, checked. No torch here.
#pragma once

#include <cstdint>
#include <optional>

#include "frugal/base/result.h"
#include "frugal/space/point.h"

namespace frugal {

// The enumerators of each stand in the order of the words in trainer_catalogue().
enum class UpdateRule { Sgd, Adam, AdamW, Nesterov, RmsProp };
enum class Preprocessing { Standardise, None, Robust, MinMax };
enum class Augmentation { None, RandAugment, MixUp, CutMix, FlipCrop };
enum class Precision { Float32, Float16, Float64, Mixed };
enum class Schedule { Constant, Exponential, Polynomial, Cosine, Step, OneCycle };
enum class Internal { None, Qat, Ptq, Jit };

const char* update_rule_text(UpdateRule rule);

// Percentages of the training, validation and test parts.
struct Partitioning {
  int train = 80, validation = 10, test = 10;
  friend bool operator==(const Partitioning&, const Partitioning&) = default;
};

struct TrialSettings {
  std::int64_t batch_size = 64;
  UpdateRule optimizer = UpdateRule::Sgd;
  double learning_rate = 0.01;  // 0.001 for rmsprop, adam and adamw
  double momentum = 0.9;        // sgd, nesterov and rmsprop (0 unless given); 0 for the others
  bool nesterov = false;        // also set by optimizer nesterov
  double weight_decay = 0.0;    // decoupled for adamw, else added to the gradient
  double label_smoothing = 0.0;
  double gradient_clip = 0.0;  // largest norm of the whole gradient; 0: none
  double dropout = 0.0;
  Schedule schedule = Schedule::Constant;
  std::int64_t decay_steps = 1000;  // updates over which the schedule runs
  double gamma = 0.96;              // of exponential; 0.1 for step
  Preprocessing preprocessing = Preprocessing::Standardise;
  Augmentation augmentation = Augmentation::None;
  Precision precision = Precision::Float32;
  Internal internal = Internal::None;
  std::optional<Partitioning> partitioning = {};  // absent: as the workload says
};

// Settings of `point`; missing factors take their defaults. An unknown factor, a wrong type, a value out of
// range and a factor without effect (momentum with adam) are errors. `epochs` and `patience` are the study's
// own: they are checked here and read there.
Result<TrialSettings> settings_from_point(const Point& point);

// An error when a batch is larger than the training part.
Status check_batch_size(const TrialSettings& settings, std::int64_t train_samples);

// The factor that a running trial cannot change and that differs between the two; nothing when all agree.
std::optional<std::string> fixed_factor_changed(const TrialSettings& before, const TrialSettings& after);

// `point` with the values of `set` in place of its own.
Point merged(const Point& point, const Point& set);

}  // namespace frugal
