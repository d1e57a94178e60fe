// Two or more studies side by side: total Wh, quality, reduction and parity, as in Table 1 of SM² (Geissler
// 2024). Ratios are of the total energy, in the direction that their name says.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frugal/study/result.h"

namespace frugal {

struct ComparedStudy {
  std::string name;
  std::string strategy;
  std::string metric;
  std::optional<double> value;
  std::optional<EnergyFigure> total;
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
};

struct Comparison {
  std::vector<ComparedStudy> studies;
  std::vector<ComparedPair> pairs;  // the first study with each other
  std::vector<std::string> caveats;
};

// At least two results. Caveats say what makes the comparison weak: one run each, different methods or
// sensors, different metrics, a study that is not over.
Comparison compare(std::span<const StudyResult> results);

nlohmann::ordered_json comparison_json(const Comparison& comparison);
std::string comparison_text(const Comparison& comparison);

}  // namespace frugal
