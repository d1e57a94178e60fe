// The port to whoever does the work of a step. The study owns a Workload and calls it from one thread.
// A Workload keeps trial states alive between steps where it can; where it cannot, it reads them from
// checkpoints.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/energy/host_facts.h"
#include "frugal/energy/work_trace.h"
#include "frugal/trial/outcome.h"
#include "frugal/work/worker.h"

namespace frugal {

// What a workload says of itself once it is open.
struct WorkloadCard {
  WorkerCard worker;
  std::vector<std::string> sensors;  // what measures: for people
  std::vector<std::string> caveats;  // one sentence each, for the report
  HostFacts host = {};               // of the machine that works
};

// One step, with the files its states lie in.
struct WorkItem {
  int number = 0;  // of the step in the study
  Step step;
  std::optional<std::string> base_checkpoint = {};  // of the Train step that step.from names
  std::optional<std::string> save_to = {};          // where a Train step leaves its state; none: nowhere
};

// Told while a step runs. Called on the thread that called run().
class WorkObserver {
 public:
  virtual ~WorkObserver() = default;
  virtual void epoch(const EpochRow& row) = 0;
  // Joules of this step so far.
  virtual void energy(const EnergyReport& so_far, Duration elapsed) = 0;
  // What the meters read since the last call, in the time of the step. Always before the energy() or the end
  // of run() that counts it.
  virtual void trace(const WorkTrace& more) { static_cast<void>(more); }
};

class Workload {
 public:
  virtual ~Workload() = default;
  // Starts what has to be started. May be called again after a step ended with Died: begins anew.
  virtual Result<WorkloadCard> open() = 0;
  // Never throws; trouble is in the outcome's failure. Returns soon after `cancel` becomes true, with
  // Interrupted and the joules spent until then.
  virtual Outcome run(const WorkItem& item, WorkObserver& observer, const std::atomic<bool>& cancel) = 0;
  // Stops what was started; called once at the end, also after failures.
  virtual void close() = 0;
};

}  // namespace frugal
