// Where the sensors of a machine are looked for: the real places by default, a tree of the tests' own
// otherwise.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "frugal/energy/calibration.h"
#include "frugal/energy/cpu_time.h"

namespace frugal {

struct Machine {
  std::string sys = "/sys";
  std::string dev = "/dev";
  std::string proc = "/proc";
  std::string os_release = "/etc/os-release";
  std::string nvml_library = "libnvidia-ml.so.1";
  // The first that works. Packages for running only (Debian's, and ROCm's own) leave out the bare names.
  std::vector<std::string> amd_libraries = {"libamd_smi.so", "/opt/rocm/lib/libamd_smi.so",
                                            "librocm_smi64.so", "librocm_smi64.so.1",
                                            "/opt/rocm/lib/librocm_smi64.so"};
  std::optional<std::string> cuda_visible_devices = {};  // the variables of the same name; unset: all devices
  std::optional<std::string> cuda_device_order = {};
  std::optional<std::string> rocr_visible_devices = {};
  std::optional<std::string> hip_visible_devices = {};
  CpuTimeSource cpu_time = {};  // of the model
  std::string host = {};        // whose calibrations hold
  std::vector<Calibration> calibrations = {};
  std::vector<std::string> caveats = {};  // what must be said of all joules of this machine
};

}  // namespace frugal
