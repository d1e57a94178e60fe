#include "frugal/energy/power_bounds.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace frugal {
namespace {

constexpr std::size_t kMostPhases = 8;  // of a load that a periodic sensor may show in turns
constexpr double kSwingOfRange = 0.1;   // smaller swings around the mean are no crossing
constexpr double kSwingOfMean = 0.03;   // nor are these: noise must not pass for phases
constexpr double kRamp = 1.0 / 8;
constexpr double kDelay = 0.5;  // of a period
constexpr double kDeviations = 2;
constexpr double kHidden = 0.5;  // of the peak that a reading may blur away, times blur over time

struct Spread {
  double mean = 0;
  double deviation = 0;
  double swing = 0;  // that counts as a crossing
};

Spread spread_of(std::span<const double> values) {
  Spread spread;
  for (const double value : values) spread.mean += value / static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
  if (values.size() > 1) spread.deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  spread.swing = std::max(kSwingOfRange * (*high - *low), kSwingOfMean * std::abs(spread.mean));
  return spread;
}

// How often every `step`-th value crosses the mean, from below by a swing to above by one or back; the mean
// over the `step` ways to begin.
double crossings(std::span<const double> values, const Spread& spread, std::size_t step) {
  double count = 0;
  for (std::size_t begin = 0; begin < step; ++begin) {
    int side = 0;
    for (std::size_t i = begin; i < values.size(); i += step) {
      const double off = values[i] - spread.mean;
      const int now = off > spread.swing ? 1 : off < -spread.swing ? -1 : side;
      if (side != 0 && now != side) ++count;
      side = now;
    }
  }
  return count / static_cast<double>(step);
}

// The part of the unseen time's possible error that what was seen does not rule out.
double unsure_share(std::span<const double> values, const Spread& spread) {
  double share = 0;
  for (std::size_t phases = 1; phases <= kMostPhases; ++phases) {
    const double crossed = crossings(values, spread, phases);
    share = std::max(share, 1 / (static_cast<double>(phases) * std::max(1.0, crossed)));
  }
  return share;
}

}  // namespace

Duration mean_age(Duration period, Duration window) { return (period + window) / 2; }

PowerBounds power_bounds(const PowerWindow& window) {
  if (window.period.value() <= 0 || window.values_w.empty()) return {};
  const Joules most = std::max(window.most, window.peak) * window.measured;
  const auto [least, highest] = std::minmax_element(window.values_w.begin(), window.values_w.end());
  const Duration blur = window.window + window.period;
  const Watts hidden = window.peak * std::min(1.0, kHidden * (blur / window.measured));
  const Watts swing = std::min(window.peak, Watts(*highest - *least) + hidden);
  const Joules edges = std::numbers::sqrt2 * (swing * (kRamp * blur + kDelay * window.period));
  Joules below = edges;
  Joules above = edges;
  const double seen = std::min(1.0, window.window / std::max(window.period, window.poll));
  if (seen < 1) {
    const Spread spread = spread_of(window.values_w);
    const double share = (1 - seen) * unsure_share(window.values_w, spread);
    const double independent = std::max(1.0, crossings(window.values_w, spread, 1));
    const Joules scatter =
        Watts(kDeviations * spread.deviation * std::sqrt((1 - seen) / independent)) * window.measured;
    below += share * window.joules + scatter;
    above += share * std::max(Joules(0), most - window.joules) + scatter;
  }
  return {.below = std::min(below, std::max(Joules(0), window.joules)),
          .above = std::min(above, std::max(Joules(0), most - window.joules))};
}

}  // namespace frugal
