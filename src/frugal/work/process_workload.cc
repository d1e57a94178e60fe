#include "frugal/work/process_workload.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <utility>

#include "frugal/base/units_text.h"

namespace frugal {
namespace {

constexpr Duration kLook{0.1};        // how often a cancel is looked for
constexpr Duration kCancelTime{5.0};  // for the agent to answer a cancel
constexpr std::size_t kTailBytes = 2000;

FailureKind kind_of(const std::string& error) {
  if (error == "cancelled") return FailureKind::Interrupted;
  return parse_failure(error).value_or(FailureKind::Internal);
}

// All of it under the phase "load".
EnergyReport as_load(EnergyReport report) {
  const Duration duration = report.duration();
  report.by_phase.clear();
  report.durations.clear();
  if (report.total) report.by_phase["load"] = *report.total;
  if (duration > Duration(0)) report.durations["load"] = duration;
  return report;
}

// Listens while a worker starts.
class StartObserver final : public WorkObserver {
 public:
  explicit StartObserver(WorkTrace& trace) : trace_(trace) {}
  void epoch(const EpochRow&) override {}
  void energy(const EnergyReport&, Duration) override {}
  void trace(const WorkTrace& more) override { append(trace_, more); }

 private:
  WorkTrace& trace_;
};

HostFacts host_of(const nlohmann::json& answer) {
  HostFacts facts;
  for (const nlohmann::json& fact : answer.value("host", nlohmann::json::array())) {
    if (fact.size() == 2 && fact[0].is_string() && fact[1].is_string())
      facts.push_back({fact[0].get<std::string>(), fact[1].get<std::string>()});
  }
  return facts;
}

}  // namespace

struct ProcessWorkload::Call {
  const WorkItem& item;
  WorkObserver& observer;
  const std::atomic<bool>& cancel;
  Instant begin;
  Outcome outcome = {};
  EnergyReport unanswered = {};       // what the agent told of the request that it has not answered yet
  std::optional<Instant> clock = {};  // of the agent, at the begin of the step

