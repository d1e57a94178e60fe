// The AMD boards of this machine that a training may use, each with a meter.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "frugal/energy/amd_api.h"
#include "frugal/energy/amd_meter.h"
#include "frugal/energy/gpu_devices.h"

namespace frugal {

// Opens the first of `machine.amd_libraries` that works and has a board; selects by ROCR_ and
// HIP_VISIBLE_DEVICES. Never fails: what cannot be read is `missing`, with the loader's or the library's own
// words. The first board is "gpu<first_index>". `clock` must outlive the meters.
FoundGpus find_amd(const Machine& machine, const Clock& clock, int first_index = 0);

// The same with an open library.
FoundGpus find_amd(const std::shared_ptr<AmdApi>& amd, const Machine& machine, const Clock& clock,
                   int first_index = 0);

// Which dies share a board. On an MI250 the joules of both are in the primary's counter and the secondary
// reads 0 everywhere, "usually one above or below" it (AMD's rocm_smi.py, checkIfSecondaryDie): a die that
// reads 0 J and no power is taken for the secondary of the die before it, else of the die behind it. In the
// order of the dies.
std::vector<AmdBoard> boards_of(AmdApi& amd, unsigned dies);

}  // namespace frugal
