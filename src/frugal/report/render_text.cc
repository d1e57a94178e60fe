#include <fmt/format.h>

#include <algorithm>

#include "frugal/base/units_text.h"
#include "frugal/report/render.h"

namespace frugal {
namespace {

std::string stop_text(const std::string& reason) {
  if (reason.empty()) return "not over";
  if (reason == "patience") return "no improvement within the patience";
  if (reason == "target") return "the target was reached";
  if (reason == "epochs") return "the epoch limit was reached";
  if (reason == "energy") return "the energy budget is spent";
  if (reason == "time") return "the time budget is spent";
  if (reason == "exhausted") return "every configuration was tried";
  if (reason == "failed") return "every trial failed";
  return reason;
}

std::string phase_line(const StudyResult& result) {
  std::string line;
  for (const char* phase : {"explore", "train", "evaluate", "load", "other"}) {
    const auto found = result.energy.by_phase.find(phase);
    if (found != result.energy.by_phase.end())
      line += fmt::format("{}{} {}", line.empty() ? "" : ", ", phase, to_text(found->second.value));
  }
  return line;
}

std::string ratio_text(const std::optional<double>& ratio, const char* what) {
  return ratio ? fmt::format("; {} times {}", number_text(*ratio, 3), what) : "";
}

std::string pipeline_text(const StudyResult& result) {
  const std::optional<Pipeline> pipeline = pipeline_of(result);
  if (!pipeline) return "";
  std::string text;
  for (const PipelineRow& row : pipeline->rows) {
    const GreenscreenRun& run = row.run;
    text += fmt::format("  {:<8} trial {}: {} {}, {} an epoch, EQ {}", row.stage, run.trials.front(),
                        result.header.goal.metric, run.quality ? number_text(*run.quality) : "none",
                        run.energy_per_epoch ? to_text(*run.energy_per_epoch) : "not measured",
                        run.eq ? number_text(*run.eq, 3) + " per Wh" : "none");
    text += ratio_text(row.energy_ratio, "the baseline's energy") + ratio_text(row.eq_ratio, "its EQ") + "\n";
  }
  text += fmt::format("  choice   {} of {} configurations count; {}\n", pipeline->considered,
                      pipeline->configurations,
                      pipeline->note.empty() ? choice_text(pipeline->choice) : pipeline->note.c_str());
  return text;
}

}  // namespace

std::string figure_text(const std::optional<EnergyFigure>& figure) {
  if (!figure) return "not measured";
  const bool simulated = figure->sensor.find("simulated") != std::string::npos;
  const char* how = simulated                         ? "simulated, not measured"
                    : figure->method == Method::Model ? "modelled, not measured"
                                                      : method_text(figure->method);
  return fmt::format("{} ({} to {}; {})", to_text(figure->value), to_text(figure->low), to_text(figure->high),
                     how);
}

std::string summary_text(const StudyResult& result) {
  std::string text = fmt::format("{} ({}): {} trial{}, {}; {}\n", result.header.name, result.strategy,
                                 result.trials.size(), result.trials.size() == 1 ? "" : "s",
                                 to_text(result.duration), stop_text(result.stopped_by));
  if (result.winner) {
    const Winner& winner = *result.winner;
    text += fmt::format("  winner   trial {}: {}\n", winner.trial, winner.point.text());
    text += fmt::format("           {} {} at epoch {}, its trial cost {}\n", result.header.goal.metric,
                        number_text(winner.value), winner.epoch, figure_text(result.winner_energy));
    std::string test;
    for (const auto& [name, value] : result.winner_test)
      test += fmt::format("{}{} {}", test.empty() ? "" : ", ", name, number_text(value));
    if (!test.empty()) text += fmt::format("           on the test part: {}\n", test);
  } else {
    text += "  winner   none: no trial was ever validated\n";
    for (const TrialResult& trial : result.trials) {
      if (!trial.failure.empty()) text += fmt::format("           trial {}: {}\n", trial.id, trial.failure);
    }
  }
  text += pipeline_text(result);
  text += fmt::format("  energy   {}\n", figure_text(result.energy.total));
  if (result.energy.total) {
    text += fmt::format("           {}\n", phase_line(result));
    text += fmt::format("           coverage {} %", number_text(100 * result.energy.total->coverage, 4));
    if (result.wasted)
      text += fmt::format("; {} did not lead to the winner's weights", to_text(*result.wasted));
    text += '\n';
  }
  for (const std::string& caveat : result.caveats) text += fmt::format("  caveat   {}\n", caveat);
  return text;
}

}  // namespace frugal
