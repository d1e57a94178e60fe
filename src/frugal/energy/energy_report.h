// The joules of some stretch of work: in all, by phase (explore, train, evaluate, load, other) and by device.
// Values only; the study adds reports, so what the phases sum to is what the total says.
// Nothing measured is an empty report, never zero joules.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "frugal/base/result.h"
#include "frugal/energy/figure.h"

namespace frugal {

struct EnergyReport {
  std::optional<EnergyFigure> total = {};
  std::map<std::string, EnergyFigure> by_phase = {};
  std::map<std::string, EnergyFigure> by_device = {};
};

// Adds the figures of a disjoint stretch of work.
void add(EnergyReport& sum, const EnergyReport& more);

// {"total":{figure},"by_phase":{"train":{figure},…},"by_device":{"model":{figure},…}}; total is absent when empty.
nlohmann::json energy_report_to_json(const EnergyReport& report);
Result<EnergyReport> energy_report_from_json(const nlohmann::json& json);

}  // namespace frugal
