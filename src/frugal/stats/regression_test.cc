// Least squares against statsmodels, in both forms.
#include "frugal/stats/regression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "frugal/base/rng.h"
#include "frugal/stats/reference.h"

namespace frugal::stats {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

Table table_of(const json& c) {
  std::vector<Column> columns{{"y", Numbers{numbers(c["y"])}}};
  for (const auto& [name, words] : c["columns"].items())
    columns.push_back({name, factor_of(words.get<Words>())});
  if (c.contains("covariate")) columns.push_back({"rate", Numbers{numbers(c["covariate"])}});
  return Table::of(std::move(columns)).value();
}

Model model_of(const json& c, Form form, StandardErrors errors = StandardErrors::Classical) {
  return {.outcome = "y",
          .factors = c["factors"].get<Words>(),
          .form = form,
          .errors = errors,
          .log_outcome = c["log"]};
}

// Adding 1e6 to an outcome of four digits rounds it by up to 6e-11, and the coefficient of the constant by
// the rest.
double tolerance_of(const json& c) { return c["offset"] > 0 ? 1e-7 : 1e-9; }

void expect_coefficients(const Regression& ours, const json& theirs, const std::string& name,
                         double tolerance) {
  ASSERT_EQ(ours.coefficients.size(), theirs.size()) << name;
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    const Coefficient& c = ours.coefficients[i];
    const std::string what = name + ", " + c.name;
    expect_near(c.coef, theirs[i][0], what + " coef", tolerance);
    expect_near(c.std_err, theirs[i][1], what + " std_err", tolerance);
    expect_near(c.t, theirs[i][2], what + " t", tolerance);
    expect_near(c.p_value, theirs[i][3], what + " p", theirs[i][3] < 1e-12 ? 1e-6 : 10 * tolerance);
    // SciPy's quantile of t has 9 digits, less where an interval ends near zero.
    EXPECT_NEAR(c.ci_low, theirs[i][4].get<double>(), 1e-8 * (std::abs(c.coef) + c.std_err)) << what;
    EXPECT_NEAR(c.ci_high, theirs[i][5].get<double>(), 1e-8 * (std::abs(c.coef) + c.std_err)) << what;
  }
}

void expect_summary(const Regression& ours, const json& theirs, const std::string& name, double tolerance) {
  EXPECT_EQ(ours.rank, theirs["rank"].get<std::size_t>()) << name;
  EXPECT_EQ(ours.df_residual, theirs["df_residual"].get<std::size_t>()) << name;
  expect_near(ours.r_squared, theirs["r_squared"], name + " R²", tolerance);
  expect_near(ours.r_squared_adj, theirs["r_squared_adj"], name + " adjusted R²", tolerance);
  expect_near(ours.f_statistic, theirs["f"], name + " F", tolerance);
  expect_p(ours.f_p_value, theirs["f_p"], name + " p of F");
  const Words names = theirs["names"];
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(ours.coefficients[i].name, names[i]);
}

// The offset does not change differences; the coefficients that carry it are compared without it.
bool carries_offset(const json& c) { return c["offset"] > 0; }

TEST(Regression, OneHotByTheMoorePenroseInverse) {
  const json cases = reference("regression");
  ASSERT_EQ(cases.size(), 5u);
  for (const json& c : cases) {
    const std::string name = c["name"].get<std::string>() + ", one-hot";
    const Regression r = fit(table_of(c), model_of(c, Form::OneHot)).value();
    expect_summary(r, c["one_hot"], name, tolerance_of(c));
    const Regression robust = fit(table_of(c), model_of(c, Form::OneHot, StandardErrors::Hc3)).value();
    if (carries_offset(c)) continue;
    expect_coefficients(r, c["one_hot"]["coefficients"], name, tolerance_of(c));
    expect_coefficients(robust, c["one_hot_hc3"], name + ", HC3", tolerance_of(c));
  }
}

