// What the environment says about the machine's sensors. Only code below apps/ reads the environment.
#pragma once

#include <string>

#include "frugal/energy/machine.h"

namespace frugal::app {

// The real machine, with the devices that CUDA_VISIBLE_DEVICES, ROCR_VISIBLE_DEVICES and HIP_VISIBLE_DEVICES
// leave. FRUGAL_SYSFS, FRUGAL_DEV, FRUGAL_PROC and FRUGAL_NVML put other places there: for tests and for
// containers that mount the host's tree elsewhere.
// The calibrations of this host are those of calibrations_path(); a file that cannot be read is a caveat.
Machine machine_from_environment();

// FRUGAL_CALIBRATIONS, or frugal/calibrations.json in the folder for settings (XDG_CONFIG_HOME, else
// ~/.config).
std::string calibrations_path();
// The name under which calibrations of this machine are kept.
std::string host_name();

// {"calibrations":[…]}; none where there is no such file.
Result<std::vector<Calibration>> read_calibrations(const std::string& path);
// Writes them in one step: a reader sees the old or the new ones.
Status write_calibrations(const std::string& path, const std::vector<Calibration>& calibrations);

}  // namespace frugal::app
