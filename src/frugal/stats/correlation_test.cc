#include "frugal/stats/correlation.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <vector>

#include "frugal/stats/reference.h"

namespace frugal::stats {
namespace {

TEST(Correlation, AgreesWithSciPy) {
  const auto cases = reference("correlation");
  ASSERT_EQ(cases.size(), 10u);
  for (const auto& c : cases) {
    const std::vector<double> x = numbers(c["x"]);
    const std::vector<double> y = numbers(c["y"]);
    const std::string name = c["name"];
    const Correlation r = pearson(x, y).value();
    expect_near(r.coefficient, c["r"], name + " r");
    expect_p(r.p_value, c["r_p"], name + " p of r");
    EXPECT_EQ(r.ci_low.has_value(), !c["r_low"].is_null());
    if (r.ci_low) expect_near(*r.ci_low, c["r_low"], name + " low");
    if (r.ci_high) expect_near(*r.ci_high, c["r_high"], name + " high");
    const Correlation rho = spearman(x, y).value();
    expect_near(rho.coefficient, c["rho"], name + " rho");
    expect_p(rho.p_value, c["rho_p"], name + " p of rho");
    const Correlation tau = kendall(x, y).value();
    expect_near(tau.coefficient, c["tau"], name + " tau");
    expect_p(tau.p_value, c["tau_p"], name + " p of tau");
    expect_p(kendall(x, y, PMethod::Asymptotic)->p_value, c["tau_asymptotic_p"],
             name + " asymptotic p of tau");
    EXPECT_EQ(rho.n, x.size());
  }
}

TEST(Correlation, ExactSpearmanCountsAllOrders) {
  int counted = 0;
  for (const auto& c : reference("correlation")) {
    if (c["rho_exact_p"].is_null()) continue;
    const Correlation rho = spearman(numbers(c["x"]), numbers(c["y"]), PMethod::Exact).value();
    expect_p(rho.p_value, c["rho_exact_p"], c["name"]);
    EXPECT_EQ(rho.method, PMethod::Exact);
    ++counted;
  }
  EXPECT_EQ(counted, 5);
  const std::vector<double> five{1, 2, 3, 4, 5};
  expect_p(spearman(five, five, PMethod::Exact)->p_value, 2.0 / 120, "two of 120 orders");
}

TEST(Correlation, ExactKendallOfTheFarthestOrders) {
  std::vector<double> x(40);
  std::iota(x.begin(), x.end(), 0.0);
  std::vector<double> y = x;
  double factorial = 1;
  for (int i = 2; i <= 40; ++i) factorial *= i;
  expect_near(kendall(x, y)->p_value, 2 / factorial, "no discordant pair", 1e-6);
  std::swap(y[7], y[8]);
  expect_near(kendall(x, y)->p_value, 2 * 40 / factorial, "one discordant pair", 1e-6);
}

TEST(Correlation, SaysWhyItCannotAnswer) {
  const std::vector<double> x{1, 2, 3};
  EXPECT_EQ(sentence(pearson(x, std::vector<double>{4, 4, 4})), "y is constant: no correlation is defined");
  EXPECT_EQ(sentence(spearman(std::vector<double>{4, 4, 4}, x)), "x is constant: no correlation is defined");
  EXPECT_EQ(sentence(kendall(std::vector<double>{1, 2}, std::vector<double>{1, 2})),
            "x: 2 values, at least 3 are needed");
  EXPECT_EQ(sentence(pearson(x, std::vector<double>{1, std::numeric_limits<double>::quiet_NaN(), 2})),
            "y: the value at index 1 is not a number");
  EXPECT_EQ(sentence(pearson(x, std::vector<double>{1})), "x has 3 values and y has 1: they are no pairs");
  const std::vector<double> ten{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_EQ(sentence(spearman(ten, ten, PMethod::Exact)),
            "the exact distribution of Spearman's rho is counted up to 9 pairs, not for 10");
  EXPECT_EQ(sentence(kendall(std::vector<double>{1, 1, 2}, x, PMethod::Exact)),
            "the exact distribution of Kendall's tau is known without ties only");
}

}  // namespace
}  // namespace frugal::stats
