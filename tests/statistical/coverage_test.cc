// An interval of 95 % must hold the true value in 95 of 100 cases.
#include <gtest/gtest.h>

#include "draws.h"
#include "frugal/stats/bootstrap.h"
#include "frugal/stats/correlation.h"
#include "frugal/stats/descriptives.h"
#include "frugal/stats/distributions.h"
#include "frugal/stats/effect_sizes.h"
#include "frugal/stats/mean_tests.h"
#include "frugal/stats/regression.h"

namespace frugal::stats {
namespace {

constexpr int kRounds = 4000;

void expect_exact(double share, int rounds = kRounds) { EXPECT_NEAR(share, 0.95, slack(0.95, rounds)); }
// Where the method itself is an approximation: what the literature reports for such n.
void expect_between(double share, double low, double high) {
  EXPECT_GE(share, low);
  EXPECT_LE(share, high);
}

template <class Interval>
bool holds(const Interval& interval, double truth) {
  return interval.ci_low <= truth && truth <= interval.ci_high;
}

TEST(Coverage, DifferencesOfMeans) {
  Rng rng(201);
  expect_exact(
      share_of(kRounds, [&] { return holds(*student_t(normals(rng, 5, 3), normals(rng, 7, 1)), 2); }));
  expect_exact(
      share_of(kRounds, [&] { return holds(*welch_t(normals(rng, 12, 3, 3), normals(rng, 17, 1)), 2); }));
  expect_exact(
      share_of(kRounds, [&] { return holds(*paired_t(normals(rng, 5, 3), normals(rng, 5, 1)), 2); }));
}

// A shift by d gives P(x > y) = Φ(d/√2).
TEST(Coverage, EffectSizes) {
  Rng rng(202);
  for (const double d : {0.0, 0.8}) {
    const double delta = 2 * normal_cdf(d / std::sqrt(2.0)) - 1;
    expect_between(
        share_of(kRounds, [&] { return holds(*cliffs_delta(normals(rng, 20, d), normals(rng, 25)), delta); }),
        0.93, 0.97);
    expect_between(
        share_of(kRounds, [&] { return holds(*cliffs_delta(normals(rng, 5, d), normals(rng, 5)), delta); }),
        0.90, 0.99);
    // The interval is exact for d; g and its interval carry the factor of Hedges, so that of d is held
    // against d.
    expect_exact(share_of(kRounds / 4,
                          [&] {
                            const double factor =
                                std::exp(std::lgamma(6.0) - std::lgamma(5.5)) / std::sqrt(6.0);
                            return holds(*hedges_g(normals(rng, 6, d), normals(rng, 8)), d * factor);
                          }),
                 kRounds / 4);
  }
}

TEST(Coverage, Correlations) {
  Rng rng(203);
  const auto related = [&](std::size_t n) {
    std::pair<std::vector<double>, std::vector<double>> pair{normals(rng, n), normals(rng, n)};
    for (std::size_t i = 0; i < n; ++i) pair.second[i] = 0.6 * pair.first[i] + 0.8 * pair.second[i];
    return pair;
  };
  const auto inside = [](const Correlation& c, double truth) {
    return *c.ci_low <= truth && truth <= *c.ci_high;
  };
  expect_between(share_of(kRounds,
                          [&] {
                            const auto [x, y] = related(15);
                            return inside(*pearson(x, y), 0.6);
                          }),
                 0.935, 0.965);
  const double rho = 6 / std::numbers::pi * std::asin(0.3);  // Spearman's of a normal pair with r = .6
  expect_between(share_of(kRounds,
                          [&] {
                            const auto [x, y] = related(40);
                            return inside(*spearman(x, y), rho);
                          }),
                 0.93, 0.97);
}

TEST(Coverage, Bootstrap) {
  Rng rng(204);
  const int rounds = 600;
  std::uint64_t seed = 0;
  const auto options = [&](Interval interval) {
    return BootstrapOptions{.interval = interval, .resamples = 599, .seed = ++seed};
  };
  const auto inside = [](const BootstrapInterval& b, double truth) {
    return b.low <= truth && truth <= b.high;
  };
  for (const Interval interval : {Interval::Percentile, Interval::Bca}) {
    expect_between(
        share_of(rounds,
                 [&] { return inside(*bootstrap(normals(rng, 30, 5), mean_of, options(interval)), 5); }),
        0.91, 0.97);
    expect_between(
        share_of(rounds,
                 [&] { return inside(*bootstrap(normals(rng, 31, 5), median_of, options(interval)), 5); }),
        0.90, 0.98);
    expect_between(share_of(rounds,
                            [&] {
                              return inside(*bootstrap_groups(normals(rng, 25, 8), normals(rng, 30, 10),
                                                              ratio_of_means, options(interval)),
                                            0.8);
                            }),
                   0.91, 0.97);
    expect_between(share_of(rounds,
                            [&] {
                              auto x = normals(rng, 30, 8);
                              auto y = x;
                              for (double& v : y) v = 1.25 * v + 0.5 * normal(rng);
                              return inside(*bootstrap_pairs(x, y, ratio_of_means, options(interval)), 0.8);
                            }),
                   0.91, 0.97);
  }
}

// Level b of factor f is 2 above a; its spread is three times as large. Groups of 8 and 24.
Table two_levels(Rng& rng, double sd) {
  Factor f{{}, {"a", "b"}};
  Numbers y;
  for (int i = 0; i < 32; ++i) {
    f.codes.push_back(i < 8 ? 1 : 0);
    y.values.push_back(i < 8 ? 2 + sd * normal(rng) : normal(rng));
  }
  return Table::of({{"f", f}, {"y", y}}).value();
}

TEST(Coverage, RegressionCoefficientsAndHc3) {
  Rng rng(205);
  const auto share = [&](double sd, StandardErrors errors) {
    return share_of(kRounds, [&] {
      return holds(
          fit(two_levels(rng, sd), {.outcome = "y", .factors = {"f"}, .errors = errors})->coefficients[1], 2);
    });
  };
  expect_exact(share(1, StandardErrors::Classical));
  EXPECT_LT(share(4, StandardErrors::Classical),
            0.85);  // classical errors are too short under unequal spread
  expect_between(share(4, StandardErrors::Hc3), 0.91, 0.97);
}

}  // namespace
}  // namespace frugal::stats
