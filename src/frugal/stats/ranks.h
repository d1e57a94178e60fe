// Ranks with ties, and exact null distributions of sums of ranks. Values must be finite: not checked here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace frugal::stats {

struct Ranks {
  std::vector<double> rank;  // 1 is the smallest; equal values share the mean of their ranks
  double tie_cubes = 0;      // Σ (t³ − t) over groups of t equal values: what ties take from a variance
  bool ties() const { return tie_cubes > 0; }
};

Ranks rank(std::span<const double> values);

// Probabilities of the sums of a random part of the ranks, each rank counted twice so that mid-ranks are
// whole numbers: element s is the probability that the doubled ranks of the part sum to s. Ties are
// conditioned on, so the distribution is that of the permutation test (Mehta, Patel 1984). A part of exactly
// `size` ranks, all parts alike:
std::vector<double> sums_of_parts(std::span<const double> ranks, std::size_t size);
// Each rank in or out with probability one half:
std::vector<double> sums_of_signs(std::span<const double> ranks);

struct Tails {
  double lower = 0;          // P(sum ≤ observed)
  double upper = 0;          // P(sum ≥ observed)
  double two_sided() const;  // twice the smaller one, at most 1
};
Tails tails(std::span<const double> probabilities, std::int64_t doubled_sum);

}  // namespace frugal::stats
