// From a list of devices as people write it to the meters that read them.
// One table holds the kinds of device; a new kind is a new line there.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frugal/base/clock.h"
#include "frugal/base/result.h"
#include "frugal/energy/machine.h"
#include "frugal/energy/meter.h"

namespace frugal {

struct OpenedMeters {
  std::vector<std::unique_ptr<Meter>> meters = {};
  std::vector<std::string> caveats = {};  // of what is there and is not measured
};

// "auto" (every counter that can be read, but the whole machine's; the model for the CPU where it has none),
// "gpu" (all), "gpu0", "gpu:GPU-8932" (by UUID), "cpu", "cpu0", "dram", "dram0", "machine", "machine0",
// "model[:SPEC]", "dram-model[:SPEC]" (memory without a counter; never in "auto", because its power hardly
// depends on what runs), "sim:SPEC" (several are named sim0, sim1, …), "replay:FILE.csv", "none" (alone: no
// meters, energy is absent). Devices are separated by ';', or by ',' where what follows is no key=value of
// the device before it: "sim:power=50W,seed=2,sim:power=70W,model" is three devices. A sensor that is asked
// for by name and cannot be read is an error (NeedRights) with the reason and the line that would help.
// Calibrations of `machine` that fit are applied. `clock` must outlive the meters.
Result<OpenedMeters> open_meters(std::string_view devices, const Clock& clock, const Machine& machine = {});

// The list cut into single devices by the rule above, spaces around them removed.
std::vector<std::string> split_devices(std::string_view devices);

}  // namespace frugal
