// Two or more studies side by side: total Wh, quality, reduction and parity, as in Table 1 of SM² (Geissler
// 2024). Ratios are of the total energy, in the direction that their name says.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frugal/stats/bootstrap.h"
#include "frugal/study/result.h"

namespace frugal {

struct ComparedStudy {
  std::string name;
  std::string strategy;
  std::string metric;
  std::optional<double> value;
  std::optional<EnergyFigure> total;
};

// The trials at the winner's point of a study, by which its repeats are told apart from its other trials.
struct RepeatedRuns {
  std::size_t n_a = 0;
  std::size_t n_b = 0;
  double mean_a_j = 0;
  double mean_b_j = 0;
  stats::BootstrapInterval energy_ratio;                            // mean of A's runs / mean of B's, 95 %
  std::optional<stats::BootstrapInterval> quality_difference = {};  // mean of A's − mean of B's, 95 %
  std::string no_quality = {};                                      // why there is none
};

// One pair, A the first study of the comparison.
struct ComparedPair {
  std::string a;
  std::string b;
  std::optional<double> ratio = {};        // E_A / E_B
  std::optional<double> inverse = {};      // E_B / E_A
  std::optional<double> reduction = {};    // 1 − E_A / E_B
  std::optional<double> manual_runs = {};  // ⌈E_A / E_B⌉: how many runs of B the energy of A would pay for
  std::optional<double> quality_difference = {};  // A − B
  std::optional<RepeatedRuns> repeats = {};  // where both studies ran their winner's point five times or more
  std::string sentence = {};                 // what may be said of the pair
};

struct Comparison {
  std::vector<ComparedStudy> studies;
  std::vector<ComparedPair> pairs;  // the first study with each other
  std::vector<std::string> caveats;
};

// At least two results. Caveats say what makes the comparison weak: one run each, different methods or
// sensors, different metrics, gaps in the measuring, a study that is not over. Intervals are percentile
// bootstraps of the trials at the winners' points, widened for few runs (Hesterberg 2015), seeded.
Comparison compare(std::span<const StudyResult> results, std::uint64_t seed = 1);

nlohmann::ordered_json comparison_json(const Comparison& comparison);
std::string comparison_text(const Comparison& comparison);

}  // namespace frugal
