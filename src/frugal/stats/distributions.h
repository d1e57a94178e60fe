// Tail areas and quantiles of the distributions that the tests of this room need. The only door to
// Boost.Math. Arguments that a distribution does not have (df ≤ 0, NaN) give NaN; nothing throws. Upper tails
// are computed as such, not as 1 − cdf, so that a p-value of 1e-80 keeps its digits.
#pragma once

namespace frugal::stats {

double normal_cdf(double z);
double normal_upper(double z);      // P(Z > z)
double normal_two_sided(double z);  // P(|Z| > |z|)
double normal_quantile(double p);   // −∞ at 0, +∞ at 1
double student_cdf(double t, double df);
double student_two_sided(double t, double df);
double student_quantile(double p, double df);
double f_upper(double f, double df_between, double df_within);
double chi_squared_upper(double x, double df);
double beta_cdf(double x, double a, double b);
double noncentral_student_cdf(double t, double df, double noncentrality);

}  // namespace frugal::stats
