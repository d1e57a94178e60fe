#include "frugal/stats/effect_sizes.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "frugal/stats/descriptives.h"
#include "frugal/stats/distributions.h"
#include "frugal/stats/finite.h"
#include "frugal/stats/mean_tests.h"

namespace frugal::stats {
namespace {

// For each value of x: the share of y below it minus the share above it.
struct Dominance {
  std::vector<double> of_each;
  double delta = 0;
  double untied = 0;  // pairs that are not equal
};

Dominance dominance(std::span<const double> x, std::span<const double> y) {
  std::vector<double> sorted(y.begin(), y.end());
  std::sort(sorted.begin(), sorted.end());
  Dominance found;
  double sum = 0;
  for (const double value : x) {
    const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value);
    const auto below = static_cast<double>(first - sorted.begin());
    const auto above = static_cast<double>(sorted.end() - last);
    found.of_each.push_back((below - above) / real(y.size()));
    found.untied += below + above;
    sum += below - above;
  }
  found.delta = sum / (real(x.size()) * real(y.size()));
  return found;
}

double squares_about(const std::vector<double>& values, double centre) {
  double sum = 0;
  for (const double v : values) sum += (v - centre) * (v - centre);
  return sum;
}

double delta_variance(const Dominance& x, const Dominance& y) {
  const double n = real(x.of_each.size());
  const double m = real(y.of_each.size());
  const double pairs = n * m;
  const double within = x.untied - pairs * x.delta * x.delta;  // Σ (d_ij − δ)²
  const double unbiased =
      (m * m * squares_about(x.of_each, x.delta) + n * n * squares_about(y.of_each, -x.delta) - within) /
      (pairs * (n - 1) * (m - 1));
  return std::max(unbiased,
                  (1 - x.delta * x.delta) / (pairs - 1));  // Cliff's lower bound: it can come out negative
}

Status require_groups(std::span<const double> x, std::span<const double> y, double confidence) {
  if (Status status = require_values(x, "x", 2); !status) return status;
  if (Status status = require_values(y, "y", 2); !status) return status;
  if (!(confidence > 0 && confidence < 1)) return bad_input("a confidence lies between 0 and 1");
  return {};
}

EffectSize complete_separation(double delta, double smaller, double z) {
  const double bound = (smaller - z * z) / (smaller + z * z);
  return delta > 0 ? EffectSize{1, bound, 1} : EffectSize{-1, -1, -bound};
}

// The noncentrality under which a t of at most `t` has probability p: by bisection, the chance falls with it.
double noncentrality_at(double t, double df, double p) {
  double low = t - 10 - std::abs(t);
  double high = t + 10 + std::abs(t);
  for (int i = 0; i < 200 && high - low > 1e-14 * (1 + std::abs(low)); ++i) {
    const double middle = (low + high) / 2;
    (noncentral_student_cdf(t, df, middle) > p ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

double cliffs_delta_of(std::span<const double> x, std::span<const double> y) { return dominance(x, y).delta; }

Result<EffectSize> cliffs_delta(std::span<const double> x, std::span<const double> y, double confidence) {
  if (Status status = require_groups(x, y, confidence); !status) return status.error();
  const Dominance of_x = dominance(x, y);
  const double z = normal_quantile(0.5 + confidence / 2);
  const double d = of_x.delta;
  if (std::abs(d) == 1) return complete_separation(d, real(std::min(x.size(), y.size())), z);
  const double variance = delta_variance(of_x, dominance(y, x));
  const double half = z * std::sqrt(variance) * std::sqrt((1 - d * d) * (1 - d * d) + z * z * variance);
  const double scale = 1 - d * d + z * z * variance;
  return EffectSize{d, std::max(-1.0, (d - d * d * d - half) / scale),
                    std::min(1.0, (d - d * d * d + half) / scale)};
}

Result<EffectSize> vargha_delaney(std::span<const double> x, std::span<const double> y, double confidence) {
  const Result<EffectSize> delta = cliffs_delta(x, y, confidence);
  if (!delta) return delta.error();
  return EffectSize{(delta->value + 1) / 2, (delta->ci_low + 1) / 2, (delta->ci_high + 1) / 2};
}

Result<EffectSize> hedges_g(std::span<const double> x, std::span<const double> y, double confidence) {
  if (Status status = require_groups(x, y, confidence); !status) return status.error();
  const Result<TTest> test = student_t(x, y, Alternative::TwoSided, confidence);
  if (!test) return test.error();
  const double df = test->df;
  const double correction = std::exp(std::lgamma(df / 2) - std::lgamma((df - 1) / 2)) / std::sqrt(df / 2);
  const double scale = correction * std::sqrt(1 / real(x.size()) + 1 / real(y.size()));
  const double tail = (1 - confidence) / 2;
  return EffectSize{scale * test->t, scale * noncentrality_at(test->t, df, 1 - tail),
                    scale * noncentrality_at(test->t, df, tail)};
}

}  // namespace frugal::stats
