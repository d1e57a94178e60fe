#include "frugal/energy/wave.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "frugal/base/rng.h"

namespace frugal {
namespace {

constexpr std::size_t kPieces = 1024;
constexpr double kTurn = 2 * std::numbers::pi;

}  // namespace

Wave::Wave(const WaveSettings& settings) : settings_(settings) {
  if (settings_.shape != WaveShape::Random) return;
  Rng rng(derive_seed(settings_.seed, "wave"));
  const double low = settings_.low.value();
  const double range = settings_.high.value() - low;
  until_.push_back(0);
  for (std::size_t i = 0; i < kPieces; ++i) {
    pieces_.push_back(low + range * rng.uniform());
    until_.push_back(until_.back() + pieces_.back());
  }
}

Watts Wave::power_at(Duration time) const {
  const double x = time / settings_.period + settings_.phase;
  const double low = settings_.low.value();
  const double high = settings_.high.value();
  switch (settings_.shape) {
    case WaveShape::Constant:
      return settings_.low;
    case WaveShape::Square:
      return x - std::floor(x) < settings_.duty ? settings_.high : settings_.low;
    case WaveShape::Sine:
      return Watts((low + high) / 2 + (high - low) / 2 * std::sin(kTurn * x));
    case WaveShape::Random: {
      const double block = std::floor(x / kPieces) * kPieces;
      const auto index = static_cast<std::size_t>(std::floor(x - block));
      return Watts(pieces_[std::min(index, kPieces - 1)]);
    }
  }
  return settings_.low;
}

double Wave::mean_until(double x) const {
  const double low = settings_.low.value();
  const double high = settings_.high.value();
  const double whole = std::floor(x);
  const double rest = x - whole;
  switch (settings_.shape) {
    case WaveShape::Constant:
      return low * x;
    case WaveShape::Square:
      return whole * (settings_.duty * high + (1 - settings_.duty) * low) +
             std::min(rest, settings_.duty) * high + std::max(0.0, rest - settings_.duty) * low;
    case WaveShape::Sine:
      return (low + high) / 2 * x + (high - low) / 2 * (1 - std::cos(kTurn * x)) / kTurn;
    case WaveShape::Random: {
      const double blocks = std::floor(x / kPieces);
      const double inside = x - blocks * kPieces;
      const std::size_t index = std::min(static_cast<std::size_t>(std::floor(inside)), kPieces - 1);
      return blocks * until_.back() + until_[index] + pieces_[index] * (inside - static_cast<double>(index));
    }
  }
  return 0;
}

Joules Wave::energy_until(Duration time) const {
  if (settings_.shape == WaveShape::Constant) return settings_.low * time;
  const double x = time / settings_.period + settings_.phase;
  return Joules((mean_until(x) - mean_until(settings_.phase)) * settings_.period.value());
}

}  // namespace frugal
