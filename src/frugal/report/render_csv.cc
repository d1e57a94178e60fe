#include <algorithm>
#include <cmath>
#include <map>

#include "frugal/base/csv_cells.h"
#include "frugal/base/units_text.h"
#include "frugal/report/render.h"

namespace frugal {
namespace {

std::string cell(double value) { return std::isfinite(value) ? exact_text(value) : ""; }

// Names of the points' values over all trials, in the order of their first appearance.
std::vector<std::string> point_columns(const StudyResult& result) {
  std::vector<std::string> names;
  for (const TrialResult& trial : result.trials) {
    for (const auto& [name, value] : trial.point.values()) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

std::string figure_cells(const std::optional<EnergyFigure>& figure) {
  if (!figure) return ",,,,";
  return cell(figure->value.value()) + "," + cell(figure->low.value()) + "," + cell(figure->high.value()) +
         "," + method_text(figure->method) + "," + cell(figure->coverage);
}

std::string point_cells(const Point& point, const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    const Value* value = point.find(name);
    out += (value == nullptr ? "" : csv_cell(value_text(*value))) + ",";
  }
  return out;
}

// Repeat of a trial: its number among the trials with the same point, the learning rate of a search left out.
std::map<TrialId, int> repeats(const StudyResult& result) {
  std::map<std::string, int> seen;
  std::map<TrialId, int> numbers;
  std::map<TrialId, Point> start;
  for (const Observation& o : result.history) start.try_emplace(o.step.trial, o.step.point);
  for (const auto& [trial, point] : start) numbers[trial] = seen[point.text()]++;
  return numbers;
}

std::string epoch_rows(const StudyResult& result, const std::vector<std::string>& names,
                       const std::map<TrialId, int>& repeat_of) {
  std::string out;
  for (const Observation& seen : result.history) {
    const auto* train = std::get_if<Train>(&seen.step.work);
    if (train == nullptr) continue;
    Point point = seen.step.point;
    for (const auto& [name, value] : train->set.values()) point.set(name, value);
    for (const EpochRow& row : seen.outcome.epochs) {
      const auto metric = row.metrics.find(result.header.goal.metric);
      out += csv_cell(result.header.name) + "," + std::to_string(seen.step.trial) + "," +
             std::to_string(repeat_of.at(seen.step.trial)) + "," + point_cells(point, names) +
             std::to_string(row.epoch) + "," + cell(row.loss) + "," +
             (metric == row.metrics.end() ? "" : cell(metric->second)) + "," + cell(row.duration.value()) +
             "," + figure_cells(row.energy) + ",train\r\n";
    }
  }
  return out;
}

std::string trial_rows(const StudyResult& result, const std::vector<std::string>& names,
                       const std::map<TrialId, int>& repeat_of) {
  std::string out;
  for (const TrialResult& trial : result.trials) {
    out += csv_cell(result.header.name) + "," + std::to_string(trial.id) + "," +
           std::to_string(repeat_of.at(trial.id)) + "," + point_cells(trial.point, names) +
           std::to_string(trial.epochs) + ",," + (trial.best ? cell(*trial.best) : "") + "," +
           cell(trial.duration.value()) + "," + figure_cells(trial.energy) + ",all\r\n";
  }
  return out;
}

}  // namespace

std::string export_csv(const StudyResult& result, bool per_trial) {
  const std::vector<std::string> names = point_columns(result);
  std::string header = "study,trial,repeat,";
  for (const std::string& name : names) header += csv_cell(name) + ",";
  header += "epoch,loss," +
            csv_cell(result.header.goal.metric == "loss" ? "validation_loss" : result.header.goal.metric) +
            ",duration_s,energy_j,energy_low_j,energy_high_j,method,coverage,phase\r\n";
  const std::map<TrialId, int> repeat_of = repeats(result);
  return header + (per_trial ? trial_rows(result, names, repeat_of) : epoch_rows(result, names, repeat_of));
}

}  // namespace frugal
