// Several groups at once: one-way analysis of variance, Welch's, Kruskal–Wallis and Dunn's pairs after it.
// All refuse values that are no finite numbers (finite.h), fewer than two groups, and groups that are too
// small or do not vary where the test needs it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "frugal/base/result.h"

namespace frugal::stats {

using Samples = std::span<const std::span<const double>>;

struct OneWayAnova {
  double f = 0;
  double df_between = 0;
  double df_within = 0;
  double p_value = 1;
  double ss_between = 0;
  double ss_within = 0;
  double eta_squared = 0;
  double omega_squared = 0;  // η² without its bias
};

// One value a group, more values than groups; within some group the values must vary.
Result<OneWayAnova> one_way_anova(Samples groups);

struct WelchAnova {
  double f = 0;
  double df_between = 0;
  double df_within = 0;
  double p_value = 1;
};

// Without equal variances (Welch 1951, On the comparison of several mean values): two values a group, each
// group varies.
Result<WelchAnova> welch_anova(Samples groups);

struct KruskalWallis {
  double h = 0;  // corrected for ties
  double df = 0;
  double p_value = 1;          // χ²: rough below about five values a group
  double epsilon_squared = 0;  // H / (n − 1), 0 … 1
};

// Kruskal, Wallis 1952. One value a group; refuses values that are all equal.
Result<KruskalWallis> kruskal_wallis(Samples groups);

struct DunnPair {
  std::size_t a = 0;  // indices of the groups
  std::size_t b = 0;
  double z = 0;  // positive where a ranks higher
  double p_value = 1;
  double p_holm = 1;
};

// Which pairs differ, by mean ranks over all groups with the variance for ties (Dunn 1964, Multiple
// comparisons using rank sums): all pairs, plain and with Holm's correction.
Result<std::vector<DunnPair>> dunn(Samples groups);

}  // namespace frugal::stats
