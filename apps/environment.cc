#include "environment.h"

#include <cstdlib>

namespace frugal::app {
namespace {

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read once, before any thread
  if (value == nullptr) return std::nullopt;
  return value;
}

}  // namespace

Machine machine_from_environment() {
  Machine machine;
  machine.sys = variable("FRUGAL_SYSFS").value_or(machine.sys);
  machine.dev = variable("FRUGAL_DEV").value_or(machine.dev);
  machine.proc = variable("FRUGAL_PROC").value_or(machine.proc);
  machine.nvml_library = variable("FRUGAL_NVML").value_or(machine.nvml_library);
  machine.cuda_visible_devices = variable("CUDA_VISIBLE_DEVICES");
  machine.rocr_visible_devices = variable("ROCR_VISIBLE_DEVICES");
  machine.hip_visible_devices = variable("HIP_VISIBLE_DEVICES");
  return machine;
}

}  // namespace frugal::app
