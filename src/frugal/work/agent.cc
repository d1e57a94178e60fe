#include "frugal/work/agent.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <set>

#include "frugal/energy/phases.h"
#include "frugal/energy/recorder.h"
#include "frugal/energy/sensor_model.h"
#include "frugal/work/child_process.h"
#include "frugal/work/line_channel.h"
#include "frugal/work/protocol.h"
#include "frugal/work/trace_feed.h"

namespace frugal {
namespace {

using nlohmann::json;

class Agent {
 public:
  Agent(const AgentSettings& settings, std::vector<std::unique_ptr<Meter>> meters, const Clock& clock,
        WorkerStreams upstream)
      : settings_(settings),
        clock_(clock),
        upstream_(upstream.read_fd, upstream.write_fd, false),
        recorder_(std::move(meters), clock),
        account_(recorder_),
        feed_(recorder_) {}

  int run() {
    if (!start_worker()) return 1;
    recorder_.start(settings_.interval);
    while (!exit_code_) wait_for_lines();
    return *exit_code_;
  }

 private:
  bool start_worker() {
    Result<std::unique_ptr<ChildProcess>> worker =
        ChildProcess::spawn(settings_.worker, {.extra_descriptors = true});
    if (!worker) {
      (void)upstream_.write_line(error_line("invalid", worker.error().message));
      return false;
    }
    worker_ = std::move(*worker);
    recorder_.watch(worker_->pid());
    return true;
  }

  void wait_for_lines() {
    std::array<pollfd, 2> waiting{
        {{upstream_.read_fd(), POLLIN, 0}, {worker_->channel().read_fd(), POLLIN, 0}}};
    int wait_ms = -1;
    if (running_) {
      const Duration left = settings_.heartbeat - (clock_.now() - last_heartbeat_);
      wait_ms = std::max(1, static_cast<int>(left.value() * 1e3));
    }
    const int ready = ::poll(waiting.data(), waiting.size(), wait_ms);
    if (ready < 0) return;  // a signal
    if (running_ && clock_.now() - last_heartbeat_ >= settings_.heartbeat) send_heartbeat();
    if (waiting[1].revents != 0) read_worker();
    if (!exit_code_ && waiting[0].revents != 0) read_study();
  }

  void read_study() {
    const bool open = upstream_.fill();
    while (!exit_code_) {
      const std::optional<std::string> line = upstream_.next_line();
      if (!line) break;
      take_request(*line);
    }
    if (!open && !exit_code_) stop_worker(Duration(0), 0);  // the study is gone
  }

  void take_request(const std::string& line) {
    const json request = json::parse(line, nullptr, false);
    const std::string op = request.is_object() && request.contains("op") && request["op"].is_string()
                               ? request["op"].get<std::string>()
                               : "";
    if (op == "cancel") {
      stop_worker(Duration(0), 0);
      send_answer({{"ok", false}, {"error", "cancelled"}, {"message", "the study asked to stop"}});
      return;
    }
    if (op == "shutdown") {
      (void)worker_->channel().write_line(line);
      stop_worker(settings_.grace, 0);
      send_answer({{"ok", true}});
      return;
    }
    running_ = true;
    hello_ = op == "hello";
    last_heartbeat_ = clock_.now();
    epoch_begin_ = recorder_.mark();
    // A worker that has ended may have said why before: that is read before its end is told.
    if (!worker_->channel().write_line(line) && !worker_->ended(Duration(0.5)))
      worker_died("does not listen");
  }

  void read_worker() {
    const bool open = worker_->channel().fill();
    while (!exit_code_) {
      const std::optional<std::string> line = worker_->channel().next_line();
      if (!line) break;
      take_message(*line);
    }
    if (!exit_code_ && worker_->channel().broken()) worker_died("wrote a line that does not end");
    if (!open && !exit_code_) worker_died("");
  }

  void take_message(const std::string& line) {
    Result<Message> message = parse_message(line);
    if (!message) return worker_died("wrote what is no message of the protocol: " + message.error().message);
    if (const auto* phase = std::get_if<PhaseEvent>(&*message)) {
      // A worker that gets its edges wrong loses the split, not the joules: they stay in "other".
      (void)(phase->begin ? account_.begin(phase->name) : account_.end(phase->name));
    } else if (auto* epoch = std::get_if<EpochEvent>(&*message)) {
      relay_epoch(epoch->body, epoch->report.steps);
    } else if (auto* answer = std::get_if<Answer>(&*message)) {
      // Passed on, it would be taken for the answer to the next request.
      if (!running_) return worker_died("answered what nobody had asked");
      if (hello_ && answer->ok) describe_meters(answer->body);
      send_answer(std::move(answer->body));
    }
  }

