// What vendors publish of CPUs, for the model of their power: a table of November 2026, and the one of this
// machine by its name in /proc/cpuinfo. Facts only; a CPU that is not in the table is unknown, never guessed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "frugal/base/units.h"

namespace frugal {

inline constexpr const char* kCpuTableDate = "2026-11";

struct CpuModel {
  std::string_view name;  // "Xeon Gold 6148": as in /proc/cpuinfo, without maker and marks
  double tdp_w = 0;       // of one socket
  int cores = 0;
  int threads = 0;
};
std::span<const CpuModel> cpu_table();

// The row whose words stand in a "model name" of /proc/cpuinfo one after the other, whatever the case.
const CpuModel* find_cpu(std::string_view model_name);

struct KnownCpu {
  std::string name;
  Watts tdp{0};     // of one socket
  int threads = 1;  // of one socket that the system can use; in a virtual machine those of the real CPU
};
// The value of the first line "key : value" in a text of /proc (cpuinfo, meminfo); empty where there is none.
std::string proc_field(const std::string& text, std::string_view key);

// The CPU of the machine; nothing where the table does not have it.
std::optional<KnownCpu> known_cpu(const std::string& proc = "/proc");

}  // namespace frugal
