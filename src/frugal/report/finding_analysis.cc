// Regression (search/factor_model.h) and correlation of outcomes on the parameters of a search. Levels are
// compared with the first level of their factor, which does not depend on the choice of inverse.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "frugal/base/units_text.h"
#include "frugal/report/finding_parts.h"
#include "frugal/search/factor_model.h"

namespace frugal {
namespace {

constexpr std::size_t kFewestTrials = 10;
constexpr double kSignificant = 0.05;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr const char* kPoint = "the whole point";
constexpr const char* kQuality = "quality";

struct Named {
  std::string name;
  std::vector<double> values;
};

// The parameters as a regression, as importance and as correlations take them.
struct Parameters {
  FactorColumns regression;
  std::vector<stats::Column> choices;  // for importance: numbers as they are, else levels
  std::vector<std::string> logarithmic;
  std::vector<Named> numbers;  // for correlations: every numeric one, as it is
  std::vector<std::string> notes;
};

Parameters parameters_of(const std::vector<Factor>& factors) {
  Parameters made{factor_columns(factors), {}, {}, {}, {}};
  for (const Factor& factor : factors) {
    if (factor.numeric) made.numbers.push_back({factor.name, factor_numbers(factor, false)});
    if (!factor.covers_every_trial()) continue;
    if (factor.numeric && factor.log) made.logarithmic.push_back(factor.name);
    made.choices.push_back(factor.numeric
                               ? stats::Column{factor.name, stats::Numbers{factor_numbers(factor, false)}}
                               : stats::Column{factor.name, factor_levels(factor)});
  }
  for (const std::string& name : made.regression.left_out)
    made.notes.push_back(name + " is in no regression and no importance: it does not apply to every trial");
  for (const std::string& name : made.regression.partial)
    made.notes.push_back(name +
                         " does not apply to every trial: that is a level of its own in regressions, and " +
                         name + " is in no importance");
  return made;
}

std::vector<Named> outcomes_of(const StudyResult& result, const std::vector<TrialFinding>& trials) {
  Named energy{"energy_per_epoch_wh", {}};
  Named quality{kQuality, {}};
  for (std::size_t i = 0; i < trials.size(); ++i) {
    energy.values.push_back(trials[i].energy_per_epoch ? watt_hours(*trials[i].energy_per_epoch) : kNaN);
    const std::optional<double>& best = result.trials[i].best;
    quality.values.push_back(best && std::isfinite(*best) ? *best : kNaN);
  }
  return {energy, quality};
}

// b − a of a − b.
stats::Contrast turned(stats::Contrast pair) {
  std::swap(pair.a, pair.b);
  stats::Coefficient& d = pair.difference;
  d.coef = -d.coef;
  d.t = -d.t;
  d.ci_low = -std::exchange(d.ci_high, -d.ci_low);
  return pair;
}

Result<RegressionFinding> regression_of(const stats::Table& table, const Parameters& parameters,
                                        const std::string& outcome) {
  const stats::Model model = factor_model(parameters.regression, outcome);
  Result<stats::Regression> fit = stats::fit(table, model);
  if (!fit) return fit.error();
  RegressionFinding found{outcome, std::move(*fit)};
  for (const stats::ModelFactor& factor : found.fit.factors) {
    const Result<std::vector<stats::Contrast>> pairs = stats::contrasts(found.fit, factor.name);
    if (!pairs) continue;
    for (const stats::Contrast& pair : *pairs) {
      if (pair.b == factor.levels.front()) found.contrasts.push_back(pair);
      if (pair.a == factor.levels.front()) found.contrasts.push_back(turned(pair));
    }
  }
  const Result<stats::CrossValidated> tried = stats::cross_validate(table, model, {.together = kPoint});
  if (tried) found.r_squared_predicted = tried->r_squared;
  found.warnings = regression_warnings(found.fit, found.r_squared_predicted);
  return found;
}

Result<ImportanceFinding> importance_of(const Parameters& parameters, const Named& outcome, bool maximise) {
  std::vector<stats::Column> columns = parameters.choices;
  columns.push_back({outcome.name, stats::Numbers{outcome.values}});
  const Result<stats::Table> table = stats::Table::of(std::move(columns));
  if (!table) return table.error();
  stats::ImportanceQuestion question{
      .parameters = {}, .logarithmic = parameters.logarithmic, .outcome = outcome.name};
  for (const stats::Column& column : parameters.choices) question.parameters.push_back(column.name);
  if (outcome.name == kQuality && maximise) question.better = stats::Better::Larger;
  Result<stats::Importances> found = stats::importances(*table, question);
  if (!found) return found.error();
  return ImportanceFinding{outcome.name, std::move(*found)};
}

void add_correlations(Analysis& analysis, const Named& parameter, const Named& outcome) {
  std::vector<double> x;
  std::vector<double> y;
  for (std::size_t i = 0; i < parameter.values.size(); ++i) {
    if (!std::isfinite(parameter.values[i]) || !std::isfinite(outcome.values[i])) continue;
    x.push_back(parameter.values[i]);
    y.push_back(outcome.values[i]);
  }
  const Result<stats::Correlation> spearman = stats::spearman(x, y);
  const Result<stats::Correlation> pearson = stats::pearson(x, y);
  if (spearman && pearson)
    analysis.correlations.push_back({parameter.name, outcome.name, *spearman, *pearson});
}

stats::Column point_column(const StudyResult& result) {
  std::vector<std::string> texts;
  for (const TrialResult& trial : result.trials) texts.push_back(trial.point.text());
  return {kPoint, stats::factor_of(texts)};
}

}  // namespace

std::vector<std::string> regression_warnings(const stats::Regression& fit, std::optional<double> predicted) {
  std::vector<std::string> warnings;
  if (fit.n < 5 * fit.rank)
    warnings.push_back(
        fmt::format("{} runs for {} coefficients: fewer than five a coefficient, so intervals are wide",
                    fit.n, fit.rank));
  if (!predicted)
    warnings.emplace_back("how well it predicts runs that were left out could not be tried");
  else if (*predicted < fit.r_squared - 0.2)
    warnings.push_back(
        fmt::format("of runs that were left out it explains R² {}, not {}: it fits these runs more than "
                    "it predicts others",
                    number_text(*predicted, 2), number_text(fit.r_squared, 2)));
  if (fit.checks.breusch_pagan_p < kSignificant)
    warnings.push_back(
        fmt::format("the spread of the residuals is not the same everywhere (Breusch–Pagan p = {}): "
                    "standard errors may be too small",
                    number_text(fit.checks.breusch_pagan_p, 2)));
  if (fit.checks.jarque_bera_p < kSignificant)
    warnings.push_back(
        fmt::format("the residuals are not normal (Jarque–Bera p = {}): with few runs p-values and "
                    "intervals are approximate",
                    number_text(fit.checks.jarque_bera_p, 2)));
  return warnings;
}

std::optional<Analysis> analysis_of(const StudyResult& result, const std::vector<TrialFinding>& trials,
                                    const std::vector<Factor>& factors) {
  const bool planned =
      result.strategy == "random" || result.strategy == "grid" || result.strategy == "greenscreen";
  if (!planned || result.trials.size() < kFewestTrials || factors.empty()) return std::nullopt;
  const Parameters parameters = parameters_of(factors);
  const std::vector<Named> outcomes = outcomes_of(result, trials);
  std::vector<stats::Column> columns = parameters.regression.columns;
  columns.push_back(point_column(result));
  for (const Named& outcome : outcomes) columns.push_back({outcome.name, stats::Numbers{outcome.values}});
  Analysis analysis;
  analysis.notes = parameters.notes;
  const Result<stats::Table> table = stats::Table::of(std::move(columns));
  for (const Named& outcome : outcomes) {
    Result<RegressionFinding> found =
        table ? regression_of(*table, parameters, outcome.name) : Result<RegressionFinding>(table.error());
    if (found) {
      analysis.regressions.push_back(std::move(*found));
    } else {
      analysis.notes.push_back("no regression of " + outcome.name + ": " + found.error().message);
    }
    Result<ImportanceFinding> importance = importance_of(parameters, outcome, result.header.goal.maximise);
    if (importance) {
      analysis.importances.push_back(std::move(*importance));
    } else {
      analysis.notes.push_back("no importance for " + outcome.name + ": " + importance.error().message);
    }
    for (const Named& parameter : parameters.numbers) add_correlations(analysis, parameter, outcome);
  }
  return analysis;
}

}  // namespace frugal
