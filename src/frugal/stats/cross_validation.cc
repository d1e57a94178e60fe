// Cross-validated R²: what the training folds know is the Gram matrix of all rows less that of the fold left
// out.
#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "frugal/base/rng.h"
#include "frugal/stats/descriptives.h"
#include "frugal/stats/design.h"
#include "frugal/stats/finite.h"
#include "frugal/stats/regression.h"

namespace frugal::stats {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

struct Errors {
  double of_model = 0;
  double of_mean = 0;
  std::size_t predicted = 0;
  std::size_t unseen = 0;
};

// Adds the squared errors of the rows of one fold, predicted from the others. The outcomes y sum to zero over
// all rows.
void predict_fold(const Design& design, const Gram& all, const Gram& fold, double fold_sum,
                  const std::vector<double>& y, const std::vector<bool>& inside, Errors& errors) {
  const double n = all.n - fold.n;
  const double mean = -fold_sum / n;
  const VectorXd coef = pseudo_inverse(all.xx - fold.xx).inverse * (all.xy - fold.xy);
  for (std::size_t i = 0; i < design.rows(); ++i) {
    if (!inside[i]) continue;
    double predicted = 0;
    bool seen = true;
    for (const Entry& e : design.row(i)) {
      seen = seen && all.xx(e.column, e.column) - fold.xx(e.column, e.column) > 1e-9;
      predicted += e.value * coef(e.column);
    }
    if (!seen) {
      ++errors.unseen;
      continue;
    }
    ++errors.predicted;
    errors.of_model += (y[i] - predicted) * (y[i] - predicted);
    errors.of_mean += (y[i] - mean) * (y[i] - mean);
  }
}

// Every group of rows in one fold, dealt out in a random order.
std::vector<std::size_t> dealt(const std::vector<std::size_t>& group, std::size_t groups,
                               const CrossValidation& how) {
  std::vector<std::size_t> order(groups);
  std::iota(order.begin(), order.end(), std::size_t{0});
  Rng rng(derive_seed(how.seed, "folds"));
  rng.shuffle(std::span<std::size_t>(order));
  std::vector<std::size_t> fold_of_group(groups);
  for (std::size_t i = 0; i < groups; ++i) fold_of_group[order[i]] = i % how.folds;
  std::vector<std::size_t> folds;
  folds.reserve(group.size());
  for (const std::size_t g : group) folds.push_back(fold_of_group[g]);
  return folds;
}

}  // namespace

Result<CrossValidated> cross_validate(const Table& table, const Model& model,
                                      std::span<const std::size_t> folds) {
  if (folds.size() != table.rows())
    return bad_input(fmt::format("{} folds are given for {} rows", folds.size(), table.rows()));
  Model one_hot = model;
  // Of a reference level nobody could tell whether a training part lacks it: with covariates the form stays.
  if (model.covariates.empty()) one_hot.form = Form::OneHot;
  const Result<Design> design = Design::of(table, one_hot);
  if (!design) return design.error();
  const double mean = mean_of(design->outcome());
  std::vector<double> y(design->outcome().begin(), design->outcome().end());
  for (double& v : y) v -= mean;
  const auto value = [&](std::size_t i) { return y[i]; };
  const Gram all = gram_of(*design, value, [](std::size_t) { return true; });
  Errors errors;
  std::vector<std::size_t> fold_of;
  fold_of.reserve(design->rows());
  for (const std::size_t row : design->table_rows()) fold_of.push_back(folds[row]);
  for (std::size_t f = 0; f <= *std::max_element(fold_of.begin(), fold_of.end()); ++f) {
    std::vector<bool> inside(y.size());
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      inside[i] = fold_of[i] == f;
      if (inside[i]) sum += y[i];
    }
    const Gram fold = gram_of(*design, value, [&](std::size_t i) { return inside[i]; });
    if (fold.n == all.n) return bad_input("all rows are in one fold: there is nothing to learn from");
    if (fold.n > 0) predict_fold(*design, all, fold, sum, y, inside, errors);
  }
  if (errors.predicted == 0)
    return bad_input("no row can be predicted: each fold has levels that the others lack");
  if (!(errors.of_mean > 0)) return bad_input("the outcome is constant: there is nothing to explain");
  return CrossValidated{1 - errors.of_model / errors.of_mean, errors.predicted, errors.unseen};
}

Result<CrossValidated> cross_validate(const Table& table, const Model& model, const CrossValidation& how) {
  if (how.folds < 2) return bad_input(fmt::format("{} fold: at least 2 are needed", how.folds));
  std::vector<std::size_t> group(table.rows());
  std::iota(group.begin(), group.end(), std::size_t{0});
  std::size_t groups = table.rows();
  if (how.together) {
    const Result<Factor> factor = table.factor(*how.together);
    if (!factor) return factor.error();
    groups = factor->levels.size() + 1;
    for (std::size_t i = 0; i < group.size(); ++i)
      group[i] = factor->codes[i] == kMissing ? groups - 1 : static_cast<std::size_t>(factor->codes[i]);
  }
  if (groups < how.folds)
    return bad_input(fmt::format("{} rows or groups cannot fill {} folds", groups, how.folds));
  return cross_validate(table, model, dealt(group, groups, how));
}

}  // namespace frugal::stats
