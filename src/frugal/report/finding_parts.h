// The parts of find(), each a pure function of the result. Only findings.cc and tests call them.
#pragma once

#include "frugal/report/findings.h"
#include "frugal/study/plan.h"

namespace frugal {

std::vector<EnergyPart> energy_parts(const std::map<std::string, EnergyFigure>& figures,
                                     const std::map<std::string, Duration>& durations,
                                     const std::optional<EnergyFigure>& total);
// In the order winner, kept, running, dropped, failed, lost attempts; without the empty ones.
std::vector<FateEnergy> fate_energies(const StudyResult& result);
std::vector<TrialFinding> trial_findings(const StudyResult& result);
std::vector<AnytimePoint> anytime_curve(const StudyResult& result);
std::vector<Course> courses_of(const StudyResult& result);
// Empty for plans other than sm2.
std::vector<RateTest> rate_tests_of(const StudyResult& result, const Plan& plan);
std::vector<Factor> factors_of(const StudyResult& result);
std::vector<Ranking> rankings_of(const StudyResult& result, const std::vector<TrialFinding>& trials);
// Of quality and energy; none for fewer than five trials that have it.
std::vector<Histogram> histograms_of(const StudyResult& result);

// The trials that an analysis takes: of the greenscreen pipeline all but its final run, failed runs and those
// below the threshold. `result` holds these trials, the strategy and the goal alone.
struct AnalysedTrials {
  StudyResult result = {};
  std::vector<TrialFinding> trials = {};
  int left_out = 0;
};
AnalysedTrials analysed_trials(const StudyResult& result, const std::vector<TrialFinding>& trials);

// Nothing where an analysis would mislead: see Analysis.
std::optional<Analysis> analysis_of(const StudyResult& result, const std::vector<TrialFinding>& trials,
                                    const std::vector<Factor>& factors);

// Why a regression is to be taken with care. `predicted` is the R² of runs left out, where it could be tried.
std::vector<std::string> regression_warnings(const stats::Regression& fit, std::optional<double> predicted);

}  // namespace frugal
