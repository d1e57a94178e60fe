// How large a difference is, apart from whether it is there: Cliff's δ, Vargha and Delaney's A, Hedges' g.
// Values must be finite (finite.h).
#pragma once

#include <span>

#include "frugal/base/result.h"

namespace frugal::stats {

struct EffectSize {
  double value = 0;
  double ci_low = 0;
  double ci_high = 0;
};

// δ alone = P(x > y) − P(x < y); O(n log n). Trusts the caller: one finite value each.
double cliffs_delta_of(std::span<const double> x, std::span<const double> y);

// Interval: Cliff 1996 with the unbiased variance, asymmetric as in Feng and Cliff 2004 (Monte Carlo
// evaluation of ordinal d), n ≥ 2 each. At |δ| = 1, where that variance is 0, their bound (n − z²)/(n + z²)
// of the smaller group.
Result<EffectSize> cliffs_delta(std::span<const double> x, std::span<const double> y,
                                double confidence = 0.95);

// A = P(x > y) + P(x = y)/2 = (δ + 1)/2 (Vargha, Delaney 2000), with the interval of δ.
Result<EffectSize> vargha_delaney(std::span<const double> x, std::span<const double> y,
                                  double confidence = 0.95);

// The standardised difference of means, corrected for small n by the exact factor of Hedges 1981; interval by
// the noncentral t distribution, exact for normal values of equal variance. n ≥ 2 each; refuses groups that
// do not vary.
Result<EffectSize> hedges_g(std::span<const double> x, std::span<const double> y, double confidence = 0.95);

}  // namespace frugal::stats
