#include "frugal/report/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "frugal/base/units_text.h"
#include "frugal/stats/descriptives.h"

namespace frugal {
namespace {

using nlohmann::ordered_json;

ComparedPair pair_of(const ComparedStudy& a, const ComparedStudy& b) {
  ComparedPair pair{a.name, b.name};
  if (a.total && b.total && b.total->value > Joules(0) && a.total->value > Joules(0)) {
    pair.ratio = a.total->value / b.total->value;
    pair.inverse = b.total->value / a.total->value;
    pair.reduction = 1 - *pair.ratio;
    pair.manual_runs = std::ceil(*pair.ratio);
  }
  if (a.value && b.value && a.metric == b.metric) pair.quality_difference = *a.value - *b.value;
  return pair;
}

constexpr std::size_t kFewestRuns = 5;  // fewer tell nothing about their spread
constexpr double kConfidence = 0.95;
constexpr double kFullCoverage = 0.95;

struct Runs {
  std::vector<double> energy;
  std::vector<double> quality;
};

// Trials at the point of the winner whose energy was measured; failed ones are no runs of it.
Runs runs_of(const StudyResult& result) {
  Runs runs;
  if (!result.winner) return runs;
  const auto winner = std::find_if(result.trials.begin(), result.trials.end(), [&](const TrialResult& trial) {
    return trial.id == result.winner->trial;
  });
  if (winner == result.trials.end()) return runs;
  for (const TrialResult& trial : result.trials) {
    if (!(trial.point == winner->point) || !trial.energy || !trial.best) continue;
    runs.energy.push_back(trial.energy->value.value());
    runs.quality.push_back(*trial.best);
  }
  return runs;
}

Result<stats::BootstrapInterval> interval_of(const std::vector<double>& a, const std::vector<double>& b,
                                             const stats::TwoStatistic& statistic, std::uint64_t seed) {
  return stats::bootstrap_groups(
      a, b, statistic,
      {.interval = stats::Interval::Percentile,
       .confidence = stats::widened_confidence(kConfidence, std::min(a.size(), b.size())),
       .seed = seed});
}

std::optional<RepeatedRuns> repeats_of(const StudyResult& a, const StudyResult& b, std::uint64_t seed) {
  const Runs of_a = runs_of(a);
  const Runs of_b = runs_of(b);
  if (std::min(of_a.energy.size(), of_b.energy.size()) < kFewestRuns) return std::nullopt;
  const Result<stats::BootstrapInterval> ratio =
      interval_of(of_a.energy, of_b.energy, stats::ratio_of_means, seed);
  if (!ratio) return std::nullopt;
  RepeatedRuns found{.n_a = of_a.energy.size(),
                     .n_b = of_b.energy.size(),
                     .mean_a_j = stats::mean_of(of_a.energy),
                     .mean_b_j = stats::mean_of(of_b.energy),
                     .energy_ratio = *ratio};
  if (a.header.goal.metric != b.header.goal.metric) {
    found.no_quality = "the metrics differ";
    return found;
  }
  const auto difference = interval_of(of_a.quality, of_b.quality, stats::difference_of_means, seed);
  if (difference) {
    found.quality_difference = *difference;
  } else {
    found.no_quality = difference.error().message;
  }
  return found;
}

std::string signed_text(double value) { return (value >= 0 ? "+" : "") + number_text(value, 3); }

std::string energy_words(const RepeatedRuns& runs, const ComparedPair& pair) {
  const stats::BootstrapInterval& ratio = runs.energy_ratio;
  const std::string interval = fmt::format("{} times, 95 % {} to {}", number_text(ratio.estimate, 3),
                                           number_text(ratio.low, 3), number_text(ratio.high, 3));
  if (ratio.low <= 1 && 1 <= ratio.high)
    return fmt::format("by energy {} and {} are not distinguishable ({})", pair.a, pair.b, interval);
  return fmt::format("a run of {} takes {} % {} energy than one of {} ({})", pair.a,
                     number_text(100 * std::abs(1 - ratio.estimate), 3), ratio.estimate < 1 ? "less" : "more",
                     pair.b, interval);
}

std::string quality_words(const RepeatedRuns& runs, const std::string& metric) {
  if (!runs.quality_difference) return "no difference of quality is known: " + runs.no_quality;
  const stats::BootstrapInterval& difference = *runs.quality_difference;
  const bool tied = difference.low <= 0 && 0 <= difference.high;
  return fmt::format("{} {} ({}, 95 % {} to {})", metric, tied ? "is not distinguishable" : "differs",
                     signed_text(difference.estimate), signed_text(difference.low),
                     signed_text(difference.high));
}

std::string sentence_of(const ComparedPair& pair, const std::string& metric) {
  if (pair.repeats)
    return fmt::format("{}; {} ({} and {} runs)", energy_words(*pair.repeats, pair),
                       quality_words(*pair.repeats, metric), pair.repeats->n_a, pair.repeats->n_b);
  if (!pair.ratio)
    return fmt::format("{} and {} cannot be compared: no energy of both is known", pair.a, pair.b);
  return fmt::format(
      "{} used {} times the energy of {}{}; with fewer than {} runs of each no interval can be given, so "
      "whether "
      "they differ is open",
      pair.a, number_text(*pair.ratio, 3), pair.b,
      pair.quality_difference ? ", at " + metric + " " + signed_text(*pair.quality_difference) : "",
      kFewestRuns);
}

std::vector<std::string> caveats_of(std::span<const StudyResult> results, bool repeated) {
  std::vector<std::string> caveats;
  if (!repeated) {
    const bool single = std::any_of(results.begin(), results.end(), [](const StudyResult& result) {
      return runs_of(result).energy.size() < 2;
    });
    caveats.push_back(
        single ? "one run of each: how much the ratio varies from run to run is not known"
               : fmt::format(
                     "fewer than {} runs at a point that is compared: how much the ratio varies from "
                     "run to run is hardly known",
                     kFewestRuns));
  }
  const auto say = [&](std::string text) {
    if (std::find(caveats.begin(), caveats.end(), text) == caveats.end()) caveats.push_back(std::move(text));
  };
  for (const StudyResult& result : results) {
    if (result.stopped_by.empty()) say("'" + result.header.name + "' is not over");
    if (!result.energy.total) say("the energy of '" + result.header.name + "' was not measured");
    if (result.energy.total && result.energy.total->method == Method::Model) {
      say("energy is modelled, ±50 %: what both studies share (TDP, idle power) cancels in their ratio, what "
          "depends on their load does not");
    }
    if (result.sensors != results.front().sensors)
      say("the studies were measured with different sensors: their errors do not cancel in the ratio");
    if (result.energy.total && result.energy.total->coverage < kFullCoverage)
      say(fmt::format("{} % of the time of '{}' was measured",
                      number_text(100 * result.energy.total->coverage, 3), result.header.name));
    if (result.energy.total && results.front().energy.total &&
        result.energy.total->method != results.front().energy.total->method)
      say("the energies were found by different methods: their errors do not cancel in the ratio");
    if (result.header.goal.metric != results.front().header.goal.metric)
      say("the studies have different metrics: their qualities are not comparable");
  }
  return caveats;
}

ordered_json optional_json(const std::optional<double>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json interval_json(const stats::BootstrapInterval& interval) {
  return {{"value", interval.estimate}, {"low", interval.low}, {"high", interval.high}};
}

ordered_json repeats_json(const std::optional<RepeatedRuns>& runs) {
  if (!runs) return nullptr;
  return {{"n_a", runs->n_a},
          {"n_b", runs->n_b},
          {"mean_a_j", runs->mean_a_j},
          {"mean_b_j", runs->mean_b_j},
          {"energy_a_over_b", interval_json(runs->energy_ratio)},
          {"quality_difference",
           runs->quality_difference ? interval_json(*runs->quality_difference) : ordered_json(nullptr)}};
}

}  // namespace

Comparison compare(std::span<const StudyResult> results, std::uint64_t seed) {
  Comparison comparison;
  for (const StudyResult& result : results) {
    comparison.studies.push_back({result.header.name, result.strategy, result.header.goal.metric,
                                  result.winner ? std::optional(result.winner->value) : std::nullopt,
                                  result.energy.total});
  }
  bool repeated = true;
  for (std::size_t i = 1; i < comparison.studies.size(); ++i) {
    ComparedPair pair = pair_of(comparison.studies[0], comparison.studies[i]);
    pair.repeats = repeats_of(results[0], results[i], seed);
    pair.sentence = sentence_of(pair, results[0].header.goal.metric);
    repeated = repeated && pair.repeats.has_value();
    comparison.pairs.push_back(std::move(pair));
  }
  comparison.caveats = caveats_of(results, repeated);
  return comparison;
}

ordered_json comparison_json(const Comparison& comparison) {
  ordered_json json{
      {"studies", ordered_json::array()}, {"pairs", ordered_json::array()}, {"caveats", comparison.caveats}};
  for (const ComparedStudy& study : comparison.studies) {
    ordered_json held{{"study", study.name},
                      {"strategy", study.strategy},
                      {"metric", study.metric},
                      {"value", optional_json(study.value)}};
    held["energy_j"] = study.total ? ordered_json(study.total->value.value()) : ordered_json(nullptr);
    held["energy_wh"] = study.total ? ordered_json(watt_hours(study.total->value)) : ordered_json(nullptr);
    held["method"] = study.total ? ordered_json(method_text(study.total->method)) : ordered_json(nullptr);
    json["studies"].push_back(std::move(held));
  }
  for (const ComparedPair& pair : comparison.pairs) {
    json["pairs"].push_back({{"a", pair.a},
                             {"b", pair.b},
                             {"energy_a_over_b", optional_json(pair.ratio)},
                             {"energy_b_over_a", optional_json(pair.inverse)},
                             {"reduction", optional_json(pair.reduction)},
                             {"manual_runs", optional_json(pair.manual_runs)},
                             {"quality_difference", optional_json(pair.quality_difference)},
                             {"repeats", repeats_json(pair.repeats)},
                             {"sentence", pair.sentence}});
  }
  return json;
}

std::string comparison_text(const Comparison& comparison) {
  std::string text =
      fmt::format("{:<28} {:<9} {:>12} {:>14} {:<8}\n", "study", "strategy", "quality", "total", "method");
  for (const ComparedStudy& study : comparison.studies) {
    const std::string wh =
        study.total ? number_text(watt_hours(study.total->value), 3) + " Wh" : "not measured";
    text += fmt::format("{:<28} {:<9} {:>12} {:>14} {:<8}\n", study.name, study.strategy,
                        study.value ? number_text(*study.value) : "-", wh,
                        study.total ? method_text(study.total->method) : "");
  }
  text += '\n';
  for (const ComparedPair& pair : comparison.pairs) {
    if (!pair.ratio) continue;
    text += fmt::format("{} / {} = {} (and {} / {} = {}): ", pair.a, pair.b, number_text(*pair.ratio, 3),
                        pair.b, pair.a, number_text(*pair.inverse, 3));
    text += *pair.reduction >= 0
                ? fmt::format("{} used {} % less energy", pair.a, number_text(100 * *pair.reduction, 3))
                : fmt::format("{} used {} % more energy, as much as {} runs of {}", pair.a,
                              number_text(-100 * *pair.reduction, 3), number_text(*pair.manual_runs), pair.b);
    if (pair.quality_difference)
      text += fmt::format("; quality differs by {}{}", *pair.quality_difference >= 0 ? "+" : "",
                          number_text(*pair.quality_difference, 3));
    text += '\n';
  }
  for (const std::string& caveat : comparison.caveats) text += "caveat: " + caveat + "\n";
  for (const ComparedPair& pair : comparison.pairs) text += pair.sentence + "\n";
  return text;
}

}  // namespace frugal
