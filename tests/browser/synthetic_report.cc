// synthetic_report TRIALS EPOCHS FILE [STORE]: the page of a random search that never was, for tests and
// measurements of the page itself. One epoch a step, as studies have it. Prints milliseconds for findings and
// page as one JSON object. With STORE the study is put into a store as well, to measure all of `frugal report`.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "frugal/base/clock.h"
#include "frugal/base/rng.h"
#include "frugal/report/render_html.h"
#include "frugal/store/sqlite_ledger.h"
#include "page.h"

namespace {

using namespace frugal;

EnergyReport spent(double joules) {
  EnergyReport made;
  const EnergyFigure figure{Joules(joules), Joules(0.95 * joules), Joules(1.05 * joules), 1, Method::Counter,
                            "made up",      Duration(joules / 200)};
  made.total = figure;
  made.by_phase = {{"train", figure}};
  made.by_device = {{"gpu0", figure}};
  made.durations = {{"train", figure.duration}};
  return made;
}

Point random_configuration(Rng& rng) {
  const char* const optimizers[] = {"sgd", "adam", "adamw", "rmsprop"};
  const char* const precisions[] = {"float16", "float32", "mixed"};
  return Point{{"batch_size", std::int64_t{16} << static_cast<int>(rng.uniform() * 6)},
               {"learning_rate", std::pow(10, -4 + 3 * rng.uniform())},
               {"optimizer", std::string(optimizers[static_cast<int>(rng.uniform() * 4)])},
               {"precision", std::string(precisions[static_cast<int>(rng.uniform() * 3)])},
               {"weight_decay", std::pow(10, -6 + 4 * rng.uniform())},
               {"momentum", std::floor(rng.uniform() * 4) / 4}};
}

void add_trial(StudyResult& result, TrialId id, int epochs, Rng& rng) {
  TrialResult trial{id, random_configuration(rng), epochs, {}, epochs, {}, Duration(0), "dropped"};
  const double final_quality = 0.3 + 0.65 * std::sqrt(rng.uniform());
  const double epoch_joules = 50 + 400 * rng.uniform() * rng.uniform();
  double joules = 0;
  for (int e = 1; e <= epochs; ++e) {
    const double quality = final_quality * (1 - std::exp(-4.0 * e / epochs)) + 0.01 * (rng.uniform() - 0.5);
    const double cost = epoch_joules * (0.95 + 0.1 * rng.uniform());
    Observation seen{
        static_cast<int>(result.history.size()), {id, trial.point, 1, {}, 0, Train{1, {}}, {}}, {}};
    if (e > 1) seen.step.from = seen.number - 1;
    seen.outcome.energy = spent(cost);
    seen.outcome.duration = Duration(cost / 200);
    seen.outcome.epochs.push_back({e,
                                   3 * (1 - quality),
                                   {{"accuracy", quality}},
                                   50'000,
                                   Duration(cost / 200),
                                   seen.outcome.energy.total});
    if (!trial.best || quality > *trial.best) {
      trial.best = quality;
      trial.best_epoch = e;
    }
    joules += cost;
    result.history.push_back(std::move(seen));
  }
  trial.energy = spent(joules).total;
  trial.duration = Duration(joules / 200);
  add(result.energy, spent(joules));
  result.trials.push_back(std::move(trial));
}

StudyResult made_up(int trials, int epochs) {
  StudyResult result;
  result.header.name = fmt::format("{} trials of {} epochs, made up", trials, epochs);
  result.header.plan = nlohmann::ordered_json::parse(
      R"({"name":"made up","workload":{"worker":"none"},"space":{"batch_size":[1,2]},"strategy":{"name":"random","trials":2}})");
  result.header.source = "# This study was never run: it is made up to test the page.\n";
  result.header.created_unix_s = 1'700'000'000;
  result.strategy = "random";
  result.stopped_by = "exhausted";
  result.caveats = {"this study is made up: it tests the page"};
  Rng rng(1);
  for (int i = 0; i < trials; ++i) add_trial(result, i, epochs, rng);
  std::size_t best = 0;
  for (std::size_t i = 0; i < result.trials.size(); ++i) {
    if (*result.trials[i].best > *result.trials[best].best) best = i;
  }
  result.trials[best].fate = "winner";
  result.winner = Winner{result.trials[best].id, result.trials[best].point, *result.trials[best].best,
                         result.trials[best].best_epoch, 0};
  result.winner_energy = result.trials[best].energy;
  result.wasted = result.energy.total->value - result.winner_energy->value;
  result.duration = result.energy.total->duration;
  return result;
}

bool store(const StudyResult& result, const std::string& file) {
  const Result<std::unique_ptr<SqliteLedger>> ledger = SqliteLedger::open(file, OpenMode::ReadWrite);
  if (!ledger || !(*ledger)->create(result.header)) return false;
  const std::string& name = result.header.name;
  for (const Observation& seen : result.history) {
    if (!(*ledger)->begin(name, seen.number, 1, seen.step)) return false;
    if (!(*ledger)->finish(name, seen.number, 1, seen.outcome)) return false;
  }
  return (*ledger)->stop(name, result.stopped_by).ok();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::fprintf(stderr, "synthetic_report TRIALS EPOCHS FILE [STORE]\n");
    return 2;
  }
  StudyResult result = made_up(std::atoi(argv[1]), std::atoi(argv[2]));
  if (argc == 5 && !store(result, argv[4])) return 1;
  const SteadyClock clock;
  const Instant begin = clock.now();
  const Findings findings = find(std::move(result));
  const Instant found = clock.now();
  const std::string html = report_html(findings, web::kReportPage, "test");
  const Instant end = clock.now();
  std::ofstream(argv[3], std::ios::binary) << html;
  fmt::print("{{\"find_ms\":{:.0f},\"render_ms\":{:.0f},\"bytes\":{}}}\n", 1e3 * (found - begin).value(),
             1e3 * (end - found).value(), html.size());
  return 0;
}