TEST(Regression, RankIsOnePlusLevelsLessOneEach) {
  for (const json& c : reference("regression")) {
    if (c["name"] == "collinear") continue;
    const Regression r = fit(table_of(c), model_of(c, Form::OneHot)).value();
    std::size_t rank = 1;
    for (const ModelFactor& f : r.factors) rank += f.levels.size() - 1;
    EXPECT_EQ(r.rank, rank);
  }
}

TEST(Regression, FullRankWithReferenceLevels) {
  for (const json& c : reference("regression")) {
    if (!c.contains("full")) continue;
    const std::string name = c["name"].get<std::string>() + ", full rank";
    const double tolerance = tolerance_of(c);
    Table table = table_of(c);
    Regression r = fit(table, model_of(c, Form::FullRank)).value();
    expect_summary(r, c["full"], name, tolerance);
    EXPECT_EQ(r.coefficients[0].name, "intercept");
    Regression robust = fit(table, model_of(c, Form::FullRank, StandardErrors::Hc3)).value();
    expect_near(robust.f_statistic, c["full"]["hc3_f"], name + " robust F", tolerance);
    expect_near(robust.f_p_value, c["full"]["hc3_f_p"], name + " p of robust F", 1e-6);
    const ResidualChecks& checks = r.checks;
    expect_near(checks.breusch_pagan, c["full"]["bp"], name + " Breusch–Pagan", tolerance);
    expect_near(checks.breusch_pagan_p, c["full"]["bp_p"], name + " p of Breusch–Pagan", 10 * tolerance);
    expect_near(checks.jarque_bera, c["full"]["jb"][0], name + " Jarque–Bera", 10 * tolerance);
    expect_near(checks.jarque_bera_p, c["full"]["jb"][1], name + " p of Jarque–Bera", 10 * tolerance);
    expect_near(checks.skewness, c["full"]["jb"][2], name + " skewness", 10 * tolerance);
    expect_near(checks.kurtosis, c["full"]["jb"][3], name + " kurtosis", tolerance);
    expect_near(checks.largest_cook, c["full"]["cook"], name + " Cook", tolerance);
    EXPECT_EQ(checks.largest_cook_row, c["full"]["cook_row"].get<std::size_t>());
    expect_near(checks.largest_leverage, c["full"]["leverage"], name + " leverage");
    if (carries_offset(c)) continue;
    expect_coefficients(r, c["full"]["coefficients"], name, tolerance);
    expect_coefficients(robust, c["full"]["hc3"], name + ", HC3", tolerance);
    Model with = model_of(c, Form::FullRank);
    with.covariates = {"rate"};
    expect_coefficients(fit(table, with).value(), c["with_covariate"], name + " and a covariate", tolerance);
  }
}

TEST(Regression, ContrastsAreTheSameInBothForms) {
  for (const json& c : reference("regression")) {
    const Table table = table_of(c);
    for (const Form form : {Form::OneHot, Form::FullRank}) {
      const auto r = fit(table, model_of(c, form));
      if (c["name"] == "collinear" && form == Form::FullRank) {
        EXPECT_EQ(sentence(r),
                  "'same=y' follows from the columns before it: its coefficient is not identified");
        continue;
      }
      for (const std::string& factor : c["factors"].get<Words>()) {
        const std::vector<Contrast> pairs = contrasts(*r, factor).value();
        const json& theirs = c["contrasts"][factor];
        ASSERT_EQ(pairs.size(), theirs.size());
        const bool known = c["name"] != "collinear" || factor == "batch";
        for (std::size_t i = 0; i < pairs.size(); ++i) {
          EXPECT_EQ(pairs[i].identified, known) << factor;
          if (!known) continue;
          const std::string what = c["name"].get<std::string>() + ", " + pairs[i].difference.name;
          expect_near(pairs[i].difference.coef, theirs[i][0], what, tolerance_of(c));
          expect_near(pairs[i].difference.std_err, theirs[i][1], what + " std_err", tolerance_of(c));
          expect_near(pairs[i].difference.t, theirs[i][2], what + " t", tolerance_of(c));
          expect_near(pairs[i].difference.p_value, theirs[i][3], what + " p",
                      theirs[i][3] < 1e-12 ? 1e-6 : 1e-7);
        }
      }
    }
  }
}

