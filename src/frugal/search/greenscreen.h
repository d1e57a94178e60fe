// The greenscreen pipeline as a strategy (J. Burmester, M. Kalcher, V. Reil 2023, Computationally Efficient
// Deep Learning Training): a baseline, random configurations of many factors, and a final run of what they
// say is best. Departs: configurations are different from each other, parameters that have no effect are
// conditional, and a quality below a threshold takes a run out of the choice. Stages are the rounds of its
// steps.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "frugal/search/each_point.h"
#include "frugal/search/trials.h"
#include "frugal/stats/regression.h"

namespace frugal {

enum class GreenscreenStage { Baseline = 1, Search = 2, Final = 3 };
const char* stage_text(GreenscreenStage stage);  // "baseline", "search", "final"

// How the configuration of the final run is chosen.
enum class FinalChoice {
  Efficiency,  // the largest efficiency quotient
  Winners,     // of each factor the level with the smallest significant coefficient for energy per epoch
  Quality,     // the best last quality
  None,        // there is no final run
};

struct GreenscreenSettings {
  std::optional<Point> baseline = {};
  std::vector<Point> points;  // the random configurations
  int repeats = 1;
  std::uint64_t seed = 1;
  Goal goal;
  Limits limits;  // epochs must be set
  FinalChoice choice = FinalChoice::Efficiency;
  int final_epochs = 100;
  std::optional<double> threshold = {};  // worse runs take no part in the choice
  Space space;                           // of the points: which parameters apply to a composed one
};

// A configuration with the means over its repeats.
struct GreenscreenRun {
  std::vector<TrialId> trials;  // its repeats, the first one first
  Point point;
  std::optional<double> quality = {};  // of the last validated epoch
  std::optional<double> best = {};     // of the best one
  std::optional<Joules> energy_per_epoch = {};
  std::optional<double> eq = {};
  int epochs = 0;
  bool considered = false;  // no repeat failed, and all reach the threshold
};

// One parameter of the configuration that was chosen, and why it has this value.
struct ChosenLevel {
  std::string parameter;
  Value value;
  std::optional<stats::Coefficient> coefficient = {};  // of the winning level, watt-hours per epoch
  std::string source;  // "winner", "baseline", "best efficiency quotient", "first value"
};

// What the pipeline has come to; fields fill as it goes on.
struct GreenscreenCourse {
  std::optional<GreenscreenRun> baseline = {};
  std::vector<GreenscreenRun> search = {};
  FinalChoice choice = FinalChoice::Efficiency;
  std::optional<Point> chosen = {};        // once the search is over
  std::optional<TrialId> chosen_run = {};  // whose configuration that is; absent for a composed one
  std::vector<ChosenLevel> levels = {};    // of a composed one
  std::string note = {};                   // why there is no choice, or another one than was asked for
  std::optional<GreenscreenRun> final_run = {};
};

class Greenscreen final : public Strategy {
 public:
  explicit Greenscreen(GreenscreenSettings settings);
  std::string name() const override { return "greenscreen"; }
  // With Efficiency and Winners "energy" as well.
  std::vector<std::string> needs() const override;
  Result<Proposal> propose(History history) const override;
  // The final run's best epoch; before there is one, the best trial so far.
  std::optional<Winner> winner(History history) const override;

  GreenscreenCourse course(History history) const;

 private:
  TrialId final_trial() const { return static_cast<TrialId>(entries_.size()); }
  Proposal propose_final(History history, const Finished& search) const;

  GreenscreenSettings settings_;
  std::vector<SeededPoint> entries_;  // baseline and search, in the order of their trials
  EachPoint first_;
};

}  // namespace frugal
