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
  const auto allowed = [&trial](const char* factor,
                                const std::optional<int>& limit) -> std::optional<double> {
    if (const std::optional<double> own = trial.point.number(factor)) return own;
    return limit;
  };
  const std::optional<double> epochs = allowed("epochs", limits.epochs);
  const std::optional<double> patience = allowed("patience", limits.patience);
  if (trial.ended || (epochs && trial.epochs >= *epochs)) return "epochs";
  if (patience && trial.epochs > 0 && trial.epochs_since_best >= *patience) return "patience";
  return std::nullopt;
}

}  // namespace frugal
