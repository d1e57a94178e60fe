// A Plan is a study with nothing left open: the study file with every default written in.
// Its JSON form is itself a study file (JSON is YAML), so that the stored plan can be read back with
// parse_study().
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/search/greenscreen.h"
#include "frugal/search/sm2.h"
#include "frugal/search/stopping.h"
#include "frugal/space/space.h"

namespace frugal {

// The built-in trainer: `settings` is what it is started with (docs/study-file.md).
struct TrainerWorkload {
  nlohmann::json settings;
};
// Any program that speaks the worker protocol, run by the shell.
struct WorkerWorkload {
  std::string command;
};
// Any program, run once a trial; it reports by a file (work/program_worker.h).
struct CommandWorkload {
  std::string command;
};
// Recorded runs, replayed from a CSV file (work/table_workload.h).
struct RecordedWorkload {
  std::string table;
};
using WorkloadPlan = std::variant<TrainerWorkload, WorkerWorkload, CommandWorkload, RecordedWorkload>;

struct Sm2Plan {
  double alpha = 0.75;
  double beta = 0.5;
  double explore_fraction = 0.25;
  int thorough_epochs = 5;
  int final_epochs = 10;
  Exploration exploration = Exploration::Probe;
  RateRule rate_rule = RateRule::Valley;
  double rollback_tolerance = 0.1;
  std::optional<int> configurations = {};  // random ones of a space without a grid
};
struct RandomPlan {
  int trials = 10;
};
struct GridPlan {};
struct VanillaPlan {};
struct GreenscreenPlan {
  int trials = 96;                     // random configurations
  std::optional<Point> baseline = {};  // without what is fixed
  FinalChoice final_choice = FinalChoice::Efficiency;
  int final_epochs = 100;
  std::optional<double> threshold = {};  // of the metric
};
// Runs of which nothing is known but what a CSV says (`frugal import`); there is nothing to run.
struct ImportedPlan {};
using StrategyPlan = std::variant<Sm2Plan, RandomPlan, GridPlan, VanillaPlan, ImportedPlan, GreenscreenPlan>;

struct EnergyPlan {
  std::string devices = "auto";
  Duration interval{0.1};
  double pue = 1.0;    // power usage effectiveness of the site
  std::string carbon;  // country of the grid; empty: not said
  bool trace = true;   // keep every reading of the meters
};

struct Plan {
  std::string name;
  WorkloadPlan workload;
  Goal goal;
  Space space;
  Point fixed;
  StrategyPlan strategy;
  Limits limits;
  Duration step_time{86400};  // a step that takes longer is taken for hung
  EnergyPlan energy;
  int repeats = 1;
  std::uint64_t seed = 1;
  std::string source;  // the study file verbatim
  std::string report;  // file to write when the study is over; no part of what is stored, and may change
};

// "eq", "winners", "quality", "none", in the order of the enumerators.
const std::vector<std::string>& final_choice_words();
// `word` must be one of them.
FinalChoice parse_final_choice(const std::string& word);

// "sm2", "random", "grid", "vanilla", "imported", "greenscreen"
std::string strategy_name(const StrategyPlan& strategy);

// The whole plan as a study file in JSON.
nlohmann::ordered_json plan_to_json(const Plan& plan);

// Dotted keys whose values differ, in alphabetical order; "the order of keys" when only that differs (the
// order of parameters is the order of a grid); empty for equal plans.
std::vector<std::string> changed_keys(const nlohmann::ordered_json& before,
                                      const nlohmann::ordered_json& after);

}  // namespace frugal
