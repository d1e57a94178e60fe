// What the parameters of trials do to an outcome, asked in the way of the greenscreen pipeline (Burmester,
// Kalcher, Reil 2023): least squares on every factor one-hot, without an intercept, where all parameters have
// few levels. Departs: parameters of many values enter as numbers (their decadic logarithm on a log range)
// beside an intercept; a parameter that does not apply to some trials has that as a level of its own, whose
// difference from the others is not identified where another factor decides it.
#pragma once

#include <string>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/search/factors.h"
#include "frugal/stats/regression.h"
#include "frugal/stats/table.h"

namespace frugal {

// The level of trials that a parameter does not apply to.
inline constexpr const char* kDoesNotApply = "does not apply";

// Parameters as columns of a table of trials, one row each.
struct FactorColumns {
  std::vector<stats::Column> columns = {};
  std::vector<std::string> factors = {};     // those of `columns` with few levels
  std::vector<std::string> covariates = {};  // those of many values
  std::vector<std::string> left_out = {};    // apply to some trials only, and no regression can take them
  std::vector<std::string> partial = {};     // apply to some trials only, and are among `factors`
};
FactorColumns factor_columns(const std::vector<Factor>& factors);

// The regression of an outcome, a numeric column, on these columns; one-hot where there are no covariates.
stats::Model factor_model(const FactorColumns& columns, const std::string& outcome);

// The numbers of a numeric factor by trial, NaN where it does not apply.
std::vector<double> factor_numbers(const Factor& factor, bool logarithm);
// Its levels as texts by trial, missing where it does not apply.
stats::Factor factor_levels(const Factor& factor);

}  // namespace frugal