TEST(Regression, AnotherReferenceChangesNoDifference) {
  const json c = reference("regression")[0];
  Model model = model_of(c, Form::FullRank);
  const Regression first = fit(table_of(c), model).value();
  model.references = {{"optimizer", "sgd"}};
  const Regression other = fit(table_of(c), model).value();
  EXPECT_EQ(other.coefficients[4].name, "optimizer=adam");
  const auto a = contrasts(first, "optimizer").value();
  const auto b = contrasts(other, "optimizer").value();
  for (std::size_t i = 0; i < a.size(); ++i)
    expect_near(a[i].difference.coef, b[i].difference.coef, "difference");
  expect_near(first.r_squared, other.r_squared, "R²");
}

TEST(Winners, AreTheSmallestSignificantCoefficients) {
  const json c = reference("regression")[0];  // "batch" explains most, 4 the largest; "sgd" adds .7
  const auto smallest = [&](const json& coefficients, const Words& names, const std::string& factor) {
    std::string best;
    double least = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!names[i].starts_with(factor + "=") || coefficients[i][3] > 0.05) continue;
      if (!best.empty() && coefficients[i][0] >= least) continue;
      best = names[i];
      least = coefficients[i][0];
    }
    return best;
  };
  const auto found = winners(fit(table_of(c), model_of(c, Form::OneHot)).value());
  ASSERT_FALSE(found.empty());
  for (const Winner& w : found) {
    EXPECT_EQ(w.factor + "=" + w.level,
              smallest(c["one_hot"]["coefficients"], c["one_hot"]["names"].get<Words>(), w.factor));
  }
  // Full rank: 128 is the reference and the cheapest batch size, so it wins over 4, 32 and 64.
  const auto full = winners(fit(table_of(c), model_of(c, Form::FullRank)).value());
  EXPECT_EQ(full[0].factor, "batch");
  EXPECT_EQ(full[0].level, "128");
  EXPECT_EQ(full[0].coefficient.coef, 0);
  EXPECT_TRUE(winners(fit(table_of(c), model_of(c, Form::FullRank)).value(), 0).empty());
}

TEST(CrossValidation, AgreesWithNumPyOnTheSameFolds) {
  for (const json& c : reference("regression")) {
    const auto folds = c["folds"].get<std::vector<std::size_t>>();
    const auto cv = cross_validate(table_of(c), model_of(c, Form::FullRank), folds);
    ASSERT_TRUE(cv.ok());
    expect_near(cv->r_squared, c["cv_r_squared"], c["name"], tolerance_of(c));
    EXPECT_EQ(cv->predicted, folds.size());
    EXPECT_EQ(cv->unseen, 0u);
  }
}

TEST(CrossValidation, SeededAndKeepsRepeatsTogether) {
  const json c = reference("regression")[0];
  const Table table = table_of(c);
  const Model model = model_of(c, Form::OneHot);
  const double one = cross_validate(table, model, {.folds = 6, .seed = 3})->r_squared;
  EXPECT_EQ(one, cross_validate(table, model, {.folds = 6, .seed = 3})->r_squared);
  EXPECT_NE(one, cross_validate(table, model, {.folds = 6, .seed = 4})->r_squared);
  EXPECT_LT(one, fit(table, model)->r_squared);
  // With all rows of a batch size in one fold nothing is known of that level: no row can be predicted.
  const auto apart = cross_validate(table, model, {.folds = 4, .seed = 1, .together = "batch"});
  EXPECT_EQ(sentence(apart), "no row can be predicted: each fold has levels that the others lack");
  EXPECT_EQ(sentence(cross_validate(table, model, {.folds = 1})), "1 fold: at least 2 are needed");
  EXPECT_EQ(sentence(cross_validate(table, model, {.folds = 100})),
            "90 rows or groups cannot fill 100 folds");
}

