#include "frugal/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace frugal {
namespace {

constexpr double kPolynomialFloor = 0.01;
constexpr double kCosineFloor = 0.001;
constexpr double kCycleStart = 25.0;
constexpr double kCycleEnd = 1e4;
constexpr double kCycleRise = 0.3;

// From `from` at share 0 to `to` at share 1 along half a cosine.
double along_cosine(double from, double to, double share) {
  return to + (from - to) * (1.0 + std::cos(std::numbers::pi * share)) / 2.0;
}

double one_cycle(double rate, double share) {
  const double start = rate / kCycleStart;
  if (share < kCycleRise) return along_cosine(start, rate, share / kCycleRise);
  return along_cosine(rate, start / kCycleEnd, (share - kCycleRise) / (1.0 - kCycleRise));
}

}  // namespace

double scheduled_rate(const TrialSettings& s, std::int64_t update) {
  const double steps = static_cast<double>(s.decay_steps);
  const double share = std::min(1.0, static_cast<double>(update) / steps);
  switch (s.schedule) {
    case Schedule::Constant:
      return s.learning_rate;
    case Schedule::Exponential:
      return s.learning_rate * std::pow(s.gamma, static_cast<double>(update) / steps);
    case Schedule::Polynomial:
      return s.learning_rate * std::max(kPolynomialFloor, 1.0 - share);
    case Schedule::Cosine:
      return s.learning_rate * std::max(kCosineFloor, along_cosine(1.0, 0.0, share));
    case Schedule::Step:
      return s.learning_rate * std::pow(s.gamma, static_cast<double>(update / s.decay_steps));
    case Schedule::OneCycle:
      return one_cycle(s.learning_rate, share);
  }
  return s.learning_rate;
}

}  // namespace frugal
