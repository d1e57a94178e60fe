// find() puts the parts together; each part has its own file and knows nothing of the others.
#include "frugal/report/findings.h"

#include "frugal/report/finding_parts.h"
#include "frugal/study/study_file.h"

namespace frugal {
namespace {

std::optional<double> share(const std::optional<Joules>& part, const std::optional<EnergyFigure>& total) {
  if (!part || !total || total->value <= Joules(0)) return std::nullopt;
  return *part / total->value;
}

std::optional<std::size_t> better_but_dropped(const StudyResult& result) {
  std::optional<std::size_t> better;
  if (!result.winner) return better;
  double best = result.winner->value;
  for (std::size_t i = 0; i < result.trials.size(); ++i) {
    if (!result.trials[i].best || !result.header.goal.better(*result.trials[i].best, best)) continue;
    best = *result.trials[i].best;
    better = i;
  }
  return better;
}

std::optional<Analysis> analysis_without_final(const StudyResult& result, const Findings& found) {
  const AnalysedTrials part = analysed_trials(result, found.trials);
  if (part.left_out == 0) return analysis_of(result, found.trials, found.factors);
  std::optional<Analysis> made = analysis_of(part.result, part.trials, factors_of(part.result));
  if (made)
    made->notes.push_back(
        std::to_string(part.left_out) +
        " trials take no part: the final run, and runs that failed or stayed below the threshold");
  return made;
}

void set_carbon(Findings& found, const std::optional<EnergyFigure>& total, const EnergyPlan& plan) {
  if (!total) {
    found.no_carbon = "no energy was measured";
    return;
  }
  if (plan.carbon.empty()) {
    found.no_carbon =
        "the study file names no country or intensity (energy: {carbon: DE}), and none is guessed";
    return;
  }
  const Result<CarbonIntensity> intensity = carbon_intensity(plan.carbon);
  const Result<Emission> made =
      intensity ? emission(*total, *intensity, plan.pue) : Result<Emission>(intensity.error());
  if (made) {
    found.carbon = *made;
  } else {
    found.no_carbon = made.error().message;
  }
}

}  // namespace

Findings find(StudyResult result, std::span<const StudyResult> references) {
  Findings found;
  // A plan that cannot be read gives no settings; result_of() has refused it before.
  const Result<Plan> plan = parse_study(result.header.plan.dump(), "the stored plan");
  found.phases = energy_parts(result.energy.by_phase, result.energy.durations, result.energy.total);
  found.devices = energy_parts(result.energy.by_device, {}, result.energy.total);
  if (result.energy.total)
    found.total = energy_parts({{"total", *result.energy.total}}, {}, result.energy.total).front();
  found.wasted_share = share(result.wasted, result.energy.total);
  if (result.winner_energy) found.winner_share = share(result.winner_energy->value, result.energy.total);
  found.better_but_dropped = better_but_dropped(result);
  found.fates = fate_energies(result);
  found.trials = trial_findings(result);
  found.anytime = anytime_curve(result);
  found.courses = courses_of(result);
  for (const Course& course : found.courses) found.epochs += static_cast<int>(course.epochs.size());
  if (plan) found.rate_tests = rate_tests_of(result, *plan);
  found.factors = factors_of(result);
  found.rankings = rankings_of(result, found.trials);
  found.analysis = analysis_without_final(result, found);
  found.pipeline = pipeline_of(result);
  found.histograms = histograms_of(result);
  if (!references.empty()) {
    std::vector<StudyResult> both{result};
    both.insert(both.end(), references.begin(), references.end());
    found.parity = compare(both);
  }
  set_carbon(found, result.energy.total, plan ? plan->energy : EnergyPlan{});
  found.result = std::move(result);
  return found;
}

}  // namespace frugal
