// GPUs by the hwmon chips of their kernel drivers: amdgpu, and i915 and xe of Intel. For machines without the
// vendor's library; the graphics of Intel and others that have no such chip are passed over in silence.
#pragma once

#include <span>
#include <string>

#include "frugal/base/clock.h"
#include "frugal/energy/found.h"
#include "frugal/energy/machine.h"

namespace frugal {

// gpu<first_index>, … in the order of /sys/class/drm/card*, without those at the PCI addresses in `covered`
// ("0000:03:00.0", also as NVML writes them). A board counts once, whatever it is made of: one PCI device,
// dies with the serial number of a board that is there already, and the levels of a sensor (card, package,
// tile). The power of an APU is that of CPU and GPU together: a whole-machine meter. `clock` must outlive the
// meters.
Found find_drm_gpus(const Machine& machine, const Clock& clock, int first_index,
                    std::span<const std::string> covered = {});

}  // namespace frugal
