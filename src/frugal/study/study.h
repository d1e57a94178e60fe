// One experiment: ask the strategy, carry out the step, write it down, until something says stop.
// Killed at any moment it goes on where the ledger ends; what a lost attempt had cost stays in the account.
#pragma once

#include <atomic>
#include <string>

#include "frugal/search/stopping.h"
#include "frugal/search/strategy.h"
#include "frugal/study/checkpoints.h"
#include "frugal/study/ledger.h"
#include "frugal/work/workload.h"

namespace frugal {

// Told what happens, for people. Called on the study's thread.
class StudyObserver {
 public:
  virtual ~StudyObserver() = default;
  virtual void opened(const WorkloadCard&, const StudyRecord&) {}
  virtual void step_begins(int, const Step&) {}
  virtual void epoch(const Step&, const EpochRow&) {}
  virtual void energy(const EnergyReport&, Duration) {}
  virtual void step_ended(const Observation&, const Spent&) {}
  virtual void remark(const std::string&) {}
};

struct StudySettings {
  std::string name;
  Goal goal;
  Limits limits;
  // Creates the study once its worker is up, where the ledger has none of that name; without it there must be
  // one.
  std::optional<StudyHeader> create = {};
};

// Everything a study needs; all of it outlives the run.
struct StudyParts {
  Ledger& ledger;
  Workload& workload;
  const Strategy& strategy;
  const Checkpoints& checkpoints;
  StudyObserver& observer;
  const std::atomic<bool>& cancel;
};

// Runs until it is over and returns why: target, patience, epochs, energy, time, exhausted or failed.
// Fails with Interrupted after a cancel, FixInput when the worker cannot do what the strategy needs or does
// not start, StoreBroken when the ledger fails; everything acknowledged before stays in the ledger.
Result<std::string> run_study(const StudySettings& settings, const StudyParts& parts);

// What a record says was spent, lost attempts included.
Spent spent_so_far(const StudyRecord& record);

}  // namespace frugal
