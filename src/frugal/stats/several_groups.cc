#include "frugal/stats/several_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "frugal/stats/descriptives.h"
#include "frugal/stats/distributions.h"
#include "frugal/stats/finite.h"
#include "frugal/stats/multiple.h"
#include "frugal/stats/ranks.h"

namespace frugal::stats {
namespace {

Status require_groups(Samples groups, std::size_t least) {
  if (groups.size() < 2)
    return bad_input(fmt::format("{} group{}: two at least can be compared", groups.size(),
                                 groups.size() == 1 ? "" : "s"));
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (Status status = require_values(groups[i], fmt::format("group {}", i), least); !status) return status;
  return {};
}

std::vector<double> joined(Samples groups) {
  std::vector<double> all;
  for (const auto& group : groups) all.insert(all.end(), group.begin(), group.end());
  return all;
}

struct RankedGroups {
  std::vector<double> mean_rank = {};
  double n = 0;
  double tie_cubes = 0;
};

Result<RankedGroups> ranked(Samples groups) {
  if (Status status = require_groups(groups, 1); !status) return status.error();
  const std::vector<double> all = joined(groups);
  if (all_equal(all)) return bad_input("all values are equal: there are no ranks to compare");
  const Ranks ranks = rank(all);
  RankedGroups found{.n = real(all.size()), .tie_cubes = ranks.tie_cubes};
  std::size_t at = 0;
  for (const auto& group : groups) {
    double sum = 0;
    for (std::size_t i = 0; i < group.size(); ++i) sum += ranks.rank[at++];
    found.mean_rank.push_back(sum / real(group.size()));
  }
  return found;
}

}  // namespace

Result<OneWayAnova> one_way_anova(Samples groups) {
  if (Status status = require_groups(groups, 1); !status) return status.error();
  if (std::all_of(groups.begin(), groups.end(), [](const auto& g) { return all_equal(g); }))
    return bad_input("no group varies: there is no variance within groups to compare with");
  const std::vector<double> all = joined(groups);
  const double grand = mean_of(all);
  OneWayAnova a{.df_between = real(groups.size()) - 1, .df_within = real(all.size() - groups.size())};
  for (const auto& group : groups) {
    const double mean = mean_of(group);
    a.ss_between += real(group.size()) * (mean - grand) * (mean - grand);
    for (const double v : group) a.ss_within += (v - mean) * (v - mean);
  }
  const double error = a.ss_within / a.df_within;
  a.f = a.ss_between / a.df_between / error;
  a.p_value = f_upper(a.f, a.df_between, a.df_within);
  a.eta_squared = a.ss_between / (a.ss_between + a.ss_within);
  a.omega_squared = (a.ss_between - a.df_between * error) / (a.ss_between + a.ss_within + error);
  return a;
}

Result<WelchAnova> welch_anova(Samples groups) {
  if (Status status = require_groups(groups, 2); !status) return status.error();
  std::vector<double> weight;
  double weights = 0;
  double mean = 0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (all_equal(groups[i]))
      return bad_input(fmt::format("group {} does not vary: Welch's weights need its variance", i));
    weight.push_back(real(groups[i].size()) / variance_of(groups[i]));
    weights += weight.back();
    mean += weight.back() * mean_of(groups[i]);
  }
  mean /= weights;
  const double k = real(groups.size());
  double between = 0;
  double lambda = 0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    between += weight[i] * (mean_of(groups[i]) - mean) * (mean_of(groups[i]) - mean);
    lambda += (1 - weight[i] / weights) * (1 - weight[i] / weights) / (real(groups[i].size()) - 1);
  }
  WelchAnova a{.df_between = k - 1, .df_within = (k * k - 1) / (3 * lambda)};
  a.f = between / (k - 1) / (1 + 2 * (k - 2) / (k * k - 1) * lambda);
  a.p_value = f_upper(a.f, a.df_between, a.df_within);
  return a;
}

Result<KruskalWallis> kruskal_wallis(Samples groups) {
  const Result<RankedGroups> ranks = ranked(groups);
  if (!ranks) return ranks.error();
  const double n = ranks->n;
  double spread = 0;
  for (std::size_t i = 0; i < groups.size(); ++i)
    spread += real(groups[i].size()) * std::pow(ranks->mean_rank[i] - (n + 1) / 2, 2);
  KruskalWallis found{.h = 12 / (n * (n + 1)) * spread / (1 - ranks->tie_cubes / (n * n * n - n)),
                      .df = real(groups.size()) - 1};
  found.p_value = chi_squared_upper(found.h, found.df);
  found.epsilon_squared = found.h / (n - 1);
  return found;
}

Result<std::vector<DunnPair>> dunn(Samples groups) {
  const Result<RankedGroups> ranks = ranked(groups);
  if (!ranks) return ranks.error();
  const double n = ranks->n;
  const double variance = n * (n + 1) / 12 - ranks->tie_cubes / (12 * (n - 1));
  std::vector<DunnPair> pairs;
  std::vector<double> p_values;
  for (std::size_t a = 0; a < groups.size(); ++a) {
    for (std::size_t b = a + 1; b < groups.size(); ++b) {
      const double scale = std::sqrt(variance * (1 / real(groups[a].size()) + 1 / real(groups[b].size())));
      const double z = (ranks->mean_rank[a] - ranks->mean_rank[b]) / scale;
      pairs.push_back({.a = a, .b = b, .z = z, .p_value = normal_two_sided(z)});
      p_values.push_back(pairs.back().p_value);
    }
  }
  const Result<std::vector<double>> corrected = holm(p_values);
  if (!corrected) return corrected.error();
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i].p_holm = (*corrected)[i];
  return pairs;
}

}  // namespace frugal::stats