  bool failed() const { return outcome.failure.has_value(); }
  void fail(FailureKind kind, std::string message) { outcome.failure = Failure{kind, std::move(message)}; }
  void fail(const Answer& answer) { fail(kind_of(answer.error), answer.message); }
};

bool ProcessWorkload::can(const char* what) const {
  return std::find(card_.worker.can.begin(), card_.worker.can.end(), what) != card_.worker.can.end();
}

std::string ProcessWorkload::log_tail() const {
  if (!settings_.log) return "";
  std::ifstream file(*settings_.log, std::ios::binary | std::ios::ate);
  if (!file) return "";
  const auto size = static_cast<std::size_t>(file.tellg());
  const std::size_t take = std::min(size, kTailBytes);
  std::string tail(take, '\0');
  file.seekg(static_cast<std::streamoff>(size - take));
  file.read(tail.data(), static_cast<std::streamsize>(take));
  while (!tail.empty() && tail.back() == '\n') tail.pop_back();
  return tail.empty() ? "" : "\nthe last it wrote:\n" + tail;
}

Result<WorkloadCard> ProcessWorkload::open() {
  close();
  std::error_code ignored;
  if (settings_.log) std::filesystem::remove(*settings_.log, ignored);
  Result<std::unique_ptr<ChildProcess>> process =
      ChildProcess::spawn(settings_.command, {.error_file = settings_.log});
  if (!process) return process.error();
  process_ = std::move(*process);
  StartObserver starting(start_up_trace_);
  const std::atomic<bool> never{false};
  const WorkItem nothing;
  const std::atomic<bool>& cancel = settings_.cancel != nullptr ? *settings_.cancel : never;
  Call call{nothing, starting, cancel, clock_.now()};
  const std::optional<Answer> answer = converse(call, request_line(HelloRequest{}), settings_.start_time);
  if (cancel) {
    close();
    return Error{ErrorCode::Interrupted, "interrupted while the worker was starting",
                 "run the same command again"};
  }
  if (!answer || !answer->ok) {
    const std::string why = call.failed() ? call.outcome.failure->message : answer ? answer->message : "";
    const std::string tail = call.failed() ? "" : log_tail();
    close();
    return Error{ErrorCode::FixInput, "the worker did not start: " + why + tail};
  }
  add(start_up_, as_load(call.outcome.energy));
  Result<WorkerCard> worker = card_from_json(answer->body);
  if (!worker) return bad_input("the worker's answer to hello: " + worker.error().message);
  card_ = WorkloadCard{std::move(*worker), answer->body.value("sensors", std::vector<std::string>{}),
                       answer->body.value("caveats", std::vector<std::string>{}), host_of(answer->body)};
  return card_;
}

void ProcessWorkload::close() {
  states_.clear();
  if (!process_) return;
  (void)process_->channel().write_line(request_line(ShutdownRequest{}));
  process_->channel().close_write();
  process_->end(Duration(5));
  process_.reset();
}

void ProcessWorkload::lost(Call& call, const std::string& message) {
  states_.clear();
  process_.reset();
  add(call.outcome.energy, std::exchange(call.unanswered, {}));
  call.fail(FailureKind::Died, message + log_tail());
}

// Sends one line and reads until its answer. Nothing when the process was lost; the call has then failed.
std::optional<Answer> ProcessWorkload::converse(Call& call, const std::string& request, Duration limit) {
  if (!process_) {
    lost(call, "the agent is gone");
    return std::nullopt;
  }
  // An agent that does not listen any more may have said why: its last words are read below.
  (void)process_->channel().write_line(request);
  const Instant begin = clock_.now();
  const auto no_answer = [&] { return "the worker gave no answer for " + to_text(clock_.now() - begin); };
  std::optional<Instant> cancelled;
  bool hung = false;
  std::string line;
  while (true) {
    const bool late = clock_.now() - begin > limit;
    // A worker that hangs is ended by its agent, with everything that it has started.
    if ((call.cancel || late) && !cancelled) {
      cancelled = clock_.now();
      hung = !call.cancel;
      (void)process_->channel().write_line(R"({"op":"cancel"})");
    }
    if (cancelled && clock_.now() - *cancelled > kCancelTime) {
      process_->end(Duration(0));
      lost(call, no_answer());
      if (!hung) call.fail(FailureKind::Interrupted, "the agent did not answer the wish to stop");
      return std::nullopt;
    }
    const LineChannel::Read got = process_->channel().read_line(line, kLook);
    if (got == LineChannel::Read::Line) {
      Result<Message> message = parse_message(line);
      if (!message)
        return lost(call, "the worker wrote what is no message of the protocol: " + message.error().message),
               std::nullopt;
      if (const auto* epoch = std::get_if<EpochEvent>(&*message)) take_epoch(call, *epoch);
      if (const auto* energy = std::get_if<EnergyEvent>(&*message)) {
        EnergyReport so_far = call.outcome.energy;
        if (Result<EnergyReport> more =
                phases_from_json(energy->body.value("energy", nlohmann::json::object()))) {
          add(so_far, *more);
          call.unanswered = std::move(*more);
        }
        call.observer.energy(so_far, clock_.now() - call.begin);
      }
      if (auto* trace = std::get_if<TraceEvent>(&*message)) take_trace(call, std::move(*trace));
      auto* answer = std::get_if<Answer>(&*message);
      if (answer == nullptr) continue;
      call.unanswered = {};
      if (answer->body.contains("energy")) {
        if (const Result<EnergyReport> spent = phases_from_json(answer->body["energy"]))
          add(call.outcome.energy, *spent);
      }
      for (const nlohmann::json& remark : answer->body.value("remarks", nlohmann::json::array())) {
        if (remark.is_string()) call.outcome.remarks.push_back(remark);
      }
      if (hung && !answer->ok && answer->error == "cancelled") {
        answer->error = failure_text(FailureKind::Died);
        answer->message = no_answer();
      }
      return std::move(*answer);
    }
    if (got != LineChannel::Read::TimedOut) {
      if (process_) lost(call, "the agent " + process_->end(Duration(0.5)));
      return std::nullopt;
    }
  }
}

std::optional<Answer> ProcessWorkload::ask(Call& call, const Request& request) {
  std::optional<Answer> answer = converse(call, request_line(request), settings_.step_time);
  if (!answer || answer->ok) return answer;
  call.fail(*answer);
  if (call.outcome.failure->kind == FailureKind::Died ||
      call.outcome.failure->kind == FailureKind::Interrupted) {
    const std::string tail = call.outcome.failure->kind == FailureKind::Died ? log_tail() : "";
    states_.clear();
    process_.reset();
    call.outcome.failure->message += tail;
  }
  return std::nullopt;
}

void ProcessWorkload::take_epoch(Call& call, const EpochEvent& event) const {
  const EpochReport& report = event.report;
  EpochRow row{report.epoch,
               report.loss,
               report.metrics,
               report.samples,
               Duration(event.body.value("duration_s", 0.0)),
               {}};
  if (event.body.contains("energy")) {
    if (const Result<EnergyFigure> figure = figure_from_json(event.body["energy"])) row.energy = *figure;
  }
  call.outcome.epochs.push_back(row);
  call.outcome.samples += row.samples;
  call.observer.epoch(row);
}

void ProcessWorkload::take_trace(Call& call, TraceEvent event) {
  if (!event.sensors.empty()) sensors_ = std::move(event.sensors);
  if (!call.clock) call.clock = event.trace.clock;
  WorkTrace more{*call.clock, {}, {}};
  for (const Trace& sensor : sensors_) more.traces.push_back(sensor);
  append(more, event.trace);
  call.observer.trace(more);
}

// Brings the trial to the state that the step starts from.
bool ProcessWorkload::prepare(Call& call) {
  const Step& step = call.item.step;
  const auto held = states_.find(step.trial);
  if (held != states_.end() && held->second == step.from) return true;
  if (step.from && (!call.item.base_checkpoint || !std::filesystem::exists(*call.item.base_checkpoint))) {
    call.fail(FailureKind::CheckpointLost, "the checkpoint of step " + std::to_string(*step.from) +
                                               " of trial " + std::to_string(step.trial) + " is missing");
    return false;
  }
  if (!ask(call, StartRequest{step.trial, step.point, step.seed})) return false;
  states_[step.trial] = std::nullopt;
  if (!step.from) return true;
  if (!ask(call, LoadRequest{step.trial, *call.item.base_checkpoint})) {
    const FailureKind kind = call.outcome.failure->kind;
    const bool alive = kind != FailureKind::Died && kind != FailureKind::Interrupted;
    if (alive) call.outcome.failure->kind = FailureKind::CheckpointLost;
    states_.erase(step.trial);
    return false;
  }
  states_[step.trial] = step.from;
  return true;
}

void ProcessWorkload::work(Call& call) {
  const Step& step = call.item.step;
  if (const auto* explore = std::get_if<Explore>(&step.work)) {
    const auto answer = ask(call, ExploreRequest{step.trial, explore->fraction, explore->rates,
                                                 explore->restart, explore->min_cycles, explore->max_cycles});
    if (!answer) return;
    const Result<ExploreReport> report = explore_report_from_json(answer->body);
    if (!report) return call.fail(FailureKind::Internal, "the answer to explore: " + report.error().message);
    call.outcome.curve = report->curve;
    call.outcome.loss_before = report->loss_before;
    call.outcome.metrics = report->metrics;
    call.outcome.samples = report->samples;
    call.outcome.steps = report->steps;
    call.outcome.budget_steps = report->budget_steps;
    call.outcome.train_samples = card_.worker.train_samples;
  } else if (const auto* probe = std::get_if<Probe>(&step.work)) {
    const auto answer = ask(call, ProbeRequest{step.trial, probe->steps, probe->set});
    if (!answer) return;
    const Result<ProbeReport> report = probe_report_from_json(answer->body);
    if (!report) return call.fail(FailureKind::Internal, "the answer to probe: " + report.error().message);
    call.outcome.metrics = report->metrics;
    call.outcome.samples = report->samples;
  } else if (const auto* train = std::get_if<Train>(&step.work)) {
    const auto answer = ask(call, TrainRequest{step.trial, train->epochs, train->set});
    if (!answer) {
      states_.erase(step.trial);
      return;
    }
    states_[step.trial] = call.item.number;
    const auto test = metrics_from_json(answer->body, "test");
    if (!test) return call.fail(FailureKind::Internal, "the answer to train: " + test.error().message);
    for (const auto& [name, value] : *test) call.outcome.metrics[kTestPrefix + name] = value;
  }
}

void ProcessWorkload::save(Call& call) {
  if (!can("snapshot")) return;
  const std::optional<Answer> answer = converse(
      call, request_line(SaveRequest{call.item.step.trial, *call.item.save_to}), settings_.step_time);
  if (!answer) {
    // The training itself was answered for; without its checkpoint a later step trains it again.
    call.outcome.failure.reset();
    call.outcome.remarks.push_back("the worker was lost while it wrote a checkpoint");
  } else if (!answer->ok) {
    call.outcome.remarks.push_back("a checkpoint could not be written: " + answer->message);
  }
}

Outcome ProcessWorkload::run(const WorkItem& item, WorkObserver& observer, const std::atomic<bool>& cancel) {
  Call call{item, observer, cancel, clock_.now()};
  if (!std::holds_alternative<Drop>(item.step.work)) {
    call.outcome.energy = std::exchange(start_up_, {});
    const WorkTrace begun = std::exchange(start_up_trace_, {});
    if (!begun.empty()) {
      call.clock = begun.clock;
      observer.trace(begun);
    }
  }
  if (std::holds_alternative<Drop>(item.step.work)) {
    if (process_ && states_.erase(item.step.trial) > 0)
      (void)converse(call, request_line(DropRequest{item.step.trial}), settings_.step_time);
    call.outcome.failure.reset();  // what is to be forgotten cannot be lost
  } else if (prepare(call)) {
    work(call);
    if (!call.failed() && std::holds_alternative<Train>(item.step.work) && item.save_to) save(call);
  }
  // The agent's account has no gaps between the steps; without an agent there is only the clock.
  const Duration accounted = call.outcome.energy.duration();
  call.outcome.duration = accounted > Duration(0) ? accounted : clock_.now() - call.begin;
  return std::move(call.outcome);
}

}  // namespace frugal
