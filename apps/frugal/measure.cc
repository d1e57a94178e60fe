// frugal measure: joules of any command, whose streams, signals and exit status pass through.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>

#include "environment.h"
#include "frugal/base/units_text.h"
#include "frugal/command.h"
#include "frugal/energy/carbon.h"
#include "frugal/energy/cpu_time.h"
#include "frugal/energy/model_meter.h"
#include "frugal/energy/open.h"
#include "frugal/energy/phases.h"
#include "frugal/energy/sensor_model.h"
#include "frugal/report/measurement.h"
#include "frugal/trace_file.h"
#include "frugal/work/command_run.h"

namespace frugal::app {
namespace {

constexpr Duration kTraceFold{10};  // so often the rows of a trace are written

struct MeasureOptions {
  std::vector<std::string> command;
  std::string other;
  int runs = 0;  // 0: 1, or 10 with --vs
  int warmup = 0;
  std::string cooldown = "0 s";
  std::string idle;
  std::string interval = "100 ms";
  std::string devices = "auto";
  std::string trace;
  std::string output;
  std::string step;
  bool raw = false;
  std::string carbon;
  double pue = 1;
  std::uint64_t seed = 1;
};

// What was asked, with everything that can be wrong already found out.
struct Plan {
  std::vector<CommandSettings> commands;
  std::vector<std::size_t> order;
  int runs = 1;
  int warmup = 0;
  Duration cooldown;
  Duration idle;
  Duration interval;
  Duration step;
  std::optional<CarbonIntensity> carbon;

  // One run of one command: its status and standard input are the command's own.
  bool alone() const { return order.size() == 1 && warmup == 0; }
};

std::string as_typed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    const bool plain = !word.empty() && word.find_first_of(" \t\n'\"\\$`;&|<>()*?") == std::string::npos;
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += (text.empty() ? "" : " ") + (plain ? word : quoted + "'");
  }
  return text;
}

Result<Plan> plan_of(const MeasureOptions& options) {
  Plan plan;
  if (options.runs < 0 || options.warmup < 0) return bad_input("-n and --warmup count runs: 1 or more");
  plan.runs = options.runs > 0 ? options.runs : options.other.empty() ? 1 : 10;
  plan.warmup = options.warmup;
  for (const auto& [text, held] :
       {std::pair(&options.cooldown, &plan.cooldown), std::pair(&options.idle, &plan.idle),
        std::pair(&options.interval, &plan.interval), std::pair(&options.step, &plan.step)}) {
    if (text->empty()) continue;
    const Result<Duration> time = parse_duration(*text);
    if (!time) return time.error();
    *held = *time;
  }
  if (plan.interval < Duration(1e-3)) return bad_input("--interval " + options.interval + " is below 1 ms");
  if (!options.carbon.empty()) {
    Result<CarbonIntensity> intensity = carbon_intensity(options.carbon);
    if (!intensity) return intensity.error();
    plan.carbon = std::move(*intensity);
    const Result<Emission> possible = emission({}, *plan.carbon, options.pue);
    if (!possible) return possible.error();
  }
  plan.order = run_order(options.other.empty() ? 1 : 2, static_cast<std::size_t>(plan.runs), options.seed);
  plan.commands.push_back({options.command, plan.alone(), sigpipe_was_ignored()});
  if (!options.other.empty())
    plan.commands.push_back({{"/bin/sh", "-c", options.other}, false, sigpipe_was_ignored()});
  return plan;
}

void describe(const Recorder& recorder, Measurement& measurement) {
  for (const MeterCard& card : recorder.cards()) {
    measurement.sensors.push_back(card.device + ": " + card.sensor);
    if (card.caveat) measurement.caveats.push_back(*card.caveat);
  }
  if (recorder.cards().empty()) measurement.caveats.emplace_back("no energy was measured: --devices none");
}

// Runs what the plan says and fills the measurement. Stops at the first Error.
class Session {
 public:
  Session(const Plan& plan, Recorder& recorder, TraceFile* trace, Measurement& measurement)
      : plan_(plan), recorder_(recorder), trace_(trace), measurement_(measurement) {}

