// libnvidia-ml.so.1 as tests have it: the functions that the product asks, with the driver's binary
// interface, over simulated boards. FRUGAL_STANDIN_NVML holds their description (simulated_gpus.h says how it
// is written), or
// @FILE; it is read by nvmlInit_v2. Codes are NVML's: "init":9 is a driver that is not loaded,
// "fail":{"energy":3} a board without counter. Names of calls for "fail": handle name uuid architecture mig
// limit energy power field processes utilisation.
#include <algorithm>
#include <cstring>

#include "simulated_gpus.h"

#define NVML_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

constexpr int kSuccess = 0;
constexpr int kUninitialized = 1;
constexpr int kInvalidArgument = 2;
constexpr int kNotSupported = 3;
constexpr int kNotFound = 6;
constexpr int kInsufficientSize = 7;
constexpr int kUnknown = 999;

// A board, or an instance of it.
struct Device {
  standin::Gpu* gpu = nullptr;
  std::string uuid;
  bool instance = false;
};

struct Library {
  explicit Library(const std::string& text) : boards(text) {
    for (const auto& gpu : boards.gpus) devices.push_back({gpu.get(), gpu->uuid, false});
    for (const auto& gpu : boards.gpus) {
      for (const std::string& uuid : gpu->mig) instances.push_back({gpu.get(), uuid, true});
    }
  }
  standin::SimulatedGpus boards;
  std::vector<Device> devices;
  std::vector<Device> instances;
};

std::mutex mutex;
int users = 0;
std::unique_ptr<Library> library;

Device* device_of(void* handle) { return static_cast<Device*>(handle); }

// What is wrong with a call, before it is carried out.
int fault(void* handle, const char* call) {
  if (!library) return kUninitialized;
  if (handle == nullptr) return kInvalidArgument;
  return device_of(handle)->gpu->fault(call, library->boards.since_s());
}

int give_text(const std::string& text, char* to, unsigned length) {
  if (text.size() + 1 > length) return kInsufficientSize;
  std::memcpy(to, text.c_str(), text.size() + 1);
  return kSuccess;
}

int give_power(Device& device, bool average, unsigned* milliwatts) {
  const std::optional<double> power = device.gpu->power_w(average);
  if (!power) return kUnknown;
  *milliwatts = static_cast<unsigned>(*power * 1e3);
  return kSuccess;
}

struct Process {
  unsigned pid;
  unsigned long long memory;
  unsigned gpu_instance;
  unsigned compute_instance;
};
struct Utilisation {
  unsigned pid;
  unsigned long long at_us;
  unsigned sm;
  unsigned memory;
  unsigned encoder;
  unsigned decoder;
};

}  // namespace

#ifndef NVML_WITHOUT_INIT
NVML_EXPORT int nvmlInit_v2() {
  const std::scoped_lock lock(mutex);
  if (users == 0) {
    auto fresh = std::make_unique<Library>(standin::environment("FRUGAL_STANDIN_NVML"));
    if (fresh->boards.init_code != kSuccess) return fresh->boards.init_code;
    library = std::move(fresh);
  }
  ++users;
  return kSuccess;
}
#endif

NVML_EXPORT int nvmlShutdown() {
  const std::scoped_lock lock(mutex);
  if (users == 0) return kUninitialized;
  if (--users == 0) library.reset();
  return kSuccess;
}

NVML_EXPORT const char* nvmlErrorString(int code) {
  switch (code) {
    case 0:
      return "Success";
    case 1:
      return "Uninitialized";
    case 2:
      return "Invalid Argument";
    case 3:
      return "Not Supported";
    case 4:
      return "Insufficient Permissions";
    case 6:
      return "Not Found";
    case 7:
      return "Insufficient Size";
    case 9:
      return "Driver Not Loaded";
    case 15:
      return "GPU is lost";
    case 18:
      return "Driver/library version mismatch";
    default:
      return "Unknown Error";
  }
}

NVML_EXPORT int nvmlSystemGetDriverVersion(char* text, unsigned length) {
  return library ? give_text(library->boards.driver, text, length) : kUninitialized;
}
NVML_EXPORT int nvmlSystemGetNVMLVersion(char* text, unsigned length) {
  return library ? give_text(library->boards.library, text, length) : kUninitialized;
}
NVML_EXPORT int nvmlDeviceGetCount_v2(unsigned* count) {
  if (!library) return kUninitialized;
  *count = static_cast<unsigned>(library->devices.size());
  return kSuccess;
}
NVML_EXPORT int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** handle) {
  if (!library) return kUninitialized;
  if (index >= library->devices.size()) return kInvalidArgument;
  *handle = &library->devices[index];
  return fault(*handle, "handle");
}
NVML_EXPORT int nvmlDeviceGetName(void* handle, char* text, unsigned length) {
  const int code = fault(handle, "name");
  return code != kSuccess ? code : give_text(device_of(handle)->gpu->name, text, length);
}
NVML_EXPORT int nvmlDeviceGetUUID(void* handle, char* text, unsigned length) {
  const int code = fault(handle, "uuid");
  return code != kSuccess ? code : give_text(device_of(handle)->uuid, text, length);
}
NVML_EXPORT int nvmlDeviceGetEnforcedPowerLimit(void* handle, unsigned* milliwatts) {
  const int code = fault(handle, "limit");
  if (code == kSuccess) *milliwatts = static_cast<unsigned>(device_of(handle)->gpu->limit_w * 1e3);
  return code;
}
NVML_EXPORT int nvmlDeviceGetPowerManagementDefaultLimit(void* handle, unsigned* milliwatts) {
  const int code = fault(handle, "default_limit");
  if (code == kSuccess) *milliwatts = static_cast<unsigned>(device_of(handle)->gpu->default_limit_w * 1e3);
  return code;
}
// Averages from Ampere on, but not on the GA100.
NVML_EXPORT int nvmlDeviceGetPowerUsage(void* handle, unsigned* milliwatts) {
  if (const int code = fault(handle, "power"); code != kSuccess) return code;
  Device& device = *device_of(handle);
  if (!device.gpu->usage || device.instance) return kNotSupported;
  const bool ga100 = device.gpu->name.find("A100") != std::string::npos;
  return give_power(device, device.gpu->architecture >= 7 && !ga100, milliwatts);
}

