// Intervals by drawing again from what was measured (Efron, Tibshirani 1993, An Introduction to the
// Bootstrap), for statistics whose distribution nobody knows: means of skewed values, medians, ratios of
// means. Seeded: the same values, options and seed give the same interval on every machine. Values must be
// finite (finite.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "frugal/base/result.h"

namespace frugal::stats {

enum class Interval {
  Percentile,  // quantiles of the replicates: too short below some 20 values
  Bca,         // corrected for bias and acceleration (Efron 1987, Better bootstrap confidence intervals)
};

struct BootstrapOptions {
  Interval interval = Interval::Bca;
  std::size_t resamples = 9999;  // at least 100
  double confidence = 0.95;
  std::uint64_t seed = 1;
};

struct BootstrapInterval {
  double estimate = 0;  // of the values as they are
  double low = 0;
  double high = 0;
  double std_err = 0;  // standard deviation of the replicates
};

using OneStatistic = std::function<double(std::span<const double>)>;
using TwoStatistic = std::function<double(std::span<const double>, std::span<const double>)>;

// Of one column, of two independent groups, of pairs (drawn as pairs). Each column needs two values. Refused:
// a statistic that is not finite for the values or for some replicate, and one that no replicate changes.
Result<BootstrapInterval> bootstrap(std::span<const double> x, const OneStatistic& statistic,
                                    const BootstrapOptions& options = {});
Result<BootstrapInterval> bootstrap_groups(std::span<const double> x, std::span<const double> y,
                                           const TwoStatistic& statistic,
                                           const BootstrapOptions& options = {});
Result<BootstrapInterval> bootstrap_pairs(std::span<const double> x, std::span<const double> y,
                                          const TwoStatistic& statistic,
                                          const BootstrapOptions& options = {});

// The confidence to ask a percentile interval of n values for, so that it holds `confidence`: the bootstrap
// knows neither Student's t nor the factor n/(n − 1) (Hesterberg 2015, "expanded percentile interval"). n
// ≥ 2.
double widened_confidence(double confidence, std::size_t n);

// Statistics to hand in; mean_of and median_of of descriptives.h are further ones.
double ratio_of_means(std::span<const double> x, std::span<const double> y);  // mean of x / mean of y
double difference_of_means(std::span<const double> x, std::span<const double> y);
double difference_of_medians(std::span<const double> x, std::span<const double> y);

// The two intervals from replicates and, for BCa, from what leaving out each value gives: one list for each
// column that was drawn from on its own. Replicates must be finite and at least two.
struct Bounds {
  double low = 0;
  double high = 0;
};
Bounds percentile_bounds(std::vector<double> replicates, double confidence);
Result<Bounds> bca_bounds(std::vector<double> replicates, double estimate,
                          std::span<const std::vector<double>> left_out, double confidence);

}  // namespace frugal::stats
