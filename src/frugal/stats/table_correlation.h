// Correlations between columns of a table, each over the rows in which both are present.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/stats/correlation.h"
#include "frugal/stats/table.h"

namespace frugal::stats {

enum class CorrelationKind { Pearson, Spearman, Kendall };

struct ColumnCorrelation {
  std::string x;
  std::string y;
  std::optional<Correlation> found;  // nothing: see `undecided`
  std::string undecided = {};
  std::size_t dropped = 0;  // rows in which x or y is missing
};

// Every column of `xs` with every one of `ys`. An Error only for a name that is no column of numbers; what a
// single pair lacks (a constant column, too few rows) is told in its `undecided`.
Result<std::vector<ColumnCorrelation>> correlations(const Table& table, std::span<const std::string> xs,
                                                    std::span<const std::string> ys, CorrelationKind kind,
                                                    PMethod method = PMethod::Auto);

}  // namespace frugal::stats
