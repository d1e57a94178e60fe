// Where the joules went: by phase, by device, by fate, by trial; the Pareto front; the anytime curve.
#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "frugal/report/finding_parts.h"
#include "frugal/search/trials.h"
#include "frugal/stats/pareto.h"

namespace frugal {
namespace {

constexpr std::array kPhaseOrder = {"explore", "train", "evaluate", "load", "other"};
constexpr std::array kFateOrder = {"winner", "kept", "running", "dropped", "failed"};

std::size_t phase_rank(const std::string& phase) {
  return static_cast<std::size_t>(std::find(kPhaseOrder.begin(), kPhaseOrder.end(), phase) -
                                  kPhaseOrder.begin());
}

void add_phases(PhaseJoules& sum, const EnergyReport& energy) {
  for (const auto& [phase, figure] : energy.by_phase) sum[phase] += figure.value;
}

void add_total(std::optional<Joules>& sum, const std::optional<EnergyFigure>& figure) {
  if (figure) sum = sum.value_or(Joules(0)) + figure->value;
}

std::unordered_map<TrialId, std::size_t> positions(const StudyResult& result) {
  std::unordered_map<TrialId, std::size_t> at;
  for (std::size_t i = 0; i < result.trials.size(); ++i) at[result.trials[i].id] = i;
  return at;
}

struct EpochSums {
  Joules joules;
  int measured = 0;
};

void set_quotients(TrialFinding& found, const EpochSums& epochs, const TrialResult& trial, bool maximise) {
  if (epochs.measured > 0) found.energy_per_epoch = epochs.joules / epochs.measured;
  if (!maximise || !found.last) return;
  found.eq = efficiency_quotient(found.last, found.energy_per_epoch);
  if (trial.energy) found.eq_total = efficiency_quotient(found.last, trial.energy->value);
}

void mark_front(const StudyResult& result, std::vector<TrialFinding>& found) {
  std::vector<std::size_t> at;
  std::vector<double> joules;
  std::vector<double> quality;
  for (std::size_t i = 0; i < result.trials.size(); ++i) {
    const TrialResult& trial = result.trials[i];
    if (!trial.best || !std::isfinite(*trial.best) || !trial.energy) continue;
    at.push_back(i);
    joules.push_back(trial.energy->value.value());
    quality.push_back(*trial.best);
  }
  const std::array objectives = {
      stats::Objective{joules, stats::Better::Smaller},
      stats::Objective{quality,
                       result.header.goal.maximise ? stats::Better::Larger : stats::Better::Smaller}};
  const Result<std::vector<std::size_t>> front = stats::pareto_front(objectives);
  if (!front) return;
  for (const std::size_t i : *front) found[at[i]].on_front = true;
}

}  // namespace

std::vector<EnergyPart> energy_parts(const std::map<std::string, EnergyFigure>& figures,
                                     const std::map<std::string, Duration>& durations,
                                     const std::optional<EnergyFigure>& total) {
  std::vector<EnergyPart> parts;
  for (const auto& [name, figure] : figures) {
    EnergyPart part{name, figure};
    const auto known = durations.find(name);
    const Duration time = known == durations.end() ? figure.duration : known->second;
    if (time > Duration(0)) part.mean_power = figure.value / time;
    if (total && total->value > Joules(0)) part.share = figure.value / total->value;
    parts.push_back(std::move(part));
  }
  std::stable_sort(parts.begin(), parts.end(), [](const EnergyPart& a, const EnergyPart& b) {
    return phase_rank(a.name) < phase_rank(b.name);
  });
  return parts;
}

std::vector<FateEnergy> fate_energies(const StudyResult& result) {
  std::map<std::string, FateEnergy> by_fate;
  const auto at = positions(result);
  for (const TrialResult& trial : result.trials) ++by_fate[trial.fate].trials;
  const auto take = [&](const std::string& fate, const EnergyReport& energy) {
    add_phases(by_fate[fate].by_phase, energy);
    add_total(by_fate[fate].total, energy.total);
  };
  for (const Observation& seen : result.history) {
    if (const auto found = at.find(seen.step.trial); found != at.end())
      take(result.trials[found->second].fate, seen.outcome.energy);
  }
  for (const LostAttempt& lost : result.lost) take("lost attempts", lost.energy);
  std::vector<std::string> order(kFateOrder.begin(), kFateOrder.end());
  order.emplace_back("lost attempts");
  std::vector<FateEnergy> fates;
  for (const std::string& name : order) {
    const auto found = by_fate.find(name);
    if (found == by_fate.end()) continue;
    found->second.fate = name;
    if (found->second.total && result.energy.total && result.energy.total->value > Joules(0))
      found->second.share = *found->second.total / result.energy.total->value;
    fates.push_back(std::move(found->second));
  }
  return fates;
}

std::vector<TrialFinding> trial_findings(const StudyResult& result) {
  std::vector<TrialFinding> found(result.trials.size());
  std::vector<EpochSums> epochs(result.trials.size());
  const auto at = positions(result);
  for (const Observation& seen : result.history) {
    const auto place = at.find(seen.step.trial);
    if (place == at.end()) continue;
    TrialFinding& trial = found[place->second];
    add_phases(trial.by_phase, seen.outcome.energy);
    for (const EpochRow& row : seen.outcome.epochs) {
      if (const auto value = metric_of(row.metrics, result.header.goal)) trial.last = value;
      if (!row.energy) continue;
      epochs[place->second].joules += row.energy->value;
      ++epochs[place->second].measured;
    }
  }
  for (const LostAttempt& lost : result.lost) {
    if (const auto place = at.find(lost.trial); place != at.end())
      add_phases(found[place->second].by_phase, lost.energy);
  }
  for (std::size_t i = 0; i < found.size(); ++i)
    set_quotients(found[i], epochs[i], result.trials[i], result.header.goal.maximise);
  mark_front(result, found);
  return found;
}

std::vector<AnytimePoint> anytime_curve(const StudyResult& result) {
  std::vector<AnytimePoint> curve;
  std::optional<Joules> spent;
  Duration time;
  std::size_t lost = 0;
  std::vector<LostAttempt> attempts = result.lost;
  std::stable_sort(attempts.begin(), attempts.end(),
                   [](const LostAttempt& a, const LostAttempt& b) { return a.step < b.step; });
  // Lost attempts of a step come before what it finally gave.
  const auto lose_up_to = [&](std::optional<int> step) {
    for (; lost < attempts.size() && (!step || attempts[lost].step <= *step); ++lost) {
      add_total(spent, attempts[lost].energy.total);
      time += attempts[lost].duration;
    }
  };
  for (const Observation& seen : result.history) {
    lose_up_to(seen.number);
    std::optional<Joules> within = spent;
    Duration at = time;
    for (const EpochRow& row : seen.outcome.epochs) {
      add_total(within, row.energy);
      at += row.duration;
      const std::optional<double> value = metric_of(row.metrics, result.header.goal);
      if (!value || (!curve.empty() && !result.header.goal.better(*value, curve.back().value))) continue;
      curve.push_back({within, at, *value, seen.step.trial, row.epoch});
    }
    add_total(spent, seen.outcome.energy.total);
    time += seen.outcome.duration;
  }
  lose_up_to({});
  if (!curve.empty()) {
    AnytimePoint end = curve.back();
    end.spent = spent;
    end.time = time;
    curve.push_back(end);
  }
  return curve;
}

}  // namespace frugal
