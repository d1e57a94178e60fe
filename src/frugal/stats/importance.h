// Which parameters matter for being among the best runs: PED-ANOVA (Watanabe, Bansal, Hutter 2023, PED-ANOVA:
// Efficiently Quantifying Hyperparameter Importance in Arbitrary Subspaces). A parameter matters as far as
// its distribution among the best runs differs from that among all: by Pearson's divergence of two kernel
// densities. The settings are those of Optuna's PedAnovaImportanceEvaluator: 50 grid steps for numbers,
// Scott's bandwidth, discretised and truncated normal kernels, a uniform prior of weight one.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/stats/table.h"
#include "frugal/stats/verdict.h"

namespace frugal::stats {

struct ImportanceQuestion {
  std::vector<std::string> parameters;        // numeric columns as numbers, factors as choices
  std::vector<std::string> logarithmic = {};  // those of the numeric ones to be taken by their logarithm
  std::string outcome;
  Better better = Better::Smaller;
  double best = 0.1;  // the share of runs that counts as the best ones; two runs at least, ties of the last
                      // one included
};

struct Importance {
  std::string parameter;
  double divergence = 0;  // Pearson's, 0: the best runs are spread like all of them
  double share = 0;       // of the sum over all parameters
};

struct Importances {
  std::vector<Importance> parameters;  // in the order of the question
  std::size_t n = 0;
  std::size_t best = 0;     // runs that count as the best ones
  std::size_t dropped = 0;  // rows with something missing
};

// Refuses: no parameter, fewer than three complete rows, all runs among the best ones (nothing can be told
// apart), and logarithms of what is not positive. The range of a numeric parameter is that of the runs; a
// parameter with one value has divergence 0.
Result<Importances> importances(const Table& table, const ImportanceQuestion& question);

}  // namespace frugal::stats
