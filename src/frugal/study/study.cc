#include "frugal/study/study.h"

#include <algorithm>
#include <map>
#include <utility>

namespace frugal {
namespace {

constexpr int kAttempts = 2;  // a worker that dies over one step twice costs the trial

class Runner final : private WorkObserver {
 public:
  Runner(const StudySettings& settings, const StudyParts& parts) : settings_(settings), parts_(parts) {}

  Result<std::string> run() {
    Result<std::string> reason = begin_and_loop();
    parts_.workload.close();
    return reason;
  }

 private:
  // The worker comes first: a study whose worker never started leaves nothing behind under its name.
  Result<std::string> begin_and_loop() {
    if (Status ready = open_workload(); !ready) return ready.error();
    if (Status ready = load(); !ready) return ready.error();
    if (Status said = remember_card(); !said) return said.error();
    parts_.observer.opened(card_, record_);
    return loop();
  }

  Status load() {
    Result<std::optional<StudyRecord>> record = parts_.ledger.read(settings_.name);
    if (record && !*record && settings_.create) {
      if (Status made = parts_.ledger.create(*settings_.create); !made) return made;
      record = parts_.ledger.read(settings_.name);
    }
    if (!record) return record.error();
    if (!*record) return Error{ErrorCode::GiveUp, "the study '" + settings_.name + "' is not in the ledger"};
    record_ = std::move(**record);
    for (const LostAttempt& lost : record_.lost) {
      int& last = attempts_[lost.step];
      last = std::max(last, lost.attempt);
      if (!lost.running) continue;
      if (Status s = parts_.ledger.lose(settings_.name, lost.step, lost.attempt, "killed", lost.energy,
                                        lost.duration);
          !s)
        return s;
    }
    return parts_.ledger.stop(settings_.name, std::nullopt);
  }

  Status open_workload() {
    Result<WorkloadCard> card = parts_.workload.open();
    if (!card) return card.error();
    card_ = std::move(*card);
    for (const std::string& need : parts_.strategy.needs()) {
      const auto& can = card_.worker.can;
      if (need == "energy") {
        if (!card_.sensors.empty()) continue;
        return bad_input(
            "the strategy " + parts_.strategy.name() + " weighs energy, but nothing measures it here",
            "energy: {devices: auto} in the study file, or strategy.alpha=1 to go by quality alone");
      }
      if (std::find(can.begin(), can.end(), need) == can.end()) {
        return bad_input(
            "the strategy " + parts_.strategy.name() + " needs a worker that can '" + need + "', which " +
                card_.worker.name + " cannot",
            "use 'strategy: {name: random, trials: 10}', or teach the worker the request '" + need + "'");
      }
    }
    if (card_.worker.metric != settings_.goal.metric || card_.worker.maximise != settings_.goal.maximise) {
      return bad_input("the worker steers by " + card_.worker.metric +
                           (card_.worker.maximise ? " (max)" : " (min)") + ", the study by " +
                           settings_.goal.metric + (settings_.goal.maximise ? " (max)" : " (min)"),
                       "write in the study file: workload: {metric: " + card_.worker.metric +
                           ", goal: " + (card_.worker.maximise ? "max" : "min") + ", …}");
    }
    return {};
  }

  Status remember_card() {
    if (Status s = parts_.ledger.remark(settings_.name, RemarkKind::Worker, card_.worker.name); !s) return s;
    for (const std::string& sensor : card_.sensors) {
      if (Status s = parts_.ledger.remark(settings_.name, RemarkKind::Sensor, sensor); !s) return s;
    }
    for (const std::string& caveat : card_.caveats) {
      if (Status s = remark(caveat); !s) return s;
    }
    return card_.host.empty() ? Status() : parts_.ledger.host(settings_.name, card_.host);
  }

  Result<std::string> loop() {
    while (true) {
      parts_.checkpoints.tidy(record_.history, settings_.goal);
      if (parts_.cancel) return interrupted();
      std::optional<std::string> reason =
          stop_reason(record_.history, settings_.goal, settings_.limits, spent_so_far(record_));
      if (!reason) {
        const Result<Proposal> proposal = parts_.strategy.propose(record_.history);
        if (!proposal) return proposal.error();
        if (const auto* finished = std::get_if<Finished>(&*proposal)) {
          reason = finished->reason;
        } else if (Status done = carry_out(std::get<Step>(*proposal)); !done) {
          return done.error();
        }
      }
      if (!reason) continue;
      if (Status s = parts_.ledger.stop(settings_.name, reason); !s) return s.error();
      return *reason;
    }
  }

  Error interrupted() const {
    return Error{ErrorCode::Interrupted, "interrupted; everything so far is saved",
                 "run the same command again to go on"};
  }

  // Repeats the step until it has an observation; a worker that died is started again.
  Status carry_out(const Step& step) {
    const int number = static_cast<int>(record_.history.size());
    int deaths = 0;
    while (true) {
      Outcome outcome;
      int attempt = 0;
      if (Status s = try_once(number, step, save_path(step, number), outcome, attempt); !s) return s;
      const std::optional<FailureKind> kind =
          outcome.failure ? std::optional(outcome.failure->kind) : std::nullopt;
      if (kind == FailureKind::Interrupted) {
        if (Status s = lose(number, attempt, step, "interrupted", outcome); !s) return s;
        return interrupted();
      }
      if (kind == FailureKind::CheckpointLost) {
        if (Status s = lose(number, attempt, step, "checkpoint lost", outcome); !s) return s;
        if (Status s = train_again(number, step); !s) return s;
        continue;
      }
      if (kind == FailureKind::Died && ++deaths < kAttempts) {
        if (Status s = lose(number, attempt, step, "died", outcome); !s) return s;
        if (Status s = remark("the worker died in step " + std::to_string(number) +
                              " and was started again: " + outcome.failure->message);
            !s)
          return s;
        if (Status s = open_workload(); !s) return s;
        continue;
      }
      if (Status s = finish(number, attempt, step, std::move(outcome)); !s) return s;
      return kind == FailureKind::Died ? open_workload() : Status{};
    }
  }

