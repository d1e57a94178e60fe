// An EnergyFigure is joules with their provenance: it travels unchanged to the last page of a report.
// Invariant: low ≤ value ≤ high; coverage in [0, 1]; a figure that nothing was measured for is absent, never
// 0 J.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "frugal/base/result.h"
#include "frugal/base/units.h"

namespace frugal {

// How joules were found, from the most to the least trustworthy.
enum class Method { Counter, Integral, Model };
const char* method_text(Method method);
std::optional<Method> parse_method(std::string_view text);

struct EnergyFigure {
  Joules value;
  Joules low;
  Joules high;
  double coverage = 0;  // measured time / window time
  Method method = Method::Model;
  std::string sensor;  // "sim0", "cpu model (2 cores, TDP 20 W assumed)"; several are joined by " + "
  Duration duration;   // of the window
};

// Figures of several devices over one window: joules and bounds add, the weakest method and the smallest
// coverage hold for the sum. Nothing for an empty span.
std::optional<EnergyFigure> sum_of_devices(std::span<const EnergyFigure> figures);

// Figures of one device set over disjoint windows: joules, bounds and durations add, coverage is weighted by
// duration, the weakest method holds. Nothing for an empty span.
std::optional<EnergyFigure> sum_of_windows(std::span<const EnergyFigure> figures);

// The figure, extended by a time in which nothing was measured: the value stays, coverage falls, `high` grows
// by what that time may hold: at `at_most`, or at the mean power of the measured time when that is unknown.
EnergyFigure with_unmeasured(EnergyFigure figure, Duration unmeasured, std::optional<Watts> at_most = {});

// {"energy_j":…,"low_j":…,"high_j":…,"coverage":…,"method":"model","sensor":"…","duration_s":…}
nlohmann::json figure_to_json(const EnergyFigure& figure);
Result<EnergyFigure> figure_from_json(const nlohmann::json& json);

}  // namespace frugal
