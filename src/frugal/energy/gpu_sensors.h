// What is known of the power sensors on NVIDIA boards: how often they have a new value and how much of the
// time that value has seen. Source: Z. Yang, K. Adámek, W. Armour, "Part-time Power Measurements:
// nvidia-smi's Lack of Attention" (2023), arXiv 2312.02741. A board that is not in the table gets cautious
// assumptions and says so.
#pragma once

#include <string>
#include <string_view>

#include "frugal/base/units.h"
#include "frugal/energy/nvml_api.h"

namespace frugal {

struct SensorTime {
  Duration period{0};
  Duration window{0};
  bool part_time() const { return window < period; }
};

struct GpuSensor {
  std::string family;             // "Ampere (GA100)"
  bool known = false;             // in the table
  SensorTime instant = {};        // field 186, and what GetPowerUsage gives where `usage_is_average` is false
  bool usage_is_average = false;  // GetPowerUsage is a 1-s mean
  bool has_counter = false;       // the generation has one (Volta and later)
};

// Field 185, and GetPowerUsage where it is an average: a mean over one second, renewed with the instant
// value.
SensorTime average_time(const GpuSensor& sensor);

// `architecture` Unknown (a library too old to tell): the generation is taken from the name.
GpuSensor gpu_sensor(NvmlArchitecture architecture, std::string_view name);

}  // namespace frugal
