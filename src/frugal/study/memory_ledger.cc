#include "frugal/study/memory_ledger.h"

#include <algorithm>
#include <set>

#include "frugal/energy/work_trace_json.h"

namespace frugal {
namespace {

void say_once(std::vector<std::string>& said, const std::string& text) {
  if (std::find(said.begin(), said.end(), text) == said.end()) said.push_back(text);
}

}  // namespace

Result<MemoryLedger::Study*> MemoryLedger::find(const char* call, const std::string& study) {
  if (fault_) {
    if (Status fault = fault_(call); !fault) return fault.error();
  }
  const auto found = studies_.find(study);
  if (found == studies_.end()) return bad_input("there is no study '" + study + "'");
  return &found->second;
}

Result<MemoryLedger::Attempt*> MemoryLedger::running(const char* call, const std::string& study, int number,
                                                     int attempt) {
  const Result<Study*> found = find(call, study);
  if (!found) return found.error();
  const auto held = (*found)->attempts.find({number, attempt});
  if (held == (*found)->attempts.end() || held->second.state != "running") {
    return Error{ErrorCode::GiveUp, std::string(call) + ": attempt " + std::to_string(attempt) + " of step " +
                                        std::to_string(number) + " is not running"};
  }
  return &held->second;
}

Result<std::vector<StudyBrief>> MemoryLedger::list() {
  std::vector<StudyBrief> briefs;
  for (const std::string& name : order_) {
    const Result<std::optional<StudyRecord>> record = read(name);
    if (!record) return record.error();
    const StudyHeader& header = (*record)->header;
    std::set<TrialId> trials;
    for (const Observation& seen : (*record)->history) trials.insert(seen.step.trial);
    briefs.push_back({name, header.plan.value(nlohmann::ordered_json::json_pointer("/strategy/name"), ""),
                      static_cast<int>((*record)->history.size()), static_cast<int>(trials.size()),
                      header.created_unix_s, (*record)->stopped_by});
  }
  return briefs;
}

Result<std::optional<StudyRecord>> MemoryLedger::read(const std::string& name) {
  const auto found = studies_.find(name);
  if (found == studies_.end()) return std::optional<StudyRecord>();
  StudyRecord record = found->second.record;
  for (const auto& [key, attempt] : found->second.attempts) {
    if (attempt.state == "finished") {
      record.history.push_back({key.first, attempt.step, attempt.outcome});
    } else {
      record.lost.push_back({key.first, key.second, attempt.step.trial,
                             attempt.state == "running" ? "killed" : attempt.state, attempt.outcome.energy,
                             attempt.outcome.duration, attempt.state == "running"});
    }
  }
  return std::optional(std::move(record));
}

Status MemoryLedger::create(const StudyHeader& header) {
  if (fault_) {
    if (Status fault = fault_("create"); !fault) return fault;
  }
  if (studies_.contains(header.name)) return bad_input("the study '" + header.name + "' is there already");
  order_.push_back(header.name);
  studies_[header.name].record.header = header;
  return {};
}

Status MemoryLedger::begin(const std::string& study, int number, int attempt, const Step& step) {
  const Result<Study*> found = find("begin", study);
  if (!found) return found.error();
  const bool added = (*found)->attempts.try_emplace({number, attempt}, Attempt{step}).second;
  if (!added)
    return Error{ErrorCode::GiveUp, "begin: attempt " + std::to_string(attempt) + " of step " +
                                        std::to_string(number) + " is there already"};
  return {};
}

Status MemoryLedger::progress(const std::string& study, int number, int attempt, const EnergyReport& energy,
                              Duration duration, const WorkTrace& more) {
  const Result<Attempt*> held = running("progress", study, number, attempt);
  if (!held) return held.error();
  append((*held)->trace, more);
  (*held)->outcome.energy = energy;
  (*held)->outcome.duration = duration;
  return {};
}

Status MemoryLedger::finish(const std::string& study, int number, int attempt, const Outcome& outcome,
                            const WorkTrace& more) {
  const Result<Attempt*> held = running("finish", study, number, attempt);
  if (!held) return held.error();
  append((*held)->trace, more);
  (*held)->outcome = outcome;
  (*held)->state = "finished";
  return {};
}

Status MemoryLedger::lose(const std::string& study, int number, int attempt, const std::string& why,
                          const EnergyReport& energy, Duration duration, const WorkTrace& more) {
  const Result<Attempt*> held = running("lose", study, number, attempt);
  if (!held) return held.error();
  append((*held)->trace, more);
  (*held)->outcome.energy = energy;
  (*held)->outcome.duration = duration;
  (*held)->state = why;
  return {};
}

Status MemoryLedger::remark(const std::string& study, RemarkKind kind, const std::string& text) {
  const Result<Study*> found = find("remark", study);
  if (!found) return found.error();
  StudyRecord& record = (*found)->record;
  say_once(kind == RemarkKind::Caveat   ? record.caveats
           : kind == RemarkKind::Sensor ? record.sensors
                                        : record.workers,
           text);
  return {};
}

Status MemoryLedger::host(const std::string& study, const HostFacts& facts) {
  const Result<Study*> found = find("host", study);
  if (!found) return found.error();
  HostFacts& held = (*found)->record.host;
  for (const HostFact& fact : facts)
    if (std::find(held.begin(), held.end(), fact) == held.end()) held.push_back(fact);
  return {};
}

Status MemoryLedger::stop(const std::string& study, const std::optional<std::string>& reason) {
  const Result<Study*> found = find("stop", study);
  if (!found) return found.error();
  (*found)->record.stopped_by = reason;
  return {};
}

Result<TraceList> MemoryLedger::traces(const std::string& study) {
  TraceList list;
  const auto found = studies_.find(study);
  if (found == studies_.end()) return list;
  std::set<nlohmann::json> sensors;
  for (const auto& [key, attempt] : found->second.attempts) {
    if (attempt.trace.empty()) continue;
    list.attempts.push_back(
        {key.first, key.second, attempt.step.trial, attempt.outcome.duration, attempt.state == "finished"});
    for (const Trace& trace : attempt.trace.traces)
      if (sensors.insert(sensor_to_json(trace)).second)
        list.sensors.push_back({trace.card, {}, trace.interval});
  }
  return list;
}

Result<WorkTrace> MemoryLedger::trace(const std::string& study, int number, int attempt) {
  const auto found = studies_.find(study);
  if (found == studies_.end()) return WorkTrace();
  const auto held = found->second.attempts.find({number, attempt});
  return held == found->second.attempts.end() ? WorkTrace() : held->second.trace;
}

}  // namespace frugal
