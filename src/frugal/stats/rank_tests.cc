#include "frugal/stats/rank_tests.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "frugal/stats/distributions.h"
#include "frugal/stats/finite.h"
#include "frugal/stats/ranks.h"

namespace frugal::stats {
namespace {

constexpr std::size_t kExactGroup = 8;
constexpr std::size_t kExactPairs = 50;
constexpr double kMostAdditions = 2e8;  // of the exact counting, about a second

double p_of(const Tails& tails, Alternative alternative) {
  if (alternative == Alternative::TwoSided) return tails.two_sided();
  return alternative == Alternative::Less ? tails.lower : tails.upper;
}

double normal_p(double z, Alternative alternative) {
  if (alternative == Alternative::TwoSided) return normal_two_sided(z);
  return alternative == Alternative::Less ? normal_cdf(z) : normal_upper(z);
}

const char* sides(Alternative alternative) {
  return alternative == Alternative::TwoSided ? "two-sided" : "one-sided";
}

double additions(std::size_t part, std::size_t all) {
  return 2 * real(all) * real(all) * real(part) * real(part);
}

double exact_mann_whitney_p(const Ranks& ranks, std::size_t n_x, double rank_sum, Alternative alternative) {
  const std::size_t n_y = ranks.rank.size() - n_x;
  if (n_x <= n_y) return p_of(tails(sums_of_parts(ranks.rank, n_x), std::llround(2 * rank_sum)), alternative);
  // Counting the smaller group is cheaper; what is large for x is small for y.
  const double all = real(ranks.rank.size()) * (real(ranks.rank.size()) + 1) / 2;
  const Tails of_y = tails(sums_of_parts(ranks.rank, n_y), std::llround(2 * (all - rank_sum)));
  return p_of(Tails{of_y.upper, of_y.lower}, alternative);
}

// Half a step towards the mean corrects for U being whole numbers; past the mean it goes on, as in SciPy.
double asymptotic_mann_whitney_p(const Ranks& ranks, double u, double n_x, double n_y,
                                 Alternative alternative) {
  const double n = n_x + n_y;
  const double spread = std::sqrt(n_x * n_y / 12 * (n + 1 - ranks.tie_cubes / (n * (n - 1))));
  const double centre = n_x * n_y / 2;
  if (alternative == Alternative::Less) return normal_cdf((u - centre + 0.5) / spread);
  if (alternative == Alternative::Greater) return normal_upper((u - centre - 0.5) / spread);
  return std::min(1.0, 2 * normal_upper((std::abs(u - centre) - 0.5) / spread));
}

Status require_reachable(double smallest, const TestOptions& options, const std::string& what) {
  if (!options.level || smallest <= *options.level) return {};
  return bad_input(fmt::format("{} can never reach {} {}: the smallest p is {:.4g}", what, *options.level,
                               sides(options.alternative), smallest),
                   "repeat the runs more often, or choose another test");
}

Result<bool> exact_mann_whitney(const Ranks& ranks, std::size_t smaller, PMethod method) {
  const bool affordable = additions(smaller, ranks.rank.size()) <= kMostAdditions;
  if (method == PMethod::Exact && !affordable)
    return bad_input(fmt::format("{} values are too many to count exactly", ranks.rank.size()));
  return method == PMethod::Exact ||
         (method == PMethod::Auto && !ranks.ties() && smaller <= kExactGroup && affordable);
}

}  // namespace

double smallest_mann_whitney_p(std::size_t n_x, std::size_t n_y, Alternative alternative) {
  const double parts =
      std::exp(std::lgamma(real(n_x + n_y) + 1) - std::lgamma(real(n_x) + 1) - std::lgamma(real(n_y) + 1));
  return std::min(1.0, (alternative == Alternative::TwoSided ? 2 : 1) / std::round(parts));
}

double smallest_signed_rank_p(std::size_t n, Alternative alternative) {
  return std::min(1.0, std::exp2((alternative == Alternative::TwoSided ? 1 : 0) - real(n)));
}

Result<MannWhitney> mann_whitney(std::span<const double> x, std::span<const double> y, TestOptions options) {
  if (Status status = require_values(x, "x", 1); !status) return status.error();
  if (Status status = require_values(y, "y", 1); !status) return status.error();
  if (Status status =
          require_reachable(smallest_mann_whitney_p(x.size(), y.size(), options.alternative), options,
                            fmt::format("Mann–Whitney with {} and {} values", x.size(), y.size()));
      !status)
    return status.error();
  std::vector<double> both(x.begin(), x.end());
  both.insert(both.end(), y.begin(), y.end());
  const Ranks ranks = rank(both);
  const Result<bool> exact = exact_mann_whitney(ranks, std::min(x.size(), y.size()), options.method);
  if (!exact) return exact.error();
  if (!*exact && all_equal(both)) return bad_input("all values are equal: Mann–Whitney has no variance");
  double rank_sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) rank_sum += ranks.rank[i];
  MannWhitney found{.u = rank_sum - real(x.size()) * (real(x.size()) + 1) / 2};
  found.method = *exact ? PMethod::Exact : PMethod::Asymptotic;
  found.p_value =
      *exact ? exact_mann_whitney_p(ranks, x.size(), rank_sum, options.alternative)
             : asymptotic_mann_whitney_p(ranks, found.u, real(x.size()), real(y.size()), options.alternative);
  return found;
}

Result<SignedRank> signed_rank(std::span<const double> x, std::span<const double> y, TestOptions options) {
  if (Status status = require_pairs(x, y, 1); !status) return status.error();
  std::vector<double> sizes;
  std::vector<bool> positive;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] == y[i]) continue;
    sizes.push_back(std::abs(x[i] - y[i]));
    positive.push_back(x[i] > y[i]);
  }
  if (sizes.empty()) return bad_input("all differences are zero: the signed-rank test has nothing to rank");
  SignedRank found{.n = sizes.size()};
  if (Status status = require_reachable(smallest_signed_rank_p(found.n, options.alternative), options,
                                        fmt::format("signed-rank with n = {}", found.n));
      !status)
    return status.error();
  const Ranks ranks = rank(sizes);
  for (std::size_t i = 0; i < sizes.size(); ++i)
    (positive[i] ? found.w_plus : found.w_minus) += ranks.rank[i];
  const double n = real(found.n);
  if (options.method == PMethod::Exact && n * n * n > kMostAdditions)
    return bad_input(fmt::format("{} differences are too many to count exactly", found.n));
  const bool as_is = !ranks.ties() && found.n == x.size();
  if (options.method == PMethod::Exact ||
      (options.method == PMethod::Auto && as_is && found.n <= kExactPairs)) {
    found.method = PMethod::Exact;
    found.p_value =
        p_of(tails(sums_of_signs(ranks.rank), std::llround(2 * found.w_plus)), options.alternative);
    return found;
  }
  const double spread = std::sqrt((n * (n + 1) * (2 * n + 1) - ranks.tie_cubes / 2) / 24);
  found.p_value = normal_p((found.w_plus - n * (n + 1) / 4) / spread, options.alternative);
  return found;
}

}  // namespace frugal::stats