  std::optional<std::string> save_path(const Step& step, int number) const {
    if (!std::holds_alternative<Train>(step.work)) return std::nullopt;
    return parts_.checkpoints.path(step.trial, number);
  }

  Status try_once(int number, const Step& step, std::optional<std::string> save_to, Outcome& outcome,
                  int& attempt) {
    attempt = ++attempts_[number];
    if (Status s = parts_.ledger.begin(settings_.name, number, attempt, step); !s) return s;
    parts_.observer.step_begins(number, step);
    running_ = {number, attempt, &step, {}, {}};
    WorkItem item{number, step, {}, std::move(save_to)};
    if (step.from) item.base_checkpoint = parts_.checkpoints.path(step.trial, *step.from);
    outcome = parts_.workload.run(item, *this, parts_.cancel);
    for (const std::string& text : outcome.remarks) {
      if (Status s = remark(text); !s) return s;
    }
    return running_.trouble;
  }

  // The state that `step` starts from is gone: the trial's training steps are repeated from its start. Same
  // seed, same steps, same state; their joules are booked as lost under the step that needed them.
  Status train_again(int number, const Step& step) {
    if (Status s = remark("a checkpoint of trial " + std::to_string(step.trial) +
                          " was missing or damaged; the trial was trained again from its start");
        !s)
      return s;
    std::vector<int> chain;
    for (std::optional<int> at = step.from; at; at = record_.history[static_cast<std::size_t>(*at)].step.from)
      chain.push_back(*at);
    std::optional<int> from;
    for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
      // Worked as if it were the step itself, so that the workload knows the state by its old number.
      Step again = record_.history[static_cast<std::size_t>(*it)].step;
      again.from = from;
      again.note = "trained again";
      const int attempt = ++attempts_[number];
      if (Status s = parts_.ledger.begin(settings_.name, number, attempt, again); !s) return s;
      running_ = {number, attempt, &again, {}, {}};
      WorkItem item{*it, again, {}, parts_.checkpoints.path(step.trial, *it)};
      const Outcome outcome = parts_.workload.run(item, *this, parts_.cancel);
      if (Status s = lose(number, attempt, again, "trained again", outcome); !s) return s;
      if (outcome.failure && outcome.failure->kind == FailureKind::Interrupted) return interrupted();
      if (outcome.failure) {
        return Error{ErrorCode::Retry,
                     "trial " + std::to_string(step.trial) +
                         " could not be trained again: " + outcome.failure->message,
                     "run the same command again"};
      }
      from = *it;
    }
    return {};
  }

  Status finish(int number, int attempt, const Step& step, Outcome outcome) {
    if (Status s = parts_.ledger.finish(settings_.name, number, attempt, outcome, take_trace()); !s) return s;
    record_.history.push_back({number, step, std::move(outcome)});
    parts_.observer.step_ended(record_.history.back(), spent_so_far(record_));
    return {};
  }

  Status lose(int number, int attempt, const Step& step, const char* why, const Outcome& outcome) {
    record_.lost.push_back({number, attempt, step.trial, why, outcome.energy, outcome.duration});
    return parts_.ledger.lose(settings_.name, number, attempt, why, outcome.energy, outcome.duration,
                              take_trace());
  }

  Status remark(const std::string& text) {
    parts_.observer.remark(text);
    return parts_.ledger.remark(settings_.name, RemarkKind::Caveat, text);
  }

  void epoch(const EpochRow& row) override { parts_.observer.epoch(*running_.step, row); }
  void energy(const EnergyReport& so_far, Duration elapsed) override {
    parts_.observer.energy(so_far, elapsed);
    if (running_.trouble)
      running_.trouble = parts_.ledger.progress(settings_.name, running_.number, running_.attempt, so_far,
                                                elapsed, take_trace());
  }
  void trace(const WorkTrace& more) override { append(running_.trace, more); }
  WorkTrace take_trace() { return std::exchange(running_.trace, {}); }

  struct Running {
    int number = 0;
    int attempt = 0;
    const Step* step = nullptr;
    Status trouble;
    WorkTrace trace = {};  // read and not yet written
  };

  const StudySettings& settings_;
  const StudyParts& parts_;
  StudyRecord record_;
  WorkloadCard card_;
  std::map<int, int> attempts_;  // of each step
  Running running_;
};

}  // namespace

Spent spent_so_far(const StudyRecord& record) {
  Spent spent;
  for (const Observation& seen : record.history) {
    if (seen.outcome.energy.total)
      spent.energy = spent.energy.value_or(Joules(0)) + seen.outcome.energy.total->value;
    spent.time += seen.outcome.duration;
  }
  for (const LostAttempt& lost : record.lost) {
    if (lost.energy.total) spent.energy = spent.energy.value_or(Joules(0)) + lost.energy.total->value;
    spent.time += lost.duration;
  }
  return spent;
}

Result<std::string> run_study(const StudySettings& settings, const StudyParts& parts) {
  return Runner(settings, parts).run();
}

}  // namespace frugal
