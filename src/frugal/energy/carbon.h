// CO2e of joules: kWh × PUE × the carbon intensity of a place, from a dated table or as given. Offline.
// An unknown place is refused with the nearest names, never guessed.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "frugal/base/result.h"
#include "frugal/energy/figure.h"

namespace frugal {

// Grams of CO2e for one kWh of electricity. `low` and `high` differ from `g_per_kwh` for the world's mean
// only: the range of its countries.
struct CarbonIntensity {
  double g_per_kwh = 0;
  double low = 0;
  double high = 0;
  std::string place;        // "Germany", "the world", "as given"
  std::optional<int> year;  // of the figure
  std::string source;
};

// `where` is an ISO 3166 code ("DE", "DEU"), a country's English name in any case, "world", or an intensity
// with or without its unit ("120", "120 g/kWh"). FixInput otherwise, naming the nearest countries.
Result<CarbonIntensity> carbon_intensity(std::string_view where);

// What joules emitted. The bounds hold the figure's own and those of the intensity.
struct Emission {
  double g = 0;
  double low_g = 0;
  double high_g = 0;
  double pue = 1;  // power usage effectiveness: joules of the building per joule of the machine, ≥ 1
  CarbonIntensity intensity;
};

// FixInput when pue is below 1 or above 10.
Result<Emission> emission(const EnergyFigure& energy, const CarbonIntensity& intensity, double pue);

// "61.2 g CO2e (Germany 2024, 344.1 g/kWh, PUE 1.2; Ember via Our World in Data)"
std::string to_text(const Emission& emission);
// {"co2e_g":…,"low_g":…,"high_g":…,"pue":…,"intensity_g_per_kwh":…,"place":"Germany","year":2024,"source":"…"}
nlohmann::json emission_to_json(const Emission& emission);

}  // namespace frugal
