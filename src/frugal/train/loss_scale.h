// Loss scaling for layers that compute in float16 (Micikevicius et al. 2018): gradients are computed of the
// loss times a scale that follows what they can bear. Never waits for the device; its two numbers are part of
// the state of the trial.
#pragma once

#include "frugal/train/weights.h"

namespace frugal {

class LossScale {
 public:
  static constexpr std::int64_t kValues = 2;  // the scale, and good steps since it last changed
  static constexpr double kFirst = 65536.0;
  static constexpr double kPatience = 2000.0;

  // `cell` has kValues values; begin() sets them.
  explicit LossScale(at::Tensor cell) : cell_(std::move(cell)) {}
  void begin();
  void scale(at::Tensor& gradient) const;
  // Takes the scale out of the gradients, makes them 0 when one is not finite, and returns whether all were.
  at::Tensor unscale(std::deque<Weight>& weights, std::size_t first) const;
  // Halves the scale after a step that was not finite, doubles it after kPatience good ones.
  void follow(const at::Tensor& finite);

 private:
  at::Tensor cell_;
};

}  // namespace frugal
