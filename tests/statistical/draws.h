// Random values of known distributions, for simulations.
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "frugal/base/rng.h"

namespace frugal::stats {

inline double normal(Rng& rng) {  // Box and Muller 1958
  return std::sqrt(-2 * std::log(1 - rng.uniform())) * std::cos(2 * std::numbers::pi * rng.uniform());
}

inline std::vector<double> normals(Rng& rng, std::size_t n, double mean = 0, double sd = 1) {
  std::vector<double> values(n);
  for (double& v : values) v = mean + sd * normal(rng);
  return values;
}

// How often `holds` is true in that many rounds.
template <class Holds>
double share_of(int rounds, Holds holds) {
  int count = 0;
  for (int i = 0; i < rounds; ++i) count += holds() ? 1 : 0;
  return static_cast<double>(count) / rounds;
}

// What chance leaves of a share p in that many rounds: four standard errors.
inline double slack(double p, int rounds) { return 4 * std::sqrt(p * (1 - p) / rounds); }

}  // namespace frugal::stats
