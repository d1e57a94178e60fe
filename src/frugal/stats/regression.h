// Ordinary least squares of an outcome on factors (and covariates), in the two forms in which runs are
// analysed:
//
//  FullRank  intercept, each factor without its reference level (the first one unless named), covariates as
//  they are. OneHot    every level of every factor, no intercept, by the Moore–Penrose inverse: the
//  rank-deficient form of the
//            greenscreen pipeline (Burmester, Kalcher, Reil 2023), rank 1 + Σ(levels − 1). Single
//            coefficients depend on that choice of inverse; differences between levels of a factor
//            (contrasts) do not.
//
// R² is centred in both forms, 1 − Σe²/Σ(y − ȳ)², because the constant lies in the space of the columns in
// both; statsmodels does the same. Adjusted R² = 1 − (1 − R²)(n − 1)/(n − rank).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/stats/table.h"

namespace frugal::stats {

enum class Form { FullRank, OneHot };
enum class StandardErrors {
  Classical,
  Hc3,  // right under unequal variances (MacKinnon, White 1985); t and the Wald F with n − rank degrees of
        // freedom
};

struct Model {
  std::string outcome;
  std::vector<std::string> factors;
  std::vector<std::string> covariates = {};  // numeric columns; in the full-rank form only
  Form form = Form::FullRank;
  StandardErrors errors = StandardErrors::Classical;
  bool log_outcome = false;  // natural logarithm; refuses values that are not positive
  std::map<std::string, std::string> references = {};  // factor → reference level
  double confidence = 0.95;
};

struct Coefficient {
  std::string name;  // "intercept", "optimizer=adam", or the name of a covariate
  double coef = 0;
  double std_err = 0;
  double t = 0;
  double p_value = 1;
  double ci_low = 0;
  double ci_high = 0;
};

struct ModelFactor {
  std::string name;
  std::vector<std::string> levels;          // those that occur
  std::vector<std::ptrdiff_t> column = {};  // of each level; −1: the reference
};

// What the residuals say about the assumptions. Row numbers are those of the table, from 0.
struct ResidualChecks {
  double breusch_pagan =
      0;  // n·R² of e² on the same columns (Koenker 1981); χ² with rank − 1 degrees of freedom
  double breusch_pagan_p = 1;
  double jarque_bera = 0;  // from skewness and kurtosis; χ² with 2 degrees of freedom
  double jarque_bera_p = 1;
  double skewness = 0;
  double kurtosis = 0;  // 3 for a normal distribution
  double largest_cook = 0;
  std::size_t largest_cook_row = 0;
  double largest_leverage = 0;  // 1: the row alone decides a coefficient; such rows have no Cook's distance
  std::size_t largest_leverage_row = 0;
};

struct Regression {
  Form form = Form::FullRank;
  std::size_t n = 0;
  std::size_t dropped = 0;  // rows with something missing
  std::size_t rank = 0;
  std::size_t df_residual = 0;
  double r_squared = 0;
  double r_squared_adj = 0;
  double f_statistic = 0;  // all but the constant
  double f_df = 0;         // rank − 1
  double f_p_value = 1;
  double residual_sd = 0;
  std::vector<Coefficient> coefficients = {};
  ResidualChecks checks = {};
  // For contrasts(): by columns as above, matrices row by row.
  std::vector<ModelFactor> factors = {};
  std::vector<double> covariance = {};
  std::vector<double> identified =
      {};  // projector on the estimable combinations; empty in the full-rank form
  double confidence = 0.95;
};

// One pass over the rows for X'X, two for the residuals; no matrix of rows × columns is made. Refuses: fewer
// than two levels, a constant outcome, no residual degree of freedom, factors that determine the outcome
// exactly, columns of which one follows from others (full rank), covariates in the one-hot form, HC3 where a
// row has leverage 1, and infinite values. Rows with anything missing are left out and counted.
Result<Regression> fit(const Table& table, const Model& model);

struct Contrast {
  std::string factor;
  std::string a;
  std::string b;
  bool identified = true;  // false where another factor goes the same way: then there is no estimate
  Coefficient difference;  // of a less b; with a logarithmic outcome exp(coef) is their ratio
};

// All pairs of levels of a factor, which both forms agree about.
Result<std::vector<Contrast>> contrasts(const Regression& regression, std::string_view factor);

struct Winner {
  std::string factor;
  std::string level;
  Coefficient coefficient;
};

// Of each factor the level with the smallest significant coefficient (Burmester, Kalcher, Reil 2023), which
// can start a final run; factors without a significant coefficient have no winner. In the full-rank form the
// reference level is the measure of the others and wins over them when every significant coefficient is
// positive (its own is 0, p 1).
std::vector<Winner> winners(const Regression& regression, double level = 0.05);

struct CrossValidation {
  std::size_t folds = 5;
  std::uint64_t seed = 1;
  std::optional<std::string> together = {};  // rows with the same level of this column share a fold (repeats)
};

struct CrossValidated {
  double r_squared = 0;  // 1 − Σ(y − ŷ)²/Σ(y − ȳ)², ŷ and ȳ from the other folds; may be negative
  std::size_t predicted = 0;
  std::size_t unseen = 0;  // rows with a level that the other folds lack: left out
};

// By the Moore–Penrose inverse whatever the form, whose predictions are the same wherever they are
// identified.
Result<CrossValidated> cross_validate(const Table& table, const Model& model,
                                      const CrossValidation& how = {});

// The same with a fold given for each of the table's rows.
Result<CrossValidated> cross_validate(const Table& table, const Model& model,
                                      std::span<const std::size_t> folds);

}  // namespace frugal::stats
