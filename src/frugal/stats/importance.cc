#include "frugal/stats/importance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "frugal/stats/distributions.h"
#include "frugal/stats/finite.h"

namespace frugal::stats {
namespace {

constexpr std::size_t kSteps = 50;
constexpr double kPriorWeight = 1;
constexpr double kFloor = 1e-12;               // keeps the ratio of densities finite
constexpr double kSmallestSigma = 0.5 / 1.64;  // nine tenths of a kernel within its own grid step
constexpr std::size_t kFewestBest = 2;

// A parameter on a grid: a step number for each run.
struct Gridded {
  std::vector<std::size_t> step;
  std::size_t steps = 0;
  bool ordered = false;
};

Result<Gridded> on_grid(std::span<const double> values, std::string_view name, bool logarithmic) {
  std::vector<double> scaled(values.begin(), values.end());
  for (std::size_t i = 0; logarithmic && i < scaled.size(); ++i) {
    if (scaled[i] <= 0) return bad_input(fmt::format("{}: {} has no logarithm", name, scaled[i]));
    scaled[i] = std::log(scaled[i]);
  }
  const auto [low, high] = std::minmax_element(scaled.begin(), scaled.end());
  Gridded grid{.step = {}, .steps = *low == *high ? 1 : kSteps, .ordered = true};
  const double width = (*high - *low) / real(kSteps - 1);
  for (const double v : scaled) {
    // The nearest step; halfway between two the lower one.
    const double position = grid.steps == 1 ? 0 : std::ceil((v - *low) / width - 0.5);
    grid.step.push_back(static_cast<std::size_t>(std::clamp(position, 0.0, real(kSteps - 1))));
  }
  return grid;
}

std::vector<double> counts_of(const Gridded& grid, const std::vector<bool>& take) {
  std::vector<double> counts(grid.steps, 0.0);
  for (std::size_t i = 0; i < take.size(); ++i)
    if (take[i]) counts[grid.step[i]] += 1;
  return counts;
}

// Scott 1992 with the interquartile range, in grid steps.
double bandwidth(const std::vector<double>& counts) {
  const double n = std::accumulate(counts.begin(), counts.end(), 0.0);
  double mean = 0;
  for (std::size_t s = 0; s < counts.size(); ++s) mean += real(s) * counts[s] / n;
  double squares = 0;
  for (std::size_t s = 0; s < counts.size(); ++s) squares += counts[s] * (real(s) - mean) * (real(s) - mean);
  const double sd = std::sqrt(squares / std::max(1.0, n - 1));
  const double quarter = std::floor(n / 4);
  const double three_quarters = std::floor(n * 3 / 4);
  double q25 = -1;
  double q75 = -1;
  double last = 0;
  double seen = 0;
  for (std::size_t s = 0; s < counts.size(); ++s) {
    if (counts[s] == 0) continue;
    seen += counts[s];
    last = real(s);
    if (q25 < 0 && seen >= quarter) q25 = real(s);
    if (q75 < 0 && seen > three_quarters) q75 = real(s);
  }
  if (q75 < 0) q75 = last;
  return std::max(1.059 * std::min((q75 - q25) / 1.34, sd) * std::pow(n, -0.2), kSmallestSigma);
}

// Adds a normal kernel, cut to the grid and summed over each step, of the given total weight.
void add_kernel(std::vector<double>& density, double centre, double sigma, double weight) {
  const auto at = [&](double edge) { return normal_cdf((edge - centre) / sigma); };
  const double whole = at(real(density.size()) - 0.5) - at(-0.5);
  for (std::size_t s = 0; s < density.size(); ++s)
    density[s] += weight * (at(real(s) + 0.5) - at(real(s) - 0.5)) / whole;
}

std::vector<double> density_of(const Gridded& grid, const std::vector<double>& counts) {
  const double weights = std::accumulate(counts.begin(), counts.end(), 0.0) + kPriorWeight;
  std::vector<double> density(grid.steps, 0.0);
  if (!grid.ordered) {
    // A choice is a kernel of its own, smeared by the prior weight shared among the kernels that there are.
    const auto kinds = std::count_if(counts.begin(), counts.end(), [](double c) { return c > 0; }) + 1;
    const double smear = kPriorWeight / static_cast<double>(kinds);
    const double total = 1 + real(grid.steps) * smear;
    for (std::size_t kernel = 0; kernel < grid.steps; ++kernel)
      for (std::size_t s = 0; s < grid.steps; ++s)
        density[s] += counts[kernel] / weights * (smear + (s == kernel ? 1 : 0)) / total;
    for (double& d : density) d += kPriorWeight / weights / real(grid.steps);
    return density;
  }
  const double sigma = bandwidth(counts);
  for (std::size_t s = 0; s < counts.size(); ++s)
    if (counts[s] > 0) add_kernel(density, real(s), sigma, counts[s] / weights);
  add_kernel(density, (real(grid.steps) - 1) / 2, real(grid.steps), kPriorWeight / weights);
  return density;
}

double divergence(const Gridded& grid, const std::vector<bool>& best) {
  if (grid.steps < 2) return 0;
  const std::vector<double> top = density_of(grid, counts_of(grid, best));
  const std::vector<double> all = density_of(grid, counts_of(grid, std::vector<bool>(best.size(), true)));
  double sum = 0;
  for (std::size_t s = 0; s < grid.steps; ++s)
    sum += (all[s] + kFloor) * std::pow((top[s] + kFloor) / (all[s] + kFloor) - 1, 2);
  return sum;
}

std::vector<bool> best_of(std::span<const double> outcome, const ImportanceQuestion& question) {
  std::vector<double> cost(outcome.begin(), outcome.end());
  if (question.better == Better::Larger)
    std::transform(cost.begin(), cost.end(), cost.begin(), std::negate<>());
  std::vector<double> sorted = cost;
  std::sort(sorted.begin(), sorted.end());
  const auto wanted = static_cast<std::size_t>(std::ceil(question.best * real(sorted.size())));
  const double last = sorted[std::max(wanted, kFewestBest) - 1];
  std::vector<bool> best;
  best.reserve(cost.size());
  for (const double c : cost) best.push_back(c <= last);
  return best;
}

bool is_factor(const Column& column) { return std::holds_alternative<Factor>(column.cells); }

Result<std::vector<std::size_t>> complete_rows(const Table& table, const ImportanceQuestion& question) {
  const Result<std::span<const double>> outcome = table.numbers(question.outcome);
  if (!outcome) return outcome.error();
  std::vector<bool> complete(table.rows());
  for (std::size_t i = 0; i < complete.size(); ++i) complete[i] = !std::isnan((*outcome)[i]);
  for (const std::string& name : question.parameters) {
    const Result<const Column*> column = table.find(name);
    if (!column) return column.error();
    const auto* factor = std::get_if<Factor>(&(*column)->cells);
    const auto* numbers = std::get_if<Numbers>(&(*column)->cells);
    for (std::size_t i = 0; i < complete.size(); ++i)
      complete[i] =
          complete[i] && (factor != nullptr ? factor->codes[i] != kMissing : !std::isnan(numbers->values[i]));
  }
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < complete.size(); ++i)
    if (complete[i]) rows.push_back(i);
  return rows;
}

Result<Gridded> gridded(const Column& column, const std::vector<std::size_t>& rows, bool logarithmic) {
  if (is_factor(column)) {
    const Factor& factor = std::get<Factor>(column.cells);
    Gridded grid{.step = {}, .steps = factor.levels.size(), .ordered = false};
    for (const std::size_t row : rows) grid.step.push_back(static_cast<std::size_t>(factor.codes[row]));
    return grid;
  }
  std::vector<double> values;
  values.reserve(rows.size());
  for (const std::size_t row : rows) values.push_back(std::get<Numbers>(column.cells).values[row]);
  if (Status status = require_values(values, column.name, 1); !status) return status.error();
  return on_grid(values, column.name, logarithmic);
}

}  // namespace

