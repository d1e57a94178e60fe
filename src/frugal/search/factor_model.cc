#include "frugal/search/factor_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace frugal {
namespace {

constexpr std::size_t kMostLevels = 12;  // of a number that is still taken for a factor

bool has_many_values(const Factor& factor) { return factor.numeric && factor.levels.size() > kMostLevels; }

// The same with the trials that it does not apply to as the last level.
stats::Factor with_absence(stats::Factor levels) {
  const auto absent = static_cast<std::int32_t>(levels.levels.size());
  levels.levels.emplace_back(kDoesNotApply);
  for (std::int32_t& code : levels.codes) {
    if (code == stats::kMissing) code = absent;
  }
  return levels;
}

}  // namespace

std::vector<double> factor_numbers(const Factor& factor, bool logarithm) {
  std::vector<double> values;
  for (const std::optional<int>& level : factor.level) {
    const double value = level ? level_number(factor.levels[static_cast<std::size_t>(*level)])
                               : std::numeric_limits<double>::quiet_NaN();
    values.push_back(logarithm ? std::log10(value) : value);
  }
  return values;
}

stats::Factor factor_levels(const Factor& factor) {
  stats::Factor made;
  for (const Value& level : factor.levels) made.levels.push_back(value_text(level));
  for (const std::optional<int>& level : factor.level) made.codes.push_back(level ? *level : stats::kMissing);
  return made;
}

FactorColumns factor_columns(const std::vector<Factor>& factors) {
  FactorColumns made;
  // Beside an intercept, a level that another factor decides would leave the columns without full rank.
  const bool one_hot = std::none_of(factors.begin(), factors.end(), [](const Factor& factor) {
    return factor.covers_every_trial() && has_many_values(factor);
  });
  for (const Factor& factor : factors) {
    if (!factor.covers_every_trial()) {
      if (!one_hot || has_many_values(factor)) {
        made.left_out.push_back(factor.name);
        continue;
      }
      made.partial.push_back(factor.name);
      made.factors.push_back(factor.name);
      made.columns.push_back({factor.name, with_absence(factor_levels(factor))});
    } else if (has_many_values(factor)) {
      const std::string name = factor.log ? "log10(" + factor.name + ")" : factor.name;
      made.columns.push_back({name, stats::Numbers{factor_numbers(factor, factor.log)}});
      made.covariates.push_back(name);
    } else {
      made.columns.push_back({factor.name, factor_levels(factor)});
      made.factors.push_back(factor.name);
    }
  }
  return made;
}

stats::Model factor_model(const FactorColumns& columns, const std::string& outcome) {
  stats::Model model{.outcome = outcome, .factors = columns.factors, .covariates = columns.covariates};
  if (columns.covariates.empty()) model.form = stats::Form::OneHot;
  return model;
}

}  // namespace frugal
