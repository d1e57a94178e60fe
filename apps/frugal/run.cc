// frugal run: the main job. Reads the study file, finds or makes the study in the store, runs it, says what
// came out.
#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "environment.h"
#include "frugal/base/clock.h"
#include "frugal/base/units_text.h"
#include "frugal/command.h"
#include "frugal/energy/open.h"
#include "frugal/progress.h"
#include "frugal/report/render.h"
#include "frugal/study/pretrained.h"
#include "frugal/study/strategies.h"
#include "frugal/study/study_file.h"
#include "frugal/work/process_workload.h"
#include "frugal/work/program_worker.h"
#include "frugal/work/table_workload.h"
#include "frugal/written_report.h"

namespace frugal::app {
namespace {

struct RunOptions {
  std::string file;
  std::string name;
  bool resume = false;
  bool dry_run = false;
  int workers = 1;
  std::string launcher = "local";
  std::string budget;
  std::string time;
  std::vector<std::string> set;
  std::string seed;
  CommonOptions* common = nullptr;
};

std::atomic<bool> g_cancel{false};

void on_interrupt(int) {
  if (g_cancel.exchange(true)) std::_Exit(kInterrupted);  // asked twice: at once; the children end with us
}

Result<std::string> read_file(const std::string& path) {
  std::error_code failure;
  if (std::filesystem::is_directory(path, failure))
    return bad_input("'" + path + "' is a folder, not a study file");
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return bad_input("the study file '" + path + "' cannot be read", "see examples/digits-sm2.yaml for one");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<Plan> read_plan(const RunOptions& options) {
  const Result<std::string> text = read_file(options.file);
  if (!text) return text.error();
  std::vector<std::string> overrides = options.set;
  if (!options.name.empty()) overrides.push_back("name=" + nlohmann::json(options.name).dump());
  if (!options.seed.empty()) overrides.push_back("seed=" + options.seed);
  return parse_study(*text, options.file, overrides);
}

// --budget and --time bound this run on top of the study's own limits; they are no part of the study.
Result<Limits> bounded(Limits limits, const RunOptions& options) {
  if (!options.budget.empty()) {
    const Result<Joules> budget = parse_energy(options.budget);
    if (!budget) return bad_input("--budget: " + budget.error().message, budget.error().hint);
    limits.energy = limits.energy ? std::min(*limits.energy, *budget) : *budget;
  }
  if (!options.time.empty()) {
    const Result<Duration> time = parse_duration(options.time);
    if (!time) return bad_input("--time: " + time.error().message, time.error().hint);
    limits.time = limits.time ? std::min(*limits.time, *time) : *time;
  }
  return limits;
}

// Where a study runs.
struct Place {
  Ledger& ledger;
  std::string store;
  std::string log;  // of its worker
};

Result<std::vector<std::string>> worker_command(const Plan& plan, const Place& place) {
  if (const auto* worker = std::get_if<WorkerWorkload>(&plan.workload))
    return std::vector<std::string>{"/bin/sh", "-c", "exec " + worker->command};
  if (const auto* program = std::get_if<CommandWorkload>(&plan.workload)) {
    const std::string report = (std::filesystem::path(place.log).parent_path() / "report.jsonl").string();
    return std::vector<std::string>{
        own_path(), "program",
        program_settings_to_json({program->command, report, plan.goal.metric, plan.goal.maximise,
                                  plan.limits.epochs.value_or(1)})};
  }
  const std::string trainer = sibling("frugal-trainer");
  if (!std::filesystem::exists(trainer)) {
    return bad_input("the built-in trainer '" + trainer + "' is not there",
                     "build it with: make build, or give 'worker: COMMAND' in the study file");
  }
  const Result<nlohmann::json> settings = with_pretrained_file(
      plan, std::get<TrainerWorkload>(plan.workload).settings, place.ledger, place.store);
  if (!settings) return settings.error();
  return std::vector<std::string>{trainer, "--workload", settings->dump()};
}

Result<ProcessSettings> process_settings(const Plan& plan, const Place& place) {
  const Result<std::vector<std::string>> worker = worker_command(plan, place);
  if (!worker) return worker.error();
  std::vector<std::string> command{own_path(),   "agent",
                                   "--devices",  plan.energy.devices,
                                   "--interval", exact_text(plan.energy.interval.value()) + " s"};
  if (!plan.energy.trace) command.emplace_back("--no-trace");
  command.emplace_back("--");
  command.insert(command.end(), worker->begin(), worker->end());
  ProcessSettings settings{std::move(command), place.log, plan.step_time};
  settings.cancel = &g_cancel;
  return settings;
}

Result<std::unique_ptr<Workload>> make_workload(const Plan& plan, const Place& place, const Clock& clock) {
  if (const auto* recorded = std::get_if<RecordedWorkload>(&plan.workload)) {
    TableSettings settings{recorded->table, {}, plan.goal};
    for (const Parameter& parameter : plan.space.parameters()) settings.parameters.push_back(parameter.name);
    for (const auto& [name, value] : plan.fixed.values()) settings.parameters.push_back(name);
    return std::unique_ptr<Workload>(std::make_unique<TableWorkload>(std::move(settings)));
  }
  Result<ProcessSettings> process = process_settings(plan, place);
  if (!process) return process.error();
  return std::unique_ptr<Workload>(std::make_unique<ProcessWorkload>(std::move(*process), clock));
}

// Checks that the study of that name, if there is one, has the same plan. True when there is nothing left to
// run: it is over, and not because of a budget that these limits have raised.
Result<bool> is_over(Ledger& ledger, const Plan& plan, const Limits& limits, bool must_exist) {
  const Result<std::optional<StudyRecord>> record = ledger.read(plan.name);
  if (!record) return record.error();
  if (!*record) {
    if (must_exist)
      return bad_input("there is no study '" + plan.name + "' to resume", "leave --resume out to start it");
    return false;
  }
  const std::vector<std::string> changed = changed_keys((*record)->header.plan, plan_to_json(plan));
  if (changed.empty()) {
    const std::string reason = (*record)->stopped_by.value_or("");
    if (reason != "energy" && reason != "time") return !reason.empty();
    return stop_reason((*record)->history, plan.goal, limits, spent_so_far(**record)).has_value();
  }
  std::string list;
  for (const std::string& key : changed) list += (list.empty() ? "" : ", ") + key;
  return bad_input("the study '" + plan.name + "' was begun with other settings; changed since: " + list,
                   "start a study of its own with: --name NAME");
}

// What the plan will do, and what it may cost as far as earlier studies of the store tell.
int print_plan(const Plan& plan, const Limits& limits, const CommonOptions& common) {
  if (common.format == "json") {
    fmt::print("{}\n", plan_to_json(plan).dump(2));
    return kDone;
  }
  fmt::print("{}: strategy {}, seed {}\n", plan.name, strategy_name(plan.strategy), plan.seed);
  const Result<std::vector<Point>> grid = grid_points(plan.space.without("learning_rate"));
  if (grid && !std::holds_alternative<GreenscreenPlan>(plan.strategy))
    fmt::print("  {} configurations without the learning rate\n", grid->size());
  if (const auto* pipeline = std::get_if<GreenscreenPlan>(&plan.strategy))
    fmt::print("  {}{} random configurations{}\n", pipeline->baseline ? "a baseline, " : "", pipeline->trials,
               pipeline->final_choice == FinalChoice::None
                   ? ""
                   : fmt::format(", then a final run of {} epochs by {}", pipeline->final_epochs,
                                 choice_text(pipeline->final_choice)));
  fmt::print("  at most {} epochs a trial, patience {}\n", plan.limits.epochs.value_or(0),
             plan.limits.patience.value_or(0));
  std::optional<double> per_epoch;
  std::error_code failure;
  if (std::filesystem::exists(common.store, failure)) {
    const auto ledger = SqliteLedger::open(common.store, OpenMode::ReadOnly);
    const auto briefs = ledger ? (*ledger)->list() : Result<std::vector<StudyBrief>>(ledger.error());
    const nlohmann::json workload = nlohmann::json::parse(plan_to_json(plan)["workload"].dump());
    for (const StudyBrief& brief : briefs ? *briefs : std::vector<StudyBrief>{}) {
      const auto record = (*ledger)->read(brief.name);
      if (!record || !*record ||
          nlohmann::json((*record)->header.plan.value("workload", nlohmann::ordered_json())) != workload)
        continue;
      double joules = 0;
      int epochs = 0;
      for (const Observation& seen : (*record)->history) {
        for (const EpochRow& row : seen.outcome.epochs) {
          if (!row.energy) continue;
          joules += row.energy->value.value();
          ++epochs;
        }
      }
      if (epochs > 0) per_epoch = joules / epochs;
    }
  }
  if (per_epoch) {
    fmt::print(
        "  energy estimate: {} an epoch (mean of the last study of this workload in {}), so at most {} for "
        "one trial of all its epochs\n",
        to_text(Joules(*per_epoch)), common.store,
        to_text(Joules(*per_epoch * plan.limits.epochs.value_or(1))));
  } else {
    fmt::print("  energy estimate: none yet; no study of this workload is in {}\n", common.store);
  }
  if (limits.energy) fmt::print("  stops at the energy budget of {}\n", to_text(*limits.energy));
  if (limits.time) fmt::print("  stops after {}\n", to_text(*limits.time));
  return kDone;
}

// The report that the study file asks for, once the study is over.
int write_asked_report(const RunOptions& options, const Plan& plan) {
  if (plan.report.empty()) return kDone;
  const Status written = write_report(options.common->store, plan.name, plan.report);
  if (!written) return fail(written.error());
  if (!options.common->quiet)
    fmt::print(stderr, "the report lies in {}\n", std::filesystem::absolute(plan.report).string());
  return kDone;
}

int print_summary(const RunOptions& options, const Plan& plan) {
  const Result<StudyResult> result = read_result(options.common->store, plan.name);
  if (!result) return fail(result.error());
  if (options.common->format == "json") {
    fmt::print("{}\n", summary_json(*result).dump());
  } else {
    fmt::print("{}", summary_text(*result));
  }
  if (!result->stopped_by.empty()) {
    if (const int failed = write_asked_report(options, plan); failed != kDone) return failed;
  }
  return result->stopped_by == "failed" ? kTrialFailed : kDone;
}

int run_it(const RunOptions& options) {
  if (options.workers != 1)
    return fail(bad_input("--workers " + std::to_string(options.workers) + ": this version runs one worker",
                          "leave --workers out"));
  if (options.launcher != "local")
    return fail(
        bad_input("--launcher " + options.launcher + ": this version starts workers on this machine only",
                  "leave --launcher out"));
  const Result<Plan> plan = read_plan(options);
  if (!plan) return fail(plan.error());
  if (std::holds_alternative<ImportedPlan>(plan->strategy))
    return fail(bad_input("the study '" + plan->name + "' was imported: there is nothing to run",
                          "see it with: frugal show " + plan->name));
  const Result<Limits> limits = bounded(plan->limits, options);
  if (!limits) return fail(limits.error());
  const SteadyClock clock;
  if (const auto meters = open_meters(plan->energy.devices, clock, machine_from_environment()); !meters)
    return fail(meters.error());
  if (options.dry_run) return print_plan(*plan, *limits, *options.common);
  if (const Status able = check_report(plan->report); !able) return fail(able.error());
  const Result<std::unique_ptr<SqliteLedger>> ledger =
      SqliteLedger::open(options.common->store, OpenMode::ReadWrite);
  if (!ledger) return fail(ledger.error());
  const Result<std::unique_ptr<Checkpoints>> checkpoints =
      Checkpoints::open(options.common->store, plan->name);
  if (!checkpoints) return fail(checkpoints.error());
  const Result<bool> over = is_over(**ledger, *plan, *limits, options.resume);
  if (!over) return fail(over.error());
  if (*over) {
    if (!options.common->quiet)
      fmt::print(stderr, "the study '{}' is over; this is what it found\n", plan->name);
    return print_summary(options, *plan);
  }

  const Result<std::unique_ptr<Workload>> workload =
      make_workload(*plan, {**ledger, options.common->store, (*checkpoints)->log_path()}, clock);
  if (!workload) return fail(workload.error());
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  const std::unique_ptr<Strategy> strategy = make_strategy(*plan);
  Progress progress(progress_style(options.common->quiet), plan->goal, *limits);
  const StudyHeader header{plan->name, plan_to_json(*plan), plan->source, plan->goal, unix_time_s()};
  const StudySettings settings{plan->name, plan->goal, *limits, header};
  const Result<std::string> reason =
      run_study(settings, {**ledger, **workload, *strategy, **checkpoints, progress, g_cancel});
  progress.finish();
  const Result<std::optional<StudyRecord>> record = (*ledger)->read(plan->name);
  const bool begun = record && record->has_value();
  if (!reason && (reason.error().code != ErrorCode::Interrupted || !begun)) return fail(reason.error());
  const int code = print_summary(options, *plan);
  return reason ? code : fail(reason.error());
}

}  // namespace

Command run_command() {
  return {
      "run", "Run a study: search, sweep or one training, metered and resumable",
      "frugal run examples/digits-sm2.yaml", [](CLI::App& command, CommonOptions& common) {
        auto options = std::make_shared<RunOptions>();
        options->common = &common;
        command.add_option("study", options->file, "The study file")->required()->type_name("STUDY.yaml");
        command.add_option("--name", options->name, "Name of the study, instead of the file's");
        command.add_flag("--resume", options->resume, "Only go on with a study that is there");
        command.add_option("--workers", options->workers, "Workers at a time")->capture_default_str();
        command.add_option("--launcher", options->launcher, "How workers are started")->capture_default_str();
        command.add_option("--budget", options->budget, "Energy at which this run stops, like '50 Wh'")
            ->type_name("ENERGY");
        command.add_option("--time", options->time, "Time after which this run stops, like '2 h'")
            ->type_name("TIME");
        command.add_flag("--dry-run", options->dry_run,
                         "Print the plan and an energy estimate, train nothing");
        command
            .add_option("--set", options->set,
                        "Replace a value of the study file: dotted.key=value (repeatable)")
            ->allow_extra_args(false)
            ->type_name("KEY=VALUE");
        command.add_option("--seed", options->seed, "Seed of the study, instead of the file's");
        command.add_flag("--quiet", common.quiet, "No progress");
        add_store(command, common);
        add_format(command, common, {"text", "json"});
        return [options] { return run_it(*options); };
      }};
}

}  // namespace frugal::app
