// Everything a report shows beyond the result itself, computed here so that no renderer computes a number:
// the Pareto front, the anytime curve, where the joules went, the course of every trial, range tests, top
// lists. Values only. Indices are positions in `result.trials`. What was not measured is absent, never zero.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frugal/energy/carbon.h"
#include "frugal/report/close_look.h"
#include "frugal/report/comparison.h"
#include "frugal/search/factors.h"
#include "frugal/stats/correlation.h"
#include "frugal/stats/importance.h"
#include "frugal/stats/regression.h"
#include "frugal/study/result.h"

namespace frugal {

using PhaseJoules = std::map<std::string, Joules>;

// What the trials of one fate cost together; lost attempts are a group of their own.
struct FateEnergy {
  std::string fate;  // winner, kept, running, dropped, failed, lost attempts
  int trials = 0;
  std::optional<Joules> total = {};
  std::optional<double> share = {};
  PhaseJoules by_phase = {};
};

// What TrialResult does not say of the same trial.
struct TrialFinding {
  PhaseJoules by_phase = {};
  std::optional<Joules> energy_per_epoch = {};  // mean over its measured epochs, rolled-back ones too
  std::optional<double> last = {};              // metric of its last validated epoch
  std::optional<double> eq = {};        // last / (mean Wh of an epoch); of metrics to be maximised alone
  std::optional<double> eq_total = {};  // last / Wh of the whole trial
  bool on_front =
      false;  // no other trial has both at least its quality and at most its joules, one of them better
};

// After `spent` joules (and `time`) of the whole study the best validated metric was `value`.
struct AnytimePoint {
  std::optional<Joules> spent = {};
  Duration time;
  double value = 0;
  TrialId trial = 0;
  int epoch = 0;
};

struct CourseEpoch {
  int epoch = 0;  // of the trial's life; after a roll-back a number may come again
  int round = 0;
  std::optional<double> metric = {};
  std::optional<double> loss = {};
  std::optional<double> rate = {};
  std::optional<EnergyFigure> energy = {};
  Duration duration;
  bool rolled_back = false;
};
// One exploration of a trial, between its epochs: what the round's decision went by.
struct CourseExploration {
  int after = 0;  // epochs trained before it, rolled-back ones too
  int round = 0;
  std::optional<double> quality = {};
  std::optional<Joules> energy_per_epoch = {};
  std::optional<double> rate = {};
};
struct Course {
  std::vector<CourseEpoch> epochs = {};
  std::vector<CourseExploration> explorations = {};
};

// A learning-rate range test and what the study's rule picks on it.
struct RateTest {
  int step = 0;
  TrialId trial = 0;
  int round = 0;
  double loss_before = 0;
  std::vector<RatePoint> curve = {};  // mean of its cycles, rates ascending
  double selected = 0;                // by the rule, from this curve alone
  std::optional<double> used = {};    // after cap and hold; of the decision log
  std::size_t window_begin = 0;       // indices into the curve; equal when there is no window
  std::size_t window_end = 0;
  std::string note = {};
};

// Trials from the best to the worst by one outcome; those without it are left out.
struct Ranking {
  std::string by;  // quality, energy, eq
  std::vector<std::size_t> order = {};
};

struct Histogram {
  std::string of;                  // quality, energy
  std::vector<double> edges = {};  // one more than counts; equal ones where all values are equal
  std::vector<int> counts = {};
};

// What the parameters do to one outcome: least squares over the trials (stats/regression.h).
struct RegressionFinding {
  std::string outcome;  // energy_per_epoch_wh, quality
  stats::Regression fit;
  std::vector<stats::Contrast> contrasts = {};  // levels of each factor against its first one
  std::optional<double> r_squared_predicted =
      {};  // of runs left out, by 5 folds; repeats of a point stay together
  std::vector<std::string> warnings = {};
};
struct CorrelationFinding {
  std::string parameter;
  std::string outcome;
  stats::Correlation spearman;
  stats::Correlation pearson;
};
// How far the best tenth of the trials differs from all, parameter by parameter (stats/importance.h).
struct ImportanceFinding {
  std::string outcome;
  stats::Importances found;
};
// Absent for strategies whose trials depend on earlier outcomes, and for fewer than ten trials.
struct Analysis {
  std::vector<RegressionFinding> regressions = {};
  std::vector<ImportanceFinding> importances = {};
  std::vector<CorrelationFinding> correlations = {};
  std::vector<std::string> notes = {};  // what was left out and why
};

// One line of the greenscreen pipeline: its baseline, the run whose configuration was chosen, the final run.
struct PipelineRow {
  std::string stage;  // baseline, chosen, final
  GreenscreenRun run;
  // Against the baseline, by the same figures; absent for itself and where there is none.
  std::optional<double> energy_ratio = {};  // of the joules per epoch
  std::optional<double> quality_difference = {};
  std::optional<double> eq_ratio = {};
};
struct Pipeline {
  FinalChoice choice = FinalChoice::Efficiency;
  std::vector<PipelineRow> rows = {};
  int configurations = 0;                // that were begun, the baseline not among them
  int considered = 0;                    // of these: they did not fail and reach the threshold
  std::vector<ChosenLevel> levels = {};  // of a configuration that was composed of winners
  std::optional<Point> chosen = {};
  std::string note = {};
};
// Nothing for other strategies.
std::optional<Pipeline> pipeline_of(const StudyResult& result);
// Why the final run has the configuration that it has: "the largest efficiency quotient".
const char* choice_text(FinalChoice choice);

struct Findings {
  StudyResult result;
  std::vector<EnergyPart> phases = {};  // explore, train, evaluate, load, other, then what else there is
  std::vector<EnergyPart> devices = {};
  std::optional<EnergyPart> total = {};
  std::vector<FateEnergy> fates = {};
  std::optional<double> wasted_share = {};
  std::optional<double> winner_share = {};  // of the winner's trial in the total
  // The best trial of those with a better epoch than the winner: dropped, its weights gone. Absent: there is
  // none.
  std::optional<std::size_t> better_but_dropped = {};
  int epochs = 0;                         // trained in the whole study
  std::vector<TrialFinding> trials = {};  // as result.trials
  std::vector<AnytimePoint> anytime =
      {};                            // where the best improved, in order; the last is the end of the study
  std::vector<Course> courses = {};  // as result.trials
  std::vector<RateTest> rate_tests = {};  // of strategies that select rates
  std::vector<Factor> factors = {};
  std::vector<Ranking> rankings = {};
  std::vector<Histogram> histograms = {};
  std::optional<Analysis> analysis = {};
  std::optional<Pipeline> pipeline = {};
  std::optional<Comparison> parity = {};  // with ordinary training of the same workload
  std::optional<Emission> carbon = {};
  std::string no_carbon = {};  // the sentence that says why there is no such figure
  CloseLook close = {};        // left empty by find(): see look_closely()
};

// `references` are studies to compare with, oldest first; none is fine.
Findings find(StudyResult result, std::span<const StudyResult> references = {});

}  // namespace frugal
