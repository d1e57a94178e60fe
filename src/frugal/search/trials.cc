#include "frugal/search/trials.h"

#include <algorithm>

namespace frugal {
namespace {

TrialSummary& summary_of(std::vector<TrialSummary>& trials, const Step& step) {
  const auto found =
      std::find_if(trials.begin(), trials.end(), [&](const TrialSummary& t) { return t.id == step.trial; });
  if (found != trials.end()) return *found;
  trials.push_back(TrialSummary{step.trial, step.point, step.seed});
  return trials.back();
}

void take_epoch(TrialSummary& trial, const EpochRow& row, int step, const Goal& goal) {
  ++trial.epochs;
  ++trial.epochs_since_best;
  trial.last_value = metric_of(row.metrics, goal);
  if (!trial.last_value) return;
  if (trial.best && !goal.better(*trial.last_value, trial.best->value)) return;
  trial.best = Winner{trial.id, trial.point, *trial.last_value, row.epoch, step};
  trial.epochs_since_best = 0;
}

}  // namespace

bool has_ended(const Train& asked, const Outcome& outcome) {
  return !outcome.failure && static_cast<int>(outcome.epochs.size()) < asked.epochs;
}

std::vector<TrialSummary> summarise(History history, const Goal& goal) {
  std::vector<TrialSummary> trials;
  for (const Observation& seen : history) {
    TrialSummary& trial = summary_of(trials, seen.step);
    if (std::holds_alternative<Drop>(seen.step.work)) {
      trial.dropped = true;
      continue;
    }
    trial.failure = seen.outcome.failure;
    const auto* train = std::get_if<Train>(&seen.step.work);
    if (train == nullptr) continue;
    trial.ended = has_ended(*train, seen.outcome);
    for (const auto& [name, value] : train->set.values()) trial.point.set(name, value);
    for (const EpochRow& row : seen.outcome.epochs) take_epoch(trial, row, seen.number, goal);
    if (!seen.outcome.failure) trial.last_step = seen.number;
  }
  return trials;
}

std::optional<Winner> best_kept(History history, const Goal& goal) {
  const TrialSummary* best = nullptr;
  const std::vector<TrialSummary> trials = summarise(history, goal);
  for (const bool dropped : {false, true}) {
    for (const TrialSummary& trial : trials) {
      if (trial.dropped != dropped || !trial.best) continue;
      if (best == nullptr || goal.better(trial.best->value, best->best->value)) best = &trial;
    }
    if (best != nullptr) return best->best;
  }
  return std::nullopt;
}

}  // namespace frugal
