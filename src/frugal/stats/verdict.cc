#include "frugal/stats/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "frugal/base/nearest.h"
#include "frugal/stats/descriptives.h"
#include "frugal/stats/effect_sizes.h"
#include "frugal/stats/finite.h"
#include "frugal/stats/mean_tests.h"
#include "frugal/stats/multiple.h"
#include "frugal/stats/rank_tests.h"

namespace frugal::stats {
namespace {

constexpr std::size_t kExactGroup = 8;
constexpr std::size_t kExactPairs = 50;
constexpr std::size_t kMostCounted = 100;  // values of both groups; beyond, the normal distribution is close
constexpr double kJoulesPerWattHour = 3600;

struct Tested {
  double statistic = 0;
  double p_value = 1;
};

Result<Tested> tested(std::span<const double> x, std::span<const double> y, const VerdictRule& rule) {
  if (rule.test == VerdictTest::Student) {
    const Result<TTest> t = student_t(x, y);
    if (!t) return t.error();
    return Tested{t->t, t->p_value};
  }
  if (rule.test == VerdictTest::SignedRank) {
    const bool few = x.size() <= kExactPairs;
    const Result<SignedRank> w =
        signed_rank(x, y, {.method = few ? PMethod::Exact : PMethod::Asymptotic, .level = rule.level});
    if (!w) return w.error();
    return Tested{w->statistic(), w->p_value};
  }
  const bool few = std::min(x.size(), y.size()) <= kExactGroup && x.size() + y.size() <= kMostCounted;
  const Result<MannWhitney> u =
      mann_whitney(x, y, {.method = few ? PMethod::Exact : PMethod::Auto, .level = rule.level});
  if (!u) return u.error();
  return Tested{u->u, u->p_value};
}

Verdict verdict_of(double p, double delta, Better better, const VerdictRule& rule) {
  if (p > rule.level || std::abs(delta) < rule.smallest_delta) return Verdict::Tie;
  return (delta > 0) == (better == Better::Larger) ? Verdict::Win : Verdict::Loss;
}

// The runs of one mutant, or of the original, of one metric.
struct Runs {
  std::vector<double> values;
  std::vector<std::int32_t> blocks;
};

struct Read {
  Factor id;
  Factor block;
  std::span<const double> energy;
  std::span<const double> quality;
  std::int32_t original = kMissing;
};

Result<Read> read(const Table& table, const TradeoffQuestion& question) {
  Read read;
  Result<Factor> id = table.factor(question.id);
  if (!id) return id.error();
  read.id = *std::move(id);
  const auto at = std::find(read.id.levels.begin(), read.id.levels.end(), question.original);
  if (at == read.id.levels.end()) {
    return bad_input(fmt::format("column '{}' has no level '{}'{}", question.id, question.original,
                                 did_you_mean(question.original, read.id.levels)));
  }
  if (read.id.levels.size() < 2)
    return bad_input(fmt::format("column '{}' names the original only", question.id));
  read.original = static_cast<std::int32_t>(at - read.id.levels.begin());
  const Result<std::span<const double>> energy = table.numbers(question.energy);
  if (!energy) return energy.error();
  const Result<std::span<const double>> quality = table.numbers(question.quality);
  if (!quality) return quality.error();
  read.energy = *energy;
  read.quality = *quality;
  read.block.codes.assign(table.rows(), 0);
  if (!question.block) return read;
  Result<Factor> block = table.factor(*question.block);
  if (!block) return block.error();
  read.block = *std::move(block);
  return read;
}

// Runs with a value, by level of the id; those of a block together, in the order of the table.
std::vector<Runs> runs_of(const Read& read, std::span<const double> metric, std::size_t& dropped) {
  std::vector<std::size_t> order(metric.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return read.block.codes[a] < read.block.codes[b]; });
  std::vector<Runs> all(read.id.levels.size());
  for (const std::size_t i : order) {
    if (read.id.codes[i] == kMissing) continue;
    if (std::isnan(metric[i])) {
      ++dropped;
      continue;
    }
    Runs& runs = all[static_cast<std::size_t>(read.id.codes[i])];
    runs.values.push_back(metric[i]);
    runs.blocks.push_back(read.block.codes[i]);
  }
  return all;
}

std::vector<double> of_same_blocks(const Runs& original, const Runs& mutant) {
  const std::set<std::int32_t> blocks(mutant.blocks.begin(), mutant.blocks.end());
  std::vector<double> values;
  for (std::size_t i = 0; i < original.values.size(); ++i)
    if (blocks.contains(original.blocks[i])) values.push_back(original.values[i]);
  return values;
}

struct Metric {
  const std::string& name;
  Better better;
  std::optional<Judged> MutantVerdict::*place;
};

void judge_all(const Read& read, std::span<const double> values, const Metric& metric,
               const VerdictRule& rule, Tradeoff& found) {
  const std::vector<Runs> runs = runs_of(read, values, found.dropped);
  const Runs& original = runs[static_cast<std::size_t>(read.original)];
  std::size_t mutant = 0;
  for (std::size_t level = 0; level < runs.size(); ++level) {
    if (static_cast<std::int32_t>(level) == read.original) continue;
    MutantVerdict& held = found.mutants[mutant++];
    const Result<Judged> judged =
        judge(runs[level].values, of_same_blocks(original, runs[level]), metric.better, rule);
    if (judged) {
      held.*metric.place = *judged;
    } else {
      held.undecided +=
          fmt::format("{}{}: {}", held.undecided.empty() ? "" : "; ", metric.name, judged.error().message);
    }
  }
}

Status correct(const Metric& metric, const VerdictRule& rule, Tradeoff& found) {
  std::vector<Judged*> judged;
  std::vector<double> p_values;
  for (MutantVerdict& mutant : found.mutants) {
    if (!(mutant.*metric.place)) continue;
    judged.push_back(&*(mutant.*metric.place));
    p_values.push_back(judged.back()->p_value);
  }
  const Result<std::vector<double>> corrected = holm(p_values);
  if (!corrected) return corrected.error();
  for (std::size_t i = 0; i < judged.size(); ++i) {
    judged[i]->p_holm = (*corrected)[i];
    if (rule.holm) judged[i]->verdict = verdict_of(judged[i]->p_holm, judged[i]->delta, metric.better, rule);
  }
  return {};
}

void count(Tradeoff& found) {
  for (MutantVerdict& mutant : found.mutants) {
    if (!mutant.energy || !mutant.quality) {
      ++found.undecided;
      continue;
    }
    ++found.map[static_cast<std::size_t>(mutant.energy->verdict)]
               [static_cast<std::size_t>(mutant.quality->verdict)];
    mutant.greener = mutant.energy->verdict == Verdict::Win && mutant.quality->verdict != Verdict::Loss;
    if (mutant.greener) ++found.greener;
  }
}

}  // namespace

