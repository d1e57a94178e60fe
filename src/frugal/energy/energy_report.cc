#include "frugal/energy/energy_report.h"

#include <array>
#include <nlohmann/json.hpp>

namespace frugal {
namespace {

using Figures = std::map<std::string, EnergyFigure>;

void add_figure(EnergyFigure& sum, const EnergyFigure& more) {
  const std::array<EnergyFigure, 2> both{sum, more};
  sum = *sum_of_windows(both);
}

void add_figures(Figures& sum, const Figures& more) {
  for (const auto& [name, figure] : more) {
    const auto [held, added] = sum.try_emplace(name, figure);
    if (!added) add_figure(held->second, figure);
  }
}

nlohmann::json figures_json(const Figures& figures) {
  nlohmann::json held = nlohmann::json::object();
  for (const auto& [name, figure] : figures) held[name] = figure_to_json(figure);
  return held;
}

Status read_figures(const nlohmann::json& json, const char* key, Figures& figures) {
  if (!json.contains(key)) return {};
  if (!json.at(key).is_object()) return bad_input(std::string("'") + key + "' of an energy report is no object");
  for (const auto& [name, held] : json.at(key).items()) {
    Result<EnergyFigure> figure = figure_from_json(held);
    if (!figure) return figure.error();
    figures.emplace(name, std::move(*figure));
  }
  return {};
}

}  // namespace

void add(EnergyReport& sum, const EnergyReport& more) {
  if (!more.total) return;
  if (sum.total) {
    add_figure(*sum.total, *more.total);
  } else {
    sum.total = more.total;
  }
  add_figures(sum.by_phase, more.by_phase);
  add_figures(sum.by_device, more.by_device);
}

nlohmann::json energy_report_to_json(const EnergyReport& report) {
  nlohmann::json held{{"by_phase", figures_json(report.by_phase)}, {"by_device", figures_json(report.by_device)}};
  if (report.total) held["total"] = figure_to_json(*report.total);
  return held;
}

Result<EnergyReport> energy_report_from_json(const nlohmann::json& json) {
  if (!json.is_object()) return bad_input("an energy report is an object, not " + std::string(json.type_name()));
  EnergyReport report;
  if (json.contains("total")) {
    Result<EnergyFigure> total = figure_from_json(json.at("total"));
    if (!total) return total.error();
    report.total = std::move(*total);
  }
  if (const Status read = read_figures(json, "by_phase", report.by_phase); !read) return read.error();
  if (const Status read = read_figures(json, "by_device", report.by_device); !read) return read.error();
  return report;
}

}  // namespace frugal
