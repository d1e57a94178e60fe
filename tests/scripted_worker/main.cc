// scripted_worker: a worker of known curves that misbehaves when told to. For tests only.
//
//   scripted_worker [--epoch-ms N] [--steps N] [--probe-ms N] [--cannot WORD]… [--metric NAME] [--minimise]
//   [--chatty]
//                   [--log FILE] [--once FILE] [--at OP:N:DEED]…
//
// OP is a request, `epoch` (the inside of an epoch) or `any` (any request); N counts them from 1 in this
// process. A deed: exit kill segv garbage silence half huge hang nan phases print twice child, or one of the
// protocol's errors (diverged, out_of_memory, invalid, unsupported, internal), or throw. With --once FILE
// deeds are done while FILE is absent, and it is made with the first: a worker that is started again behaves.
// --log appends "pid N" at the start and "OP TRIAL" for each request.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <new>
#include <stdexcept>

#include "frugal/work/worker.h"
#include "scripted_trial.h"

namespace {

using namespace frugal;
using scripted::ScriptedTrial;

struct Deed {
  std::string op;
  int number = 1;
  std::string what;
};

struct Script {
  int epoch_ms = 0;
  int steps = 0;  // told of each epoch
  int probe_ms = 0;
  std::vector<std::string> can{"train", "explore", "probe", "snapshot"};
  std::string metric = "accuracy";
  bool maximise = true;
  bool chatty = false;
  std::string log;
  std::string once;
  std::vector<Deed> deeds;
};

void sleep_ms(int ms) {
  timespec left{ms / 1000, (ms % 1000) * 1'000'000L};
  while (::nanosleep(&left, &left) != 0) {
  }
}

class ScriptedWorker final : public Worker {
 public:
  ScriptedWorker(Script script, int write_fd) : script_(std::move(script)), write_fd_(write_fd) {
    log("pid", ::getpid());
  }

  WorkerResult<WorkerCard> hello() override {
    if (auto error = deed("hello", 0)) return *error;
    return WorkerCard{"scripted worker",       script_.can, script_.metric, script_.maximise,
                      scripted::kTrainSamples, 256};
  }
  WorkerResult<Done> start(int trial, const Point& point, std::uint64_t seed) override {
    if (auto error = deed("start", trial)) return *error;
    trials_[trial] = ScriptedTrial(point, seed);
    return Done{};
  }
  WorkerResult<Done> train(int trial, int epochs, const Point& set, WorkEvents& events) override {
    if (auto error = deed("train", trial)) return *error;
    ScriptedTrial* held = find(trial);
    if (held == nullptr) return unknown(trial);
    held->set(set);
    for (int e = 0; e < epochs; ++e) {
      phase(events, "train", true);
      sleep_ms(script_.epoch_ms);
      if (auto error = deed("epoch", trial)) return *error;
      held->train_epoch();
      phase(events, "train", false);
      if (held->diverges()) return WorkerError{WorkerErrorKind::Diverged, "the loss is not finite"};
      phase(events, "evaluate", true);
      const double value = script_.maximise ? held->accuracy() : held->loss();
      phase(events, "evaluate", false);
      events.epoch(trial, {held->epochs(),
                           nan_ ? std::nan("") : held->loss(),
                           {{script_.metric, nan_ ? std::nan("") : value}},
                           scripted::kTrainSamples,
                           script_.steps});
    }
    return Done{};
  }
  WorkerResult<ExploreReport> explore(const ExploreRequest& request, WorkEvents& events) override {
    if (auto error = deed("explore", request.trial)) return *error;
    const ScriptedTrial* held = find(request.trial);
    if (held == nullptr) return unknown(request.trial);
    ExploreReport report;
    report.loss_before = held->loss();
    report.budget_steps = held->batches(request.fraction);
    phase(events, "explore", true);
    sleep_ms(script_.probe_ms);
    for (int cycle = 0; cycle < std::max(1, request.min_cycles); ++cycle) {
      for (const double rate : request.rates) report.curve.push_back({rate, held->explored_loss(rate)});
    }
    phase(events, "explore", false);
    report.steps = static_cast<int>(report.curve.size());
    report.samples = report.steps * 16;
    if (!request.restart) report.metrics[script_.metric] = held->accuracy();
    return report;
  }
  WorkerResult<ProbeReport> probe(int trial, int steps, const Point& set, WorkEvents& events) override {
    if (auto error = deed("probe", trial)) return *error;
    const ScriptedTrial* held = find(trial);
    if (held == nullptr) return unknown(trial);
    phase(events, "explore", true);
    sleep_ms(script_.probe_ms);
    phase(events, "explore", false);
    return ProbeReport{
        held->loss(),
        {{script_.metric, held->probed_accuracy(set.number("learning_rate").value_or(0.1), steps)}},
        16L * steps};
  }
  WorkerResult<Done> save(int trial, const std::string& path) override {
    if (auto error = deed("save", trial)) return *error;
    const ScriptedTrial* held = find(trial);
    if (held == nullptr) return unknown(trial);
    if (!held->save(path)) return WorkerError{WorkerErrorKind::Internal, "'" + path + "' cannot be written"};
    return Done{};
  }
  WorkerResult<Done> load(int trial, const std::string& path) override {
    if (auto error = deed("load", trial)) return *error;
    const std::optional<ScriptedTrial> loaded = ScriptedTrial::load(path);
    if (!loaded) return WorkerError{WorkerErrorKind::Invalid, "'" + path + "' is missing or damaged"};
    trials_[trial] = *loaded;
    return Done{};
  }
  WorkerResult<Done> drop(int trial) override {
    if (auto error = deed("drop", trial)) return *error;
    trials_.erase(trial);
    return Done{};
  }

