#include "frugal/stats/correlation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "frugal/stats/descriptives.h"
#include "frugal/stats/distributions.h"
#include "frugal/stats/finite.h"
#include "frugal/stats/ranks.h"

namespace frugal::stats {
namespace {

constexpr std::size_t kMostOrders = 9;  // 9! = 362,880
constexpr std::size_t kExactKendall = 33;

Status require_related(std::span<const double> x, std::span<const double> y) {
  if (Status status = require_pairs(x, y, 3); !status) return status;
  if (all_equal(x)) return bad_input("x is constant: no correlation is defined");
  if (all_equal(y)) return bad_input("y is constant: no correlation is defined");
  return {};
}

std::vector<double> unit_vector(std::span<const double> values) {
  const double centre = mean_of(values);
  std::vector<double> unit(values.begin(), values.end());
  double largest = 0;
  for (double& v : unit) largest = std::max(largest, std::abs(v -= centre));
  double squares = 0;
  for (double& v : unit) squares += (v / largest) * (v / largest);
  for (double& v : unit) v /= largest * std::sqrt(squares);
  return unit;
}

double product_moment(std::span<const double> x, std::span<const double> y) {
  const std::vector<double> a = unit_vector(x);
  const std::vector<double> b = unit_vector(y);
  return std::clamp(std::inner_product(a.begin(), a.end(), b.begin(), 0.0), -1.0, 1.0);
}

// The same of ranks, whose sums are whole quarters: a perfect order gives ±1 and not nearly so.
double rank_correlation(const Ranks& x, const Ranks& y) {
  const double centre = (real(x.rank.size()) + 1) / 2;
  double xx = 0;
  double xy = 0;
  double yy = 0;
  for (std::size_t i = 0; i < x.rank.size(); ++i) {
    xx += (x.rank[i] - centre) * (x.rank[i] - centre);
    xy += (x.rank[i] - centre) * (y.rank[i] - centre);
    yy += (y.rank[i] - centre) * (y.rank[i] - centre);
  }
  return std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0);
}

// r of n independent normal pairs has the density (1 − r²)^(n/2 − 2): a beta distribution on [−1, 1].
double normal_theory_p(double r, std::size_t n) {
  const double shape = real(n) / 2 - 1;
  return std::min(1.0, 2 * beta_cdf((1 - std::abs(r)) / 2, shape, shape));
}

void set_interval(Correlation& found, double factor) {
  if (found.n <= 3) return;
  const double half = normal_quantile(0.975) * std::sqrt(factor / (real(found.n) - 3));
  found.ci_low = std::tanh(std::atanh(found.coefficient) - half);
  found.ci_high = std::tanh(std::atanh(found.coefficient) + half);
}

// The share of all orders of y whose Σ rank(x)·rank(y) is as far from its mean as the observed one.
double exact_spearman_p(const std::vector<double>& x, const std::vector<double>& y) {
  const auto n = static_cast<std::int64_t>(x.size());
  std::vector<std::int64_t> a;
  std::vector<std::int64_t> b;
  a.reserve(x.size());
  b.reserve(y.size());
  for (const double r : x) a.push_back(std::llround(2 * r));
  for (const double r : y) b.push_back(std::llround(2 * r));
  const std::int64_t centre = std::accumulate(a.begin(), a.end(), std::int64_t{0}) *
                              std::accumulate(b.begin(), b.end(), std::int64_t{0});
  const auto distance = [&](const std::vector<std::size_t>& order) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < order.size(); ++i) sum += a[i] * b[order[i]];
    return std::abs(n * sum - centre);
  };
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::int64_t observed = distance(order);
  std::int64_t as_far = 0;
  std::int64_t all = 0;
  do {
    as_far += distance(order) >= observed ? 1 : 0;
    ++all;
  } while (std::next_permutation(order.begin(), order.end()));
  return static_cast<double>(as_far) / static_cast<double>(all);
}

// Pairs that are tied, and the sums that the variance of Kendall's S needs.
struct TiedPairs {
  double pairs = 0;    // Σ t(t−1)/2
  double triples = 0;  // Σ t(t−1)(t−2)
  double spread = 0;   // Σ t(t−1)(2t+5)
};

template <class Same>
TiedPairs tied_pairs(std::size_t n, Same same_as_next) {
  TiedPairs ties;
  for (std::size_t begin = 0; begin < n;) {
    std::size_t end = begin + 1;
    while (end < n && same_as_next(end - 1)) ++end;
    const double t = real(end - begin);
    ties.pairs += t * (t - 1) / 2;
    ties.triples += t * (t - 1) * (t - 2);
    ties.spread += t * (t - 1) * (2 * t + 5);
    begin = end;
  }
  return ties;
}

// Sorts y and returns how many pairs stood in the wrong order: merge sort.
double sort_counting(std::vector<double>& y, std::vector<double>& scratch, std::size_t begin,
                     std::size_t end) {
  if (end - begin < 2) return 0;
  const std::size_t middle = begin + (end - begin) / 2;
  double swaps = sort_counting(y, scratch, begin, middle) + sort_counting(y, scratch, middle, end);
  std::size_t left = begin;
  std::size_t right = middle;
  for (std::size_t k = begin; k < end; ++k) {
    if (right == end || (left < middle && !(y[right] < y[left]))) {
      scratch[k] = y[left++];
    } else {
      swaps += real(middle - left);
      scratch[k] = y[right++];
    }
  }
  std::copy(scratch.begin() + static_cast<std::ptrdiff_t>(begin),
            scratch.begin() + static_cast<std::ptrdiff_t>(end),
            y.begin() + static_cast<std::ptrdiff_t>(begin));
  return swaps;
}

