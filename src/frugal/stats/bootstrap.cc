#include "frugal/stats/bootstrap.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "frugal/base/rng.h"
#include "frugal/stats/descriptives.h"
#include "frugal/stats/distributions.h"
#include "frugal/stats/finite.h"

namespace frugal::stats {
namespace {

constexpr std::size_t kFewest = 100;

Status require_options(const BootstrapOptions& options) {
  if (!(options.confidence > 0 && options.confidence < 1))
    return bad_input("a confidence lies between 0 and 1");
  if (options.resamples >= kFewest) return {};
  return bad_input(
      fmt::format("{} resamples are too few for an interval: at least {}", options.resamples, kFewest));
}

void draw(std::span<const double> from, Rng& rng, std::vector<double>& into) {
  into.resize(from.size());
  for (double& v : into) v = from[rng.below(from.size())];
}

std::vector<double> without(std::span<const double> values, std::size_t i) {
  std::vector<double> rest(values.begin(), values.end());
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
  return rest;
}

// Calls `replicate` for each resample and `jackknife` when BCa asks for it.
template <class Replicate, class Jackknife>
Result<BootstrapInterval> interval_of(double estimate, const BootstrapOptions& options, Replicate replicate,
                                      Jackknife jackknife) {
  if (!std::isfinite(estimate)) return bad_input("the statistic of these values is not a finite number");
  std::vector<double> replicates(options.resamples);
  for (double& value : replicates) {
    value = replicate();
    if (!std::isfinite(value))
      return bad_input("the statistic is not a finite number for some of the resamples");
  }
  if (all_equal(replicates)) return bad_input("no resample changes the statistic: it has no interval");
  BootstrapInterval found{.estimate = estimate, .std_err = std::sqrt(variance_of(replicates))};
  Bounds bounds;
  if (options.interval == Interval::Percentile) {
    bounds = percentile_bounds(std::move(replicates), options.confidence);
  } else {
    const Result<Bounds> bca = bca_bounds(std::move(replicates), estimate, jackknife(), options.confidence);
    if (!bca) return bca.error();
    bounds = *bca;
  }
  found.low = bounds.low;
  found.high = bounds.high;
  return found;
}

}  // namespace

double widened_confidence(double confidence, std::size_t n) {
  const auto count = static_cast<double>(n);
  return 1 -
         2 * normal_cdf(-std::sqrt(count / (count - 1)) * student_quantile((1 + confidence) / 2, count - 1));
}

double ratio_of_means(std::span<const double> x, std::span<const double> y) {
  return mean_of(x) / mean_of(y);
}
double difference_of_means(std::span<const double> x, std::span<const double> y) {
  return mean_of(x) - mean_of(y);
}
double difference_of_medians(std::span<const double> x, std::span<const double> y) {
  return median_of(x) - median_of(y);
}

Bounds percentile_bounds(std::vector<double> replicates, double confidence) {
  std::sort(replicates.begin(), replicates.end());
  return {quantile_of_sorted(replicates, (1 - confidence) / 2),
          quantile_of_sorted(replicates, (1 + confidence) / 2)};
}

Result<Bounds> bca_bounds(std::vector<double> replicates, double estimate,
                          std::span<const std::vector<double>> left_out, double confidence) {
  std::sort(replicates.begin(), replicates.end());
  const auto [first, last] = std::equal_range(replicates.begin(), replicates.end(), estimate);
  const double below = static_cast<double>((first - replicates.begin()) + (last - replicates.begin())) / 2;
  const double bias = normal_quantile(below / real(replicates.size()));
  double cubes = 0;
  double squares = 0;
  for (const std::vector<double>& column : left_out) {
    const double n = real(column.size());
    const double centre = mean_of(column);
    for (const double value : column) {
      const double influence = (n - 1) * (centre - value) / n;
      cubes += influence * influence * influence;
      squares += influence * influence;
    }
  }
  if (!std::isfinite(bias))
    return bad_input("all resamples lie on one side of the estimate: BCa has no interval");
  if (!(squares > 0)) return bad_input("leaving out a single value changes nothing: BCa has no interval");
  const double acceleration = cubes / std::pow(squares, 1.5) / 6;
  const auto level = [&](double p) {
    const double z = bias + normal_quantile(p);
    return normal_cdf(bias + z / (1 - acceleration * z));
  };
  return Bounds{quantile_of_sorted(replicates, level((1 - confidence) / 2)),
                quantile_of_sorted(replicates, level((1 + confidence) / 2))};
}

Result<BootstrapInterval> bootstrap(std::span<const double> x, const OneStatistic& statistic,
                                    const BootstrapOptions& options) {
  if (Status status = require_values(x, "x", 2); !status) return status.error();
  if (Status status = require_options(options); !status) return status.error();
  Rng rng(derive_seed(options.seed, "bootstrap"));
  std::vector<double> drawn;
  const auto replicate = [&] {
    draw(x, rng, drawn);
    return statistic(drawn);
  };
  const auto jackknife = [&] {
    std::vector<std::vector<double>> left_out(1);
    for (std::size_t i = 0; i < x.size(); ++i) left_out[0].push_back(statistic(without(x, i)));
    return left_out;
  };
  return interval_of(statistic(x), options, replicate, jackknife);
}

Result<BootstrapInterval> bootstrap_groups(std::span<const double> x, std::span<const double> y,
                                           const TwoStatistic& statistic, const BootstrapOptions& options) {
  if (Status status = require_values(x, "x", 2); !status) return status.error();
  if (Status status = require_values(y, "y", 2); !status) return status.error();
  if (Status status = require_options(options); !status) return status.error();
  Rng rng(derive_seed(options.seed, "bootstrap"));
  std::vector<double> drawn_x;
  std::vector<double> drawn_y;
  const auto replicate = [&] {
    draw(x, rng, drawn_x);
    draw(y, rng, drawn_y);
    return statistic(drawn_x, drawn_y);
  };
  const auto jackknife = [&] {
    std::vector<std::vector<double>> left_out(2);
    for (std::size_t i = 0; i < x.size(); ++i) left_out[0].push_back(statistic(without(x, i), y));
    for (std::size_t i = 0; i < y.size(); ++i) left_out[1].push_back(statistic(x, without(y, i)));
    return left_out;
  };
  return interval_of(statistic(x, y), options, replicate, jackknife);
}

Result<BootstrapInterval> bootstrap_pairs(std::span<const double> x, std::span<const double> y,
                                          const TwoStatistic& statistic, const BootstrapOptions& options) {
  if (Status status = require_pairs(x, y, 2); !status) return status.error();
  if (Status status = require_options(options); !status) return status.error();
  Rng rng(derive_seed(options.seed, "bootstrap"));
  std::vector<double> drawn_x(x.size());
  std::vector<double> drawn_y(x.size());
  const auto replicate = [&] {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t pair = rng.below(x.size());
      drawn_x[i] = x[pair];
      drawn_y[i] = y[pair];
    }
    return statistic(drawn_x, drawn_y);
  };
  const auto jackknife = [&] {
    std::vector<std::vector<double>> left_out(1);
    for (std::size_t i = 0; i < x.size(); ++i) left_out[0].push_back(statistic(without(x, i), without(y, i)));
    return left_out;
  };
  return interval_of(statistic(x, y), options, replicate, jackknife);
}

}  // namespace frugal::stats
