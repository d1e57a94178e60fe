// What one column of numbers looks like: the usual figures and those that an outlier does not move.
// Values must be finite (finite.h); each function says how many it needs.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "frugal/base/result.h"

namespace frugal::stats {

// These four trust the caller: at least one finite value (two for variance), not checked.
double mean_of(std::span<const double> values);
double variance_of(std::span<const double> values);  // divided by n − 1
double median_of(std::span<const double> values);
double quantile_of_sorted(std::span<const double> sorted,
                          double p);  // type 7 of Hyndman and Fan 1996: linear

Result<double> mean(std::span<const double> values);                       // n ≥ 1
Result<double> standard_deviation(std::span<const double> values);         // n ≥ 2; divided by n − 1
Result<double> quantile(std::span<const double> values, double p);         // n ≥ 1; type 7, as NumPy and R
Result<double> median(std::span<const double> values);                     // n ≥ 1
Result<double> median_absolute_deviation(std::span<const double> values);  // n ≥ 1; raw, see kMadToSd

// A normal distribution's standard deviation is this many times its median absolute deviation: 1 / Φ⁻¹(3/4).
inline constexpr double kMadToSd = 1.482602218505602;

// `fraction` of the values, rounded down, is cut off (or pulled in to the last value kept) at either end; 0 ≤
// f < ½.
Result<double> trimmed_mean(std::span<const double> values, double fraction);
Result<double> winsorised_mean(std::span<const double> values, double fraction);

// Indices of the values beyond 1.5 interquartile ranges from the quartiles (Tukey 1977, Exploratory Data
// Analysis).
Result<std::vector<std::size_t>> outliers(std::span<const double> values, double ranges = 1.5);

struct Descriptives {
  std::size_t n = 0;
  double mean = 0;
  std::optional<double> sd = {};  // nothing for one value
  double min = 0;
  double q1 = 0;
  double median = 0;
  double q3 = 0;
  double max = 0;
  double mad = 0;
  double trimmed_mean = 0;     // a tenth off either end
  double winsorised_mean = 0;  // likewise
  std::size_t outliers = 0;
};

Result<Descriptives> describe(std::span<const double> values);  // n ≥ 1

}  // namespace frugal::stats