Result<Importances> importances(const Table& table, const ImportanceQuestion& question) {
  if (question.parameters.empty()) return bad_input("importance of which parameters? none is named");
  if (!(question.best > 0 && question.best < 1))
    return bad_input("the share of the best runs lies between 0 and 1");
  const Result<std::vector<std::size_t>> rows = complete_rows(table, question);
  if (!rows) return rows.error();
  std::vector<double> outcome;
  outcome.reserve(rows->size());
  for (const std::size_t row : *rows) outcome.push_back((*table.numbers(question.outcome))[row]);
  if (Status status = require_values(outcome, question.outcome, kFewestBest + 1); !status)
    return status.error();
  const std::vector<bool> best = best_of(outcome, question);
  Importances found{.parameters = {}, .n = outcome.size(), .dropped = table.rows() - outcome.size()};
  found.best = static_cast<std::size_t>(std::count(best.begin(), best.end(), true));
  if (found.best == found.n) return bad_input("all runs are among the best ones: nothing tells them apart");
  double sum = 0;
  for (const std::string& name : question.parameters) {
    const bool logarithmic = std::find(question.logarithmic.begin(), question.logarithmic.end(), name) !=
                             question.logarithmic.end();
    const Result<Gridded> grid = gridded(**table.find(name), *rows, logarithmic);
    if (!grid) return grid.error();
    found.parameters.push_back({.parameter = name, .divergence = divergence(*grid, best)});
    sum += found.parameters.back().divergence;
  }
  for (Importance& importance : found.parameters)
    importance.share = sum > 0 ? importance.divergence / sum : 1 / real(found.parameters.size());
  return found;
}

}  // namespace frugal::stats
