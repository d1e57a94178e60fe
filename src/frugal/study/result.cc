#include "frugal/study/result.h"

#include <algorithm>
#include <map>
#include <set>

#include "frugal/search/trials.h"
#include "frugal/study/strategies.h"
#include "frugal/study/study.h"
#include "frugal/study/study_file.h"

namespace frugal {
namespace {

// The Train steps that lead to the winner's state; what a trial trained beside them was rolled back.
std::set<int> chain_of(const Winner& winner, const std::vector<Observation>& history) {
  std::set<int> chain;
  for (std::optional<int> at = winner.step; at; at = history[static_cast<std::size_t>(*at)].step.from)
    chain.insert(*at);
  return chain;
}

struct Accounts {
  std::map<TrialId, EnergyReport> by_trial;
  std::map<TrialId, Duration> time_of;
  EnergyReport all;
};

Accounts book(const StudyRecord& record) {
  Accounts accounts;
  const auto take = [&](TrialId trial, const EnergyReport& energy, Duration duration) {
    add(accounts.by_trial[trial], energy);
    add(accounts.all, energy);
    accounts.time_of[trial] += duration;
  };
  for (const Observation& seen : record.history)
    take(seen.step.trial, seen.outcome.energy, seen.outcome.duration);
  for (const LostAttempt& lost : record.lost) take(lost.trial, lost.energy, lost.duration);
  return accounts;
}

std::string fate_of(const TrialSummary& trial, const std::optional<Winner>& winner, bool over) {
  if (over && winner && winner->trial == trial.id) return "winner";
  if (trial.failure && !trial.best) return "failed";
  if (trial.dropped) return "dropped";
  return over ? "kept" : "running";
}

// Everything but the winner's trial, and in it what was rolled back after its best or lost.
std::optional<Joules> wasted(const StudyRecord& record, const std::optional<Winner>& winner) {
  std::optional<Joules> sum;
  const std::set<int> chain = winner ? chain_of(*winner, record.history) : std::set<int>{};
  const auto count = [&](const EnergyReport& energy) {
    if (energy.total) sum = sum.value_or(Joules(0)) + energy.total->value;
  };
  for (const Observation& seen : record.history) {
    const bool winners = winner && seen.step.trial == winner->trial;
    const bool kept =
        winners && (!std::holds_alternative<Train>(seen.step.work) || chain.contains(seen.number));
    if (!kept) count(seen.outcome.energy);
  }
  for (const LostAttempt& lost : record.lost) count(lost.energy);
  if (!sum && book(record).all.total) sum = Joules(0);
  return sum;
}

std::map<std::string, double> test_of(const Outcome& outcome) {
  const std::string prefix = kTestPrefix;
  std::map<std::string, double> test;
  for (const auto& [name, value] : outcome.metrics) {
    if (name.starts_with(prefix)) test[name.substr(prefix.size())] = value;
  }
  return test;
}

std::vector<TrialResult> trial_results(const StudyRecord& record, const Accounts& accounts,
                                       const std::optional<Winner>& winner) {
  std::vector<TrialResult> results;
  for (const TrialSummary& trial : summarise(record.history, record.header.goal)) {
    TrialResult result;
    result.id = trial.id;
    result.point = trial.point;
    result.epochs = trial.epochs;
    if (trial.best) {
      result.best = trial.best->value;
      result.best_epoch = trial.best->epoch;
    }
    result.energy = accounts.by_trial.at(trial.id).total;
    result.duration = accounts.time_of.at(trial.id);
    result.fate = fate_of(trial, winner, record.stopped_by.has_value());
    if (trial.failure)
      result.failure = std::string(failure_text(trial.failure->kind)) + ": " + trial.failure->message;
    results.push_back(std::move(result));
  }
  std::sort(results.begin(), results.end(),
            [](const TrialResult& a, const TrialResult& b) { return a.id < b.id; });
  return results;
}

// The stages of the greenscreen pipeline are the rounds of its steps.
void set_stages(StudyResult& result, const std::vector<Observation>& history) {
  std::map<TrialId, const char*> stages;
  for (const Observation& seen : history)
    stages.try_emplace(seen.step.trial, stage_text(static_cast<GreenscreenStage>(seen.step.round)));
  for (TrialResult& trial : result.trials) trial.stage = stages.at(trial.id);
}

}  // namespace

Result<StudyResult> result_of(StudyRecord record) {
  const Result<Plan> plan = parse_study(record.header.plan.dump(), "the stored plan");
  if (!plan)
    return Error{ErrorCode::StoreBroken,
                 "the plan stored with '" + record.header.name + "' cannot be read: " + plan.error().message};
  const std::unique_ptr<Strategy> strategy = make_strategy(*plan);
  const Accounts accounts = book(record);
  StudyResult result;
  result.strategy = strategy->name();
  result.seed = plan->seed;
  result.winner = strategy->winner(record.history);
  result.decisions = strategy->decisions(record.history);
  result.trials = trial_results(record, accounts, result.winner);
  if (const auto* greenscreen = dynamic_cast<const Greenscreen*>(strategy.get())) {
    result.greenscreen = greenscreen->course(record.history);
    set_stages(result, record.history);
  }
  if (result.winner) result.winner_energy = accounts.by_trial.at(result.winner->trial).total;
  if (result.winner)
    result.winner_test = test_of(record.history.at(static_cast<std::size_t>(result.winner->step)).outcome);
  result.energy = accounts.all;
  result.wasted = wasted(record, result.winner);
  result.duration = spent_so_far(record).time;
  result.stopped_by = record.stopped_by.value_or("");
  result.caveats = record.caveats;
  result.sensors = record.sensors;
  result.workers = record.workers;
  result.host = record.host;
  result.header = std::move(record.header);
  result.history = std::move(record.history);
  result.lost = std::move(record.lost);
  return result;
}

std::optional<StudyResult> result_of_trial(const StudyResult& result, TrialId trial) {
  const auto found = std::find_if(result.trials.begin(), result.trials.end(),
                                  [&](const TrialResult& held) { return held.id == trial; });
  if (found == result.trials.end()) return std::nullopt;
  StudyResult alone;
  alone.header = result.header;
  alone.header.name += ":" + std::to_string(trial);
  alone.strategy = "trial";
  alone.seed = result.seed;
  alone.duration = found->duration;
  // A trial that was given up or failed is over, even while its study goes on.
  const bool ended = found->fate == "dropped" || found->fate == "failed";
  alone.stopped_by = result.stopped_by.empty() && ended ? found->fate : result.stopped_by;
  alone.caveats = result.caveats;
  alone.sensors = result.sensors;
  alone.workers = result.workers;
  alone.energy.total = found->energy;
  alone.winner_energy = found->energy;
  if (found->best) alone.winner = Winner{trial, found->point, *found->best, found->best_epoch, 0};
  for (const TrialResult& held : result.trials) {
    if (held.point == found->point) alone.trials.push_back(held);
  }
  return alone;
}

}  // namespace frugal
