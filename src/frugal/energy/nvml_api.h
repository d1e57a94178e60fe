// The port to NVIDIA's management library (NVML): what the meters ask of it, call for call, answered by its
// own return codes. Implementations: NvmlLibrary (the driver's library, opened at run time) and a scripted
// fake. Threads: every function may be called from any thread, as NVML's own may.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace frugal {

using NvmlDevice = void*;  // a handle; valid as long as the NvmlApi that gave it

// The codes that mean something here; any other value is kept and told in NVML's own words.
enum class NvmlCode : int {
  Success = 0,
  InvalidArgument = 2,
  NotSupported = 3,
  NoPermission = 4,
  NotFound = 6,
  InsufficientSize = 7,
  DriverNotLoaded = 9,
  FunctionNotFound = 13,  // also: a symbol that this library does not have
  GpuIsLost = 15,
  LibraryMismatch = 18,
  Unknown = 999,
};

// NVML_DEVICE_ARCH_*.
enum class NvmlArchitecture : unsigned {
  Kepler = 2,
  Maxwell = 3,
  Pascal = 4,
  Volta = 5,
  Turing = 6,
  Ampere = 7,
  Ada = 8,
  Hopper = 9,
  Blackwell = 10,
  Unknown = 0xffffffffU,
};

// Fields of nvmlDeviceGetFieldValues.
inline constexpr unsigned kNvmlPowerAverage = 185;
inline constexpr unsigned kNvmlPowerInstant = 186;

// What one process did with the streaming multiprocessors in one of NVML's sampling steps.
struct NvmlUtilisation {
  int pid = 0;
  double sm_percent = 0;
  std::uint64_t at_us = 0;  // NVML's own time: microseconds of the wall clock
};

class NvmlApi {
 public:
  virtual ~NvmlApi() = default;

  // NVML's own words for a code: "GPU is lost".
  virtual std::string error_text(NvmlCode code) = 0;
  virtual std::string driver_version() = 0;   // empty where it cannot be asked
  virtual std::string library_version() = 0;  // likewise

  // Devices are numbered in PCI bus order. An answer is written only with Success.
  virtual NvmlCode device_count(unsigned& count) = 0;
  virtual NvmlCode device(unsigned index, NvmlDevice& device) = 0;
  virtual NvmlCode name(NvmlDevice device, std::string& name) = 0;
  virtual NvmlCode uuid(NvmlDevice device, std::string& uuid) = 0;
  virtual NvmlCode architecture(NvmlDevice device, NvmlArchitecture& architecture) = 0;
  virtual NvmlCode mig_enabled(NvmlDevice device, bool& enabled) = 0;
  // UUIDs of the MIG instances of a board.
  virtual NvmlCode mig_uuids(NvmlDevice device, std::vector<std::string>& uuids) = 0;
  virtual NvmlCode enforced_power_limit(NvmlDevice device, unsigned& milliwatts) = 0;
  virtual NvmlCode default_power_limit(NvmlDevice device, unsigned& milliwatts) = 0;

  virtual NvmlCode total_energy(NvmlDevice device, unsigned long long& millijoules) = 0;
  virtual NvmlCode power_usage(NvmlDevice device, unsigned& milliwatts) = 0;
  virtual NvmlCode power_field(NvmlDevice device, unsigned field, unsigned& milliwatts) = 0;

  // Processes with a compute context on the device, as numbered on the host.
  virtual NvmlCode compute_processes(NvmlDevice device, std::vector<int>& pids) = 0;
  // Steps after `since_us`; 0: all that NVML still has.
  virtual NvmlCode utilisation(NvmlDevice device, std::uint64_t since_us,
                               std::vector<NvmlUtilisation>& steps) = 0;
};

}  // namespace frugal
