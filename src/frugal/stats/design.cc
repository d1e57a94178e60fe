#include "frugal/stats/design.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "frugal/base/nearest.h"
#include "frugal/stats/descriptives.h"
#include "frugal/stats/finite.h"

namespace frugal::stats {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

// Eigenvalues below this part of the largest one are zero: the Gram matrix of counts is exact, rounding
// leaves about columns × 1e-16 of it.
constexpr double kZero = 1e-11;

Result<std::vector<double>> outcome_of(const Table& table, const Model& model) {
  const Result<std::span<const double>> values = table.numbers(model.outcome);
  if (!values) return values.error();
  std::vector<double> outcome(values->begin(), values->end());
  for (std::size_t i = 0; i < outcome.size(); ++i) {
    if (std::isinf(outcome[i]))
      return bad_input(fmt::format("{}: the value at index {} is infinite", model.outcome, i));
    if (!model.log_outcome) continue;
    if (outcome[i] <= 0)
      return bad_input(fmt::format("{}: the value at index {} is {}, which has no logarithm", model.outcome,
                                   i, outcome[i]));
    outcome[i] = std::log(outcome[i]);
  }
  return outcome;
}

template <class T>
void keep_rows(std::vector<T>& values, const std::vector<std::size_t>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) values[i] = values[rows[i]];
  values.resize(rows.size());
}

// Which level is the reference; −1: none.
Result<std::ptrdiff_t> reference_of(const ModelFactor& factor, const Model& model) {
  if (model.form == Form::OneHot) return std::ptrdiff_t{-1};
  const auto named = model.references.find(factor.name);
  if (named == model.references.end()) return std::ptrdiff_t{0};
  const auto at = std::find(factor.levels.begin(), factor.levels.end(), named->second);
  if (at != factor.levels.end()) return at - factor.levels.begin();
  return bad_input(fmt::format("factor '{}' has no level '{}'{}", factor.name, named->second,
                               did_you_mean(named->second, factor.levels)));
}

}  // namespace

// Recodes to the levels that occur in the rows kept.
Status Design::add_factor(const Table& table, const std::string& name, const Model& model) {
  Result<Factor> factor = table.factor(name);
  if (!factor) return factor.error();
  std::vector<std::int32_t>& codes = factor->codes;
  keep_rows(codes, rows_);
  std::vector<std::int32_t> becomes(factor->levels.size(), kMissing);
  for (const std::int32_t code : codes) becomes[static_cast<std::size_t>(code)] = 0;
  ModelFactor kept{name, {}, {}};
  for (std::size_t level = 0; level < becomes.size(); ++level) {
    if (becomes[level] == kMissing) continue;
    becomes[level] = static_cast<std::int32_t>(kept.levels.size());
    kept.levels.push_back(factor->levels[level]);
  }
  if (kept.levels.size() < 2)
    return bad_input(fmt::format("factor '{}' has {} level, two are needed", name, kept.levels.size()));
  if (kept.levels.size() > 1000)
    return bad_input(fmt::format("factor '{}' has {} levels: is it a covariate?", name, kept.levels.size()));
  for (std::int32_t& code : codes) code = becomes[static_cast<std::size_t>(code)];
  const Result<std::ptrdiff_t> reference = reference_of(kept, model);
  if (!reference) return reference.error();
  for (std::size_t level = 0; level < kept.levels.size(); ++level) {
    const bool left_out = static_cast<std::ptrdiff_t>(level) == *reference;
    kept.column.push_back(left_out ? -1 : static_cast<std::ptrdiff_t>(names_.size()));
    if (!left_out) names_.push_back(fmt::format("{}={}", name, kept.levels[level]));
  }
  factors_.push_back(std::move(kept));
  codes_.push_back(std::move(codes));
  return {};
}

