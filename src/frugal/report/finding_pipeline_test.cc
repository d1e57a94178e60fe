// The greenscreen pipeline in findings and reports: a made-up course whose ratios a pencil can check.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "frugal/report/example_study.h"
#include "frugal/report/finding_parts.h"
#include "frugal/report/render.h"

namespace frugal {
namespace {

GreenscreenRun run(TrialId trial, int batch, double quality, double wh, bool considered = true) {
  return {{trial}, example::at(batch), quality, quality, Joules(3600 * wh), quality / wh, 2, considered};
}

// Baseline 0.8 at 2 Wh; trial 2 has the best quotient of three; trial 3 does not count; the final run is 4.
StudyResult pipeline_study() {
  StudyResult result = example::study();
  result.strategy = "greenscreen";
  result.greenscreen =
      GreenscreenCourse{.baseline = run(0, 16, 0.8, 2),
                        .search = {run(1, 32, 0.85, 3), run(2, 64, 0.7, 1), run(3, 128, 0.1, 0.1, false)},
                        .chosen = example::at(64),
                        .chosen_run = 2,
                        .final_run = run(4, 64, 0.9, 1.2)};
  result.trials.clear();
  for (const auto& [id, batch] :
       std::vector<std::pair<int, int>>{{0, 16}, {1, 32}, {2, 64}, {3, 128}, {4, 64}})
    result.trials.push_back(example::trial(id, batch, 2, 0.8, 7200, id == 4 ? "winner" : "dropped"));
  return result;
}

TEST(Pipeline, StandsBaselineChoiceAndFinalRunSideBySide) {
  const Pipeline pipeline = *pipeline_of(pipeline_study());
  EXPECT_EQ(pipeline.configurations, 3);
  EXPECT_EQ(pipeline.considered, 2);
  ASSERT_EQ(pipeline.rows.size(), 3u);
  EXPECT_EQ(pipeline.rows[0].stage, "baseline");
  EXPECT_FALSE(pipeline.rows[0].energy_ratio);
  EXPECT_EQ(pipeline.rows[1].stage, "chosen");
  EXPECT_EQ(pipeline.rows[1].run.trials, std::vector<TrialId>{2});
  EXPECT_EQ(pipeline.rows[2].stage, "final");
  EXPECT_NEAR(*pipeline.rows[2].energy_ratio, 0.6, 1e-12);
  EXPECT_NEAR(*pipeline.rows[2].quality_difference, 0.1, 1e-12);
  EXPECT_NEAR(*pipeline.rows[2].eq_ratio, (0.9 / 1.2) / (0.8 / 2), 1e-12);
}

TEST(Pipeline, OtherStrategiesHaveNone) { EXPECT_FALSE(pipeline_of(example::study())); }

TEST(Pipeline, TheFinalRunAndWhatDoesNotCountTakeNoPartInTheAnalysis) {
  const StudyResult result = pipeline_study();
  const AnalysedTrials part = analysed_trials(result, std::vector<TrialFinding>(result.trials.size()));
  EXPECT_EQ(part.left_out, 2);
  std::vector<TrialId> ids;
  for (const TrialResult& trial : part.result.trials) ids.push_back(trial.id);
  EXPECT_EQ(ids, (std::vector<TrialId>{0, 1, 2}));
}

TEST(Pipeline, EveryReportTellsIt) {
  const StudyResult result = pipeline_study();
  EXPECT_NE(summary_text(result).find("  final    trial 4: accuracy 0.9, 4.32 kJ an epoch, EQ 0.75 per Wh; "
                                      "0.6 times the baseline's energy; "
                                      "1.88 times its EQ\n"),
            std::string::npos)
      << summary_text(result);
  EXPECT_NEAR(summary_json(result)["pipeline"]["rows"][2]["energy_ratio"].get<double>(), 0.6, 1e-12);
  const std::string markdown = report_markdown(find(result));
  EXPECT_NE(markdown.find(
                "2 of 3 random configurations count. The final run goes by the largest efficiency quotient."),
            std::string::npos);
  EXPECT_NE(markdown.find("| final | 4 | 2 | 0.9 | 4.32 kJ | 0.75 | 0.6 | 0.1 | 1.88 | "), std::string::npos)
      << markdown;
}

}  // namespace
}  // namespace frugal
