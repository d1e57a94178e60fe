// Meters of the whole node: what its power supplies or its board see. They see what other meters see too, so
// they are shown beside them and never added (MeterCard::whole_machine).
#pragma once

#include "frugal/base/clock.h"
#include "frugal/energy/bmc.h"
#include "frugal/energy/found.h"
#include "frugal/energy/machine.h"
#include "frugal/energy/perf_events.h"

namespace frugal {

// machine0, machine1, …: ACPI power meters and other hwmon chips that see the node's input, the BMC by DCMI,
// RAPL psys. Batteries and single power supplies are not taken for the node. Missing: a BMC that is there and
// cannot be asked, a psys that cannot be read. `clock` and `events` must outlive the meters.
Found find_node_power(const Machine& machine, const Clock& clock, const OpenBmc& open_bmc = open_kernel_bmc,
                      PerfEvents& events = kernel_perf_events());

// The sockets of a machine whose firmware meters them through ACPI and that has no RAPL (NVIDIA Grace): cpu0,
// … The power of a Grace socket holds that of its memory.
Found find_acpi_sockets(const Machine& machine, const Clock& clock);

}  // namespace frugal
