#include "frugal/report/close_look.h"

#include <algorithm>
#include <set>

#include "frugal/report/finding_parts.h"
#include "frugal/report/power_line.h"

namespace frugal {
namespace {

constexpr std::size_t kMostTrials = 24;
constexpr std::size_t kMostReadings = 3'000'000;
constexpr std::size_t kBestOfEach = 3;

// Positions of trials in the order in which they are wanted, each once.
std::vector<std::size_t> wanted(const Findings& findings, const LookWishes& wishes) {
  const std::vector<TrialResult>& trials = findings.result.trials;
  std::vector<std::size_t> order;
  std::set<std::size_t> known;
  const auto want = [&](std::size_t i) {
    if (known.insert(i).second) order.push_back(i);
  };
  const auto want_if = [&](const auto& is) {
    for (std::size_t i = 0; i < trials.size(); ++i)
      if (is(trials[i])) want(i);
  };
  want_if([](const TrialResult& trial) { return trial.fate == "winner"; });
  for (const TrialId id : wishes.trials) want_if([id](const TrialResult& trial) { return trial.id == id; });
  if (!wishes.others) return order;
  for (const Ranking& ranking : findings.rankings)
    for (std::size_t i = 0; i < std::min(kBestOfEach, ranking.order.size()); ++i) want(ranking.order[i]);
  const std::size_t room = kMostTrials > order.size() ? kMostTrials - order.size() : 0;
  for (std::size_t i = 0; i < std::min(room, trials.size()); ++i)
    want(i * trials.size() / std::min(room, trials.size()));
  order.resize(std::min(order.size(), std::max(kMostTrials, wishes.trials.size() + 1)));
  return order;
}

// What the trial spent, as the study has booked it.
void set_figures(CloseTrial& close, const StudyResult& result, TrialId trial) {
  EnergyReport sum;
  for (const Observation& seen : result.history)
    if (seen.step.trial == trial) add(sum, seen.outcome.energy);
  for (const LostAttempt& lost : result.lost)
    if (lost.trial == trial) add(sum, lost.energy);
  close.phases = energy_parts(sum.by_phase, sum.durations, sum.total);
  close.devices = energy_parts(sum.by_device, {}, sum.total);
  if (sum.total) close.total = energy_parts({{"total", *sum.total}}, {}, sum.total).front();
}

class Looker {
 public:
  Looker(const Findings& findings, Ledger& ledger, TraceList list)
      : findings_(findings), ledger_(ledger), list_(std::move(list)) {}

  Status refuse_strangers(std::span<const TrialId> trials) const {
    for (const TrialId id : trials) {
      const std::string name = "trial " + std::to_string(id) + " of '" + findings_.result.header.name + "'";
      const auto& all = findings_.result.trials;
      if (std::none_of(all.begin(), all.end(), [id](const TrialResult& t) { return t.id == id; }))
        return bad_input("there is no " + name, "frugal show lists the trials");
      if (std::none_of(list_.attempts.begin(), list_.attempts.end(),
                       [id](const TracedAttempt& a) { return a.trial == id; }))
        return bad_input("no readings are kept of " + name,
                         "they are kept where the study file does not say energy: {trace: false}");
    }
    return {};
  }

  Result<CloseLook> look(const LookWishes& wishes) {
    CloseLook found;
    std::set<TrialId> traced;
    for (const TracedAttempt& attempt : list_.attempts) traced.insert(attempt.trial);
    found.traced = traced.size();
    for (const std::size_t i : wanted(findings_, wishes)) {
      const TrialId id = findings_.result.trials[i].id;
      if (readings_ >= kMostReadings && traced.contains(id))
        continue;  // not half of it: who wants it asks for it
      CloseTrial close{.trial = i};
      set_figures(close, findings_.result, id);
      if (Status read = add_power(close, id); !read) return read.error();
      found.trials.push_back(std::move(close));
    }
    found.sensors = std::move(list_.sensors);
    return found;
  }

 private:
  Status add_power(CloseTrial& close, TrialId id) {
    std::vector<PlacedTrace> attempts;
    for (const TracedAttempt& attempt : list_.attempts) {
      if (attempt.trial != id) continue;
      Result<WorkTrace> trace = ledger_.trace(findings_.result.header.name, attempt.step, attempt.attempt);
      if (!trace) return trace.error();
      close.readings += trace->readings();
      if (!attempt.finished) close.lost.push_back({close.length, close.length + attempt.duration, "lost"});
      attempts.push_back({std::move(*trace), close.length, attempt.duration});
      close.length += attempt.duration;
    }
    readings_ += close.readings;
    draw_power(close, attempts);
    return {};
  }

  const Findings& findings_;
  Ledger& ledger_;
  TraceList list_;
  std::size_t readings_ = 0;
};

}  // namespace

Result<CloseLook> look_closely(const Findings& findings, Ledger& ledger, const LookWishes& wishes) {
  Result<TraceList> list = ledger.traces(findings.result.header.name);
  if (!list) return list.error();
  Looker looker(findings, ledger, std::move(*list));
  if (Status known = looker.refuse_strangers(wishes.trials); !known) return known.error();
  return looker.look(wishes);
}

}  // namespace frugal
