// The policy on values that are no numbers. Every function of this room refuses NaN and infinities with an
// Error that names the column and the index, counted from 0; values are dropped, in pairs, only where the
// caller asks for it with complete_pairs().
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "frugal/base/result.h"

namespace frugal::stats {

inline constexpr double real(std::size_t n) { return static_cast<double>(n); }

// An Error unless all values are finite and there are at least `least` of them. `name` is how the message
// calls them.
Status require_values(std::span<const double> values, std::string_view name, std::size_t least);

// The same for two columns of equal length whose values belong together.
Status require_pairs(std::span<const double> x, std::span<const double> y, std::size_t least);

bool all_equal(std::span<const double> values);

struct Pairs {
  std::vector<double> x;
  std::vector<double> y;
  std::size_t dropped = 0;
};

// The pairs of which both values are numbers (NaN is what is missing; an infinity stays, and is refused
// later).
Result<Pairs> complete_pairs(std::span<const double> x, std::span<const double> y);

}  // namespace frugal::stats
