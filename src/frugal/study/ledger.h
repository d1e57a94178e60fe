// The port to what remembers a study. A Ledger is used by one thread.
// An acknowledged call has been made durable: it survives a kill of the process and a power cut.
// Steps are numbered from 0; a step may take several attempts, of which one at most is finished.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "frugal/base/result.h"
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
  // Replaces what the running attempt is known to have spent so far.
  virtual Status progress(const std::string& study, int number, int attempt, const EnergyReport& energy,
                          Duration duration) = 0;
  // The attempt ended with an observation: its outcome and energy are final.
  virtual Status finish(const std::string& study, int number, int attempt, const Outcome& outcome) = 0;
  // The attempt gave nothing.
  virtual Status lose(const std::string& study, int number, int attempt, const std::string& why,
                      const EnergyReport& energy, Duration duration) = 0;

  // Kept once however often it is said.
  virtual Status remark(const std::string& study, RemarkKind kind, const std::string& text) = 0;
  // The study is over, or (nothing) goes on after all.
  virtual Status stop(const std::string& study, const std::optional<std::string>& reason) = 0;
};

}  // namespace frugal
