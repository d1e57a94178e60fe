// Tests that need no distribution: how often does shuffling who is who give a statistic as far out as the
// observed one? All arrangements where they are few, else random ones, seeded. Values must be finite
// (finite.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "frugal/base/result.h"
#include "frugal/stats/bootstrap.h"
#include "frugal/stats/hypothesis.h"

namespace frugal::stats {

struct PermutationOptions {
  Alternative alternative = Alternative::TwoSided;
  std::size_t resamples = 9999;  // where all arrangements are no more than these, all are gone through
  std::uint64_t seed = 1;
};

struct PermutationTest {
  double statistic = 0;
  double p_value = 1;  // two-sided: twice the smaller side, as SciPy; of random ones (k + 1)/(resamples + 1)
  std::size_t arrangements = 0;
  PMethod method = PMethod::Asymptotic;  // Exact: all arrangements; Asymptotic: random ones
};

// Two groups: who belongs to x is shuffled. One value each, at least.
Result<PermutationTest> permutation_groups(std::span<const double> x, std::span<const double> y,
                                           const TwoStatistic& statistic = difference_of_means,
                                           const PermutationOptions& options = {});

// Pairs: x and y change places within a pair. One pair at least.
Result<PermutationTest> permutation_pairs(std::span<const double> x, std::span<const double> y,
                                          const TwoStatistic& statistic = difference_of_means,
                                          const PermutationOptions& options = {});

}  // namespace frugal::stats