 private:
  ScriptedTrial* find(int trial) {
    const auto found = trials_.find(trial);
    return found == trials_.end() ? nullptr : &found->second;
  }
  static WorkerError unknown(int trial) {
    return {WorkerErrorKind::Invalid, "trial " + std::to_string(trial) + " was never started"};
  }

  void phase(WorkEvents& events, const std::string& name, bool begin) const {
    events.phase(name, wrong_phases_ ? !begin : begin);
  }

  void log(const std::string& word, long number) const {
    if (script_.log.empty()) return;
    const int fd = ::open(script_.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const std::string line = word + " " + std::to_string(number) + "\n";
    if (fd < 0 || ::write(fd, line.data(), line.size()) < 0) std::abort();
    ::close(fd);
  }

  void write_raw(const std::string& text) const {
    std::size_t written = 0;
    while (written < text.size()) {
      const ssize_t put = ::write(write_fd_, text.data() + written, text.size() - written);
      if (put < 0) return;
      written += static_cast<std::size_t>(put);
    }
  }

  std::optional<WorkerError> deed(const std::string& op, int trial) {
    if (op != "epoch") log(op, trial);
    if (script_.chatty) {
      std::printf("a print of the worker: %s\n{\"ok\":true}\n", op.c_str());
      std::fflush(stdout);
    }
    const int of_op = ++counts_[op];
    const int of_any = op == "epoch" ? 0 : ++counts_["any"];
    for (const Deed& planned : script_.deeds) {
      const bool now =
          (planned.op == op && planned.number == of_op) || (planned.op == "any" && planned.number == of_any);
      if (now && allowed()) return act(planned.what);
    }
    return std::nullopt;
  }

  bool allowed() const {
    if (script_.once.empty()) return true;
    const int fd = ::open(script_.once.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd >= 0) ::close(fd);
    return fd >= 0;
  }

  std::optional<WorkerError> act(const std::string& what) {
    if (what == "exit") std::_Exit(7);
    if (what == "kill") ::raise(SIGKILL);
    if (what == "segv") {
      std::signal(SIGSEGV, SIG_DFL);
      ::raise(SIGSEGV);
    }
    if (what == "garbage") write_raw("Epoch 1/10 loss: 0.3\n");
    if (what == "half") {
      write_raw(R"({"ok":tr)");
      std::_Exit(0);
    }
    if (what == "huge") {
      for (int i = 0; i < 80; ++i) write_raw(std::string(1U << 20U, 'x'));
      while (true) sleep_ms(1000);
    }
    if (what == "silence") ::close(write_fd_);
    if (what == "hang" || what == "silence") {
      while (true) sleep_ms(1000);
    }
    if (what == "twice") write_raw("{\"ok\":true}\n{\"ok\":true}\n");
    if (what == "nan") nan_ = true;
    if (what == "phases") wrong_phases_ = true;
    if (what == "throw") throw std::runtime_error("a worker that throws");
    if (what == "child") {
      const pid_t child = ::fork();
      if (child == 0) {
        const int null = ::open("/dev/null", O_RDWR);
        ::dup2(null, STDOUT_FILENO);
        ::dup2(null, STDERR_FILENO);
        while (true) sleep_ms(1000);
      }
      log("child", child);
    }
    for (const WorkerErrorKind kind :
         {WorkerErrorKind::Diverged, WorkerErrorKind::OutOfMemory, WorkerErrorKind::Invalid,
          WorkerErrorKind::Unsupported, WorkerErrorKind::Internal}) {
      if (what == worker_error_text(kind)) return WorkerError{kind, "told to answer " + what};
    }
    return std::nullopt;
  }

  Script script_;
  int write_fd_;
  std::map<int, ScriptedTrial> trials_;
  std::map<std::string, int> counts_;
  bool nan_ = false;
  bool wrong_phases_ = false;
};

Deed parse_deed(const std::string& text) {
  const std::size_t first = text.find(':');
  const std::size_t second = text.find(':', first + 1);
  if (first == std::string::npos || second == std::string::npos) {
    std::fprintf(stderr, "scripted_worker: --at takes OP:N:DEED, not '%s'\n", text.c_str());
    std::exit(2);
  }
  return {text.substr(0, first), std::atoi(text.substr(first + 1, second - first - 1).c_str()),
          text.substr(second + 1)};
}

Script parse(int count, char** words) {
  Script script;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const auto value = [&] {
      if (++i == count) {
        std::fprintf(stderr, "scripted_worker: %s wants a value\n", word.c_str());
        std::exit(2);
      }
      return std::string(words[i]);
    };
    if (word == "--epoch-ms")
      script.epoch_ms = std::atoi(value().c_str());
    else if (word == "--steps")
      script.steps = std::atoi(value().c_str());
    else if (word == "--probe-ms")
      script.probe_ms = std::atoi(value().c_str());
    else if (word == "--cannot")
      std::erase(script.can, value());
    else if (word == "--metric")
      script.metric = value();
    else if (word == "--minimise")
      script.maximise = false;
    else if (word == "--chatty")
      script.chatty = true;
    else if (word == "--log")
      script.log = value();
    else if (word == "--once")
      script.once = value();
    else if (word == "--at")
      script.deeds.push_back(parse_deed(value()));
    else {
      std::fprintf(stderr, "scripted_worker: what is '%s'?\n", word.c_str());
      std::exit(2);
    }
  }
  return script;
}

}  // namespace

int main(int count, char** words) {
  const Script script = parse(count, words);
  const Result<WorkerStreams> streams = worker_streams(std::getenv("FRUGAL_FDS"));
  if (!streams) {
    std::fprintf(stderr, "scripted_worker: %s\n", streams.error().message.c_str());
    return 2;
  }
  ScriptedWorker worker(script, streams->write_fd);
  return serve(worker, *streams);
}
