#include "frugal/energy/spec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "frugal/base/nearest.h"
#include "frugal/base/units_text.h"

namespace frugal {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};
constexpr std::array<Unit, 4> kPowerUnits{{{"", 1}, {"W", 1}, {"mW", 1e-3}, {"kW", 1e3}}};
constexpr std::array<Unit, 7> kEnergyUnits{
    {{"J", 1}, {"uJ", 1e-6}, {"mJ", 1e-3}, {"kJ", 1e3}, {"MJ", 1e6}, {"Wh", 3600}, {"kWh", 3.6e6}}};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<double> quantity(std::string_view text, std::span<const Unit> units) {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || !std::isfinite(number)) return std::nullopt;
  const std::string_view unit = trimmed(text.substr(static_cast<std::size_t>(end - text.data())));
  for (const Unit& known : units) {
    if (known.name == unit) return number * known.factor;
  }
  return std::nullopt;
}

std::string range_text(double low, double high) {
  if (std::isinf(high)) return "at least " + exact_text(low);
  return exact_text(low) + " to " + exact_text(high);
}

}  // namespace

Result<DeviceSpec> DeviceSpec::parse(std::string_view device, std::string_view text,
                                     std::span<const std::string> known) {
  DeviceSpec spec;
  spec.device_ = device;
  while (!trimmed(text).empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      return bad_input("'" + std::string(part) + "' in the device '" + spec.device_ + "' is not a key=value");
    }
    const std::string key(trimmed(part.substr(0, equals)));
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return bad_input("the device '" + spec.device_ + "' has no setting '" + key + "'" +
                       did_you_mean(key, known));
    }
    if (spec.has(key))
      return bad_input("the setting '" + key + "' of the device '" + spec.device_ + "' is given twice");
    spec.settings_.push_back({key, std::string(trimmed(part.substr(equals + 1)))});
  }
  return spec;
}

const std::string* DeviceSpec::find(std::string_view key) const {
  for (const Setting& setting : settings_) {
    if (setting.key == key) return &setting.value;
  }
  return nullptr;
}

void DeviceSpec::refuse(std::string message, std::string hint) {
  if (!error_) error_ = bad_input("the device '" + device_ + "': " + std::move(message), std::move(hint));
}

void DeviceSpec::bad_value(std::string_view key, const std::string& value, const std::string& wanted) {
  refuse(std::string(key) + "=" + value + " is not " + wanted);
}

std::string DeviceSpec::word(std::string_view key, std::span<const std::string> choices,
                             std::string fallback) {
  const std::string* value = find(key);
  if (value == nullptr) return fallback;
  if (std::find(choices.begin(), choices.end(), *value) != choices.end()) return *value;
  refuse(std::string(key) + "=" + *value + " is unknown" + did_you_mean(*value, choices));
  return fallback;
}

double DeviceSpec::number(std::string_view key, double fallback, double low, double high) {
  const std::string* value = find(key);
  if (value == nullptr) return fallback;
  const std::optional<double> number = quantity(*value, std::array<Unit, 1>{{{"", 1}}});
  if (number && *number >= low && *number <= high) return *number;
  bad_value(key, *value, "a number (" + range_text(low, high) + ")");
  return fallback;
}

Watts DeviceSpec::power(std::string_view key, Watts fallback, double low_w) {
  const std::string* value = find(key);
  if (value == nullptr) return fallback;
  const std::optional<double> watts = quantity(*value, kPowerUnits);
  if (watts && *watts >= low_w) return Watts(*watts);
  bad_value(key, *value, "a power, like 150W");
  return fallback;
}

Joules DeviceSpec::energy(std::string_view key, Joules fallback) {
  const std::string* value = find(key);
  if (value == nullptr) return fallback;
  const std::optional<double> joules = quantity(*value, kEnergyUnits);
  if (joules && *joules >= 0) return Joules(*joules);
  bad_value(key, *value, "an energy, like 1mJ or 262144J");
  return fallback;
}

Duration DeviceSpec::time(std::string_view key, Duration fallback) {
  const std::string* value = find(key);
  if (value == nullptr) return fallback;
  if (*value == "0") return Duration(0);
  const Result<Duration> parsed = parse_duration(*value);
  if (parsed) return *parsed;
  bad_value(key, *value, "a time, like 100ms");
  return fallback;
}

}  // namespace frugal
