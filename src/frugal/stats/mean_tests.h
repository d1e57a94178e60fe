// Means of two groups or of pairs by Student's t distribution. Values must be finite (finite.h).
#pragma once

#include <span>

#include "frugal/base/result.h"
#include "frugal/stats/hypothesis.h"

namespace frugal::stats {

struct TTest {
  double difference = 0;  // mean of x − mean of y
  double std_err = 0;
  double t = 0;
  double df = 0;
  double p_value = 1;
  double ci_low = 0;  // of the difference, two-sided whatever the alternative
  double ci_high = 0;
};

// All refuse values without variance: no t can be formed. `confidence` is that of the interval.
Result<TTest> student_t(std::span<const double> x, std::span<const double> y,
                        Alternative alternative = Alternative::TwoSided,
                        double confidence = 0.95);  // n ≥ 2 each
Result<TTest> welch_t(std::span<const double> x, std::span<const double> y,
                      Alternative alternative = Alternative::TwoSided,
                      double confidence = 0.95);  // n ≥ 2 each
Result<TTest> paired_t(std::span<const double> x, std::span<const double> y,
                       Alternative alternative = Alternative::TwoSided,
                       double confidence = 0.95);  // n ≥ 2 pairs

}  // namespace frugal::stats
