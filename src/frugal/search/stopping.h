// When to stop, whatever the strategy: target, energy and time; and the rules that strategies apply per
// trial.
#pragma once

#include <optional>
#include <string>

#include "frugal/search/trials.h"

namespace frugal {

// What the user allows. Absent: no such limit.
struct Limits {
  std::optional<int> epochs = {};     // per trial
  std::optional<int> patience = {};   // epochs without a better validated metric, per trial
  std::optional<double> target = {};  // of the metric: reached is enough
  std::optional<Joules> energy = {};  // of the whole study, lost attempts included
  std::optional<Duration> time = {};  // likewise
};

// What the study has cost so far, lost attempts included. `energy` is absent when nothing is measured.
struct Spent {
  std::optional<Joules> energy = {};
  Duration time;
};

// "target", "energy" or "time" when that limit is reached; checked between steps.
std::optional<std::string> stop_reason(History history, const Goal& goal, const Limits& limits,
                                       const Spent& spent);

// "epochs" or "patience" when the trial has had all it may have, or has no more to give; nothing for a trial
// that was not begun. A trial whose point has a factor `epochs` or `patience` goes by that instead of the
// limit.
std::optional<std::string> exhausted(const TrialSummary& trial, const Limits& limits);

}  // namespace frugal
