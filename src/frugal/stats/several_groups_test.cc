// Several groups and two factors against SciPy and statsmodels.
#include "frugal/stats/several_groups.h"

#include <gtest/gtest.h>

#include <limits>

#include "frugal/stats/reference.h"
#include "frugal/stats/two_way_anova.h"

namespace frugal::stats {
namespace {

using nlohmann::json;
using Values = std::vector<std::vector<double>>;

std::vector<std::span<const double>> spans(const Values& groups) { return {groups.begin(), groups.end()}; }

TEST(SeveralGroups, AgreeWithSciPyAndStatsmodels) {
  const json cases = reference("several_groups");
  ASSERT_EQ(cases.size(), 4u);
  for (const json& c : cases) {
    const Values values = c["groups"].get<Values>();
    const auto groups = spans(values);
    const std::string name = c["name"];
    const OneWayAnova a = one_way_anova(groups).value();
    expect_near(a.f, c["f"], name + " F");
    expect_p(a.p_value, c["f_p"], name + " p of F");
    expect_near(a.eta_squared, c["eta"], name + " eta²");
    expect_near(a.omega_squared, c["omega"], name + " omega²");
    const WelchAnova w = welch_anova(groups).value();
    expect_near(w.f, c["welch"][0], name + " Welch's F");
    expect_near(w.df_between, c["welch"][1], name + " Welch's first df");
    expect_near(w.df_within, c["welch"][2], name + " Welch's second df");
    expect_p(w.p_value, c["welch"][3], name + " Welch's p");
    const KruskalWallis k = kruskal_wallis(groups).value();
    expect_near(k.h, c["h"], name + " H");
    expect_p(k.p_value, c["h_p"], name + " p of H");
    const std::vector<DunnPair> pairs = dunn(groups).value();
    ASSERT_EQ(pairs.size(), c["dunn_z"].size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      expect_near(pairs[i].z, c["dunn_z"][i], name + " z");
      expect_p(pairs[i].p_value, c["dunn_p"][i], name + " p of z");
      expect_p(pairs[i].p_holm, c["dunn_holm"][i], name + " Holm's p of z");
    }
  }
}

TEST(SeveralGroups, SayWhyTheyCannotDecide) {
  const Values one{{1, 2, 3}};
  const Values constant{{2, 2}, {2, 2}};
  const Values single{{1}, {2, 3}};
  const Values empty{{1, 2}, {}};
  EXPECT_EQ(sentence(one_way_anova(spans(one))), "1 group: two at least can be compared");
  EXPECT_EQ(sentence(kruskal_wallis(spans(one))), "1 group: two at least can be compared");
  EXPECT_EQ(sentence(welch_anova({})), "0 groups: two at least can be compared");
  EXPECT_EQ(sentence(one_way_anova(spans(constant))),
            "no group varies: there is no variance within groups to compare with");
  EXPECT_EQ(sentence(kruskal_wallis(spans(constant))), "all values are equal: there are no ranks to compare");
  EXPECT_EQ(sentence(dunn(spans(constant))), "all values are equal: there are no ranks to compare");
  EXPECT_EQ(sentence(welch_anova(spans(single))), "group 0: 1 value, at least 2 are needed");
  EXPECT_EQ(sentence(welch_anova(spans(constant))),
            "group 0 does not vary: Welch's weights need its variance");
  EXPECT_EQ(sentence(one_way_anova(spans(empty))), "group 1: 0 values, at least 1 are needed");
  const Values holed{{1, 2}, {3, std::numeric_limits<double>::quiet_NaN()}};
  EXPECT_EQ(sentence(kruskal_wallis(spans(holed))), "group 1: the value at index 1 is not a number");
}

Table table_of(const json& a, const json& b, const json& y) {
  return Table::of({{"a", factor_of(a.get<std::vector<std::string>>())},
                    {"b", factor_of(b.get<std::vector<std::string>>())},
                    {"y", Numbers{numbers(y)}}})
      .value();
}

void expect_anova(const TwoWayAnova& ours, const json& terms, const json& residual, const std::string& name,
                  double tolerance) {
  ASSERT_EQ(ours.terms.size(), terms.size()) << name;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const AnovaTerm& term = ours.terms[i];
    const std::string what = name + ", " + term.name;
    expect_near(term.ss, terms[i][0], what + " ss", tolerance);
    expect_near(term.df, terms[i][1], what + " df");
    expect_near(term.f, terms[i][2], what + " F", tolerance);
    expect_near(term.p_value, terms[i][3], what + " p", terms[i][3] < 1e-12 ? 1e-6 : tolerance);
    expect_near(term.eta_squared, terms[i][4], what + " eta²", tolerance);
    expect_near(term.partial_eta_squared, terms[i][5], what + " partial eta²", tolerance);
  }
  expect_near(ours.residual_ss, residual[0], name + " residual ss", tolerance);
  expect_near(ours.residual_df, residual[1], name + " residual df");
}

TEST(TwoWayAnova, AgreesWithStatsmodels) {
  const json cases = reference("two_way");
  ASSERT_EQ(cases.size(), 3u);
  for (const json& c : cases) {
    const Table table = table_of(c["a"], c["b"], c["y"]);
    for (const int type : {2, 3}) {
      for (const bool full : {true, false}) {
        const std::string key = (full ? "full" : "additive") + std::to_string(type);
        const auto anova = two_way_anova(table, "a", "b", "y", {.type = type, .interaction = full});
        ASSERT_TRUE(anova.ok()) << sentence(anova);
        // Adding 1e6 to values of four digits rounds them by up to 6e-11.
        const double tolerance = c["name"] == "large offset" ? 1e-8 : 1e-9;
        expect_anova(*anova, c[key], c[key + "_residual"], c["name"].get<std::string>() + " " + key,
                     tolerance);
      }
    }
  }
}

TEST(TwoWayAnova, SaysWhyItCannotDecide) {
  using Words = std::vector<std::string>;
  const json four = {1.0, 2.0, 3.0, 5.0};
  EXPECT_EQ(sentence(two_way_anova(table_of(Words{"x", "x", "x", "x"}, Words{"p", "q", "p", "q"}, four), "a",
                                   "b", "y")),
            "factor 'a' has 1 level, two are needed");
  const Table cross = table_of(Words{"x", "x", "z", "z"}, Words{"p", "q", "p", "q"}, four);
  EXPECT_EQ(sentence(two_way_anova(cross, "a", "b", "y")),
            "every cell holds one run: no error is left to compare with");
  EXPECT_TRUE(two_way_anova(cross, "a", "b", "y", {.interaction = false}).ok());
  const Table hole = table_of(Words{"x", "x", "z", "z"}, Words{"p", "q", "p", "p"}, four);
  EXPECT_EQ(sentence(two_way_anova(hole, "a", "b", "y")),
            "no run has a=z and b=q: the interaction is not identified");
  const Table apart = table_of(Words{"x", "x", "z", "z"}, Words{"p", "p", "q", "q"}, four);
  EXPECT_EQ(sentence(two_way_anova(apart, "a", "b", "y", {.interaction = false})),
            "the levels of 'a' and 'b' do not meet often enough to be told apart");
  const Table flat =
      table_of(Words{"x", "x", "z", "z", "x"}, Words{"p", "q", "p", "q", "p"}, json{1.0, 1.0, 1.0, 1.0, 1.0});
  EXPECT_EQ(sentence(two_way_anova(flat, "a", "b", "y")),
            "the runs leave no error to compare with: repeat them");
  EXPECT_EQ(sentence(two_way_anova(cross, "a", "b", "y", {.type = 1})), "there is no type 1: 2 or 3");
}

}  // namespace
}  // namespace frugal::stats
