#include "frugal/base/units_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <span>
#include <utility>

namespace frugal {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};
constexpr std::array<Unit, 5> kEnergyUnits{
    {{"J", 1}, {"kJ", 1e3}, {"MJ", 1e6}, {"Wh", 3600}, {"kWh", 3.6e6}}};
constexpr std::array<Unit, 6> kTimeUnits{
    {{"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}}};

bool is_space(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Takes one "number unit" from the front of `rest`; nothing when it does not start with one.
std::optional<double> take_part(std::string_view& rest, std::span<const Unit> units) {
  double number = 0;
  const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (failure != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
  rest = trimmed(rest.substr(static_cast<std::size_t>(end - rest.data())));
  std::size_t length = 0;
  while (length < rest.size() &&
         ((rest[length] >= 'a' && rest[length] <= 'z') || (rest[length] >= 'A' && rest[length] <= 'Z')))
    ++length;
  for (const Unit& unit : units) {
    if (unit.name == rest.substr(0, length)) {
      rest = trimmed(rest.substr(length));
      return number * unit.factor;
    }
  }
  return std::nullopt;
}

Result<double> parse(std::string_view text, std::span<const Unit> units, const char* what,
                     const char* example) {
  std::string_view rest = trimmed(text);
  double sum = 0;
  bool any = false;
  while (!rest.empty()) {
    const std::optional<double> part = take_part(rest, units);
    if (!part) {
      any = false;
      break;
    }
    sum += *part;
    any = true;
  }
  if (any) return sum;
  std::string known;
  for (const Unit& unit : units) known += (known.empty() ? "" : ", ") + std::string(unit.name);
  return bad_input("'" + std::string(text) + "' is not " + what + ": a number and one of the units " + known,
                   std::string("write it like '") + example + "'");
}

std::string printed(const char* format, double value) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, value);
  return buffer.data();
}

}  // namespace

Result<Joules> parse_energy(std::string_view text) {
  const Result<double> joules = parse(text, kEnergyUnits, "an energy", "50 Wh");
  if (!joules) return joules.error();
  return Joules(*joules);
}

Result<Duration> parse_duration(std::string_view text) {
  const Result<double> seconds = parse(text, kTimeUnits, "a time", "2 h");
  if (!seconds) return seconds.error();
  return Duration(*seconds);
}

std::string to_text(Joules energy) {
  const double joules = energy.value();
  if (!std::isfinite(joules)) return "unknown";
  const double size = std::abs(joules);
  double scaled = joules;
  const char* unit = " J";
  if (size >= 999.5e3) {
    scaled = joules / 1e6;
    unit = " MJ";
  } else if (size >= 999.5) {
    scaled = joules / 1e3;
    unit = " kJ";
  } else if (size < 0.9995 && size > 0) {
    scaled = joules * 1e3;
    unit = " mJ";
  }
  const double shown = std::abs(scaled);
  return printed(shown >= 99.95 || shown == 0 ? "%.0f" : shown >= 9.995 ? "%.1f" : "%.2f", scaled) + unit;
}

std::string to_text(Duration time) {
  const double seconds = time.value();
  if (!std::isfinite(seconds)) return "unknown";
  if (seconds < 9.995e-3 && seconds > 0) return printed("%.2f ms", seconds * 1e3);
  if (seconds < 0.9995) return printed("%.0f ms", seconds * 1e3);
  if (seconds < 59.95) return printed("%.1f s", seconds);
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

std::string number_text(double value, int digits) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.*g", digits, value);
  return buffer.data();
}

std::string exact_text(double value) {
  std::array<char, 64> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), written.ptr);
}

}  // namespace frugal
