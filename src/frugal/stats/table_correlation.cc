#include "frugal/stats/table_correlation.h"

#include "frugal/stats/finite.h"

namespace frugal::stats {
namespace {

Result<Correlation> correlation(const Pairs& pairs, CorrelationKind kind, PMethod method) {
  if (kind == CorrelationKind::Pearson) return pearson(pairs.x, pairs.y);
  return kind == CorrelationKind::Spearman ? spearman(pairs.x, pairs.y, method)
                                           : kendall(pairs.x, pairs.y, method);
}

}  // namespace

Result<std::vector<ColumnCorrelation>> correlations(const Table& table, std::span<const std::string> xs,
                                                    std::span<const std::string> ys, CorrelationKind kind,
                                                    PMethod method) {
  std::vector<ColumnCorrelation> all;
  for (const std::string& x : xs) {
    const Result<std::span<const double>> x_values = table.numbers(x);
    if (!x_values) return x_values.error();
    for (const std::string& y : ys) {
      const Result<std::span<const double>> y_values = table.numbers(y);
      if (!y_values) return y_values.error();
      const Result<Pairs> pairs = complete_pairs(*x_values, *y_values);
      if (!pairs) return pairs.error();
      ColumnCorrelation of_pair{.x = x, .y = y, .found = {}, .dropped = pairs->dropped};
      const Result<Correlation> found = correlation(*pairs, kind, method);
      if (found) {
        of_pair.found = *found;
      } else {
        of_pair.undecided = found.error().message;
      }
      all.push_back(std::move(of_pair));
    }
  }
  return all;
}

}  // namespace frugal::stats
