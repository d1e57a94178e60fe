#include "frugal/stats/regression.h"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "frugal/stats/descriptives.h"
#include "frugal/stats/design.h"
#include "frugal/stats/distributions.h"
#include "frugal/stats/finite.h"

namespace frugal::stats {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kDependent = 1e-10;  // what is left of a column's square once those before it are taken out
constexpr double kFullLeverage = 1 - 1e-10;

struct Solution {
  MatrixXd inverse;  // (X'X)⁺
  Index rank = 0;
  VectorXd coef;  // of the scaled columns
  double mean = 0;
  std::vector<double> residuals;
  std::vector<double> leverage;
  double rss = 0;
  double tss = 0;
};

// The first column that follows from those before it: Cholesky's elimination on the columns scaled to length
// one.
Status require_independent(const MatrixXd& gram, std::span<const std::string> names) {
  const VectorXd scale = gram.diagonal().cwiseSqrt().cwiseInverse();
  MatrixXd left = scale.asDiagonal() * gram * scale.asDiagonal();
  for (Index j = 0; j < left.cols(); ++j) {
    if (left(j, j) < kDependent)
      return bad_input(
          fmt::format("'{}' follows from the columns before it: its coefficient is not identified",
                      names[static_cast<std::size_t>(j)]),
          "leave one of the factors out, or use the one-hot form");
    const Index rest = left.cols() - j - 1;
    left.bottomRightCorner(rest, rest) -= left.col(j).tail(rest) * left.row(j).tail(rest) / left(j, j);
  }
  return {};
}

double product(std::span<const Entry> row, const VectorXd& coef) {
  double sum = 0;
  for (const Entry& e : row) sum += e.value * coef(e.column);
  return sum;
}

double quadratic(std::span<const Entry> row, const MatrixXd& matrix) {
  double sum = 0;
  for (const Entry& a : row)
    for (const Entry& b : row) sum += a.value * b.value * matrix(a.column, b.column);
  return sum;
}

Result<Solution> solve(const Design& design) {
  Solution s;
  s.mean = mean_of(design.outcome());
  if (all_equal(design.outcome())) return bad_input("the outcome is constant: there is nothing to explain");
  const Gram gram = gram_of(
      design, [&](std::size_t i) { return design.outcome()[i] - s.mean; }, [](std::size_t) { return true; });
  if (design.one_hot()) {
    PseudoInverse inverse = pseudo_inverse(gram.xx);
    s.inverse = std::move(inverse.inverse);
    s.rank = inverse.rank;
    // Of the mean and of what is left, one by one: large outcomes keep their digits.
    s.coef = s.inverse * gram.xy + s.mean * (s.inverse * gram.x1);
  } else {
    if (Status status = require_independent(gram.xx, design.names()); !status) return status.error();
    const VectorXd scale = gram.xx.diagonal().cwiseSqrt().cwiseInverse();
    const MatrixXd scaled = scale.asDiagonal() * gram.xx * scale.asDiagonal();
    s.inverse = scale.asDiagonal() * scaled.llt().solve(MatrixXd::Identity(scaled.rows(), scaled.cols())) *
                scale.asDiagonal();
    s.rank = design.columns();
    s.coef = s.inverse * gram.xy;
  }
  // Residuals of the outcome less its mean, so the fit is that of the centred part.
  const VectorXd centred = s.inverse * gram.xy;
  for (std::size_t i = 0; i < design.rows(); ++i) {
    const std::span<const Entry> row = design.row(i);
    const double y = design.outcome()[i] - s.mean;
    s.residuals.push_back(y - product(row, centred));
    s.leverage.push_back(std::min(1.0, quadratic(row, s.inverse)));
    s.rss += s.residuals.back() * s.residuals.back();
    s.tss += y * y;
  }
  if (!design.one_hot()) s.coef(0) += s.mean;
  return s;
}

Result<MatrixXd> covariance_of(const Design& design, const Solution& s, const Model& model, double df) {
  if (model.errors == StandardErrors::Classical) return MatrixXd(s.inverse * (s.rss / df));
  MatrixXd meat = MatrixXd::Zero(design.columns(), design.columns());
  for (std::size_t i = 0; i < design.rows(); ++i) {
    if (s.leverage[i] > kFullLeverage)
      return bad_input(fmt::format("row {} alone decides a coefficient: HC3 errors are not defined",
                                   design.table_rows()[i]),
                       "use classical errors, or repeat that configuration");
    const double weight = std::pow(s.residuals[i] / (1 - s.leverage[i]), 2);
    const std::span<const Entry> row = design.row(i);
    for (const Entry& a : row)
      for (const Entry& b : row) meat(a.column, b.column) += weight * a.value * b.value;
  }
  return MatrixXd(s.inverse * meat * s.inverse);
}

// Every slope and every difference from the first level of a factor: their being zero is what F tests.
MatrixXd slopes(const Design& design) {
  std::vector<VectorXd> rows;
  if (!design.one_hot()) {
    for (Index j = 1; j < design.columns(); ++j) rows.emplace_back(VectorXd::Unit(design.columns(), j));
  }
  for (const ModelFactor& factor : design.factors()) {
    for (std::size_t level = 1; design.one_hot() && level < factor.levels.size(); ++level)
      rows.emplace_back(VectorXd::Unit(design.columns(), factor.column[level]) -
                        VectorXd::Unit(design.columns(), factor.column[0]));
  }
  MatrixXd c(static_cast<Index>(rows.size()), design.columns());
  for (std::size_t i = 0; i < rows.size(); ++i) c.row(static_cast<Index>(i)) = rows[i].transpose();
  return c;
}

double wald_f(const Design& design, const VectorXd& coef, const MatrixXd& covariance, double rank) {
  const MatrixXd c = slopes(design);
  const VectorXd value = c * coef;
  return value.dot(pseudo_inverse(c * covariance * c.transpose()).inverse * value) / rank;
}

Coefficient tested(std::string name, double coef, double variance, double df, double confidence) {
  Coefficient found{.name = std::move(name), .coef = coef, .std_err = std::sqrt(variance)};
  found.t = found.coef / found.std_err;
  found.p_value = student_two_sided(found.t, df);
  const double half = student_quantile(0.5 + confidence / 2, df) * found.std_err;
  found.ci_low = found.coef - half;
  found.ci_high = found.coef + half;
  return found;
}

// n·R² of the squared residuals on the same columns.
void check_spread(const Design& design, const Solution& s, ResidualChecks& checks) {
  const double n = real(design.rows());
  const double mean = s.rss / n;
  const auto square = [&](std::size_t i) { return s.residuals[i] * s.residuals[i] - mean; };
  const VectorXd xy = gram_of(design, square, [](std::size_t) { return true; }).xy;
  double tss = 0;
  for (std::size_t i = 0; i < design.rows(); ++i) tss += square(i) * square(i);
  checks.breusch_pagan = tss > 0 ? n * xy.dot(s.inverse * xy) / tss : 0;
  checks.breusch_pagan_p = chi_squared_upper(checks.breusch_pagan, static_cast<double>(s.rank - 1));
}

void check_shape(const Solution& s, ResidualChecks& checks) {
  const double n = real(s.residuals.size());
  double cubes = 0;
  double fourths = 0;
  for (const double e : s.residuals) {
    cubes += e * e * e / n;
    fourths += e * e * e * e / n;
  }
  const double variance = s.rss / n;
  checks.skewness = cubes / std::pow(variance, 1.5);
  checks.kurtosis = fourths / (variance * variance);
  checks.jarque_bera = n / 6 * (std::pow(checks.skewness, 2) + std::pow(checks.kurtosis - 3, 2) / 4);
  checks.jarque_bera_p = chi_squared_upper(checks.jarque_bera, 2);
}

ResidualChecks checks_of(const Design& design, const Solution& s, double df) {
  ResidualChecks checks;
  check_spread(design, s, checks);
  check_shape(s, checks);
  for (std::size_t i = 0; i < design.rows(); ++i) {
    const double h = s.leverage[i];
    if (h > checks.largest_leverage) {
      checks.largest_leverage = h;
      checks.largest_leverage_row = design.table_rows()[i];
    }
    if (h > kFullLeverage) continue;
    const double cook =
        std::pow(s.residuals[i] / (1 - h), 2) * h / (static_cast<double>(s.rank) * s.rss / df);
    if (cook > checks.largest_cook) {
      checks.largest_cook = cook;
      checks.largest_cook_row = design.table_rows()[i];
    }
  }
  return checks;
}

std::vector<double> row_by_row(const MatrixXd& matrix) {
  std::vector<double> values;
  for (Index i = 0; i < matrix.rows(); ++i)
    for (Index j = 0; j < matrix.cols(); ++j) values.push_back(matrix(i, j));
  return values;
}

Status require_error_left(const Design& design, const Solution& s) {
  if (static_cast<Index>(design.rows()) <= s.rank)
    return bad_input(fmt::format("{} rows for a model of rank {}: no error is left to compare with",
                                 design.rows(), s.rank));
  if (!(s.rss > 1e-24 * s.tss))
    return bad_input("the factors determine the outcome exactly: no error is left to compare with");
  return {};
}

}  // namespace

