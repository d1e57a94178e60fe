// What a study found, computed once from its record: everything a report says is a field here.
// A total that nothing was measured for is absent, never zero.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "frugal/search/strategy.h"
#include "frugal/study/ledger.h"
#include "frugal/study/plan.h"

namespace frugal {

struct TrialResult {
  TrialId id = 0;
  Point point;  // with the latest learning rate
  int epochs = 0;
  std::optional<double> best = {};
  int best_epoch = 0;
  std::optional<EnergyFigure> energy = {};  // of all its steps, lost attempts included
  Duration duration;
  std::string fate;  // winner, kept, dropped, failed, running
  std::string failure = {};
  std::string stage = {};  // of the greenscreen pipeline: baseline, search, final
};

struct StudyResult {
  StudyHeader header;
  std::string strategy;
  std::uint64_t seed = 1;
  std::vector<TrialResult> trials;
  std::optional<Winner> winner = {};
  std::optional<EnergyFigure> winner_energy = {};  // of the winner's trial
  // Metrics of the test part for the winner's weights; empty where there is no such part.
  std::map<std::string, double> winner_test = {};
  EnergyReport energy;                // of the whole study
  std::optional<Joules> wasted = {};  // other trials, lost attempts, epochs after the best or rolled back
  Duration duration;
  std::string stopped_by;  // "" while the study is not over
  std::vector<std::string> caveats;
  std::vector<std::string> sensors;
  std::vector<std::string> workers;
  HostFacts host = {};
  std::vector<RoundLog> decisions;
  std::optional<GreenscreenCourse> greenscreen = {};  // of that strategy
  std::vector<Observation> history;
  std::vector<LostAttempt> lost;
};

// Fails when the stored plan cannot be read by this version.
Result<StudyResult> result_of(StudyRecord record);

// One trial as if it were a study of its own, named "STUDY:TRIAL", of the strategy "trial": its total is the
// trial's, its trials are that one and the others at its point (its repeats). It has no history. Nothing
// where the study has no such trial.
std::optional<StudyResult> result_of_trial(const StudyResult& result, TrialId trial);

}  // namespace frugal
