// The objective of SM² (Geissler et al. 2024, Spend More to Save More): f = α·P̂ + (1−α)·(β·Ê + (1−β)·L̂R).
// Each attribute is rescaled to [0, 1] over the configurations of one round; energy, and a metric that is to
// be minimised, are inverted. An attribute that is the same for all counts 0 for all.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "frugal/trial/outcome.h"

namespace frugal {

struct Attributes {
  std::optional<double> quality = {};
  std::optional<double> energy = {};  // joules per epoch
  std::optional<double> rate = {};
};

struct Weights {
  double alpha = 0.75;
  double beta = 0.5;
};

// f per configuration. −∞ where an attribute that has any weight is absent or not finite; such
// configurations do not take part in the rescaling.
std::vector<double> objective(std::span<const Attributes> configurations, const Goal& goal,
                              const Weights& weights);

// Indices from best to worst f; ties: less energy, then the smaller index.
std::vector<std::size_t> ranked(std::span<const double> scores, std::span<const Attributes> configurations);

}  // namespace frugal