Result<Judged> judge(std::span<const double> mutant, std::span<const double> original, Better better,
                     const VerdictRule& rule) {
  if (Status status = require_values(mutant, "mutant", 1); !status) return status.error();
  if (Status status = require_values(original, "original", 1); !status) return status.error();
  const Result<Tested> test = tested(mutant, original, rule);
  if (!test) return test.error();
  Judged judged{.statistic = test->statistic,
                .p_value = test->p_value,
                .p_holm = test->p_value,
                .delta = cliffs_delta_of(mutant, original),
                .mean = mean_of(mutant),
                .mean_original = mean_of(original),
                .n = mutant.size(),
                .n_original = original.size()};
  judged.verdict = verdict_of(judged.p_value, judged.delta, better, rule);
  return judged;
}

Result<Tradeoff> tradeoff(const Table& table, const TradeoffQuestion& question) {
  const Result<Read> columns = read(table, question);
  if (!columns) return columns.error();
  Tradeoff found{.original = question.original, .mutants = {}};
  for (std::size_t level = 0; level < columns->id.levels.size(); ++level) {
    if (static_cast<std::int32_t>(level) != columns->original)
      found.mutants.push_back({.id = columns->id.levels[level], .energy = {}, .quality = {}});
  }
  const Metric energy{question.energy, Better::Smaller, &MutantVerdict::energy};
  const Metric quality{question.quality, question.quality_better, &MutantVerdict::quality};
  judge_all(*columns, columns->energy, energy, question.rule, found);
  judge_all(*columns, columns->quality, quality, question.rule, found);
  if (Status status = correct(energy, question.rule, found); !status) return status.error();
  if (Status status = correct(quality, question.rule, found); !status) return status.error();
  count(found);
  return found;
}

Result<std::vector<double>> efficiency_quotients(std::span<const double> quality,
                                                 std::span<const double> energy_j,
                                                 std::span<const double> epochs) {
  if (quality.size() != energy_j.size() || (!epochs.empty() && epochs.size() != quality.size()))
    return bad_input("quality, energy and epochs have different numbers of rows");
  std::vector<double> quotients;
  for (std::size_t i = 0; i < quality.size(); ++i) {
    const double parts = epochs.empty() ? 1 : epochs[i];
    if (std::isnan(quality[i]) || std::isnan(energy_j[i]) || std::isnan(parts)) {
      quotients.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    if (!(energy_j[i] > 0) || !(parts > 0))
      return bad_input(
          fmt::format("row {}: {} J in {} epochs: no quotient can be formed", i, energy_j[i], parts));
    quotients.push_back(quality[i] / (energy_j[i] / kJoulesPerWattHour / parts));
  }
  return quotients;
}

}  // namespace frugal::stats