Result<Regression> fit(const Table& table, const Model& model) {
  if (!(model.confidence > 0 && model.confidence < 1)) return bad_input("a confidence lies between 0 and 1");
  const Result<Design> design = Design::of(table, model);
  if (!design) return design.error();
  const Result<Solution> s = solve(*design);
  if (!s) return s.error();
  if (Status status = require_error_left(*design, *s); !status) return status.error();

  Regression r{
      .form = model.form, .n = design->rows(), .dropped = design->dropped(), .confidence = model.confidence};
  r.rank = static_cast<std::size_t>(s->rank);
  r.df_residual = r.n - r.rank;
  const double df = real(r.df_residual);
  const Result<MatrixXd> scaled = covariance_of(*design, *s, model, df);
  if (!scaled) return scaled.error();
  const MatrixXd back = design->unscaling();
  const VectorXd coef = back * s->coef;
  const MatrixXd covariance = back * *scaled * back.transpose();
  r.r_squared = 1 - s->rss / s->tss;
  r.r_squared_adj = 1 - (1 - r.r_squared) * (real(r.n) - 1) / df;
  r.residual_sd = std::sqrt(s->rss / df);
  r.f_df = real(r.rank) - 1;
  r.f_statistic = model.errors == StandardErrors::Classical ? (s->tss - s->rss) / r.f_df / (s->rss / df)
                                                            : wald_f(*design, s->coef, *scaled, r.f_df);
  r.f_p_value = f_upper(r.f_statistic, r.f_df, df);
  for (Index j = 0; j < design->columns(); ++j)
    r.coefficients.push_back(tested(design->names()[static_cast<std::size_t>(j)], coef(j), covariance(j, j),
                                    df, model.confidence));
  r.checks = checks_of(*design, *s, df);
  r.factors.assign(design->factors().begin(), design->factors().end());
  r.covariance = row_by_row(covariance);
  if (design->one_hot()) {
    const Gram gram = gram_of(
        *design, [](std::size_t) { return 0.0; }, [](std::size_t) { return true; });
    r.identified = row_by_row(s->inverse * gram.xx);
  }
  return r;
}

