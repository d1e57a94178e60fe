// What work cost, split by phase and by device: the sum that travels from an agent to the study.
// A phase or device of which nothing was measured has no figure; its time is still in `durations`.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "frugal/base/result.h"
#include "frugal/base/units.h"
#include "frugal/energy/figure.h"

namespace frugal {

struct EnergyReport {
  std::optional<EnergyFigure> total = {};
  std::map<std::string, EnergyFigure> by_phase = {};  // "explore", "train", "evaluate", "load", "other"
  std::map<std::string, EnergyFigure> by_device = {};
  std::map<std::string, Duration> durations = {};  // of each phase, measured or not

  Duration duration() const;  // of all phases
};

// Adds the report of another time (or another machine) to `sum`. Where only one of the two has a figure, the
// time of the other counts as unmeasured: coverage falls and `high` grows, so that nothing is silently left
// out.
void add(EnergyReport& sum, const EnergyReport& more);

// {"total":{figure},"by_phase":{"train":{figure}},"by_device":{"model":{figure}},"phase_duration_s":{"train":1.5}}
// An absent total and empty durations are left out. Missing maps read as empty.
nlohmann::json phases_to_json(const EnergyReport& report);
Result<EnergyReport> phases_from_json(const nlohmann::json& json);

}  // namespace frugal