  Status run() {
    recorder_.start(plan_.interval);
    Status status = measure_idle();
    for (int i = 0; status && i < plan_.warmup; ++i) {
      for (std::size_t command = 0; status && command < plan_.commands.size(); ++command)
        status = run_one(command, false);
    }
    for (std::size_t i = 0; status && i < plan_.order.size(); ++i) {
      if (i > 0) status = rest(plan_.cooldown);
      if (status) status = run_one(plan_.order[i], true);
    }
    recorder_.stop();
    return status;
  }
  const std::optional<CommandRun>& last() const { return last_; }

 private:
  Status rest(Duration time) {
    const auto ns = static_cast<std::int64_t>(time.value() * 1e9);
    timespec left{ns / 1'000'000'000, ns % 1'000'000'000};
    while (signals_.last() == 0 && ::nanosleep(&left, &left) != 0) {
    }
    if (signals_.last() != 0) return Error{ErrorCode::Interrupted, "interrupted"};
    return {};
  }

  Status measure_idle() {
    if (plan_.idle <= Duration(0)) return {};
    PhaseAccount account(recorder_);
    Status status = rest(plan_.idle);
    const EnergyReport report = account.take();
    measurement_.idle = IdleBaseline{report.duration(), report};
    return status;
  }

  // A failed run ends the series: its joules are not those of the work.
  Status run_one(std::size_t command, bool counts) {
    CommandSettings settings = plan_.commands[command];
    if (trace_ != nullptr) settings.fold = kTraceFold;
    Instant from = recorder_.mark();
    Result<CommandRun> run = run_command(settings, recorder_, [this, &from] {
      const Instant now = recorder_.mark();
      note(recorder_.disagreements({from, now}));
      from = now;
      if (trace_ != nullptr) trace_->append(recorder_.traces());
    });
    if (!run) return run.error();
    last_ = std::move(*run);
    if (plan_.step > Duration(0)) note(beat_warnings(recorder_.cards(), plan_.step, last_->duration));
    if (counts)
      measurement_.runs.push_back({command, last_->exit_status(), last_->how_it_ended(), last_->duration,
                                   last_->cpu_time, last_->energy});
    if (plan_.alone()) return {};
    if (signals_.last() != 0) return Error{ErrorCode::Interrupted, "interrupted"};
    if (last_->succeeded()) return {};
    return Error{ErrorCode::TrialFailed,
                 "'" + measurement_.commands[command] + "' ended with " + last_->how_it_ended() + " in run " +
                     std::to_string(measurement_.runs.size() + (counts ? 0 : 1)) + ": the series ends here",
                 "run the command alone to see why"};
  }

  void note(const std::vector<std::string>& caveats) {
    std::vector<std::string>& told = measurement_.caveats;
    for (const std::string& text : caveats) {
      if (std::find(told.begin(), told.end(), text) == told.end()) told.push_back(text);
    }
  }

  const Plan& plan_;
  Recorder& recorder_;
  TraceFile* trace_;
  Measurement& measurement_;
  SignalRelay signals_ = {};
  std::optional<CommandRun> last_ = {};
};

// Ends as the command did: its exit status, or the very signal that ended it.
int end_as(const CommandRun& run) {
  if (run.end_signal() == 0) return run.exit_status();
  std::fflush(nullptr);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  std::signal(run.end_signal(), SIG_DFL);
  ::raise(run.end_signal());
  return run.exit_status();
}

Duration own_cpu_time() { return process_cpu_time(::getpid()).value_or(Duration(0)); }

OwnCost own_cost(Duration cpu_time, const Clock& clock) {
  // The dynamic power of one core, as the model has it.
  const ModelMeter model(*parse_model("", known_cpu(machine_from_environment().cpu_time.proc)), clock);
  OwnCost cost{cpu_time, std::nullopt};
  if (model.card().max_power) cost.energy = *model.card().max_power * cpu_time / usable_cores();
  return cost;
}

// CO2e of all measured runs together.
Status add_emission(const Plan& plan, double pue, Measurement& measurement) {
  std::vector<EnergyFigure> figures;
  for (const MeasuredRun& run : measurement.runs) {
    if (run.energy.total) figures.push_back(*run.energy.total);
  }
  const std::optional<EnergyFigure> all = sum_of_windows(figures);
  if (!plan.carbon || !all) return {};
  Result<Emission> emitted = emission(*all, *plan.carbon, pue);
  if (!emitted) return emitted.error();
  measurement.emission = std::move(*emitted);
  return {};
}

