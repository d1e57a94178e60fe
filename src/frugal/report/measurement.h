// What `frugal measure` found: runs of one or two commands with their joules, summaries, and the sentence
// that compares.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/energy/carbon.h"
#include "frugal/energy/report.h"

namespace frugal {

struct MeasuredRun {
  std::size_t command = 0;  // 0: A, 1: B
  int exit = 0;             // as a shell would say it
  std::string ended;        // "exit status 0"
  Duration duration;
  Duration cpu_time;
  EnergyReport energy;
};

// The machine at rest, measured before the runs; it is shown and never taken off the runs.
struct IdleBaseline {
  Duration duration;
  EnergyReport energy;
  std::optional<Watts> power() const;
};

// What measuring took: CPU time of frugal itself, and what that may have cost. Contained in the runs' joules.
struct OwnCost {
  Duration cpu_time;
  std::optional<Joules> energy;  // modelled
};

// Of the runs of one command that succeeded.
struct Spread {
  double mean = 0;
  double low = 0;  // 95 % interval of the mean; NaN where the runs are too few
  double high = 0;
  double median = 0;
  double sd = 0;
  double least = 0;
  double most = 0;
};
struct CommandSummary {
  std::string command;
  std::size_t runs = 0;
  std::size_t failed = 0;
  std::optional<Spread> energy_j = {};  // of the measured runs
  std::optional<Spread> duration_s = {};
};

// Joules of B over joules of A.
struct MeasuredRatio {
  double ratio = 0;
  double low = 0;  // 95 % interval
  double high = 0;
  double p_value = 0;    // two-sided, of equal means
  std::size_t runs = 0;  // of each
  bool distinguishable() const { return low > 1 || high < 1; }
};

struct Measurement {
  std::vector<std::string> commands;  // as typed
  bool series = false;                // more than one run was asked for
  std::vector<MeasuredRun> runs;      // warm-up left out, in the order in which they ran
  std::optional<IdleBaseline> idle = {};
  std::optional<Emission> emission = {};  // of all measured runs together
  OwnCost own_cost = {};
  std::vector<std::string> sensors = {};  // "gpu0: NVML total energy counter …"
  std::vector<std::string> caveats = {};
  // Computed by summarise():
  std::vector<CommandSummary> summaries = {};
  std::optional<MeasuredRatio> ratio = {};
  std::string sentence = {};  // the comparison in words, or why there is none; empty for one command
};

// The order in which commands run: every block has each command once, in an order drawn with `seed`, so that
// drift of the machine meets them alike.
std::vector<std::size_t> run_order(std::size_t commands, std::size_t runs_of_each, std::uint64_t seed);

// Fills summaries, ratio and sentence. Runs that failed do not count. The ratio's interval is a bootstrap
// over the blocks (both runs of a block are drawn together); it needs 5 blocks, and both commands measured by
// the same devices.
void summarise(Measurement& measurement, std::uint64_t seed);

nlohmann::ordered_json measurement_json(const Measurement& measurement);
std::string measurement_text(const Measurement& measurement);

}  // namespace frugal