#ifndef NVML_WITHOUT_COUNTERS
struct Field {
  unsigned field;
  unsigned scope;
  long long timestamp_us;
  long long latency_us;
  unsigned type;
  int code;
  union {
    double as_double;
    unsigned as_unsigned;
    unsigned long long as_long_long;
  } value;
};

NVML_EXPORT int nvmlDeviceGetArchitecture(void* handle, unsigned* architecture) {
  const int code = fault(handle, "architecture");
  if (code == kSuccess) *architecture = device_of(handle)->gpu->architecture;
  return code;
}
NVML_EXPORT int nvmlDeviceGetMigMode(void* handle, unsigned* current, unsigned* pending) {
  if (const int code = fault(handle, "mig"); code != kSuccess) return code;
  *current = *pending = device_of(handle)->gpu->mig.empty() ? 0 : 1;
  return kSuccess;
}
NVML_EXPORT int nvmlDeviceGetMaxMigDeviceCount(void* handle, unsigned* count) {
  const int code = fault(handle, "mig");
  if (code == kSuccess) *count = 7;
  return code;
}
NVML_EXPORT int nvmlDeviceGetMigDeviceHandleByIndex(void* handle, unsigned index, void** instance) {
  if (const int code = fault(handle, "mig"); code != kSuccess) return code;
  for (Device& device : library->instances) {
    if (device.gpu == device_of(handle)->gpu && index-- == 0) {
      *instance = &device;
      return kSuccess;
    }
  }
  return kNotFound;
}
NVML_EXPORT int nvmlDeviceGetTotalEnergyConsumption(void* handle, unsigned long long* millijoules) {
  if (const int code = fault(handle, "energy"); code != kSuccess) return code;
  Device& device = *device_of(handle);
  if (!device.gpu->counter || device.gpu->architecture < 5 || device.instance) return kNotSupported;
  const std::optional<double> energy = device.gpu->energy_j();
  if (!energy) return kUnknown;
  *millijoules = static_cast<unsigned long long>(*energy * 1e3);
  return kSuccess;
}
NVML_EXPORT int nvmlDeviceGetFieldValues(void* handle, int count, Field* fields) {
  if (const int code = fault(handle, "field"); code != kSuccess) return code;
  Device& device = *device_of(handle);
  for (Field* field = fields; field != fields + count; ++field) {
    const auto& known = device.gpu->fields;
    field->code = kNotSupported;
    if (std::find(known.begin(), known.end(), field->field) == known.end()) continue;
    field->type = 1;  // unsigned int
    field->code = give_power(device, field->field == 185, &field->value.as_unsigned);
  }
  return kSuccess;
}
NVML_EXPORT int nvmlDeviceGetComputeRunningProcesses_v3(void* handle, unsigned* count, Process* list) {
  if (const int code = fault(handle, "processes"); code != kSuccess) return code;
  const auto& processes = device_of(handle)->gpu->processes;
  const auto room = *count;
  *count = static_cast<unsigned>(processes.size());
  if (room < processes.size()) return kInsufficientSize;
  for (const standin::Process& process : processes)
    *list++ = {.pid = process.pid, .memory = 1ULL << 30, .gpu_instance = 0, .compute_instance = 0};
  return kSuccess;
}
NVML_EXPORT int nvmlDeviceGetProcessUtilization(void* handle, Utilisation* list, unsigned* count,
                                                unsigned long long since_us) {
  if (const int code = fault(handle, "utilisation"); code != kSuccess) return code;
  constexpr unsigned long long kStep = 1'000'000;  // one step that never ages
  const auto& processes = device_of(handle)->gpu->processes;
  if (processes.empty() || since_us >= kStep) return kNotFound;
  const auto room = *count;
  *count = static_cast<unsigned>(processes.size());
  if (list == nullptr || room < processes.size()) return kInsufficientSize;
  for (const standin::Process& process : processes)
    *list++ = {.pid = process.pid, .at_us = kStep, .sm = process.sm, .memory = 0, .encoder = 0, .decoder = 0};
  return kSuccess;
}
#endif
