// Mann–Whitney, signed ranks, t tests, effect sizes and adjusted p-values against SciPy, statsmodels and
// brute force.
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "frugal/stats/effect_sizes.h"
#include "frugal/stats/mean_tests.h"
#include "frugal/stats/multiple.h"
#include "frugal/stats/rank_tests.h"
#include "frugal/stats/reference.h"

namespace frugal::stats {
namespace {

using nlohmann::json;

struct Side {
  const char* name;
  Alternative alternative;
};
constexpr Side kSides[] = {
    {"two-sided", Alternative::TwoSided}, {"less", Alternative::Less}, {"greater", Alternative::Greater}};

TestOptions with(Alternative side, PMethod method = PMethod::Auto) {
  return {.alternative = side, .method = method};
}

void expect_t(const TTest& ours, const json& theirs, const std::string& name) {
  expect_near(ours.difference, theirs[0], name + " difference");
  expect_near(ours.std_err, theirs[1], name + " standard error");
  expect_near(ours.t, theirs[2], name + " t");
  expect_near(ours.df, theirs[3], name + " df");
  expect_near(ours.ci_low, theirs[4], name + " low");
  expect_near(ours.ci_high, theirs[5], name + " high");
}

void expect_effect(const EffectSize& ours, const json& theirs, const std::string& name) {
  expect_near(ours.value, theirs[0], name);
  expect_near(ours.ci_low, theirs[1], name + " low");
  expect_near(ours.ci_high, theirs[2], name + " high");
}

TEST(TwoGroups, AgreeWithSciPy) {
  const json cases = reference("two_groups");
  ASSERT_EQ(cases.size(), 9u);
  for (const json& c : cases) {
    const std::vector<double> x = numbers(c["x"]);
    const std::vector<double> y = numbers(c["y"]);
    const std::string name = c["name"];
    for (const Side& side : kSides) {
      const std::string what = name + ", " + side.name;
      const MannWhitney u = mann_whitney(x, y, with(side.alternative)).value();
      expect_near(u.u, c["u"], what + " u");
      expect_p(u.p_value, c["u_p " + std::string(side.name)], what + " p of u");
      expect_p(mann_whitney(x, y, with(side.alternative, PMethod::Asymptotic))->p_value,
               c["u_asymptotic_p " + std::string(side.name)], what + " asymptotic p of u");
      expect_p(student_t(x, y, side.alternative)->p_value, c["student_p " + std::string(side.name)],
               what + " Student");
      expect_p(welch_t(x, y, side.alternative)->p_value, c["welch_p " + std::string(side.name)],
               what + " Welch");
    }
    expect_t(student_t(x, y).value(), c["student"], name + " Student");
    expect_t(welch_t(x, y).value(), c["welch"], name + " Welch");
  }
}

TEST(TwoGroups, ExactMannWhitneyCountsTiesAsTheyAre) {
  int counted = 0;
  for (const json& c : reference("two_groups")) {
    if (c["u_exact_p"].is_null()) continue;
    for (int i = 0; i < 3; ++i) {
      const auto test =
          mann_whitney(numbers(c["x"]), numbers(c["y"]), with(kSides[i].alternative, PMethod::Exact));
      expect_p(test->p_value, c["u_exact_p"][i], c["name"].get<std::string>() + ", " + kSides[i].name);
      // The groups the other way round: what was less is greater.
      const auto swapped =
          mann_whitney(numbers(c["y"]), numbers(c["x"]), with(kSides[i].alternative, PMethod::Exact));
      expect_p(swapped->p_value, c["u_exact_p"][i == 0 ? 0 : 3 - i], "swapped");
    }
    ++counted;
  }
  EXPECT_EQ(counted, 5);
}

TEST(TwoGroups, EffectSizesAgreeWithTheFullMatrixAndSciPy) {
  for (const json& c : reference("two_groups")) {
    const std::vector<double> x = numbers(c["x"]);
    const std::vector<double> y = numbers(c["y"]);
    const std::string name = c["name"];
    const EffectSize delta = cliffs_delta(x, y).value();
    expect_effect(delta, c["delta"], name + " delta");
    EXPECT_EQ(cliffs_delta_of(x, y), delta.value);
    expect_near(delta.value, 2 * mann_whitney(x, y)->u / (static_cast<double>(x.size() * y.size())) - 1, name,
                1e-9);
    const EffectSize a = vargha_delaney(x, y).value();
    EXPECT_EQ(a.value, (delta.value + 1) / 2);
    EXPECT_EQ(a.ci_low, (delta.ci_low + 1) / 2);
    EXPECT_EQ(a.ci_high, (delta.ci_high + 1) / 2);
    if (!c["hedges"].is_null()) expect_effect(hedges_g(x, y).value(), c["hedges"], name + " g");
  }
}

TEST(Pairs, AgreeWithSciPy) {
  const json cases = reference("paired");
  ASSERT_EQ(cases.size(), 8u);
  for (const json& c : cases) {
    const std::vector<double> x = numbers(c["x"]);
    const std::vector<double> y = numbers(c["y"]);
    const std::string name = c["name"];
    for (int i = 0; i < 3; ++i) {
      const std::string side = kSides[i].name;
      const SignedRank w = signed_rank(x, y, with(kSides[i].alternative)).value();
      expect_near(w.w_plus, c["w_plus"], name + " w+");
      expect_near(w.w_minus, c["w_minus"], name + " w-");
      EXPECT_EQ(w.method == PMethod::Exact, c["plain"].get<bool>()) << name;
      expect_p(w.p_value, c["w_p " + side], name + " p of w, " + side);
      expect_p(paired_t(x, y, kSides[i].alternative)->p_value, c["t_p " + side], name + " p of t, " + side);
      if (c["w_exact_p"].is_null()) continue;
      expect_p(signed_rank(x, y, with(kSides[i].alternative, PMethod::Exact))->p_value, c["w_exact_p"][i],
               name + " exact p of w, " + side);
    }
    expect_near(paired_t(x, y)->t, c["t"], name + " t");
  }
}

TEST(Multiple, AgreesWithStatsmodels) {
  const json cases = reference("multiple");
  ASSERT_EQ(cases.size(), 5u);
  for (const json& c : cases) {
    const std::vector<double> p = numbers(c["p"]);
    const std::vector<double> h = holm(p).value();
    const std::vector<double> b = benjamini_hochberg(p).value();
    for (std::size_t i = 0; i < p.size(); ++i) {
      expect_near(h[i], c["holm"][i], "Holm");
      expect_near(b[i], c["bh"][i], "Benjamini and Hochberg");
    }
  }
  EXPECT_TRUE(holm(std::vector<double>{})->empty());
  EXPECT_EQ(sentence(holm(std::vector<double>{0.1, 1.2})), "1.2 at index 1 is no p-value");
}

TEST(CannotDecide, SignedRankOfFivePairsAtFivePercent) {
  const std::vector<double> x{1, 2, 3, 4, 5};
  const std::vector<double> y{2, 4, 6, 8, 10};
  EXPECT_EQ(sentence(signed_rank(x, y, {.level = 0.05})),
            "signed-rank with n = 5 can never reach 0.05 two-sided: the smallest p is 0.0625");
  EXPECT_EQ(signed_rank(x, y)->p_value, 0.0625);
  EXPECT_EQ(smallest_signed_rank_p(6), 0.03125);
  EXPECT_TRUE(signed_rank(x, y, {.alternative = Alternative::Less, .level = 0.05}).ok());
}

TEST(CannotDecide, MannWhitneyOfThreeAndThree) {
  const std::vector<double> x{1, 2, 3};
  const std::vector<double> y{4, 5, 6};
  EXPECT_EQ(sentence(mann_whitney(x, y, {.level = 0.05})),
            "Mann–Whitney with 3 and 3 values can never reach 0.05 two-sided: the smallest p is 0.1");
  expect_p(mann_whitney(x, y)->p_value, 0.1, "2 of 20");
  expect_p(smallest_mann_whitney_p(4, 4), 2.0 / 70, "2 of 70");
}

TEST(CannotDecide, NoVarianceOrNoValues) {
  const std::vector<double> same{2, 2, 2};
  const std::vector<double> other{3, 3, 3};
  const std::vector<double> none{};
  EXPECT_EQ(sentence(mann_whitney(same, same)), "all values are equal: Mann–Whitney has no variance");
  EXPECT_EQ(mann_whitney(same, same, {.method = PMethod::Exact})->p_value, 1);
  EXPECT_EQ(sentence(student_t(same, other)), "neither group varies: no t can be formed");
  EXPECT_EQ(sentence(welch_t(same, other)), "neither group varies: no t can be formed");
  EXPECT_EQ(sentence(hedges_g(same, other)), "neither group varies: no t can be formed");
  EXPECT_EQ(sentence(paired_t(same, other)), "the differences do not vary: no t can be formed");
  EXPECT_EQ(sentence(signed_rank(same, same)),
            "all differences are zero: the signed-rank test has nothing to rank");
  EXPECT_EQ(sentence(mann_whitney(same, none)), "y: 0 values, at least 1 are needed");
  EXPECT_EQ(sentence(student_t(same, std::vector<double>{1})), "y: 1 value, at least 2 are needed");
  EXPECT_EQ(sentence(cliffs_delta(std::vector<double>{1}, same)), "x: 1 value, at least 2 are needed");
  const std::vector<double> holed{1, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_EQ(sentence(welch_t(holed, same)), "x: the value at index 1 is not a number");
  EXPECT_EQ(sentence(signed_rank(same, holed)), "x has 3 values and y has 2: they are no pairs");
}

}  // namespace
}  // namespace frugal::stats
