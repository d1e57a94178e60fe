#include <cmath>
#include <nlohmann/json.hpp>

#include "frugal/report/close_look_json.h"
#include "frugal/report/findings_json.h"
#include "frugal/report/render.h"

namespace frugal {
namespace {

using nlohmann::ordered_json;

ordered_json number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}
ordered_json joules(const std::optional<EnergyFigure>& figure) {
  return figure ? ordered_json(figure->value.value()) : ordered_json(nullptr);
}
ordered_json optional_number(const std::optional<double>& value) {
  return value ? number(*value) : ordered_json(nullptr);
}

ordered_json winner_json(const StudyResult& result) {
  if (!result.winner) return nullptr;
  const Winner& winner = *result.winner;
  ordered_json json = {{"trial", winner.trial},
                       {"point", point_to_json(winner.point)},
                       {"metric",
                        {{"name", result.header.goal.metric},
                         {"value", number(winner.value)},
                         {"goal", result.header.goal.maximise ? "max" : "min"}}},
                       {"epochs", winner.epoch},
                       {"energy_j", joules(result.winner_energy)}};
  if (!result.winner_test.empty()) {
    for (const auto& [name, value] : result.winner_test) json["test"][name] = number(value);
  }
  return json;
}

ordered_json energy_json(const StudyResult& result) {
  if (!result.energy.total) return nullptr;
  const EnergyFigure& total = *result.energy.total;
  ordered_json phases = ordered_json::object();
  for (const char* phase : {"explore", "train", "evaluate", "load", "other"}) {
    const auto found = result.energy.by_phase.find(phase);
    phases[std::string(phase) + "_j"] =
        found == result.energy.by_phase.end() ? 0.0 : found->second.value.value();
  }
  ordered_json held{{"total_j", total.value.value()}, {"low_j", total.low.value()},
                    {"high_j", total.high.value()},   {"method", method_text(total.method)},
                    {"coverage", total.coverage},     {"by_phase", std::move(phases)}};
  held["by_device"] = ordered_json::object();
  for (const auto& [device, figure] : result.energy.by_device)
    held["by_device"][device] = ordered_json(figure_to_json(figure));
  held["wasted_j"] = result.wasted ? ordered_json(result.wasted->value()) : ordered_json(nullptr);
  return held;
}

ordered_json trial_json(const TrialResult& trial) {
  ordered_json held{{"trial", trial.id},
                    {"point", point_to_json(trial.point)},
                    {"fate", trial.fate},
                    {"epochs", trial.epochs},
                    {"best", optional_number(trial.best)},
                    {"best_epoch", trial.best_epoch},
                    {"energy_j", joules(trial.energy)},
                    {"duration_s", trial.duration.value()}};
  if (!trial.failure.empty()) held["failure"] = trial.failure;
  if (!trial.stage.empty()) held["stage"] = trial.stage;
  return held;
}

ordered_json round_json(const RoundLog& round) {
  ordered_json held{{"round", round.round}, {"rows", ordered_json::array()}};
  for (const RoundRow& row : round.rows) {
    held["rows"].push_back(
        {{"trial", row.trial},
         {"quality", optional_number(row.quality)},
         {"energy_per_epoch_j",
          row.energy_per_epoch ? number(row.energy_per_epoch->value()) : ordered_json(nullptr)},
         {"learning_rate", optional_number(row.learning_rate)},
         {"f", optional_number(row.score)},
         {"kept", row.kept},
         {"note", row.note}});
  }
  return held;
}

ordered_json step_json(const Observation& seen) {
  const Outcome& outcome = seen.outcome;
  ordered_json held{{"step", seen.number},
                    {"trial", seen.step.trial},
                    {"round", seen.step.round},
                    {"kind", work_name(seen.step.work)},
                    {"energy_j", joules(outcome.energy.total)},
                    {"duration_s", outcome.duration.value()}};
  if (outcome.failure)
    held["failure"] = {{"kind", failure_text(outcome.failure->kind)}, {"message", outcome.failure->message}};
  if (const auto* train = std::get_if<Train>(&seen.step.work)) held["set"] = point_to_json(train->set);
  for (const EpochRow& row : outcome.epochs) {
    held["epochs"].push_back({{"epoch", row.epoch},
                              {"loss", number(row.loss)},
                              {"metrics", row.metrics},
                              {"samples", row.samples},
                              {"duration_s", row.duration.value()},
                              {"energy_j", joules(row.energy)}});
  }
  for (const RatePoint& point : outcome.curve)
    held["curve"].push_back({{"rate", point.rate}, {"loss", number(point.loss)}});
  return held;
}

}  // namespace

ordered_json summary_json(const StudyResult& result) {
  ordered_json held{
      {"study", result.header.name},
      {"strategy", result.strategy},
      {"seed", result.seed},
      {"trials", result.trials.size()},
      {"winner", winner_json(result)},
      {"energy", energy_json(result)},
      {"duration_s", result.duration.value()},
      {"stopped_by", result.stopped_by.empty() ? ordered_json(nullptr) : ordered_json(result.stopped_by)},
      {"caveats", result.caveats}};
  if (const std::optional<Pipeline> pipeline = pipeline_of(result))
    held["pipeline"] = pipeline_json(*pipeline);
  return held;
}

ordered_json report_json(const StudyResult& result) {
  ordered_json held = summary_json(result);
  held["trial_results"] = ordered_json::array();
  for (const TrialResult& trial : result.trials) held["trial_results"].push_back(trial_json(trial));
  held["rounds"] = ordered_json::array();
  for (const RoundLog& round : result.decisions) held["rounds"].push_back(round_json(round));
  held["steps"] = ordered_json::array();
  for (const Observation& seen : result.history) held["steps"].push_back(step_json(seen));
  held["lost_attempts"] = ordered_json::array();
  for (const LostAttempt& lost : result.lost) {
    held["lost_attempts"].push_back({{"step", lost.step},
                                     {"attempt", lost.attempt},
                                     {"trial", lost.trial},
                                     {"why", lost.why},
                                     {"energy_j", joules(lost.energy.total)},
                                     {"duration_s", lost.duration.value()}});
  }
  held["sensors"] = result.sensors;
  held["workers"] = result.workers;
  held["host"] = host_json(result.host);
  held["plan"] = ordered_json(result.header.plan);
  held["study_file"] = result.header.source;
  return held;
}

ordered_json report_json(const Findings& findings) {
  ordered_json held = report_json(findings.result);
  held["findings"] = findings_json(findings);
  return held;
}

}  // namespace frugal
