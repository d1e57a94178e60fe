// A Workload that is another process: it speaks the worker protocol to an agent (or straight to a worker,
// then without joules). Keeps track of which state each trial has in the worker and reloads only what
// differs.
#pragma once

#include <map>
#include <memory>

#include "frugal/base/clock.h"
#include "frugal/work/child_process.h"
#include "frugal/work/protocol.h"
#include "frugal/work/workload.h"

namespace frugal {

struct ProcessSettings {
  std::vector<std::string> command;     // of the agent, with the worker's behind it
  std::optional<std::string> log = {};  // takes what the agent and the worker write to standard error
  Duration step_time{86400};            // longest silence about a step's end before it is taken for hung
  Duration start_time{300};             // for the answer to hello
  const std::atomic<bool>* cancel = nullptr;  // ends open() when it becomes true; must outlive the workload
};

class ProcessWorkload final : public Workload {
 public:
  ProcessWorkload(ProcessSettings settings, const Clock& clock)
      : settings_(std::move(settings)), clock_(clock) {}
  ~ProcessWorkload() override { ProcessWorkload::close(); }

  Result<WorkloadCard> open() override;
  Outcome run(const WorkItem& item, WorkObserver& observer, const std::atomic<bool>& cancel) override;
  void close() override;

 private:
  struct Call;  // one step being carried out
  bool prepare(Call& call);
  void work(Call& call);
  void save(Call& call);
  std::optional<Answer> ask(Call& call, const Request& request);
  std::optional<Answer> converse(Call& call, const std::string& line, Duration limit);
  void take_epoch(Call& call, const EpochEvent& event) const;
  void take_trace(Call& call, TraceEvent event);
  void lost(Call& call, const std::string& message);
  std::string log_tail() const;
  bool can(const char* what) const;

  ProcessSettings settings_;
  const Clock& clock_;
  std::unique_ptr<ChildProcess> process_;
  EnergyReport start_up_;       // joules of starting the worker, booked as "load" with the next step
  WorkTrace start_up_trace_;    // likewise
  std::vector<Trace> sensors_;  // of this agent, without readings
  WorkloadCard card_;
  // Number of the Train step each trial stands at in the worker; nothing: at its initial weights.
  std::map<TrialId, std::optional<int>> states_;
};

}  // namespace frugal
