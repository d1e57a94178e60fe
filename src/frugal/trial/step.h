// A Step is one thing a strategy asks for: explore, probe, train or drop one trial. Values only.
// Invariant: `from` names a Train step of the same trial, or nothing for the trial's initial weights.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "frugal/space/point.h"

namespace frugal {

using TrialId = int;

// Learning-rate range test over a fraction of the training set; leaves the trial as it was.
struct Explore {
  double fraction = 0.25;
  std::vector<double> rates;  // ascending
  bool restart = false;       // every cycle from the backup
  int min_cycles = 1;
  int max_cycles = 0;  // 0: as many as the fraction allows
};

// A short training at `set` and an evaluation; leaves the trial as it was.
struct Probe {
  int steps = 1;
  Point set;
};

// Whole epochs with `set` in force; the state after it is what later steps may start `from`.
struct Train {
  int epochs = 1;
  Point set;
};

// The trial is over; its checkpoints may go.
struct Drop {};

using Work = std::variant<Explore, Probe, Train, Drop>;

struct Step {
  TrialId trial = 0;
  Point point;                   // of the trial, without what `set` changes
  std::uint64_t seed = 1;        // of the trial
  std::optional<int> from = {};  // number of the Train step whose state this step starts from
  int round = 0;                 // of the strategy, for people; 0 where it has none
  Work work;
  std::string note = {};  // why, for people: "rolled back to epoch 12, rate lowered"
};

// "explore", "probe", "train", "drop"
const char* work_name(const Work& work);

}  // namespace frugal
