#include "frugal/energy/report.h"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace frugal {
namespace {

using Figures = std::map<std::string, EnergyFigure>;

// The sum of two optional figures over times of the given lengths; one that is missing was not measured.
std::optional<EnergyFigure> joined(const EnergyFigure* a, Duration a_time, const EnergyFigure* b,
                                   Duration b_time) {
  if (a != nullptr && b != nullptr) return sum_of_windows(std::array<EnergyFigure, 2>{*a, *b});
  if (a != nullptr) return with_unmeasured(*a, b_time);
  if (b != nullptr) return with_unmeasured(*b, a_time);
  return std::nullopt;
}

const EnergyFigure* find(const Figures& figures, const std::string& name) {
  const auto found = figures.find(name);
  return found == figures.end() ? nullptr : &found->second;
}

Duration time_of(const EnergyReport& report, const std::string& phase) {
  const auto found = report.durations.find(phase);
  return found == report.durations.end() ? Duration(0) : found->second;
}

nlohmann::json figures_to_json(const Figures& figures) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, figure] : figures) json[name] = figure_to_json(figure);
  return json;
}

Result<Figures> figures_from_json(const nlohmann::json& json, const char* key) {
  Figures figures;
  const auto found = json.find(key);
  if (found == json.end()) return figures;
  if (!found->is_object())
    return bad_input(std::string("an energy report has '") + key + "' that is not an object");
  for (const auto& [name, value] : found->items()) {
    Result<EnergyFigure> figure = figure_from_json(value);
    if (!figure) return bad_input(std::string(key) + "." + name + ": " + figure.error().message);
    figures.emplace(name, std::move(*figure));
  }
  return figures;
}

Result<std::map<std::string, Duration>> durations_from_json(const nlohmann::json& json) {
  std::map<std::string, Duration> durations;
  const auto found = json.find("phase_duration_s");
  if (found == json.end()) return durations;
  const Error wrong =
      bad_input("an energy report has 'phase_duration_s' that does not map phases to seconds");
  if (!found->is_object()) return wrong;
  for (const auto& [name, value] : found->items()) {
    if (!value.is_number() || !std::isfinite(value.get<double>()) || value.get<double>() < 0) return wrong;
    durations.emplace(name, Duration(value.get<double>()));
  }
  return durations;
}

}  // namespace

Duration EnergyReport::duration() const {
  Duration sum;
  for (const auto& [phase, time] : durations) sum += time;
  return sum;
}

void add(EnergyReport& sum, const EnergyReport& more) {
  const Duration before = sum.duration();
  const Duration extra = more.duration();
  sum.total = joined(sum.total ? &*sum.total : nullptr, before, more.total ? &*more.total : nullptr, extra);
  for (auto& [phase, figure] : sum.by_phase) {
    if (!more.by_phase.contains(phase)) figure = with_unmeasured(std::move(figure), time_of(more, phase));
  }
  for (const auto& [phase, figure] : more.by_phase) {
    auto both = joined(find(sum.by_phase, phase), time_of(sum, phase), &figure, time_of(more, phase));
    if (both) sum.by_phase[phase] = std::move(*both);
  }
  // Devices belong to their machine: that one report lacks a device of the other says nothing about coverage.
  for (const auto& [device, figure] : more.by_device) {
    auto both = joined(find(sum.by_device, device), Duration(0), &figure, Duration(0));
    if (both) sum.by_device[device] = std::move(*both);
  }
  for (const auto& [phase, time] : more.durations) sum.durations[phase] += time;
}

nlohmann::json phases_to_json(const EnergyReport& report) {
  nlohmann::json json = {{"by_phase", figures_to_json(report.by_phase)},
                         {"by_device", figures_to_json(report.by_device)}};
  for (const auto& [phase, time] : report.durations) json["phase_duration_s"][phase] = time.value();
  if (report.total) json["total"] = figure_to_json(*report.total);
  return json;
}

Result<EnergyReport> phases_from_json(const nlohmann::json& json) {
  if (!json.is_object()) return bad_input("an energy report is not an object: " + json.dump());
  EnergyReport report;
  if (const auto total = json.find("total"); total != json.end() && !total->is_null()) {
    Result<EnergyFigure> figure = figure_from_json(*total);
    if (!figure) return bad_input("total: " + figure.error().message);
    report.total = std::move(*figure);
  }
  Result<Figures> by_phase = figures_from_json(json, "by_phase");
  if (!by_phase) return by_phase.error();
  Result<Figures> by_device = figures_from_json(json, "by_device");
  if (!by_device) return by_device.error();
  Result<std::map<std::string, Duration>> durations = durations_from_json(json);
  if (!durations) return durations.error();
  report.by_phase = std::move(*by_phase);
  report.by_device = std::move(*by_device);
  report.durations = std::move(*durations);
  return report;
}

}  // namespace frugal
