#include "frugal/search/stopping.h"

namespace frugal {

std::optional<std::string> stop_reason(History history, const Goal& goal, const Limits& limits,
                                       const Spent& spent) {
  if (limits.target) {
    for (const TrialSummary& trial : summarise(history, goal)) {
      if (trial.best && !goal.better(*limits.target, trial.best->value)) return "target";
    }
  }
  if (limits.energy && spent.energy && *spent.energy >= *limits.energy) return "energy";
  if (limits.time && spent.time >= *limits.time) return "time";
  return std::nullopt;
}

std::optional<std::string> exhausted(const TrialSummary& trial, const Limits& limits) {
  if (limits.epochs && trial.epochs >= *limits.epochs) return "epochs";
  if (limits.patience && trial.epochs > 0 && trial.epochs_since_best >= *limits.patience) return "patience";
  return std::nullopt;
}

}  // namespace frugal
