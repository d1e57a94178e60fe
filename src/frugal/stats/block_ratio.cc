#include "frugal/stats/block_ratio.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "frugal/base/rng.h"
#include "frugal/stats/bootstrap.h"
#include "frugal/stats/descriptives.h"

namespace frugal::stats {
namespace {

constexpr std::size_t kFewest = 5;
constexpr std::size_t kMostExact = 14;
constexpr double kLevel = 0.95;

void bootstrap(std::span<const double> a, std::span<const double> b, std::uint64_t seed, int draws,
               BlockRatio& found) {
  Rng rng(derive_seed(seed, "block ratio"));
  std::vector<double> ratios(static_cast<std::size_t>(draws));
  for (double& ratio : ratios) {
    double sum_a = 0;
    double sum_b = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const std::size_t block = rng.below(a.size());
      sum_a += a[block];
      sum_b += b[block];
    }
    ratio = sum_b / sum_a;
  }
  std::sort(ratios.begin(), ratios.end());
  const double tail = (1 - widened_confidence(kLevel, a.size())) / 2;
  found.low = quantile_of_sorted(ratios, tail);
  found.high = quantile_of_sorted(ratios, 1 - tail);
}

// |mean difference of logarithms| with the signs of the bits of `flips`.
double flipped(std::span<const double> differences, std::uint64_t flips) {
  double sum = 0;
  for (std::size_t i = 0; i < differences.size(); ++i)
    sum += (flips >> (i % 64) & 1U) != 0 ? -differences[i] : differences[i];
  return std::abs(sum);
}

double flip_p_value(std::span<const double> differences, std::uint64_t seed, int draws) {
  const double observed = flipped(differences, 0) * (1 - 1e-12);
  const std::size_t n = differences.size();
  if (n <= kMostExact) {
    const std::uint64_t ways = std::uint64_t{1} << n;
    std::uint64_t hits = 0;
    for (std::uint64_t flips = 0; flips < ways; ++flips)
      hits += flipped(differences, flips) >= observed ? 1 : 0;
    return static_cast<double>(hits) / static_cast<double>(ways);
  }
  Rng rng(derive_seed(seed, "block flips"));
  int hits = 0;
  for (int draw = 0; draw < draws; ++draw) {
    double sum = 0;
    for (const double difference : differences) sum += rng.uniform() < 0.5 ? -difference : difference;
    hits += std::abs(sum) >= observed ? 1 : 0;
  }
  return (hits + 1.0) / (draws + 1.0);
}

}  // namespace

Result<BlockRatio> block_ratio(std::span<const double> a, std::span<const double> b, std::uint64_t seed,
                               int draws) {
  if (a.size() != b.size())
    return bad_input("blocks need one run of each: " + std::to_string(a.size()) + " and " +
                     std::to_string(b.size()));
  if (a.size() < kFewest)
    return bad_input(std::to_string(a.size()) + " blocks are too few for an interval: at least " +
                     std::to_string(kFewest));
  std::vector<double> differences(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!(a[i] > 0) || !(b[i] > 0) || !std::isfinite(a[i]) || !std::isfinite(b[i]))
      return bad_input("block " + std::to_string(i) + " has a value that is not positive");
    differences[i] = std::log(b[i] / a[i]);
  }
  BlockRatio found{mean_of(b) / mean_of(a), 0, 0, flip_p_value(differences, seed, draws), a.size()};
  bootstrap(a, b, seed, draws, found);
  return found;
}

}  // namespace frugal::stats
