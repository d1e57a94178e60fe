#include "frugal/stats/mean_tests.h"

#include <cmath>
#include <vector>

#include "frugal/stats/descriptives.h"
#include "frugal/stats/distributions.h"
#include "frugal/stats/finite.h"

namespace frugal::stats {
namespace {

TTest finished(TTest test, Alternative alternative, double confidence) {
  test.t = test.difference / test.std_err;
  const double both = student_two_sided(test.t, test.df);
  const bool towards = alternative == Alternative::Less ? test.t < 0 : test.t > 0;
  test.p_value = alternative == Alternative::TwoSided ? both : towards ? both / 2 : 1 - both / 2;
  const double half = student_quantile(0.5 + confidence / 2, test.df) * test.std_err;
  test.ci_low = test.difference - half;
  test.ci_high = test.difference + half;
  return test;
}

// Taken from a common origin: two means of 1e7 would leave the difference seven digits fewer.
double difference_of_means(std::span<const double> x, std::span<const double> y) {
  const auto above_origin = [&](std::span<const double> values) {
    double sum = 0;
    for (const double value : values) sum += value - x[0];
    return sum / real(values.size());
  };
  return above_origin(x) - above_origin(y);
}

Status require_groups(std::span<const double> x, std::span<const double> y, double confidence) {
  if (Status status = require_values(x, "x", 2); !status) return status;
  if (Status status = require_values(y, "y", 2); !status) return status;
  if (!(confidence > 0 && confidence < 1)) return bad_input("a confidence lies between 0 and 1");
  if (all_equal(x) && all_equal(y)) return bad_input("neither group varies: no t can be formed");
  return {};
}

}  // namespace

Result<TTest> student_t(std::span<const double> x, std::span<const double> y, Alternative alternative,
                        double confidence) {
  if (Status status = require_groups(x, y, confidence); !status) return status.error();
  const double n_x = real(x.size());
  const double n_y = real(y.size());
  const double df = n_x + n_y - 2;
  const double pooled = ((n_x - 1) * variance_of(x) + (n_y - 1) * variance_of(y)) / df;
  return finished(
      {.difference = difference_of_means(x, y), .std_err = std::sqrt(pooled * (1 / n_x + 1 / n_y)), .df = df},
      alternative, confidence);
}

Result<TTest> welch_t(std::span<const double> x, std::span<const double> y, Alternative alternative,
                      double confidence) {
  if (Status status = require_groups(x, y, confidence); !status) return status.error();
  const double a = variance_of(x) / real(x.size());
  const double b = variance_of(y) / real(y.size());
  const double df = (a + b) * (a + b) / (a * a / (real(x.size()) - 1) + b * b / (real(y.size()) - 1));
  return finished({.difference = difference_of_means(x, y), .std_err = std::sqrt(a + b), .df = df},
                  alternative, confidence);
}

Result<TTest> paired_t(std::span<const double> x, std::span<const double> y, Alternative alternative,
                       double confidence) {
  if (Status status = require_pairs(x, y, 2); !status) return status.error();
  if (!(confidence > 0 && confidence < 1)) return bad_input("a confidence lies between 0 and 1");
  std::vector<double> differences(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) differences[i] = x[i] - y[i];
  if (all_equal(differences)) return bad_input("the differences do not vary: no t can be formed");
  const double n = real(x.size());
  return finished(
      {.difference = mean_of(differences), .std_err = std::sqrt(variance_of(differences) / n), .df = n - 1},
      alternative, confidence);
}

}  // namespace frugal::stats
