#include "frugal/stats/descriptives.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "frugal/stats/finite.h"

namespace frugal::stats {
namespace {

std::vector<double> sorted_copy(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

Status require_fraction(double fraction) {
  if (fraction >= 0 && fraction < 0.5) return {};
  return bad_input(
      fmt::format("a fraction of {} cannot be cut off either end: 0 ≤ fraction < 0.5", fraction));
}

std::size_t cut_of(std::size_t n, double fraction) { return static_cast<std::size_t>(fraction * real(n)); }

double trimmed_of_sorted(std::span<const double> sorted, double fraction) {
  const std::size_t cut = cut_of(sorted.size(), fraction);
  return mean_of(sorted.subspan(cut, sorted.size() - 2 * cut));
}

double winsorised_of_sorted(std::span<const double> sorted, double fraction) {
  const std::size_t cut = cut_of(sorted.size(), fraction);
  std::vector<double> pulled(sorted.begin(), sorted.end());
  std::fill_n(pulled.begin(), cut, sorted[cut]);
  std::fill_n(pulled.rbegin(), cut, sorted[sorted.size() - 1 - cut]);
  return mean_of(pulled);
}

double mad_about(std::span<const double> values, double centre) {
  std::vector<double> distances(values.size());
  std::transform(values.begin(), values.end(), distances.begin(),
                 [&](double v) { return std::abs(v - centre); });
  return median_of(distances);
}

}  // namespace

double mean_of(std::span<const double> values) {
  const double rough = std::accumulate(values.begin(), values.end(), 0.0) / real(values.size());
  double rest = 0;  // what rounding left out of the first sum
  for (const double value : values) rest += value - rough;
  return rough + rest / real(values.size());
}

double variance_of(std::span<const double> values) {
  const double centre = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - centre) * (value - centre);
  return squares / (real(values.size()) - 1);
}

double median_of(std::span<const double> values) {
  std::vector<double> copy(values.begin(), values.end());
  const auto middle = copy.begin() + static_cast<std::ptrdiff_t>(copy.size() / 2);
  std::nth_element(copy.begin(), middle, copy.end());
  if (copy.size() % 2 == 1) return *middle;
  return (*std::max_element(copy.begin(), middle) + *middle) / 2;
}

double quantile_of_sorted(std::span<const double> sorted, double p) {
  const double position = p * (real(sorted.size()) - 1);
  const auto below = static_cast<std::size_t>(position);
  if (below + 1 >= sorted.size()) return sorted.back();
  return std::lerp(sorted[below], sorted[below + 1], position - real(below));
}

Result<double> mean(std::span<const double> values) {
  if (Status status = require_values(values, "mean", 1); !status) return status.error();
  return mean_of(values);
}

Result<double> standard_deviation(std::span<const double> values) {
  if (Status status = require_values(values, "standard deviation", 2); !status) return status.error();
  return std::sqrt(variance_of(values));
}

Result<double> quantile(std::span<const double> values, double p) {
  if (Status status = require_values(values, "quantile", 1); !status) return status.error();
  if (!(p >= 0 && p <= 1)) return bad_input(fmt::format("there is no quantile of {}: 0 ≤ p ≤ 1", p));
  return quantile_of_sorted(sorted_copy(values), p);
}

Result<double> median(std::span<const double> values) {
  if (Status status = require_values(values, "median", 1); !status) return status.error();
  return median_of(values);
}

Result<double> median_absolute_deviation(std::span<const double> values) {
  if (Status status = require_values(values, "median absolute deviation", 1); !status) return status.error();
  return mad_about(values, median_of(values));
}

Result<double> trimmed_mean(std::span<const double> values, double fraction) {
  if (Status status = require_values(values, "trimmed mean", 1); !status) return status.error();
  if (Status status = require_fraction(fraction); !status) return status.error();
  return trimmed_of_sorted(sorted_copy(values), fraction);
}

Result<double> winsorised_mean(std::span<const double> values, double fraction) {
  if (Status status = require_values(values, "winsorised mean", 1); !status) return status.error();
  if (Status status = require_fraction(fraction); !status) return status.error();
  return winsorised_of_sorted(sorted_copy(values), fraction);
}

Result<std::vector<std::size_t>> outliers(std::span<const double> values, double ranges) {
  if (Status status = require_values(values, "outliers", 1); !status) return status.error();
  const std::vector<double> sorted = sorted_copy(values);
  const double q1 = quantile_of_sorted(sorted, 0.25);
  const double q3 = quantile_of_sorted(sorted, 0.75);
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] < q1 - ranges * (q3 - q1) || values[i] > q3 + ranges * (q3 - q1)) found.push_back(i);
  return found;
}

Result<Descriptives> describe(std::span<const double> values) {
  Result<std::vector<std::size_t>> far = outliers(values);
  if (!far) return far.error();
  const std::vector<double> sorted = sorted_copy(values);
  Descriptives d{.n = sorted.size(),
                 .mean = mean_of(sorted),
                 .min = sorted.front(),
                 .q1 = quantile_of_sorted(sorted, 0.25),
                 .median = quantile_of_sorted(sorted, 0.5),
                 .q3 = quantile_of_sorted(sorted, 0.75),
                 .max = sorted.back(),
                 .trimmed_mean = trimmed_of_sorted(sorted, 0.1),
                 .winsorised_mean = winsorised_of_sorted(sorted, 0.1),
                 .outliers = far->size()};
  if (sorted.size() > 1) d.sd = std::sqrt(variance_of(sorted));
  d.mad = mad_about(sorted, d.median);
  return d;
}

}  // namespace frugal::stats
