// Recorded traces as a CSV file: t_s,device,power_w,counter_j with one row per reading and device; an empty
// cell is what was not read, a row without both is a gap. Further columns may follow: those that the writer
// adds hold what is known of the sensor, in the first row of each device. Nothing is lost: a trace that is
// read back gives the same joules.
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/energy/trace.h"

namespace frugal {

// Rows in the order of their instants, t_s counted from `origin`, to the nanosecond.
void write_trace_csv(std::ostream& out, std::span<const Trace> traces, Instant origin);

// One trace per device, in the order of their first rows; instants count from Instant(0). Columns: t_s, and
// power_w or counter_j or both; without `device` all rows are of "replay0"; unknown columns are ignored.
// Where a file says nothing of a sensor: a device with any counter_j is a counter, its error is ±5 %, its
// period is what its staircase shows, and its caveat says that this is assumed. Errors name the line and the
// column: what is no finite number, time that runs back, a card that cannot be. `name` is the path of the
// file.
Result<std::vector<Trace>> parse_trace_csv(std::string_view text, const std::string& name);

}  // namespace frugal
