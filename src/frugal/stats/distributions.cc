#include "frugal/stats/distributions.h"

#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>
#include <numbers>

namespace frugal::stats {
namespace {

namespace policies = boost::math::policies;
using Quiet = policies::policy<
    policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
    policies::overflow_error<policies::ignore_error>, policies::underflow_error<policies::ignore_error>,
    policies::evaluation_error<policies::ignore_error>>;
constexpr Quiet kQuiet{};
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }
double normal_upper(double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); }
double normal_two_sided(double z) { return std::erfc(std::abs(z) / std::numbers::sqrt2); }

double normal_quantile(double p) {
  if (p == 0) return -kInfinity;
  if (p == 1) return kInfinity;
  return -std::numbers::sqrt2 * boost::math::erfc_inv(2 * p, kQuiet);
}

double student_two_sided(double t, double df) {
  if (std::isnan(t) || !(df > 0)) return kNaN;
  if (std::isinf(t)) return 0;
  // Either form of the incomplete beta function, whichever argument is the smaller one.
  const double square = t * t;
  return square > df ? boost::math::ibeta(df / 2, 0.5, df / (df + square), kQuiet)
                     : boost::math::ibetac(0.5, df / 2, square / (df + square), kQuiet);
}

double student_cdf(double t, double df) {
  const double tail = student_two_sided(t, df) / 2;
  return t > 0 ? 1 - tail : tail;
}

double student_quantile(double p, double df) {
  if (!(df > 0) || !(p >= 0 && p <= 1)) return kNaN;
  if (p == 0) return -kInfinity;
  if (p == 1) return kInfinity;
  return boost::math::quantile(boost::math::students_t_distribution<double, Quiet>(df), p);
}

double f_upper(double f, double df_between, double df_within) {
  if (std::isnan(f) || !(df_between > 0) || !(df_within > 0)) return kNaN;
  if (f <= 0) return 1;
  if (std::isinf(f)) return 0;
  const double product = df_between * f;
  return product > df_within
             ? boost::math::ibeta(df_within / 2, df_between / 2, df_within / (df_within + product), kQuiet)
             : boost::math::ibetac(df_between / 2, df_within / 2, product / (df_within + product), kQuiet);
}

double chi_squared_upper(double x, double df) {
  if (std::isnan(x) || !(df > 0)) return kNaN;
  if (x <= 0) return 1;
  if (std::isinf(x)) return 0;
  return boost::math::gamma_q(df / 2, x / 2, kQuiet);
}

double beta_cdf(double x, double a, double b) { return boost::math::ibeta(a, b, x, kQuiet); }

double noncentral_student_cdf(double t, double df, double noncentrality) {
  return boost::math::cdf(boost::math::non_central_t_distribution<double, Quiet>(df, noncentrality), t);
}

}  // namespace frugal::stats
