#include "frugal/stats/ranks.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "frugal/stats/finite.h"

namespace frugal::stats {
namespace {

std::vector<std::size_t> doubled(std::span<const double> ranks) {
  std::vector<std::size_t> whole(ranks.size());
  std::transform(ranks.begin(), ranks.end(), whole.begin(),
                 [](double r) { return static_cast<std::size_t>(std::llround(2 * r)); });
  std::sort(whole.begin(), whole.end());
  return whole;
}

}  // namespace

Ranks rank(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  Ranks ranks;
  ranks.rank.resize(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) ranks.rank[order[i]] = (real(begin) + 1 + real(end)) / 2;
    const double tied = real(end - begin);
    ranks.tie_cubes += tied * tied * tied - tied;
    begin = end;
  }
  return ranks;
}

std::vector<double> sums_of_parts(std::span<const double> ranks, std::size_t size) {
  const std::vector<std::size_t> whole = doubled(ranks);
  const std::size_t largest =
      std::accumulate(whole.end() - static_cast<std::ptrdiff_t>(size), whole.end(), std::size_t{0});
  // ways[k][s]: in how many ways k of the ranks seen so far sum to s.
  std::vector<std::vector<double>> ways(size + 1, std::vector<double>(largest + 1, 0.0));
  ways[0][0] = 1;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (std::size_t k = std::min(i + 1, size); k > 0; --k)
      for (std::size_t s = largest; s + 1 > whole[i]; --s) ways[k][s] += ways[k - 1][s - whole[i]];
  }
  const double all = std::accumulate(ways[size].begin(), ways[size].end(), 0.0);
  for (double& way : ways[size]) way /= all;
  return ways[size];
}

std::vector<double> sums_of_signs(std::span<const double> ranks) {
  const std::vector<std::size_t> whole = doubled(ranks);
  std::vector<double> chance(std::accumulate(whole.begin(), whole.end(), std::size_t{0}) + 1, 0.0);
  chance[0] = 1;
  for (const std::size_t r : whole) {
    for (std::size_t s = chance.size(); s-- > 0;) chance[s] = (chance[s] + (s >= r ? chance[s - r] : 0)) / 2;
  }
  return chance;
}

double Tails::two_sided() const { return std::min(1.0, 2 * std::min(lower, upper)); }

Tails tails(std::span<const double> probabilities, std::int64_t doubled_sum) {
  Tails found;
  for (std::size_t s = 0; s < probabilities.size(); ++s) {
    if (static_cast<std::int64_t>(s) <= doubled_sum) found.lower += probabilities[s];
    if (static_cast<std::int64_t>(s) >= doubled_sum) found.upper += probabilities[s];
  }
  return {std::min(found.lower, 1.0), std::min(found.upper, 1.0)};
}

}  // namespace frugal::stats
