// Two groups, or pairs, compared by ranks: Mann–Whitney (1947) and Wilcoxon's signed ranks (1945).
// Values must be finite (finite.h).
#pragma once

#include <cstddef>
#include <span>

#include "frugal/base/result.h"
#include "frugal/stats/hypothesis.h"

namespace frugal::stats {

struct MannWhitney {
  double u = 0;  // of x: pairs (x, y) with x > y, ties count one half
  double p_value = 1;
  PMethod method = PMethod::Asymptotic;  // never Auto
};

// Auto, as SciPy: exact without ties where the smaller group has at most 8 values (and the counting stays
// below a second); else the normal distribution corrected for ties and continuity. Exact counts ties as they
// are. Each group needs one value; the normal form refuses values that are all equal, where Exact says 1.
Result<MannWhitney> mann_whitney(std::span<const double> x, std::span<const double> y,
                                 TestOptions options = {});

struct SignedRank {
  double w_plus = 0;  // sum of the ranks of positive differences
  double w_minus = 0;
  std::size_t n = 0;  // differences that are not zero: zeros are dropped, as Wilcoxon did
  double p_value = 1;
  PMethod method = PMethod::Asymptotic;
  double statistic() const { return w_plus < w_minus ? w_plus : w_minus; }
};

// Of the differences x − y. Auto: exact up to 50 differences without ties and zeros, else the normal
// distribution corrected for ties, without continuity correction (SciPy's `approx`). Refuses differences that
// are all zero.
Result<SignedRank> signed_rank(std::span<const double> x, std::span<const double> y,
                               TestOptions options = {});

// The smallest p-values that so few values can give: what no data can make significant, no test decides.
double smallest_mann_whitney_p(std::size_t n_x, std::size_t n_y,
                               Alternative alternative = Alternative::TwoSided);
double smallest_signed_rank_p(std::size_t n, Alternative alternative = Alternative::TwoSided);

}  // namespace frugal::stats