struct KendallCounts {
  TiedPairs x;
  TiedPairs y;
  double both = 0;
  double discordant = 0;
  double pairs = 0;
};

KendallCounts kendall_counts(std::span<const double> x, std::span<const double> y) {
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return x[a] != x[b] ? x[a] < x[b] : y[a] < y[b]; });
  std::vector<double> column(x.size());
  std::transform(order.begin(), order.end(), column.begin(), [&](std::size_t i) { return y[i]; });
  KendallCounts counts;
  counts.pairs = real(x.size()) * (real(x.size()) - 1) / 2;
  counts.x = tied_pairs(x.size(), [&](std::size_t i) { return x[order[i]] == x[order[i + 1]]; });
  counts.both = tied_pairs(x.size(), [&](std::size_t i) {
                  return x[order[i]] == x[order[i + 1]] && y[order[i]] == y[order[i + 1]];
                }).pairs;
  std::vector<double> scratch(x.size());
  counts.discordant = sort_counting(column, scratch, 0, column.size());
  counts.y = tied_pairs(x.size(), [&](std::size_t i) { return column[i] == column[i + 1]; });
  return counts;
}

// P(at most `discordant` inversions in a random order), both ends: without ties.
double exact_kendall_p(double discordant, double pairs, std::size_t n) {
  const double fewest = std::min(discordant, pairs - discordant);
  if (fewest <= 1) return std::exp(std::log(2 * (fewest == 0 ? 1.0 : real(n))) - std::lgamma(real(n) + 1));
  const auto most = static_cast<std::size_t>(fewest);
  std::vector<double> chance(most + 1, 0.0);
  chance[0] = 1;
  for (std::size_t j = 2; j <= n; ++j) {  // the j-th value adds 0 … j−1 inversions, all alike
    std::vector<double> next(most + 1, 0.0);
    double window = 0;
    for (std::size_t c = 0; c <= most; ++c) {
      window = 0;
      for (std::size_t added = 0; added < j && added <= c; ++added) window += chance[c - added];
      next[c] = window / real(j);
    }
    chance.swap(next);
  }
  return std::min(1.0, 2 * std::accumulate(chance.begin(), chance.end(), 0.0));
}

double asymptotic_kendall_p(const KendallCounts& k, double score, std::size_t n) {
  const double m = 2 * k.pairs;
  const double variance = (m * (2 * real(n) + 5) - k.x.spread - k.y.spread) / 18 +
                          2 * k.x.pairs * k.y.pairs / m + k.x.triples * k.y.triples / (9 * m * (real(n) - 2));
  return normal_two_sided(score / std::sqrt(variance));
}

}  // namespace

Result<Correlation> pearson(std::span<const double> x, std::span<const double> y) {
  if (Status status = require_related(x, y); !status) return status.error();
  Correlation found{.coefficient = product_moment(x, y), .n = x.size()};
  found.p_value = normal_theory_p(found.coefficient, found.n);
  set_interval(found, 1);
  return found;
}

Result<Correlation> spearman(std::span<const double> x, std::span<const double> y, PMethod method) {
  if (Status status = require_related(x, y); !status) return status.error();
  if (method == PMethod::Exact && x.size() > kMostOrders) {
    return bad_input(
        fmt::format("the exact distribution of Spearman's rho is counted up to {} pairs, not for {}",
                    kMostOrders, x.size()));
  }
  const Ranks a = rank(x);
  const Ranks b = rank(y);
  Correlation found{.coefficient = rank_correlation(a, b), .n = x.size()};
  if (method == PMethod::Exact) {
    found.p_value = exact_spearman_p(a.rank, b.rank);
    found.method = PMethod::Exact;
  } else {
    found.p_value = normal_theory_p(found.coefficient, found.n);
  }
  set_interval(found, 1 + found.coefficient * found.coefficient / 2);
  return found;
}

Result<Correlation> kendall(std::span<const double> x, std::span<const double> y, PMethod method) {
  if (Status status = require_related(x, y); !status) return status.error();
  const KendallCounts counts = kendall_counts(x, y);
  const bool ties = counts.x.pairs > 0 || counts.y.pairs > 0;
  if (method == PMethod::Exact && ties)
    return bad_input("the exact distribution of Kendall's tau is known without ties only");
  const double score = counts.pairs - counts.x.pairs - counts.y.pairs + counts.both - 2 * counts.discordant;
  Correlation found{.n = x.size()};
  found.coefficient = std::clamp(
      score / std::sqrt(counts.pairs - counts.x.pairs) / std::sqrt(counts.pairs - counts.y.pairs), -1.0, 1.0);
  const bool few =
      x.size() <= kExactKendall || std::min(counts.discordant, counts.pairs - counts.discordant) <= 1;
  const bool exact = method == PMethod::Exact || (method == PMethod::Auto && !ties && few);
  found.method = exact ? PMethod::Exact : PMethod::Asymptotic;
  found.p_value = exact ? exact_kendall_p(counts.discordant, counts.pairs, found.n)
                        : asymptotic_kendall_p(counts, score, found.n);
  return found;
}

}  // namespace frugal::stats
