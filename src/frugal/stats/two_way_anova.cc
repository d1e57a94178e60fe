// Everything follows from the sizes, means and inner squares of the cells, so the rows are read twice and no
// more.
#include "frugal/stats/two_way_anova.h"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <cmath>

#include "frugal/stats/distributions.h"
#include "frugal/stats/finite.h"

namespace frugal::stats {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

struct Cells {
  Index a_levels = 0;
  Index b_levels = 0;
  std::vector<std::string> a_names;
  std::vector<std::string> b_names;
  MatrixXd count;
  MatrixXd mean;      // of the outcome less its grand mean
  double within = 0;  // squares about the means of the cells
  std::size_t n = 0;
  std::size_t dropped = 0;
};

// Leaves out levels without a usable row; codes follow.
void keep_levels(Factor& factor, const std::vector<bool>& usable) {
  std::vector<std::int32_t> becomes(factor.levels.size(), kMissing);
  for (std::size_t i = 0; i < usable.size(); ++i)
    if (usable[i]) becomes[static_cast<std::size_t>(factor.codes[i])] = 0;
  std::vector<std::string> kept;
  for (std::size_t level = 0; level < becomes.size(); ++level) {
    if (becomes[level] == kMissing) continue;
    becomes[level] = static_cast<std::int32_t>(kept.size());
    kept.push_back(std::move(factor.levels[level]));
  }
  for (std::size_t i = 0; i < usable.size(); ++i)
    factor.codes[i] = usable[i] ? becomes[static_cast<std::size_t>(factor.codes[i])] : kMissing;
  factor.levels = std::move(kept);
}

Cells cells_of(Factor a, Factor b, std::span<const double> values) {
  std::vector<bool> usable(values.size());
  Cells cells;
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    usable[i] = a.codes[i] != kMissing && b.codes[i] != kMissing && !std::isnan(values[i]);
    usable[i] ? ++cells.n : ++cells.dropped;
    if (usable[i]) sum += values[i];
  }
  keep_levels(a, usable);
  keep_levels(b, usable);
  cells.a_levels = static_cast<Index>(a.levels.size());
  cells.b_levels = static_cast<Index>(b.levels.size());
  const double grand = sum / real(cells.n);
  cells.count = MatrixXd::Zero(cells.a_levels, cells.b_levels);
  cells.mean = cells.count;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!usable[i]) continue;
    cells.count(a.codes[i], b.codes[i]) += 1;
    cells.mean(a.codes[i], b.codes[i]) += values[i] - grand;
  }
  cells.mean = (cells.count.array() > 0).select(cells.mean.array() / cells.count.array(), 0.0);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (usable[i]) cells.within += std::pow(values[i] - grand - cells.mean(a.codes[i], b.codes[i]), 2);
  cells.a_names = std::move(a.levels);
  cells.b_names = std::move(b.levels);
  return cells;
}

// Sum-to-zero coding: column j is 1 for level j, −1 for the last level.
double effect(Index level, Index levels, Index column) {
  return level == column ? 1 : level == levels - 1 ? -1 : 0;
}

struct Fit {
  double rss = 0;  // squares of the cell means about the fit, weighted by the sizes of the cells
  Index rank = 0;
  Index columns = 0;
};

struct Model {
  bool a = true;
  bool b = true;
  bool both = false;
};

Fit fit(const Cells& cells, Model model) {
  const Index in_a = model.a ? cells.a_levels - 1 : 0;
  const Index in_b = model.b ? cells.b_levels - 1 : 0;
  const Index in_both = model.both ? (cells.a_levels - 1) * (cells.b_levels - 1) : 0;
  const Index all = cells.a_levels * cells.b_levels;
  MatrixXd x = MatrixXd::Zero(all, 1 + in_a + in_b + in_both);
  VectorXd y(all);
  for (Index i = 0; i < cells.a_levels; ++i) {
    for (Index j = 0; j < cells.b_levels; ++j) {
      const Index row = i * cells.b_levels + j;
      const double weight = std::sqrt(cells.count(i, j));
      Index column = 0;
      x(row, column++) = weight;
      for (Index k = 0; k < in_a; ++k) x(row, column++) = weight * effect(i, cells.a_levels, k);
      for (Index k = 0; k < in_b; ++k) x(row, column++) = weight * effect(j, cells.b_levels, k);
      if (model.both)
        for (Index k = 0; k + 1 < cells.a_levels; ++k)
          for (Index l = 0; l + 1 < cells.b_levels; ++l)
            x(row, column++) = weight * effect(i, cells.a_levels, k) * effect(j, cells.b_levels, l);
      y(row) = weight * cells.mean(i, j);
    }
  }
  const Eigen::ColPivHouseholderQR<MatrixXd> qr(x);
  return {(y - x * qr.solve(y)).squaredNorm(), qr.rank(), x.cols()};
}

