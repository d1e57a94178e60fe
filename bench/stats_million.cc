// How long a table of a million runs takes: written as CSV in memory, read, analysed.
//   cmake --preset bench && cmake --build --preset bench && build/bench/bin/stats_million
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <string>

#include "frugal/base/rng.h"
#include "frugal/stats/correlation.h"
#include "frugal/stats/csv.h"
#include "frugal/stats/importance.h"
#include "frugal/stats/pareto.h"
#include "frugal/stats/regression.h"
#include "frugal/stats/several_groups.h"
#include "frugal/stats/two_way_anova.h"
#include "frugal/stats/verdict.h"

namespace {

using namespace frugal;
using namespace frugal::stats;

double normal(Rng& rng) {  // Box and Muller 1958
  return std::sqrt(-2 * std::log(1 - rng.uniform())) * std::cos(2 * std::numbers::pi * rng.uniform());
}

std::string million_runs() {
  const char* optimizers[] = {"sgd", "adam", "adamw", "rmsprop"};
  const char* schedules[] = {"constant", "exponential", "polynomial", "cosine"};
  const int batches[] = {4, 32, 64, 128};
  Rng rng(1);
  std::string csv = "batch_size,optimizer,schedule,precision,rate,epochs,energy_j,accuracy\n";
  for (int i = 0; i < 1000000; ++i) {
    char line[160];
    const auto b = rng.below(4);
    const double energy = 1000 + 90 * static_cast<double>(3 - b) + 40 * normal(rng);
    std::snprintf(line, sizeof line, "%d,%s,%s,float%d,%.6g,%d,%.17g,%.4f\n", batches[b],
                  optimizers[rng.below(4)], schedules[rng.below(4)], 16 << rng.below(3),
                  0.001 + rng.uniform(), 50, energy, rng.uniform());
    csv += line;
  }
  return csv;
}

// What `work` found; an error ends the program by an exception.
template <class Work>
auto timed(const char* what, Work work) {
  const auto begin = std::chrono::steady_clock::now();
  auto result = work();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%6.2f s  %s\n", took.count(), what);
  return std::move(result).value();
}

}  // namespace

int main() {
  const std::string csv = million_runs();
  std::printf("1,000,000 rows, 8 columns, %.0f MB\n", static_cast<double>(csv.size()) / 1e6);
  const Table table = timed("read CSV", [&] { return read_csv(csv); });
  const std::vector<std::string> factors{"batch_size", "optimizer", "schedule", "precision"};
  const auto energy = table.numbers("energy_j").value();
  const auto accuracy = table.numbers("accuracy").value();
  timed("OLS, one-hot",
        [&] { return fit(table, {.outcome = "energy_j", .factors = factors, .form = Form::OneHot}); });
  timed("OLS, full rank, HC3", [&] {
    return fit(table, {.outcome = "energy_j", .factors = factors, .errors = StandardErrors::Hc3});
  });
  timed("cross-validated R², 5 folds",
        [&] { return cross_validate(table, {.outcome = "energy_j", .factors = factors}); });
  timed("two-way anova", [&] { return two_way_anova(table, "batch_size", "optimizer", "energy_j"); });
  timed("Pearson", [&] { return pearson(energy, accuracy); });
  timed("Spearman", [&] { return spearman(energy, accuracy); });
  timed("Kendall", [&] { return kendall(energy, accuracy); });
  timed("Kruskal–Wallis", [&] {
    const Groups groups = groups_of(table, "batch_size", "energy_j").value();
    return kruskal_wallis(values_of(groups));
  });
  timed("trade-off map", [&] {
    return tradeoff(table,
                    {.id = "optimizer", .original = "sgd", .energy = "energy_j", .quality = "accuracy"});
  });
  timed("efficiency quotients", [&] { return efficiency_quotients(accuracy, energy); });
  timed("Pareto front", [&] {
    const Objective both[] = {{energy, Better::Smaller}, {accuracy, Better::Larger}};
    return pareto_front(both);
  });
  timed("importance", [&] { return importances(table, {.parameters = factors, .outcome = "energy_j"}); });
  return 0;
}