Result<Design> Design::of(const Table& table, const Model& model) {
  if (model.factors.empty() && model.covariates.empty())
    return bad_input("a regression needs at least one factor");
  if (model.form == Form::OneHot && !model.covariates.empty())
    return bad_input(
        fmt::format("the one-hot form takes factors only, and '{}' is a covariate", model.covariates[0]),
        "name it as a factor, or use the full-rank form");
  Result<std::vector<double>> outcome = outcome_of(table, model);
  if (!outcome) return outcome.error();
  std::vector<bool> usable(table.rows(), true);
  for (std::size_t i = 0; i < usable.size(); ++i) usable[i] = !std::isnan((*outcome)[i]);
  for (const std::string& name : model.factors) {
    const Result<Factor> factor = table.factor(name);
    if (!factor) return factor.error();
    for (std::size_t i = 0; i < usable.size(); ++i) usable[i] = usable[i] && factor->codes[i] != kMissing;
  }
  Design design;
  design.one_hot_ = model.form == Form::OneHot;
  for (const std::string& name : model.covariates) {
    const Result<std::span<const double>> values = table.numbers(name);
    if (!values) return values.error();
    for (std::size_t i = 0; i < usable.size(); ++i) {
      if (std::isinf((*values)[i]))
        return bad_input(fmt::format("{}: the value at index {} is infinite", name, i));
      usable[i] = usable[i] && !std::isnan((*values)[i]);
    }
    design.covariates_.emplace_back(values->begin(), values->end());
  }
  for (std::size_t i = 0; i < usable.size(); ++i)
    usable[i] ? design.rows_.push_back(i) : static_cast<void>(++design.dropped_);
  if (design.rows_.size() < 2)
    return bad_input(fmt::format("{} complete rows: a regression needs more", design.rows_.size()));
  keep_rows(*outcome, design.rows_);
  design.outcome_ = *std::move(outcome);
  if (!design.one_hot_) design.names_.emplace_back("intercept");
  for (const std::string& name : model.factors)
    if (Status status = design.add_factor(table, name, model); !status) return status.error();
  for (std::size_t k = 0; k < design.covariates_.size(); ++k) {
    std::vector<double>& values = design.covariates_[k];
    keep_rows(values, design.rows_);
    if (all_equal(values)) return bad_input(fmt::format("covariate '{}' does not vary", model.covariates[k]));
    design.names_.push_back(model.covariates[k]);
    design.centre_.push_back(mean_of(values));
    design.scale_.push_back(std::sqrt(variance_of(values)));
    for (double& v : values) v = (v - design.centre_[k]) / design.scale_[k];
  }
  return design;
}

std::span<const Entry> Design::row(std::size_t i) const {
  entries_.clear();
  if (!one_hot_) entries_.push_back({0, 1});
  for (std::size_t f = 0; f < factors_.size(); ++f) {
    const std::ptrdiff_t column = factors_[f].column[static_cast<std::size_t>(codes_[f][i])];
    if (column >= 0) entries_.push_back({column, 1});
  }
  const Index first = columns() - static_cast<Index>(covariates_.size());
  for (std::size_t k = 0; k < covariates_.size(); ++k)
    entries_.push_back({first + static_cast<Index>(k), covariates_[k][i]});
  return entries_;
}

MatrixXd Design::unscaling() const {
  MatrixXd back = MatrixXd::Identity(columns(), columns());
  const Index first = columns() - static_cast<Index>(covariates_.size());
  for (std::size_t k = 0; k < covariates_.size(); ++k) {
    const Index column = first + static_cast<Index>(k);
    back(column, column) = 1 / scale_[k];
    back(0, column) = -centre_[k] / scale_[k];
  }
  return back;
}

PseudoInverse pseudo_inverse(const MatrixXd& gram) {
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(gram);
  const Eigen::VectorXd& values = solver.eigenvalues();
  const double least = kZero * values.cwiseAbs().maxCoeff();
  Eigen::VectorXd inverted = Eigen::VectorXd::Zero(values.size());
  PseudoInverse found;
  for (Index i = 0; i < values.size(); ++i) {
    if (values(i) <= least) continue;
    inverted(i) = 1 / values(i);
    ++found.rank;
  }
  found.inverse = solver.eigenvectors() * inverted.asDiagonal() * solver.eigenvectors().transpose();
  return found;
}

}  // namespace frugal::stats
