#include "frugal/energy/carbon.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "frugal/base/nearest.h"
#include "frugal/base/units_text.h"

namespace frugal {
namespace {

struct Country {
  const char* iso2;
  const char* iso3;
  const char* name;
  double g_per_kwh;
  int year;
};
constexpr Country kCountries[] = {
#include "frugal/energy/carbon_countries.inc"
};
constexpr const char* kSource = "Ember via Our World in Data, CC BY 4.0";

// Ember, Global Electricity Review 2025: the world's mean of 2024.
constexpr double kWorld = 473;
constexpr int kWorldYear = 2024;

std::string lower(std::string_view text) {
  std::string made(text);
  std::transform(made.begin(), made.end(), made.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return made;
}

// The grams of "120", "120 g/kWh", "0.12 kg/kWh"; nothing when it is no number at all.
std::optional<Result<double>> given_grams(std::string_view where) {
  double value = 0;
  const auto [rest, failure] = std::from_chars(where.data(), where.data() + where.size(), value);
  if (failure != std::errc{}) return std::nullopt;
  std::string unit =
      lower(std::string_view(rest, static_cast<std::size_t>(where.data() + where.size() - rest)));
  std::erase(unit, ' ');
  if (unit == "kg/kwh") value *= 1000;
  const bool known = unit.empty() || unit == "g/kwh" || unit == "gco2e/kwh" || unit == "kg/kwh";
  if (!known || !std::isfinite(value) || value < 0 || value > 5000)
    return bad_input("'" + std::string(where) + "' is no carbon intensity: 0 to 5000 g/kWh",
                     "write a country ('DE') or a number ('120 g/kWh')");
  return value;
}

CarbonIntensity world() {
  const auto [low, high] =
      std::minmax_element(std::begin(kCountries), std::end(kCountries),
                          [](const Country& a, const Country& b) { return a.g_per_kwh < b.g_per_kwh; });
  return {kWorld,      low->g_per_kwh, high->g_per_kwh,
          "the world", kWorldYear,     "Ember, Global Electricity Review 2025; range: its countries"};
}

}  // namespace

Result<CarbonIntensity> carbon_intensity(std::string_view where) {
  if (const auto given = given_grams(where)) {
    if (!given->ok()) return given->error();
    return CarbonIntensity{given->value(), given->value(), given->value(),
                           "as given",     std::nullopt,   "the user"};
  }
  const std::string wanted = lower(where);
  if (wanted == "world") return world();
  std::vector<std::string> names{"world"};
  for (const Country& country : kCountries) {
    if (wanted == lower(country.iso2) || wanted == lower(country.iso3) || wanted == lower(country.name))
      return CarbonIntensity{country.g_per_kwh, country.g_per_kwh, country.g_per_kwh,
                             country.name,      country.year,      kSource};
    names.emplace_back(wanted.size() > 3 ? country.name : wanted.size() == 3 ? country.iso3 : country.iso2);
  }
  const std::optional<std::string> near = nearest(where, names);
  return bad_input("no carbon intensity is known for '" + std::string(where) + "'" +
                       (near ? " (did you mean '" + *near + "'?)" : ""),
                   "write an ISO code ('DE'), an English name, 'world', or an intensity ('120 g/kWh')");
}

Result<Emission> emission(const EnergyFigure& energy, const CarbonIntensity& intensity, double pue) {
  if (!(pue >= 1 && pue <= 10))
    return bad_input("a PUE of " + number_text(pue) +
                     " is impossible: 1 (all power reaches the machine) to 10");
  const auto grams = [&](Joules joules, double g_per_kwh) {
    return watt_hours(joules) / 1000 * pue * g_per_kwh;
  };
  return Emission{grams(energy.value, intensity.g_per_kwh), grams(energy.low, intensity.low),
                  grams(energy.high, intensity.high), pue, intensity};
}

std::string to_text(const Emission& emission) {
  const CarbonIntensity& from = emission.intensity;
  const double scale = emission.g >= 1000 ? 1000 : emission.g < 1 ? 1e-3 : 1;
  const char* unit = emission.g >= 1000 ? " kg" : emission.g < 1 ? " mg" : " g";
  std::string text = number_text(emission.g / scale, 3) + unit + " CO2e (" +
                     number_text(emission.low_g / scale, 3) + " to " +
                     number_text(emission.high_g / scale, 3) + "; " + from.place;
  if (from.year) text += " " + std::to_string(*from.year);
  text += ": " + number_text(from.g_per_kwh) + " g/kWh";
  if (emission.pue != 1) text += ", PUE " + number_text(emission.pue);
  return text + "; source: " + from.source + ")";
}

nlohmann::json emission_to_json(const Emission& emission) {
  const CarbonIntensity& from = emission.intensity;
  nlohmann::json json{{"co2e_g", emission.g},
                      {"low_g", emission.low_g},
                      {"high_g", emission.high_g},
                      {"pue", emission.pue},
                      {"intensity_g_per_kwh", from.g_per_kwh},
                      {"place", from.place},
                      {"source", from.source}};
  json["year"] = from.year ? nlohmann::json(*from.year) : nlohmann::json(nullptr);
  return json;
}

}  // namespace frugal
