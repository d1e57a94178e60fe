// Books the joules of a recorder under phases. Time that belongs to no phase is "other", so that the phases
// always add up to the total: nothing is counted twice and nothing is lost between two phases.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/energy/recorder.h"
#include "frugal/energy/report.h"
#include "frugal/energy/work_trace.h"

namespace frugal {

// Totals and phases hold the parts of the machine (recorder.h); a meter of the whole machine is in by_device
// alone. "explore", "train", "evaluate" and "load" have their own account; any other name is booked as
// "other". Phases do not nest. Used by one thread at a time; the recorder must outlive it. Every edge is a
// mark() of the recorder. Memory grows with the number of edges until take().
class PhaseAccount {
 public:
  // Accounting starts now.
  explicit PhaseAccount(Recorder& recorder);

  // An error, which changes nothing, when a phase is open already / when `name` is not the open one.
  Status begin(std::string_view name);
  Status end(std::string_view name);

  // Joules since the start or the last take(), up to now; an open phase counts up to now.
  EnergyReport report();
  // The same, and starts anew from now; an open phase stays open. The recorder may then forget all before
  // since().
  EnergyReport take();
  Instant since() const { return since_; }
  // Where the work changed its phase since then. A phase that was open at that moment begins there.
  const std::vector<PhaseEdge>& edges() const { return edges_; }
  Instant needed_from() const { return late_.begin; }

 private:
  using JoulesByDevice = std::map<std::string, Joules>;
  struct Segment {
    std::string phase;
    Window window;
  };
  void close(Instant now);
  std::string booked_as() const;
  struct Booking {
    EnergyReport report;
    JoulesByDevice owed;  // corrections that found no room
    JoulesByDevice late;  // booked in the last moments before now
  };
  Booking book(Instant now) const;
  Window late_until(Instant now) const;
  JoulesByDevice correction(const std::vector<DeviceFigure>& late_now) const;

  Recorder& recorder_;
  Instant since_;
  Instant segment_begin_;
  std::string open_;  // name of the open phase, or empty
  std::vector<Segment> segments_;
  std::vector<PhaseEdge> edges_;
  Window late_;                 // the last moments of the take before
  JoulesByDevice late_booked_;  // what was booked for them
  JoulesByDevice owed_;
};

}  // namespace frugal
