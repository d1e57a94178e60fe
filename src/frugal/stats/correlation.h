// How two columns go together: Pearson's r, Spearman's ρ, Kendall's τ-b, each with its p-value.
// All refuse unequal lengths, values that are no finite numbers (finite.h), fewer than 3 pairs and constant
// columns.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "frugal/base/result.h"
#include "frugal/stats/hypothesis.h"

namespace frugal::stats {

struct Correlation {
  double coefficient = 0;
  double p_value = 1;  // two-sided
  std::size_t n = 0;
  PMethod method = PMethod::Asymptotic;  // never Auto
  // 95 % by Fisher's z (Pearson, n > 3) or with the variance of Bonett and Wright 2000 (Spearman, n > 3).
  std::optional<double> ci_low = {};
  std::optional<double> ci_high = {};
};

// p-value: Student's t with n − 2 degrees of freedom, right for normal values.
Result<Correlation> pearson(std::span<const double> x, std::span<const double> y);

// Pearson's r of the mid-ranks. Auto and Asymptotic: Student's t, as SciPy; Exact: all n! orders, n ≤ 9,
// refused beyond. Below 10 pairs prefer Exact: t gives 0 for |ρ| = 1, the smallest true p is 2/n!.
Result<Correlation> spearman(std::span<const double> x, std::span<const double> y,
                             PMethod method = PMethod::Auto);

// τ-b in O(n log n) (Knight 1966). Auto: exact without ties up to 33 pairs or with at most one discordant (or
// concordant) pair, as SciPy; else the normal distribution with the variance for ties of Kendall 1970, ch. 4.
// Exact with ties is refused.
Result<Correlation> kendall(std::span<const double> x, std::span<const double> y,
                            PMethod method = PMethod::Auto);

}  // namespace frugal::stats
