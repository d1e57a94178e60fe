#include "frugal/energy/gpu_sensors.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace frugal {
namespace {

constexpr SensorTime kUnknown{.period = Duration(0.1), .window = Duration(0.025)};  // the worst of the table
constexpr Duration kSecond(1);

struct Row {
  NvmlArchitecture architecture;
  const char* family;
  bool known;
  SensorTime instant;
  bool usage_is_average;
};

// One row a generation; the boards of a generation that differ follow below.
constexpr std::array<Row, 9> kRows{{
    {NvmlArchitecture::Kepler, "Kepler", false, kUnknown, false},
    {NvmlArchitecture::Maxwell, "Maxwell", false, kUnknown, false},
    {NvmlArchitecture::Pascal, "Pascal", true, {Duration(0.02), Duration(0.01)}, false},
    {NvmlArchitecture::Volta, "Volta", true, {Duration(0.02), Duration(0.01)}, false},
    {NvmlArchitecture::Turing, "Turing", true, {Duration(0.1), Duration(0.1)}, false},
    {NvmlArchitecture::Ampere, "Ampere", true, {Duration(0.1), Duration(0.1)}, true},
    {NvmlArchitecture::Ada, "Ada", true, {Duration(0.1), Duration(0.1)}, true},
    {NvmlArchitecture::Hopper, "Hopper", true, {Duration(0.1), Duration(0.025)}, true},
    {NvmlArchitecture::Blackwell, "Blackwell", false, kUnknown, true},
}};

bool names_any(std::string_view name, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return name.find(word) != std::string_view::npos; });
}

NvmlArchitecture architecture_of(std::string_view name) {
  if (names_any(name, {"H100", "H200", "H800", "H20", "GH200"})) return NvmlArchitecture::Hopper;
  if (names_any(name, {"RTX 40", "L40", "L4", "Ada"})) return NvmlArchitecture::Ada;
  if (names_any(name, {"A100", "A800", "A30", "A40", "A10", "A2", "RTX 30", "RTX A"}))
    return NvmlArchitecture::Ampere;
  if (names_any(name, {"T4", "RTX 20", "GTX 16", "Quadro RTX", "TITAN RTX"})) return NvmlArchitecture::Turing;
  if (names_any(name, {"V100", "TITAN V"})) return NvmlArchitecture::Volta;
  if (names_any(name, {"P100", "P40", "P4", "GTX 10", "TITAN X"})) return NvmlArchitecture::Pascal;
  return NvmlArchitecture::Unknown;
}

GpuSensor sensor_of(const Row& row) {
  return {.family = row.family,
          .known = row.known,
          .instant = row.instant,
          .usage_is_average = row.usage_is_average,
          .has_counter = row.architecture >= NvmlArchitecture::Volta};
}

}  // namespace

SensorTime average_time(const GpuSensor& sensor) {
  return {.period = sensor.instant.period, .window = kSecond};
}

GpuSensor gpu_sensor(NvmlArchitecture architecture, std::string_view name) {
  if (architecture == NvmlArchitecture::Unknown) architecture = architecture_of(name);
  const auto* const row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.architecture == architecture; });
  if (row == kRows.end()) {
    return {.family = "unknown generation",
            .known = false,
            .instant = kUnknown,
            .usage_is_average = true,
            .has_counter = true};
  }
  GpuSensor sensor = sensor_of(*row);
  if (architecture == NvmlArchitecture::Ampere && names_any(name, {"A100", "A800", "A30"})) {
    sensor.family = "Ampere (GA100)";
    sensor.instant = {Duration(0.1), Duration(0.025)};
    sensor.usage_is_average = false;
  }
  if (architecture == NvmlArchitecture::Hopper && names_any(name, {"GH200"})) {
    sensor.family = "Hopper (GH200)";
    sensor.instant = {Duration(0.1), Duration(0.02)};
  }
  return sensor;
}

}  // namespace frugal