Table small(std::vector<double> y, const Words& a, const Words& b) {
  return Table::of({{"y", Numbers{std::move(y)}}, {"a", factor_of(a)}, {"b", factor_of(b)}}).value();
}

TEST(Regression, MissingCellsAreLeftOutAndCounted) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Table holed =
      small({1, 2, nan, 4, 7, 3}, {"x", "z", "x", "", "z", "x"}, {"p", "q", "r", "p", "p", "q"});
  const Regression r = fit(holed, {.outcome = "y", .factors = {"a"}}).value();
  EXPECT_EQ(r.n, 4u);
  EXPECT_EQ(r.dropped, 2u);
  expect_near(r.coefficients[0].coef, 2, "mean of 1 and 3");
  expect_near(r.coefficients[1].coef, 2.5, "mean of 2 and 7, less 2");
  // The level r stands in a row without an outcome only: it is no column.
  EXPECT_EQ(fit(holed, {.outcome = "y", .factors = {"b"}})->coefficients.size(), 2u);
}

TEST(Regression, SaysWhyItCannotDecide) {
  const Model one{.outcome = "y", .factors = {"a"}};
  const Words a{"x", "x", "z", "z"};
  const Words b{"p", "q", "p", "q"};
  EXPECT_EQ(sentence(fit(small({1, 1, 1, 1}, a, b), one)),
            "the outcome is constant: there is nothing to explain");
  EXPECT_EQ(sentence(fit(small({1, 1, 2, 2}, a, b), one)),
            "the factors determine the outcome exactly: no error is left to compare with");
  EXPECT_EQ(sentence(fit(small({1, 2, 3, 5}, {"x", "x", "x", "x"}, b), one)),
            "factor 'a' has 1 level, two are needed");
  EXPECT_EQ(sentence(fit(small({1, 2}, {"x", "z"}, {"p", "q"}), one)),
            "2 rows for a model of rank 2: no error is left to compare with");
  EXPECT_EQ(sentence(fit(small({1, 2, 3, 5}, a, b), {.outcome = "y", .factors = {}})),
            "a regression needs at least one factor");
  EXPECT_EQ(sentence(fit(small({1, 2, 3, 5}, a, b), {.outcome = "y", .factors = {"c"}})),
            "there is no column 'c' (did you mean 'y'?)");
  EXPECT_EQ(
      sentence(fit(small({1, -2, 3, 5}, a, b), {.outcome = "y", .factors = {"a"}, .log_outcome = true})),
      "y: the value at index 1 is -2, which has no logarithm");
  EXPECT_EQ(sentence(fit(small({1, 2, 3, 5}, {"x", "x", "x", "z"}, b),
                         {.outcome = "y", .factors = {"a"}, .errors = StandardErrors::Hc3})),
            "row 3 alone decides a coefficient: HC3 errors are not defined");
  EXPECT_EQ(sentence(fit(small({1, 2, 3, 5}, a, b),
                         {.outcome = "y", .factors = {"a"}, .references = {{"a", "other"}}})),
            "factor 'a' has no level 'other' (known: x, z)");
  EXPECT_EQ(sentence(fit(small({1, 2, 3, 5}, a, b),
                         {.outcome = "y", .factors = {"a"}, .covariates = {"y"}, .form = Form::OneHot})),
            "the one-hot form takes factors only, and 'y' is a covariate");
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(sentence(fit(small({1, 2, infinity, 5}, a, b), one)), "y: the value at index 2 is infinite");
  EXPECT_EQ(sentence(contrasts(fit(small({1, 2, 3, 5}, a, b), one).value(), "b")),
            "the model has no factor 'b'");
}

}  // namespace
}  // namespace frugal::stats
