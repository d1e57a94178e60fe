#include "frugal/stats/permutation.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "frugal/base/rng.h"
#include "frugal/stats/finite.h"

namespace frugal::stats {
namespace {

double largest_of(std::span<const double> x, std::span<const double> y) {
  double largest = 0;
  for (const double v : x) largest = std::max(largest, std::abs(v));
  for (const double v : y) largest = std::max(largest, std::abs(v));
  return largest;
}

// Counts arrangements on either side; equal up to the rounding of values of that size counts as reached.
class Counter {
 public:
  Counter(double observed, double largest)
      : observed_(observed), slack_(1e-14 * std::abs(observed) + 1e-15 * largest) {}

  void add(double statistic) {
    ++all_;
    if (statistic <= observed_ + slack_) ++below_;
    if (statistic >= observed_ - slack_) ++above_;
  }

  PermutationTest test(bool exact, Alternative alternative) const {
    const double more = exact ? 0 : 1;  // the observed arrangement is one of the random ones
    const double less_p = (real(below_) + more) / (real(all_) + more);
    const double greater_p = (real(above_) + more) / (real(all_) + more);
    PermutationTest found{.statistic = observed_, .arrangements = all_};
    found.method = exact ? PMethod::Exact : PMethod::Asymptotic;
    found.p_value = alternative == Alternative::Less      ? less_p
                    : alternative == Alternative::Greater ? greater_p
                                                          : std::min(1.0, 2 * std::min(less_p, greater_p));
    return found;
  }

 private:
  double observed_;
  double slack_;
  std::size_t all_ = 0;
  std::size_t below_ = 0;
  std::size_t above_ = 0;
};

}  // namespace

Result<PermutationTest> permutation_groups(std::span<const double> x, std::span<const double> y,
                                           const TwoStatistic& statistic, const PermutationOptions& options) {
  if (Status status = require_values(x, "x", 1); !status) return status.error();
  if (Status status = require_values(y, "y", 1); !status) return status.error();
  if (options.resamples < 1) return bad_input("a permutation test needs at least one resample");
  const double observed = statistic(x, y);
  if (!std::isfinite(observed)) return bad_input("the statistic of these values is not a finite number");
  std::vector<double> both(x.begin(), x.end());
  both.insert(both.end(), y.begin(), y.end());
  const double parts = std::exp(std::lgamma(real(both.size()) + 1) - std::lgamma(real(x.size()) + 1) -
                                std::lgamma(real(y.size()) + 1));
  const bool exact = std::round(parts) <= real(options.resamples);
  Counter counter(observed, largest_of(x, y));
  std::vector<double> dealt(both.size());
  const std::span<const double> first(dealt.data(), x.size());
  const std::span<const double> second(dealt.data() + x.size(), y.size());
  if (exact) {
    std::vector<bool> in_y(both.size());
    std::fill(in_y.begin() + static_cast<std::ptrdiff_t>(x.size()), in_y.end(), true);
    do {
      std::size_t to_x = 0;
      std::size_t to_y = x.size();
      for (std::size_t i = 0; i < both.size(); ++i) dealt[in_y[i] ? to_y++ : to_x++] = both[i];
      counter.add(statistic(first, second));
    } while (std::next_permutation(in_y.begin(), in_y.end()));
    return counter.test(true, options.alternative);
  }
  Rng rng(derive_seed(options.seed, "permutation"));
  dealt = both;
  for (std::size_t i = 0; i < options.resamples; ++i) {
    rng.shuffle(std::span<double>(dealt));
    counter.add(statistic(first, second));
  }
  return counter.test(false, options.alternative);
}

Result<PermutationTest> permutation_pairs(std::span<const double> x, std::span<const double> y,
                                          const TwoStatistic& statistic, const PermutationOptions& options) {
  if (Status status = require_pairs(x, y, 1); !status) return status.error();
  if (options.resamples < 1) return bad_input("a permutation test needs at least one resample");
  const double observed = statistic(x, y);
  if (!std::isfinite(observed)) return bad_input("the statistic of these values is not a finite number");
  const bool exact = std::exp2(real(x.size())) <= real(options.resamples);
  const std::size_t rounds = exact ? std::size_t{1} << x.size() : options.resamples;
  Rng rng(derive_seed(options.seed, "permutation"));
  Counter counter(observed, largest_of(x, y));
  std::vector<double> first(x.size());
  std::vector<double> second(x.size());
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const bool swapped = exact ? (round >> i & 1U) != 0 : rng.below(2) == 1;
      first[i] = swapped ? y[i] : x[i];
      second[i] = swapped ? x[i] : y[i];
    }
    counter.add(statistic(first, second));
  }
  return counter.test(exact, options.alternative);
}

}  // namespace frugal::stats
