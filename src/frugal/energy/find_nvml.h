// The NVIDIA boards of this machine that a training may use, each with a meter.
#pragma once

#include <memory>

#include "frugal/energy/gpu_devices.h"
#include "frugal/energy/nvml_api.h"

namespace frugal {

// Opens `machine.nvml_library` and selects by `machine.cuda_visible_devices`. Never fails: what cannot be
// read, the library first of all, is `missing`, with the loader's or NVML's own words. A board in MIG mode is
// one meter. The first board is "gpu<first_index>". `clock` must outlive the meters.
FoundGpus find_nvml(const Machine& machine, const Clock& clock, int first_index = 0);

// The same with an open library.
FoundGpus find_nvml(const std::shared_ptr<NvmlApi>& nvml, const Machine& machine, const Clock& clock,
                    int first_index = 0);

}  // namespace frugal
