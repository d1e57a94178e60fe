#include "frugal/search/trials.h"

#include <map>
#include <unordered_map>

namespace frugal {
namespace {

using Places = std::unordered_map<TrialId, std::size_t>;

TrialSummary& summary_of(std::vector<TrialSummary>& trials, Places& places, const Step& step) {
  const auto [place, is_new] = places.try_emplace(step.trial, trials.size());
  if (is_new) trials.push_back(TrialSummary{step.trial, step.point, step.seed});
  return trials[place->second];
}

struct EpochJoules {
  Joules joules;
  int epochs = 0;
};

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

std::optional<double> efficiency_quotient(std::optional<double> quality,
                                          std::optional<Joules> energy_per_epoch) {
  if (!quality || !energy_per_epoch || *energy_per_epoch <= Joules(0)) return std::nullopt;
  return *quality / watt_hours(*energy_per_epoch);
}

std::vector<TrialSummary> summarise(History history, const Goal& goal) {
  std::vector<TrialSummary> trials;
  std::map<TrialId, EpochJoules> spent;
  Places places;
  for (const Observation& seen : history) {
    TrialSummary& trial = summary_of(trials, places, seen.step);
    if (std::holds_alternative<Drop>(seen.step.work)) {
      trial.dropped = true;
      continue;
    }
    trial.failure = seen.outcome.failure;
    const auto* train = std::get_if<Train>(&seen.step.work);
    if (train == nullptr) continue;
    trial.ended = has_ended(*train, seen.outcome);
    for (const auto& [name, value] : train->set.values()) trial.point.set(name, value);
    for (const EpochRow& row : seen.outcome.epochs) {
      take_epoch(trial, row, seen.number, goal);
      if (!row.energy) continue;
      EpochJoules& sum = spent[trial.id];
      sum.joules += row.energy->value;
      ++sum.epochs;
    }
    if (!seen.outcome.failure) trial.last_step = seen.number;
  }
  for (TrialSummary& trial : trials) {
    if (const auto found = spent.find(trial.id); found != spent.end())
      trial.energy_per_epoch = found->second.joules / found->second.epochs;
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