std::vector<Winner> winners(const Regression& regression, double level) {
  std::vector<Winner> found;
  for (const ModelFactor& factor : regression.factors) {
    std::optional<Winner> best;
    std::optional<std::string> reference;
    for (std::size_t i = 0; i < factor.levels.size(); ++i) {
      if (factor.column[i] < 0) {
        reference = factor.levels[i];
        continue;
      }
      const Coefficient& c = regression.coefficients[static_cast<std::size_t>(factor.column[i])];
      if (c.p_value <= level && (!best || c.coef < best->coefficient.coef))
        best = {factor.name, factor.levels[i], c};
    }
    if (!best) continue;
    if (reference && best->coefficient.coef > 0)
      best = {factor.name, *reference, {.name = fmt::format("{}={}", factor.name, *reference)}};
    found.push_back(*std::move(best));
  }
  return found;
}

Result<std::vector<Contrast>> contrasts(const Regression& regression, std::string_view factor) {
  const auto found = std::find_if(regression.factors.begin(), regression.factors.end(),
                                  [&](const ModelFactor& f) { return f.name == factor; });
  if (found == regression.factors.end())
    return bad_input(fmt::format("the model has no factor '{}'", factor));
  const auto p = static_cast<Index>(regression.coefficients.size());
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Map<const RowMajor> covariance(regression.covariance.data(), p, p);
  VectorXd coef(p);
  for (Index j = 0; j < p; ++j) coef(j) = regression.coefficients[static_cast<std::size_t>(j)].coef;

  std::vector<Contrast> pairs;
  for (std::size_t a = 0; a < found->levels.size(); ++a) {
    for (std::size_t b = a + 1; b < found->levels.size(); ++b) {
      VectorXd c = VectorXd::Zero(p);
      if (found->column[a] >= 0) c(found->column[a]) += 1;
      if (found->column[b] >= 0) c(found->column[b]) -= 1;
      Contrast pair{.factor = found->name, .a = found->levels[a], .b = found->levels[b], .difference = {}};
      if (!regression.identified.empty()) {
        const Eigen::Map<const RowMajor> projector(regression.identified.data(), p, p);
        pair.identified = (projector.transpose() * c - c).norm() < 1e-6;
      }
      if (pair.identified)
        pair.difference = tested(fmt::format("{}: {} - {}", found->name, pair.a, pair.b), c.dot(coef),
                                 c.dot(covariance * c), real(regression.df_residual), regression.confidence);
      pairs.push_back(std::move(pair));
    }
  }
  return pairs;
}

}  // namespace frugal::stats
