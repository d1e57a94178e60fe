// The columns of a linear model, never written out as a matrix: each row of the table is a handful of
// (column, value) entries, and what the model needs of a million rows is their Gram matrix X'X. For this room
// only: it speaks Eigen.
#pragma once

#include <Eigen/Dense>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/stats/regression.h"
#include "frugal/stats/table.h"

namespace frugal::stats {

struct Entry {
  Eigen::Index column = 0;
  double value = 0;
};

// Made once for a table and a model; holds copies of what it needs.
class Design {
 public:
  // Leaves out rows with anything missing, levels that no row is left of, and, in the full-rank form, the
  // column of the reference level. Covariates are centred and scaled; `covariate_*` of the result undo that.
  static Result<Design> of(const Table& table, const Model& model);

  std::size_t rows() const { return rows_.size(); }
  std::size_t dropped() const { return dropped_; }
  std::span<const std::size_t> table_rows() const { return rows_; }
  Eigen::Index columns() const { return static_cast<Eigen::Index>(names_.size()); }
  std::span<const std::string> names() const { return names_; }
  std::span<const double> outcome() const { return outcome_; }
  std::span<const ModelFactor> factors() const { return factors_; }
  bool one_hot() const { return one_hot_; }

  // The entries of row i (an index into rows()); valid until the next call.
  std::span<const Entry> row(std::size_t i) const;

  // How coefficients of the scaled covariates become those of the covariates as they are.
  Eigen::MatrixXd unscaling() const;

 private:
  Status add_factor(const Table& table, const std::string& name, const Model& model);
  void name_columns();

  bool one_hot_ = false;
  std::vector<std::size_t> rows_;
  std::size_t dropped_ = 0;
  std::vector<std::string> names_;
  std::vector<double> outcome_;
  std::vector<ModelFactor> factors_;
  std::vector<std::vector<std::int32_t>> codes_;  // by factor, then row
  std::vector<std::string> covariate_names_;
  std::vector<std::vector<double>> covariates_;  // by covariate, then row
  std::vector<double> centre_;
  std::vector<double> scale_;
  mutable std::vector<Entry> entries_;
};

// X'X over the rows that `take` accepts, and X'v for a value a row.
struct Gram {
  Eigen::MatrixXd xx;
  Eigen::VectorXd xy;
  Eigen::VectorXd x1;  // X'1
  double n = 0;
};
template <class Value, class Take>
Gram gram_of(const Design& design, Value value, Take take) {
  const Eigen::Index p = design.columns();
  Gram gram{Eigen::MatrixXd::Zero(p, p), Eigen::VectorXd::Zero(p), Eigen::VectorXd::Zero(p), 0};
  for (std::size_t i = 0; i < design.rows(); ++i) {
    if (!take(i)) continue;
    const std::span<const Entry> row = design.row(i);
    const double v = value(i);
    gram.n += 1;
    for (std::size_t a = 0; a < row.size(); ++a) {
      gram.xy(row[a].column) += row[a].value * v;
      gram.x1(row[a].column) += row[a].value;
      for (std::size_t b = 0; b <= a; ++b)
        gram.xx(row[a].column, row[b].column) += row[a].value * row[b].value;
    }
  }
  gram.xx = Eigen::MatrixXd(gram.xx.selfadjointView<Eigen::Lower>());
  return gram;
}

// The Moore–Penrose inverse of a positive semidefinite matrix and its rank.
struct PseudoInverse {
  Eigen::MatrixXd inverse;
  Eigen::Index rank = 0;
};
PseudoInverse pseudo_inverse(const Eigen::MatrixXd& gram);

}  // namespace frugal::stats