Status require_estimable(const Cells& cells, std::string_view a, std::string_view b,
                         const AnovaOptions& options) {
  if (options.type != 2 && options.type != 3)
    return bad_input(fmt::format("there is no type {}: 2 or 3", options.type));
  if (cells.a_levels < 2)
    return bad_input(fmt::format("factor '{}' has {} level, two are needed", a, cells.a_levels));
  if (cells.b_levels < 2)
    return bad_input(fmt::format("factor '{}' has {} level, two are needed", b, cells.b_levels));
  if (!options.interaction) return {};
  for (Index i = 0; i < cells.a_levels; ++i) {
    for (Index j = 0; j < cells.b_levels; ++j) {
      if (cells.count(i, j) > 0) continue;
      return bad_input(fmt::format("no run has {}={} and {}={}: the interaction is not identified", a,
                                   cells.a_names[static_cast<std::size_t>(i)], b,
                                   cells.b_names[static_cast<std::size_t>(j)]),
                       "leave the interaction out");
    }
  }
  if (static_cast<Index>(cells.n) == cells.a_levels * cells.b_levels)
    return bad_input("every cell holds one run: no error is left to compare with",
                     "leave the interaction out");
  return {};
}

// Sums of squares of a, b and a:b.
std::vector<double> sums_of_squares(const Cells& cells, const AnovaOptions& options, double additive) {
  if (options.type == 2 || !options.interaction) {
    return {fit(cells, {.a = false, .b = true}).rss - additive,
            fit(cells, {.a = true, .b = false}).rss - additive, additive};
  }
  return {fit(cells, {.a = false, .b = true, .both = true}).rss,
          fit(cells, {.a = true, .b = false, .both = true}).rss,
          additive};  // the full model leaves nothing between the cells
}

}  // namespace

Result<TwoWayAnova> two_way_anova(const Table& table, std::string_view a, std::string_view b,
                                  std::string_view outcome, AnovaOptions options) {
  Result<Factor> by_a = table.factor(a);
  if (!by_a) return by_a.error();
  Result<Factor> by_b = table.factor(b);
  if (!by_b) return by_b.error();
  const Result<std::span<const double>> values = table.numbers(outcome);
  if (!values) return values.error();
  for (std::size_t i = 0; i < values->size(); ++i)
    if (std::isinf((*values)[i]))
      return bad_input(fmt::format("{}: the value at index {} is infinite", outcome, i));
  const Cells cells = cells_of(*std::move(by_a), *std::move(by_b), *values);
  if (Status status = require_estimable(cells, a, b, options); !status) return status.error();

  const Fit additive = fit(cells, {});
  if (additive.rank < additive.columns)
    return bad_input(
        fmt::format("the levels of '{}' and '{}' do not meet often enough to be told apart", a, b));
  const std::vector<double> ss = sums_of_squares(cells, options, additive.rss);
  TwoWayAnova anova{.type = options.type, .terms = {}, .n = cells.n, .dropped = cells.dropped};
  const auto df_a = static_cast<double>(cells.a_levels - 1);
  const auto df_b = static_cast<double>(cells.b_levels - 1);
  anova.terms = {{.name = std::string(a), .ss = ss[0], .df = df_a},
                 {.name = std::string(b), .ss = ss[1], .df = df_b}};
  if (options.interaction)
    anova.terms.push_back({.name = fmt::format("{}:{}", a, b), .ss = ss[2], .df = df_a * df_b});
  anova.residual_ss = cells.within + (options.interaction ? 0 : additive.rss);
  anova.residual_df = real(cells.n) - 1 - df_a - df_b - (options.interaction ? df_a * df_b : 0);
  double total = anova.residual_ss;
  for (const AnovaTerm& term : anova.terms) total += term.ss;
  if (anova.residual_df < 1 || !(anova.residual_ss > 1e-24 * total))
    return bad_input("the runs leave no error to compare with: repeat them");
  for (AnovaTerm& term : anova.terms) {
    term.f = term.ss / term.df / (anova.residual_ss / anova.residual_df);
    term.p_value = f_upper(term.f, term.df, anova.residual_df);
    term.eta_squared = term.ss / total;
    term.partial_eta_squared = term.ss / (term.ss + anova.residual_ss);
  }
  return anova;
}

}  // namespace frugal::stats
