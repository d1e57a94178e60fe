// Where nothing is to be found, a test at .05 must claim something in no more than one case of twenty.
#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "draws.h"
#include "frugal/stats/correlation.h"
#include "frugal/stats/mean_tests.h"
#include "frugal/stats/multiple.h"
#include "frugal/stats/permutation.h"
#include "frugal/stats/rank_tests.h"
#include "frugal/stats/regression.h"
#include "frugal/stats/several_groups.h"
#include "frugal/stats/two_way_anova.h"
#include "frugal/stats/verdict.h"

namespace frugal::stats {
namespace {

constexpr int kRounds = 4000;
constexpr double kLevel = 0.05;

// Tests with a continuous p-value must reach the level, not only keep it.
void expect_level(double share) { EXPECT_NEAR(share, kLevel, slack(kLevel, kRounds)); }
void expect_at_most(double share) {
  EXPECT_LE(share, kLevel + slack(kLevel, kRounds));
  EXPECT_GT(share, 0);
}

std::vector<double> rounded(std::vector<double> values) {
  for (double& v : values) v = std::round(2 * v);
  return values;
}

TEST(Level, TTests) {
  Rng rng(101);
  expect_level(
      share_of(kRounds, [&] { return student_t(normals(rng, 5), normals(rng, 9))->p_value <= kLevel; }));
  expect_level(share_of(
      kRounds, [&] { return welch_t(normals(rng, 20, 0, 4), normals(rng, 30, 0, 1))->p_value <= kLevel; }));
  expect_level(
      share_of(kRounds, [&] { return paired_t(normals(rng, 6), normals(rng, 6))->p_value <= kLevel; }));
}

TEST(Level, StudentsFailsWhereWelchsHolds) {  // the smaller group spreads more: that is why there is Welch's
  Rng rng(102);
  EXPECT_GT(share_of(kRounds,
                     [&] { return student_t(normals(rng, 8, 0, 4), normals(rng, 40))->p_value <= kLevel; }),
            0.2);
}

TEST(Level, RankTests) {
  Rng rng(103);
  expect_at_most(
      share_of(kRounds, [&] { return mann_whitney(normals(rng, 5), normals(rng, 5))->p_value <= kLevel; }));
  expect_at_most(share_of(kRounds, [&] {
    const auto x = rounded(normals(rng, 5));
    const auto y = rounded(normals(rng, 6));
    return mann_whitney(x, y, {.method = PMethod::Exact})->p_value <= kLevel;
  }));
  expect_at_most(share_of(kRounds, [&] {
    return mann_whitney(rounded(normals(rng, 25)), rounded(normals(rng, 30)))->p_value <= kLevel;
  }));
  expect_at_most(
      share_of(kRounds, [&] { return signed_rank(normals(rng, 8), normals(rng, 8))->p_value <= kLevel; }));
}

TEST(Level, Correlations) {
  Rng rng(104);
  expect_level(
      share_of(kRounds, [&] { return pearson(normals(rng, 7), normals(rng, 7))->p_value <= kLevel; }));
  expect_level(
      share_of(kRounds, [&] { return spearman(normals(rng, 25), normals(rng, 25))->p_value <= kLevel; }));
  expect_at_most(
      share_of(kRounds, [&] { return kendall(normals(rng, 10), normals(rng, 10))->p_value <= kLevel; }));
}

TEST(Level, PermutationTests) {
  Rng rng(105);
  std::uint64_t seed = 0;
  expect_at_most(share_of(
      kRounds, [&] { return permutation_groups(normals(rng, 5), normals(rng, 5))->p_value <= kLevel; }));
  expect_at_most(share_of(kRounds / 4, [&] {
    const auto test = permutation_groups(normals(rng, 15), normals(rng, 12), difference_of_means,
                                         {.resamples = 199, .seed = ++seed});
    return test->p_value <= kLevel;
  }));
}

TEST(Level, SeveralGroups) {
  Rng rng(106);
  const auto share = [&](auto test, double sd) {
    return share_of(kRounds, [&] {
      const auto a = normals(rng, 12);
      const auto b = normals(rng, 20, 0, sd);
      const auto c = normals(rng, 15, 0, 1 / sd);
      const std::span<const double> groups[] = {a, b, c};
      return test(groups)->p_value <= kLevel;
    });
  };
  expect_level(share([](Samples g) { return one_way_anova(g); }, 1));
  expect_level(share([](Samples g) { return welch_anova(g); }, 2));
  expect_at_most(share([](Samples g) { return kruskal_wallis(g); }, 1));
}

TEST(Level, HolmKeepsTheChanceOfAnyFalseClaim) {
  Rng rng(107);
  expect_at_most(share_of(kRounds, [&] {
    std::vector<double> p;
    for (int i = 0; i < 8; ++i) p.push_back(welch_t(normals(rng, 6), normals(rng, 6))->p_value);
    const auto adjusted = holm(p).value();
    return *std::min_element(adjusted.begin(), adjusted.end()) <= kLevel;
  }));
}

// Two factors in cells of unequal size without any effect.
Table cells(Rng& rng, double sd_of_last) {
  const int sizes[] = {3, 6, 4, 8, 2, 5};
  Factor a{{}, {"a0", "a1", "a2"}};
  Factor b{{}, {"b0", "b1"}};
  Numbers y;
  for (int cell = 0; cell < 6; ++cell) {
    for (int i = 0; i < sizes[cell]; ++i) {
      a.codes.push_back(cell / 2);
      b.codes.push_back(cell % 2);
      y.values.push_back(normal(rng) * (cell % 2 == 1 ? sd_of_last : 1));
    }
  }
  return Table::of({{"a", a}, {"b", b}, {"y", y}}).value();
}

TEST(Level, TwoWayAnova) {
  Rng rng(108);
  for (const int type : {2, 3}) {
    for (const std::size_t term : {0u, 1u, 2u}) {
      expect_level(share_of(kRounds / 2, [&] {
        return two_way_anova(cells(rng, 1), "a", "b", "y", {.type = type})->terms[term].p_value <= kLevel;
      }));
    }
  }
}

TEST(Level, RegressionAndItsChecks) {
  Rng rng(109);
  expect_level(share_of(kRounds, [&] {
    return fit(cells(rng, 1), {.outcome = "y", .factors = {"a", "b"}})->f_p_value <= kLevel;
  }));
  const auto breusch_pagan = [&](double sd) {
    return share_of(kRounds, [&] {
      return fit(cells(rng, sd), {.outcome = "y", .factors = {"a", "b"}})->checks.breusch_pagan_p <= kLevel;
    });
  };
  expect_at_most(breusch_pagan(1));
  EXPECT_GT(breusch_pagan(5),
            3 * kLevel);  // 28 runs are few, yet unequal spread is found more often than even one
}

TEST(Level, VerdictsOnEqualMutantsAreTies) {
  Rng rng(110);
  expect_at_most(share_of(kRounds, [&] {
    return judge(normals(rng, 5), normals(rng, 5), Better::Smaller)->verdict != Verdict::Tie;
  }));
}

}  // namespace
}  // namespace frugal::stats
