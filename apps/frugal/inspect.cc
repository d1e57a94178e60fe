// frugal list, show and export: what the store remembers, as text, JSON or CSV.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "frugal/base/clock.h"
#include "frugal/base/units_text.h"
#include "frugal/command.h"
#include "frugal/energy/trace_csv.h"
#include "frugal/report/render.h"

namespace frugal::app {
namespace {

struct InspectOptions {
  std::string study;
  std::string output;
  std::string rows = "epochs";
  std::optional<int> trial;
};

int write_out(const std::string& file, const std::string& text) {
  Result<Output> output = Output::open(file);
  if (!output) return fail(output.error());
  if (const Status written = output->write(text); !written) return fail(written.error());
  return kDone;
}

int list(const CommonOptions& common) {
  const Result<std::unique_ptr<SqliteLedger>> ledger = SqliteLedger::open(common.store, OpenMode::ReadOnly);
  if (!ledger) return fail(ledger.error());
  const Result<std::vector<StudyBrief>> briefs = (*ledger)->list();
  if (!briefs) return fail(briefs.error());
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  std::string text = fmt::format("{:<28} {:<9} {:>7} {:>7}  {:<21} {}\n", "study", "strategy", "trials",
                                 "steps", "begun", "state");
  for (const StudyBrief& brief : *briefs) {
    const std::string state = brief.stopped_by ? "over: " + *brief.stopped_by : "not over";
    text += fmt::format("{:<28} {:<9} {:>7} {:>7}  {:<21} {}\n", brief.name, brief.strategy, brief.trials,
                        brief.steps, utc_text(brief.created_unix_s), state);
    json.push_back({{"study", brief.name},
                    {"strategy", brief.strategy},
                    {"trials", brief.trials},
                    {"steps", brief.steps},
                    {"created_unix_s", brief.created_unix_s},
                    {"stopped_by", brief.stopped_by ? nlohmann::ordered_json(*brief.stopped_by)
                                                    : nlohmann::ordered_json(nullptr)}});
  }
  return write_out("", common.format == "json" ? json.dump(2) + "\n" : text);
}

int show(const CommonOptions& common, const InspectOptions& options) {
  const Result<StudyResult> result = read_result(common.store, options.study);
  if (!result) return fail(result.error());
  if (common.format == "json") return write_out("", report_json(*result).dump(2) + "\n");
  std::string text =
      summary_text(*result) + fmt::format("\n  {:>5}  {:<8} {:>6} {:>10} {:>10} {:>12}  {}\n", "trial",
                                          "fate", "epochs", "best", "energy", "time", "point");
  for (const TrialResult& trial : result->trials) {
    text += fmt::format("  {:>5}  {:<8} {:>6} {:>10} {:>10} {:>12}  {}\n", trial.id, trial.fate, trial.epochs,
                        trial.best ? number_text(*trial.best) : "-",
                        trial.energy ? to_text(trial.energy->value) : "-", to_text(trial.duration),
                        trial.point.text());
    if (!trial.failure.empty()) text += "         " + trial.failure + "\n";
  }
  for (const RoundLog& round : result->decisions) {
    for (const RoundRow& row : round.rows) {
      if (!row.note.empty())
        text += fmt::format("  round {} trial {}: {}\n", round.round, row.trial, row.note);
    }
  }
  return write_out("", text);
}

// Every reading of the study, or of one of its trials, as a trace that replay: plays.
int export_readings(const CommonOptions& common, const InspectOptions& options, const std::string& study) {
  const Result<std::unique_ptr<SqliteLedger>> ledger = SqliteLedger::open(common.store, OpenMode::ReadOnly);
  if (!ledger) return fail(ledger.error());
  const Result<TraceList> list = (*ledger)->traces(study);
  if (!list) return fail(list.error());
  std::vector<WorkTrace> pieces;
  for (const TracedAttempt& attempt : list->attempts) {
    if (options.trial && attempt.trial != *options.trial) continue;
    Result<WorkTrace> piece = (*ledger)->trace(study, attempt.step, attempt.attempt);
    if (!piece) return fail(piece.error());
    pieces.push_back(std::move(*piece));
  }
  if (pieces.empty())
    return fail(bad_input(
        "no readings are kept of " + (options.trial ? fmt::format("trial {} of '{}'", *options.trial, study)
                                                    : fmt::format("the study '{}'", study)),
        "they are kept where the study file does not say energy: {trace: false}"));
  std::ostringstream text;
  write_trace_csv(text, joined(pieces), Instant(0));
  return write_out(options.output, text.str());
}

int export_it(const CommonOptions& common, const InspectOptions& options) {
  const Result<StudyResult> result = read_result(common.store, options.study);
  if (!result) return fail(result.error());
  if (options.rows == "readings") {
    if (common.format == "json")
      return fail(bad_input("--rows readings is written as CSV", "leave --format json out"));
    return export_readings(common, options, result->header.name);
  }
  return write_out(options.output, common.format == "json" ? report_json(*result).dump() + "\n"
                                                           : export_csv(*result, options.rows == "trials"));
}

void add_study(CLI::App& command, InspectOptions& options) {
  command.add_option("study", options.study, "Name of the study; the newest when left out")
      ->type_name("STUDY");
}

}  // namespace

Command list_command() {
  return {"list", "The studies of the store", "frugal list --store frugal.db",
          [](CLI::App& command, CommonOptions& common) {
            add_store(command, common);
            add_format(command, common, {"text", "json"});
            return [&common] { return list(common); };
          }};
}

Command show_command() {
  return {"show", "One study: its answer, trials and decisions", "frugal show digits-sm2",
          [](CLI::App& command, CommonOptions& common) {
            auto options = std::make_shared<InspectOptions>();
            add_study(command, *options);
            add_store(command, common);
            add_format(command, common, {"text", "json"});
            return [&common, options] { return show(common, *options); };
          }};
}

Command export_command() {
  return {
      "export", "A study as CSV (one row an epoch, a trial or a reading) or JSON",
      "frugal export digits-sm2 --rows trials -o trials.csv", [](CLI::App& command, CommonOptions& common) {
        auto options = std::make_shared<InspectOptions>();
        add_study(command, *options);
        command.add_option("--rows", options->rows, "What a row is")
            ->check(CLI::IsMember({"epochs", "trials", "readings"}))
            ->capture_default_str()
            ->type_name("epochs|trials|readings");
        command.add_option("--trial", options->trial, "With --rows readings: of this trial only")
            ->type_name("TRIAL");
        command.add_option("-o,--output", options->output, "File to write; standard output when left out")
            ->type_name("FILE");
        add_store(command, common);
        add_format(command, common, {"csv", "json"});
        return [&common, options] { return export_it(common, *options); };
      }};
}

}  // namespace frugal::app