  // What must be said of the joules, once each.
  void note(const std::vector<std::string>& remarks) {
    for (const std::string& text : remarks) {
      if (told_.insert(text).second) remarks_.push_back(text);
    }
  }

  void relay_epoch(json& body, std::int64_t steps) {
    const Instant now = recorder_.mark();
    if (const auto step =
            step_duration(now - epoch_begin_, static_cast<std::size_t>(std::max<std::int64_t>(0, steps))))
      note(beat_warnings(recorder_.cards(), *step, now - epoch_begin_));
    const std::vector<DeviceFigure> figures = recorder_.energy({epoch_begin_, now});
    if (const std::optional<EnergyFigure> figure = sum_of_parts(recorder_.cards(), figures))
      body["energy"] = figure_to_json(*figure);
    body["duration_s"] = (now - epoch_begin_).value();
    epoch_begin_ = now;
    (void)upstream_.write_line(body.dump(-1, ' ', false, json::error_handler_t::replace));
  }

  void describe_meters(json& body) const {
    std::set<std::string> caveats(settings_.caveats.begin(), settings_.caveats.end());
    body["sensors"] = json::array();
    for (const MeterCard& card : recorder_.cards()) {
      body["sensors"].push_back(card.device + ": " + card.sensor);
      if (card.caveat) caveats.insert(*card.caveat);
    }
    if (recorder_.cards().empty()) caveats.insert("no energy was measured: the study's devices are 'none'");
    body["caveats"] = caveats;
    body["host"] = json::array();
    for (const HostFact& fact : settings_.host) body["host"].push_back({fact.name, fact.value});
  }

  void send_trace(Instant begin, const std::vector<PhaseEdge>& edges) {
    if (!settings_.trace || recorder_.cards().empty()) return;
    feed_.tell(begin, edges, [this](const std::string& line) { (void)upstream_.write_line(line); });
  }

  void send_answer(json body) {
    note(recorder_.disagreements({account_.since(), clock_.now()}));
    const Instant begin = account_.since();
    const std::vector<PhaseEdge> edges = account_.edges();
    const EnergyReport report = account_.take();
    send_trace(begin, edges);
    feed_.begin_anew(account_.since());
    recorder_.forget_before(account_.needed_from());
    if (!remarks_.empty()) body["remarks"] = std::exchange(remarks_, {});
    body["energy"] = phases_to_json(report);
    body["duration_s"] = report.duration().value();
    running_ = false;
    (void)upstream_.write_line(body.dump(-1, ' ', false, json::error_handler_t::replace));
  }

  void send_heartbeat() {
    last_heartbeat_ = clock_.now();
    const EnergyReport report = account_.report();
    send_trace(account_.since(), account_.edges());
    (void)upstream_.write_line(json{
        {"event", "energy"}, {"energy", phases_to_json(report)}, {"duration_s", report.duration().value()}}
                                   .dump());
  }

  void worker_died(const std::string& what) {
    const std::string how = worker_->end(what.empty() ? Duration(0.5) : Duration(0));
    send_answer({{"ok", false}, {"error", "died"}, {"message", "the worker " + (what.empty() ? how : what)}});
    exit_code_ = 1;
  }

  void stop_worker(Duration grace, int exit_code) {
    worker_->end(grace);
    exit_code_ = exit_code;
  }

  const AgentSettings& settings_;
  const Clock& clock_;
  LineChannel upstream_;
  Recorder recorder_;
  PhaseAccount account_;
  TraceFeed feed_;
  std::unique_ptr<ChildProcess> worker_;
  std::set<std::string> told_;
  std::vector<std::string> remarks_;  // for the next answer
  bool running_ = false;
  bool hello_ = false;
  Instant epoch_begin_;
  Instant last_heartbeat_;
  std::optional<int> exit_code_;
};

}  // namespace

int run_agent(const AgentSettings& settings, std::vector<std::unique_ptr<Meter>> meters, const Clock& clock,
              WorkerStreams upstream) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGINT, SIG_IGN);  // the study decides what Ctrl-C means
  return Agent(settings, std::move(meters), clock, upstream).run();
}

}  // namespace frugal
