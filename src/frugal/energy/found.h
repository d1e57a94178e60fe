// What one family of sensors offers on this machine, and what it does not and why.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "frugal/energy/meter.h"

namespace frugal {

// A sensor that cannot be read.
struct Missing {
  std::string device;           // "gpu", "cpu", "dram", "machine": whose joules are not measured by it
  std::string sensor;           // "NVML", "RAPL (perf events)"
  std::string why;              // one sentence with the system's own reason
  std::string remedy = {};      // the line to type; empty where nothing helps
  std::string gives_away = {};  // what that line lets others do
};

struct Found {
  std::vector<std::unique_ptr<Meter>> meters = {};
  std::vector<Missing> missing = {};
};

}  // namespace frugal
