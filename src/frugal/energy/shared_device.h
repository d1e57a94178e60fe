// A device that several processes may use at a time: its joules are the device's, and nobody's share of them
// is measured. What can be told is who used it; a share is a model and is labelled so by whoever prints it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frugal/base/units.h"
#include "frugal/energy/meter.h"

namespace frugal {

// A meter of such a device implements this beside Meter. One thread at a time, as Meter.
class SharedDevice {
 public:
  virtual ~SharedDevice() = default;
  // Processes that hold the device now; empty where it cannot be told.
  virtual std::vector<int> processes() = 0;
  // The part of the device's work since the last call (at first: of what the driver still remembers) that the
  // processes `pids` did, 0 to 1; nothing where no process worked or nothing can be told.
  virtual std::optional<double> share_of(std::span<const int> pids) = 0;
};

// A model of what a set of processes, a process tree for instance, caused on a device.
struct ProcessShare {
  double share = 0;    // of the device's work, by the time its multiprocessors were busy
  std::string method;  // "model: share of multiprocessor time (37 % of gpu0)"
};

// Nothing where `meter` is of no such device, or cannot tell.
std::optional<ProcessShare> process_share(Meter& meter, std::span<const int> pids);

}  // namespace frugal
