// Regression and correlation of outcomes on the parameters of a search, in the way of the greenscreen
// pipeline (Burmester, Kalcher, Reil 2023): every factor one-hot without an intercept where all parameters
// have few levels. Departs: parameters of many values enter as numbers (their decadic logarithm on a log
// range) beside an intercept; levels are compared with the first level of their factor, which does not depend
// on the choice of inverse.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "frugal/base/units_text.h"
#include "frugal/report/finding_parts.h"

namespace frugal {
namespace {

constexpr std::size_t kFewestTrials = 10;
constexpr std::size_t kMostLevels = 12;  // of a number that is still taken for a factor
constexpr double kSignificant = 0.05;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr const char* kPoint = "the whole point";
constexpr const char* kQuality = "quality";

double number_of(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  return std::get<double>(value);
}

bool covers_every_trial(const Factor& factor) {
  return std::find(factor.level.begin(), factor.level.end(), std::nullopt) == factor.level.end();
}

struct Named {
  std::string name;
  std::vector<double> values;
};

// The parameters as columns of a table, and which of them are factors.
struct Parameters {
  std::vector<stats::Column> columns;
  std::vector<std::string> factors;
  std::vector<std::string> covariates;
  std::vector<stats::Column> choices;  // for importance: numbers as they are, else levels
  std::vector<std::string> logarithmic;
  std::vector<Named> numbers;  // for correlations: every numeric one, as it is
  std::vector<std::string> notes;
};

std::vector<double> numbers_of(const Factor& factor, bool logarithm) {
  std::vector<double> values;
  for (const std::optional<int>& level : factor.level) {
    const double value = level ? number_of(factor.levels[static_cast<std::size_t>(*level)]) : kNaN;
    values.push_back(logarithm ? std::log10(value) : value);
  }
  return values;
}

stats::Factor levels_of(const Factor& factor) {
  stats::Factor made;
  for (const Value& level : factor.levels) made.levels.push_back(value_text(level));
  for (const std::optional<int>& level : factor.level) made.codes.push_back(level ? *level : stats::kMissing);
  return made;
}

Parameters parameters_of(const std::vector<Factor>& factors) {
  Parameters made;
  for (const Factor& factor : factors) {
    if (factor.numeric) made.numbers.push_back({factor.name, numbers_of(factor, false)});
    if (!covers_every_trial(factor)) {
      made.notes.push_back(factor.name +
                           " is in no regression and no importance: it does not apply to every trial");
      continue;
    }
    if (factor.numeric && factor.log) made.logarithmic.push_back(factor.name);
    made.choices.push_back(factor.numeric
                               ? stats::Column{factor.name, stats::Numbers{numbers_of(factor, false)}}
                               : stats::Column{factor.name, levels_of(factor)});
    if (factor.numeric && factor.levels.size() > kMostLevels) {
      const std::string name = factor.log ? "log10(" + factor.name + ")" : factor.name;
      made.columns.push_back({name, stats::Numbers{numbers_of(factor, factor.log)}});
      made.covariates.push_back(name);
    } else {
      made.columns.push_back({factor.name, levels_of(factor)});
      made.factors.push_back(factor.name);
    }
  }
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
  stats::Model model{.outcome = outcome, .factors = parameters.factors, .covariates = parameters.covariates};
  if (parameters.covariates.empty()) model.form = stats::Form::OneHot;
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
  if ((result.strategy != "random" && result.strategy != "grid") || result.trials.size() < kFewestTrials ||
      factors.empty())
    return std::nullopt;
  const Parameters parameters = parameters_of(factors);
  const std::vector<Named> outcomes = outcomes_of(result, trials);
  std::vector<stats::Column> columns = parameters.columns;
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
