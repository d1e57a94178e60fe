// RAPL: the energy counters of CPU packages and of the memory at them, by perf events first, powercap second,
// the hwmon chip amd_energy third. One way for all packages, another perhaps for all DRAM; never two for one.
// A package is counted once: core and uncore lie inside it, psys around it, and intel-rapl-mmio shows the
// same package as intel-rapl. DRAM lies outside the package (servers) and adds to it.
#pragma once

#include "frugal/base/clock.h"
#include "frugal/energy/found.h"
#include "frugal/energy/machine.h"
#include "frugal/energy/perf_events.h"

namespace frugal {

// cpu0, cpu1, … (one a package, or a die where each die counts for itself) and dram0, … with the number of
// their package; where there is no RAPL, the sockets that ACPI power meters tell of. What is missing carries
// the kernel's reason, the line that helps and what that gives away. `clock` and `events` must outlive the
// meters.
Found find_rapl(const Machine& machine, const Clock& clock, PerfEvents& events = kernel_perf_events());

// psys: all that the platform's power pins feed, CPU packages included; a whole-machine meter named
// "machine<index>". No more than one meter; nothing missing where the machine has no psys.
Found find_psys(const Machine& machine, const Clock& clock, int index,
                PerfEvents& events = kernel_perf_events());

}  // namespace frugal
