#include "frugal/search/greenscreen_choice.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "frugal/search/factor_model.h"

namespace frugal {
namespace {

constexpr const char* kEnergy = "energy_per_epoch_wh";

// The run with the best value; the earlier one of equals. Nothing where no run that counts has one.
template <class Value, class Better>
const GreenscreenRun* best_run(const GreenscreenCourse& course, const Value& value, const Better& better) {
  const GreenscreenRun* best = nullptr;
  const auto look = [&](const GreenscreenRun& run) {
    if (!run.considered || !value(run)) return;
    if (best == nullptr || better(*value(run), *value(*best))) best = &run;
  };
  if (course.baseline) look(*course.baseline);
  for (const GreenscreenRun& run : course.search) look(run);
  return best;
}

const GreenscreenRun* most_efficient(const GreenscreenCourse& course) {
  return best_run(
      course, [](const GreenscreenRun& run) { return run.eq; }, [](double a, double b) { return a > b; });
}

const GreenscreenRun* best_quality(const GreenscreenCourse& course, const Goal& goal) {
  return best_run(
      course, [](const GreenscreenRun& run) { return run.quality; },
      [&](double a, double b) { return goal.better(a, b); });
}

void take(GreenscreenCourse& course, const GreenscreenRun* run, const char* what) {
  if (run == nullptr) {
    course.note = std::string("no run has ") + what + " that counts, so there is no final run";
    return;
  }
  course.chosen = run->point;
  course.chosen_run = run->trials.front();
}

// Watt-hours per epoch of every run that counts on its parameters.
Result<std::vector<stats::Winner>> winners_of(std::span<const TrialSummary> trials,
                                              std::vector<Factor>& factors) {
  std::vector<Point> points;
  std::vector<double> energy;
  for (const TrialSummary& trial : trials) {
    points.push_back(trial.point);
    energy.push_back(trial.energy_per_epoch ? watt_hours(*trial.energy_per_epoch)
                                            : std::numeric_limits<double>::quiet_NaN());
  }
  factors = factors_of(points);
  FactorColumns columns = factor_columns(factors);
  const stats::Model model = factor_model(columns, kEnergy);
  columns.columns.push_back({kEnergy, stats::Numbers{std::move(energy)}});
  const Result<stats::Table> table = stats::Table::of(std::move(columns.columns));
  if (!table) return table.error();
  const Result<stats::Regression> fit = stats::fit(*table, model);
  if (!fit) return fit.error();
  return stats::winners(*fit);
}

// The winning level of a parameter, unless that is not to apply.
std::optional<ChosenLevel> won(const std::vector<stats::Winner>& winners, const std::vector<Factor>& factors,
                               const std::string& parameter) {
  const auto winner = std::find_if(winners.begin(), winners.end(),
                                   [&](const stats::Winner& w) { return w.factor == parameter; });
  const auto factor =
      std::find_if(factors.begin(), factors.end(), [&](const Factor& f) { return f.name == parameter; });
  if (winner == winners.end() || factor == factors.end()) return std::nullopt;
  for (const Value& level : factor->levels) {
    if (value_text(level) == winner->level)
      return ChosenLevel{parameter, level, winner->coefficient, "winner"};
  }
  return std::nullopt;
}

ChosenLevel otherwise(const GreenscreenCourse& course, const Parameter& parameter) {
  const GreenscreenRun* efficient = most_efficient(course);
  if (course.baseline) {
    if (const Value* value = course.baseline->point.find(parameter.name))
      return {parameter.name, *value, {}, "baseline"};
  }
  if (efficient != nullptr) {
    if (const Value* value = efficient->point.find(parameter.name))
      return {parameter.name, *value, {}, "best efficiency quotient"};
  }
  const std::vector<Value> values = grid_values(parameter.domain);
  if (!values.empty()) return {parameter.name, values.front(), {}, "first value"};
  const auto* real = std::get_if<Real>(&parameter.domain);
  return {parameter.name,
          real != nullptr ? Value(real->low) : Value(std::get<Integer>(parameter.domain).low),
          {},
          "first value"};
}

void compose(GreenscreenCourse& course, std::span<const TrialSummary> trials,
             const GreenscreenSettings& settings) {
  std::vector<Factor> factors;
  const Result<std::vector<stats::Winner>> winners = winners_of(trials, factors);
  if (!winners || winners->empty()) {
    take(course, most_efficient(course), "an efficiency quotient");
    const std::string why = winners ? "no factor has a significant coefficient" : winners.error().message;
    if (course.chosen) course.note = why + ": the run with the best efficiency quotient is taken instead";
    return;
  }
  Point composed;
  for (const Parameter& parameter : settings.space.parameters()) {
    if (!applies(parameter, composed)) continue;
    ChosenLevel level = won(*winners, factors, parameter.name).value_or(otherwise(course, parameter));
    composed.set(parameter.name, level.value);
    course.levels.push_back(std::move(level));
  }
  for (const auto& [name, value] : trials.front().point.values()) {
    if (settings.space.find(name) == nullptr) composed.set(name, value);
  }
  course.chosen = std::move(composed);
  const auto look = [&](const GreenscreenRun& run) {
    if (run.point == *course.chosen) course.chosen_run = run.trials.front();
  };
  if (course.baseline) look(*course.baseline);
  for (const GreenscreenRun& run : course.search) look(run);
}

}  // namespace

void choose_final(GreenscreenCourse& course, std::span<const TrialSummary> trials,
                  const GreenscreenSettings& settings) {
  switch (settings.choice) {
    case FinalChoice::None:
      return;
    case FinalChoice::Efficiency:
      return take(course, most_efficient(course), "an efficiency quotient");
    case FinalChoice::Quality:
      return take(course, best_quality(course, settings.goal), "a quality");
    case FinalChoice::Winners:
      if (trials.empty()) return take(course, nullptr, "a quality");
      return compose(course, trials, settings);
  }
}

}  // namespace frugal
