#include "frugal/stats/finite.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace frugal::stats {

Status require_values(std::span<const double> values, std::string_view name, std::size_t least) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    return bad_input(fmt::format("{}: the value at index {} is {}", name, i,
                                 std::isnan(values[i]) ? "not a number" : "infinite"),
                     "leave missing values out, or ask for complete pairs");
  }
  if (values.size() >= least) return {};
  return bad_input(fmt::format("{}: {} value{}, at least {} are needed", name, values.size(),
                               values.size() == 1 ? "" : "s", least));
}

Status require_pairs(std::span<const double> x, std::span<const double> y, std::size_t least) {
  if (x.size() != y.size())
    return bad_input(fmt::format("x has {} values and y has {}: they are no pairs", x.size(), y.size()));
  if (Status status = require_values(x, "x", least); !status) return status;
  return require_values(y, "y", least);
}

bool all_equal(std::span<const double> values) {
  return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
}

Result<Pairs> complete_pairs(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size())
    return bad_input(fmt::format("x has {} values and y has {}: they are no pairs", x.size(), y.size()));
  Pairs pairs;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) || std::isnan(y[i])) {
      ++pairs.dropped;
      continue;
    }
    pairs.x.push_back(x[i]);
    pairs.y.push_back(y[i]);
  }
  return pairs;
}

}  // namespace frugal::stats
