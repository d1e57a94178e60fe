// The factors of a point that the trainer understands, checked. No torch here.
#pragma once

#include <cstdint>

#include "frugal/base/result.h"
#include "frugal/space/point.h"

namespace frugal {

enum class UpdateRule { Sgd, Adam, AdamW };
const char* update_rule_text(UpdateRule rule);

struct TrialSettings {
  std::int64_t batch_size = 64;
  UpdateRule optimizer = UpdateRule::Sgd;
  double learning_rate = 0.01;  // 0.001 for adam and adamw
  double momentum = 0.9;        // sgd only; 0 for the others
  bool nesterov = false;
  double weight_decay = 0.0;  // decoupled for adamw, else added to the gradient
  double label_smoothing = 0.0;
  double gradient_clip = 0.0;  // largest norm of the whole gradient; 0: none
};

// Settings of `point`; missing factors take their defaults. An unknown factor, a wrong type, a value out of
// range, a factor without effect (momentum with adam) and a batch larger than the training set are errors.
Result<TrialSettings> settings_from_point(const Point& point, std::int64_t train_samples);

// `point` with the values of `set` in place of its own.
Point merged(const Point& point, const Point& set);

}  // namespace frugal
