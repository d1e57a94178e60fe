// What the meters read while one piece of work ran, with the edges of its phases: enough to integrate its
// joules again. Values only; in a study every attempt of a step has one.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "frugal/base/units.h"
#include "frugal/energy/trace.h"

namespace frugal {

// From here to the next edge the joules are booked under `phase`; before the first edge under "other".
struct PhaseEdge {
  Instant at;
  std::string phase;
};

// Instants count from the begin of the work, which is Instant(0). A trace may begin a little earlier, with
// the readings that its first window edge needs, and end a little later.
struct WorkTrace {
  Instant clock = {};  // of the machine's steady clock at the begin: pieces of one machine share an axis
  std::vector<Trace> traces = {};     // one a device; instants ascend
  std::vector<PhaseEdge> edges = {};  // in their order

  bool empty() const { return traces.empty() && edges.empty(); }
  std::size_t readings() const;
};

// Adds what came after, counted from the begin of `trace`; to an empty trace it is copied. Readings that are
// not younger than the last one of their device, and edges likewise, are left out: what overlaps counts once.
void append(WorkTrace& trace, const WorkTrace& more);

// One trace a device of pieces in the order in which they ran, on one time axis from the begin of the first.
// Pieces of one machine lie where its clock put them. Where that runs back (another boot, another machine),
// or time lies between two pieces, a gap stands: nothing is integrated over it. A device whose sensor changed
// has a second trace, named DEVICE#2.
std::vector<Trace> joined(std::span<const WorkTrace> pieces);

}  // namespace frugal
