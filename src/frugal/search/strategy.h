// The port of search: a Strategy looks at the history and proposes the next step.
// It holds settings, no state: the same history gives the same proposal, so a killed study resumes by reading
// its ledger. Implementations are immutable and may be shared between threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/trial/outcome.h"

namespace frugal {

// Nothing is left to do. `reason`: patience, epochs, target, energy, time, exhausted, failed.
struct Finished {
  std::string reason;
};

using Proposal = std::variant<Step, Finished>;

// The best validated state of a trial: what a study returns.
struct Winner {
  TrialId trial = 0;
  Point point;       // with what the training step set
  double value = 0;  // of the goal's metric
  int epoch = 0;     // of the trial's life
  int step = 0;      // number of the Train step whose checkpoint holds the weights
};

// One line of a strategy's decision log: how a configuration stood in a round.
struct RoundRow {
  TrialId trial = 0;
  std::optional<double> quality = {};
  std::optional<Joules> energy_per_epoch = {};
  std::optional<double> learning_rate = {};
  std::optional<double> score = {};
  bool kept = true;
  std::string note = {};
};
struct RoundLog {
  int round = 0;
  std::vector<RoundRow> rows;
};

class Strategy {
 public:
  virtual ~Strategy() = default;
  virtual std::string name() const = 0;
  // What the worker must be able to do: of train, explore, probe, snapshot; and "energy" when proposals
  // depend on joules, so that something must measure them.
  virtual std::vector<std::string> needs() const = 0;
  // Fails with GiveUp when the history is not one that this strategy could have made.
  virtual Result<Proposal> propose(History history) const = 0;
  // Nothing before any validated epoch.
  virtual std::optional<Winner> winner(History history) const = 0;
  // What was decided so far, oldest first; empty for strategies without rounds.
  virtual std::vector<RoundLog> decisions(History history) const;
};

}  // namespace frugal
