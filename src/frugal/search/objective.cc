#include "frugal/search/objective.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace frugal {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Attribute = std::optional<double> Attributes::*;

bool usable(const std::optional<double>& value) { return value && std::isfinite(*value); }

// The attribute in [0, 1], 1 the best; 0 for all when it is constant over the usable configurations.
std::vector<double> rescaled(std::span<const Attributes> all, const std::vector<bool>& counts,
                             Attribute attribute, bool invert) {
  double low = kInfinity;
  double high = -kInfinity;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!counts[i] || !usable(all[i].*attribute)) continue;
    low = std::min(low, *(all[i].*attribute));
    high = std::max(high, *(all[i].*attribute));
  }
  std::vector<double> scaled(all.size(), 0.0);
  if (!(high > low)) return scaled;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!counts[i] || !usable(all[i].*attribute)) continue;
    const double share = (*(all[i].*attribute) - low) / (high - low);
    scaled[i] = invert ? 1.0 - share : share;
  }
  return scaled;
}

}  // namespace

std::vector<double> objective(std::span<const Attributes> configurations, const Goal& goal,
                              const Weights& weights) {
  const double quality_weight = weights.alpha;
  const double energy_weight = (1 - weights.alpha) * weights.beta;
  const double rate_weight = (1 - weights.alpha) * (1 - weights.beta);
  std::vector<bool> counts(configurations.size());
  for (std::size_t i = 0; i < configurations.size(); ++i) {
    const Attributes& c = configurations[i];
    counts[i] = (quality_weight == 0 || usable(c.quality)) && (energy_weight == 0 || usable(c.energy)) &&
                (rate_weight == 0 || usable(c.rate));
  }
  const std::vector<double> quality = rescaled(configurations, counts, &Attributes::quality, !goal.maximise);
  const std::vector<double> energy = rescaled(configurations, counts, &Attributes::energy, true);
  const std::vector<double> rate = rescaled(configurations, counts, &Attributes::rate, false);
  std::vector<double> scores(configurations.size(), -kInfinity);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (counts[i])
      scores[i] = quality_weight * quality[i] + energy_weight * energy[i] + rate_weight * rate[i];
  }
  return scores;
}

std::vector<std::size_t> ranked(std::span<const double> scores, std::span<const Attributes> configurations) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto joules = [&](std::size_t i) {
    return usable(configurations[i].energy) ? *configurations[i].energy : kInfinity;  // NOLINT(bugprone-narrowing-conversions)
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (scores[a] != scores[b]) return scores[a] > scores[b];
    return joules(a) < joules(b);
  });
  return order;
}

}  // namespace frugal
