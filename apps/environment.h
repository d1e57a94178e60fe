// What the environment says about the machine's sensors. Only code below apps/ reads the environment.
#pragma once

#include "frugal/energy/machine.h"

namespace frugal::app {

// The real machine, with the devices that CUDA_VISIBLE_DEVICES, ROCR_VISIBLE_DEVICES and HIP_VISIBLE_DEVICES
// leave. FRUGAL_SYSFS, FRUGAL_DEV, FRUGAL_PROC and FRUGAL_NVML put other places there: for tests and for
// containers that mount the host's tree elsewhere.
Machine machine_from_environment();

}  // namespace frugal::app
