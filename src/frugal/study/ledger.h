// The port to what remembers a study. A Ledger is used by one thread.
// An acknowledged call has been made durable: it survives a kill of the process and a power cut.
// Steps are numbered from 0; a step may take several attempts, of which one at most is finished.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/energy/host_facts.h"
#include "frugal/energy/work_trace.h"
#include "frugal/trial/outcome.h"

namespace frugal {

struct StudyHeader {
  std::string name;
  nlohmann::ordered_json
      plan;  // nothing left open: the study file in full; its order matters (a condition follows its parent)
  std::string source = {};  // the study file verbatim
  Goal goal;
  double created_unix_s = 0;
};

// An attempt that gave no observation; its joules were spent all the same.
struct LostAttempt {
  int step = 0;
  int attempt = 0;
  TrialId trial = 0;
  std::string why;  // killed, died, interrupted, checkpoint lost, trained again
  EnergyReport energy = {};
  Duration duration;
  bool running = false;  // begun and neither finished nor lost: whoever ran it was killed, or runs it still
};

struct StudyRecord {
  StudyHeader header;
  std::vector<Observation> history;
  std::vector<LostAttempt> lost;
  std::vector<std::string> caveats;       // without repetition, in the order in which they came
  std::vector<std::string> sensors;       // likewise
  std::vector<std::string> workers;       // likewise
  HostFacts host = {};                    // of the machines that worked; likewise
  std::optional<std::string> stopped_by;  // absent while the study is not over
};

struct StudyBrief {
  std::string name;
  std::string strategy;
  int steps = 0;
  int trials = 0;
  double created_unix_s = 0;
  std::optional<std::string> stopped_by;
};

// An attempt of which readings are kept.
struct TracedAttempt {
  int step = 0;
  int attempt = 0;
  TrialId trial = 0;
  Duration duration;      // of the attempt, as it is booked
  bool finished = false;  // its observation counts; else it was lost or runs
};

// What readings are kept of a study.
struct TraceList {
  std::vector<Trace> sensors = {};           // what is known of each, without readings
  std::vector<TracedAttempt> attempts = {};  // in the order in which they ran
};

// What kind of remark is kept with a study.
enum class RemarkKind { Caveat, Sensor, Worker };

class Ledger {
 public:
  virtual ~Ledger() = default;

  // The studies of this ledger, oldest first.
  virtual Result<std::vector<StudyBrief>> list() = 0;
  // Nothing when there is no study of that name. Attempts that were begun and neither finished nor lost are
  // returned among `lost` with why = "killed" and their last progress.
  virtual Result<std::optional<StudyRecord>> read(const std::string& name) = 0;
  // Fails with FixInput when the name is taken.
  virtual Status create(const StudyHeader& header) = 0;

  // Begins attempt `attempt` (from 1) of step `number`.
  virtual Status begin(const std::string& study, int number, int attempt, const Step& step) = 0;
  // Replaces what the running attempt is known to have spent so far. The next three add the readings in
  // `more` to those of the attempt, each with what it writes besides, or nothing at all. All of one attempt
  // count from the same begin. A reading that its device has at that instant already is left out; of a phase
  // edge likewise.
  virtual Status progress(const std::string& study, int number, int attempt, const EnergyReport& energy,
                          Duration duration, const WorkTrace& more = {}) = 0;
  // The attempt ended with an observation: its outcome and energy are final.
  virtual Status finish(const std::string& study, int number, int attempt, const Outcome& outcome,
                        const WorkTrace& more = {}) = 0;
  // The attempt gave nothing.
  virtual Status lose(const std::string& study, int number, int attempt, const std::string& why,
                      const EnergyReport& energy, Duration duration, const WorkTrace& more = {}) = 0;

  // Kept once however often it is said.
  virtual Status remark(const std::string& study, RemarkKind kind, const std::string& text) = 0;
  // Each fact is kept once, likewise.
  virtual Status host(const std::string& study, const HostFacts& facts) = 0;
  // The study is over, or (nothing) goes on after all.
  virtual Status stop(const std::string& study, const std::optional<std::string>& reason) = 0;

  // Traces are large: read() leaves them out. Empty for a study that has none, or is not there.
  virtual Result<TraceList> traces(const std::string& study) = 0;
  // The readings of one attempt; empty where none are kept.
  virtual Result<WorkTrace> trace(const std::string& study, int number, int attempt) = 0;
};

}  // namespace frugal
