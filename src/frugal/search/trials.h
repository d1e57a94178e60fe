// What the history says of each trial. Pure functions of the history; nothing is kept.
#pragma once

#include <optional>
#include <vector>

#include "frugal/search/strategy.h"

namespace frugal {

struct TrialSummary {
  TrialId id = 0;
  Point point;  // with the latest `set`
  std::uint64_t seed = 1;
  int epochs = 0;                               // trained, rolled-back ones included
  int epochs_since_best = 0;                    // trained after the best one
  std::optional<Winner> best = {};              // the best validated epoch
  std::optional<double> last_value = {};        // metric of the latest epoch
  std::optional<Joules> energy_per_epoch = {};  // mean over its measured epochs
  std::optional<int> last_step = {};            // the latest Train step that did not fail
  std::optional<Failure> failure = {};          // of its latest step
  bool ended = false;  // its latest training gave fewer epochs than were asked for: it has no more to give
  bool dropped = false;
};

// True when a training that did not fail gave fewer epochs than were asked for: a plain function that
// returned, a program that ended, a recorded run that holds no more. Asking again would give nothing.
bool has_ended(const Train& asked, const Outcome& outcome);

// In the order in which the trials first appear.
std::vector<TrialSummary> summarise(History history, const Goal& goal);

// Quality per watt-hour of an epoch [Burmester, Kalcher, Reil 2023]; nothing where one of the two is absent
// or the joules are not positive. Of metrics to be maximised alone.
std::optional<double> efficiency_quotient(std::optional<double> quality,
                                          std::optional<Joules> energy_per_epoch);

// The best of the trials that were not dropped, else of all. Ties: the earlier trial.
std::optional<Winner> best_kept(History history, const Goal& goal);

}  // namespace frugal
