// Every sensor of this machine that can be read, and every one that cannot and why: what 'auto' chooses from
// and what `frugal doctor` tells.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "frugal/base/clock.h"
#include "frugal/energy/found.h"
#include "frugal/energy/gpu_devices.h"
#include "frugal/energy/machine.h"

namespace frugal {

struct Survey {
  std::vector<std::unique_ptr<Meter>> meters;  // GPUs, CPU packages, DRAM, the whole machine
  std::vector<GpuId> gpus;                     // names of the GPUs among them
  std::vector<Missing> missing;
};

// Opens everything. `clock` must outlive the meters.
Survey survey(const Machine& machine, const Clock& clock);

// Whether the machine has a board of NVIDIA or AMD: one that cannot be read then is worth a caveat.
bool has_graphics_board(const Machine& machine);

}  // namespace frugal
