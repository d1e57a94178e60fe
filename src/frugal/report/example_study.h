// A study of three trials made by hand, small enough to check every finding with a pencil. For tests only.
// Trial 0 trains two epochs and is dropped; 1 is rolled back once and wins; 2 fails. One attempt of 1 is
// lost.
#pragma once

#include <nlohmann/json.hpp>

#include "frugal/study/result.h"

namespace frugal::example {

inline EnergyFigure figure(double joules, double seconds) {
  return {Joules(joules), Joules(joules / 2), Joules(joules * 1.5), 1, Method::Counter,
          "meter",        Duration(seconds)};
}

inline EnergyReport spent(double joules, double seconds, const std::string& phase) {
  EnergyReport made;
  made.total = figure(joules, seconds);
  made.by_phase.emplace(phase, figure(joules, seconds));
  made.by_device.emplace("cpu0", figure(joules, seconds));
  made.durations[phase] = Duration(seconds);
  return made;
}

inline Point at(int batch) {
  return Point{{"batch_size", std::int64_t{batch}}, {"optimizer", std::string("sgd")}};
}

inline Observation trained(int number, TrialId trial, int batch, std::optional<int> from, int epoch,
                           double value, double joules, double rate = 0.1) {
  Observation seen{number, {trial, at(batch), 1, from, 1, Train{1, Point{{"learning_rate", rate}}}, {}}, {}};
  seen.outcome.energy = spent(joules, joules / 10, "train");
  seen.outcome.duration = Duration(joules / 10);
  seen.outcome.epochs.push_back(
      {epoch, 1 - value, {{"accuracy", value}}, 1000, Duration(joules / 10), figure(joules, joules / 10)});
  return seen;
}

inline Observation explored(int number, TrialId trial, int batch, double joules) {
  Observation seen{number, {trial, at(batch), 1, {}, 1, Explore{0.25, {0.01, 0.1, 1}, true}, {}}, {}};
  seen.outcome.energy = spent(joules, joules / 10, "explore");
  seen.outcome.duration = Duration(joules / 10);
  seen.outcome.loss_before = 2.3;
  // Two cycles: their means are 2, 1 and 3.
  seen.outcome.curve = {{0.01, 1.9}, {0.1, 1.5}, {1, 2}, {0.01, 2.1}, {0.1, 0.5}, {1, 4}};
  return seen;
}

inline TrialResult trial(TrialId id, int batch, int epochs, std::optional<double> best, double joules,
                         const std::string& fate) {
  TrialResult made{id, at(batch), epochs, best, 1, figure(joules, joules / 10), Duration(joules / 10), fate};
  return made;
}

inline StudyResult study() {
  StudyResult result;
  result.header = {
      "by hand",
      nlohmann::ordered_json::parse(R"({"name":"by hand","workload":{"worker":"w","metric":"accuracy"},
    "space":{"batch_size":[16,32,64],"learning_rate":{"low":0.01,"high":1,"log":true,"points":3}},
    "strategy":{"name":"sm2"},"energy":{"devices":"auto","carbon":"100 g/kWh","pue":1.5},"seed":1})"),
      "name: by hand\n",
      {"accuracy", true},
      1'700'000'000};
  result.strategy = "sm2";
  result.trials = {trial(0, 16, 2, 0.8, 30, "dropped"), trial(1, 32, 3, 0.9, 100, "winner"),
                   trial(2, 64, 0, {}, 5, "failed")};
  result.trials[2].failure = "out_of_memory: 12 GiB";
  result.history = {explored(0, 0, 16, 10),           trained(1, 0, 16, {}, 1, 0.7, 10),
                    trained(2, 0, 16, 1, 2, 0.8, 10), trained(3, 1, 32, {}, 1, 0.9, 20),
                    trained(4, 1, 32, 3, 2, 0.1, 40), trained(5, 1, 32, 3, 2, 0.85, 30, 0.05)};
  Observation failed = explored(6, 2, 64, 5);
  failed.outcome.curve.clear();
  failed.outcome.failure = Failure{FailureKind::OutOfMemory, "12 GiB"};
  result.history.push_back(failed);
  result.lost = {{3, 1, 1, "killed", spent(10, 1, "train"), Duration(1)}};
  result.winner = Winner{1, Point{{"batch_size", std::int64_t{32}}, {"learning_rate", 0.1}}, 0.9, 1, 3};
  result.winner_energy = figure(100, 10);
  result.energy.total = figure(135, 13.5);
  result.energy.by_phase = {{"explore", figure(15, 1.5)}, {"train", figure(120, 12)}};
  result.energy.by_device = {{"cpu0", figure(135, 13.5)}};
  result.energy.durations = {{"explore", Duration(1.5)}, {"train", Duration(12)}};
  result.wasted = Joules(115);
  result.duration = Duration(13.5);
  result.stopped_by = "patience";
  result.decisions = {
      {1, {{0, 0.5, Joules(12), 0.01, 0.2, true, ""}, {2, {}, {}, {}, {}, false, "out_of_memory"}}}};
  return result;
}

}  // namespace frugal::example
