// What the greenscreen pipeline found: baseline, chosen configuration and final run side by side.
#include <algorithm>

#include "frugal/report/finding_parts.h"

namespace frugal {
namespace {

void set_against(PipelineRow& row, const GreenscreenRun& baseline) {
  const GreenscreenRun& run = row.run;
  if (run.energy_per_epoch && baseline.energy_per_epoch && *baseline.energy_per_epoch > Joules(0))
    row.energy_ratio = *run.energy_per_epoch / *baseline.energy_per_epoch;
  if (run.quality && baseline.quality) row.quality_difference = *run.quality - *baseline.quality;
  if (run.eq && baseline.eq && *baseline.eq > 0) row.eq_ratio = *run.eq / *baseline.eq;
}

const GreenscreenRun* run_of(const GreenscreenCourse& course, TrialId trial) {
  for (const GreenscreenRun& run : course.search) {
    if (run.trials.front() == trial) return &run;
  }
  return nullptr;  // the baseline, which stands in the table anyway
}

bool takes_part(const GreenscreenCourse& course, TrialId trial) {
  const auto holds = [&](const GreenscreenRun& run) {
    return run.considered && std::find(run.trials.begin(), run.trials.end(), trial) != run.trials.end();
  };
  return (course.baseline && holds(*course.baseline)) ||
         std::any_of(course.search.begin(), course.search.end(), holds);
}

}  // namespace

const char* choice_text(FinalChoice choice) {
  switch (choice) {
    case FinalChoice::Efficiency:
      return "the largest efficiency quotient";
    case FinalChoice::Winners:
      return "the winning level of each factor";
    case FinalChoice::Quality:
      return "the best quality";
    case FinalChoice::None:
      return "no final run was asked for";
  }
  return "";
}

std::optional<Pipeline> pipeline_of(const StudyResult& result) {
  if (!result.greenscreen) return std::nullopt;
  const GreenscreenCourse& course = *result.greenscreen;
  Pipeline made{.choice = course.choice,
                .configurations = static_cast<int>(course.search.size()),
                .levels = course.levels,
                .chosen = course.chosen,
                .note = course.note};
  for (const GreenscreenRun& run : course.search) made.considered += run.considered ? 1 : 0;
  if (course.baseline) made.rows.push_back({"baseline", *course.baseline});
  if (course.chosen_run) {
    if (const GreenscreenRun* run = run_of(course, *course.chosen_run)) made.rows.push_back({"chosen", *run});
  }
  if (course.final_run) made.rows.push_back({"final", *course.final_run});
  for (PipelineRow& row : made.rows) {
    if (course.baseline && row.stage != "baseline") set_against(row, *course.baseline);
  }
  return made;
}

AnalysedTrials analysed_trials(const StudyResult& result, const std::vector<TrialFinding>& trials) {
  AnalysedTrials made;
  made.result.strategy = result.strategy;
  made.result.header.goal = result.header.goal;
  for (std::size_t i = 0; i < result.trials.size(); ++i) {
    if (result.greenscreen && !takes_part(*result.greenscreen, result.trials[i].id)) continue;
    made.result.trials.push_back(result.trials[i]);
    made.trials.push_back(trials[i]);
  }
  made.left_out = static_cast<int>(result.trials.size() - made.trials.size());
  return made;
}

}  // namespace frugal