// The conversation goes to standard error: standard output is the command's. With JSON, the last line of
// standard output, or the file, is the object.
int tell(const Measurement& measurement, const CommonOptions& common, Output& output) {
  if (!common.quiet) fmt::print(stderr, "{}", measurement_text(measurement));
  if (common.format != "json" && !output.to_file()) return kDone;
  const Status written = output.write(measurement_json(measurement).dump() + "\n");
  return written ? kDone : fail(written.error());
}

Result<std::optional<TraceFile>> open_trace(const std::string& path, const Clock& clock) {
  if (path.empty()) return std::optional<TraceFile>();
  Result<TraceFile> file = TraceFile::open(path, clock.now());
  if (!file) return file.error();
  return std::optional<TraceFile>(std::move(*file));
}

// The status that a shell would give.
int not_started(const CommandRun& run, const std::string& command) {
  (void)fail(bad_input("'" + command + "' was " + run.how_it_ended(),
                       "give the command after --, as in: frugal measure -- python train.py"));
  return run.exit_status();
}

int run_it(const MeasureOptions& options, const CommonOptions& common) {
  const Result<Plan> plan = plan_of(options);
  if (!plan) return fail(plan.error());
  Result<Output> output = Output::open(options.output);
  if (!output) return fail(output.error());
  const SteadyClock clock;
  Result<std::optional<TraceFile>> trace = open_trace(options.trace, clock);
  if (!trace) return fail(trace.error());
  Machine machine = machine_from_environment();
  if (options.raw) machine.calibrations.clear();
  auto meters = open_meters(options.devices, clock, machine);
  if (!meters) return fail(meters.error());

  Recorder recorder(std::move(meters->meters), clock);
  Measurement measurement;
  measurement.series = !plan->alone();
  measurement.commands.push_back(as_typed(options.command));
  if (!options.other.empty()) measurement.commands.push_back(options.other);
  measurement.caveats = meters->caveats;
  describe(recorder, measurement);
  const Duration cpu_before = own_cpu_time();
  Session session(*plan, recorder, *trace ? &**trace : nullptr, measurement);
  Status status = session.run();
  measurement.own_cost = own_cost(own_cpu_time() - cpu_before, clock);
  if (*trace && !(*trace)->good())
    measurement.caveats.push_back("the trace could not be written to the end: " + options.trace);
  summarise(measurement, options.seed);
  if (status) status = add_emission(*plan, options.pue, measurement);
  if (session.last() && session.last()->exec_errno != 0)
    return not_started(*session.last(), measurement.commands.front());
  const int told = measurement.runs.empty() ? kDone : tell(measurement, common, *output);
  if (plan->alone() && session.last()) return end_as(*session.last());
  return status ? told : fail(status.error());
}

}  // namespace

Command measure_command() {
  return {"measure", "Joules of any command", "frugal measure -- python train.py",
          [](CLI::App& command, CommonOptions& common) {
            add_format(command, common, {"text", "json"});
            command.add_flag("--quiet", common.quiet, "Say nothing on standard error");
            auto o = std::make_shared<MeasureOptions>();
            command.add_option("-n,--runs", o->runs, "Runs of each command (1, or 10 with --vs)");
            command.add_option("--warmup", o->warmup, "Runs before them that do not count");
            command.add_option("--cooldown", o->cooldown, "Rest between runs")->capture_default_str();
            command.add_option("--vs", o->other, "A second command, for a shell, to compare with");
            command.add_option("--interval", o->interval, "Time between readings")->capture_default_str();
            command.add_option("--devices", o->devices, "What to read (frugal doctor lists it)")
                ->capture_default_str();
            command.add_option("--idle", o->idle, "Measure the resting machine first, for so long");
            command.add_option("--trace", o->trace, "Write every reading to this CSV file");
            command.add_option("--step", o->step,
                               "Length of a training step, to warn of sensors that beat with it");
            command.add_flag("--uncalibrated", o->raw, "Leave calibrations of this host aside");
            command.add_option("--carbon", o->carbon, "CO2e: country ('DE'), 'world' or '120 g/kWh'");
            command.add_option("--pue", o->pue, "Power usage effectiveness of the building")
                ->capture_default_str();
            command.add_option("--seed", o->seed, "Of the order of runs")->capture_default_str();
            command.add_option("-o,--output", o->output, "Write the JSON object to this file");
            command.add_option("command", o->command, "The command and its arguments, after --")->required();
            return [o, &common] { return run_it(*o, common); };
          }};
}

}  // namespace frugal::app
