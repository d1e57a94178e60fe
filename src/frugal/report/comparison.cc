#include "frugal/report/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "frugal/base/units_text.h"

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

std::vector<std::string> caveats_of(std::span<const StudyResult> results) {
  std::vector<std::string> caveats{
      "one run of each study: how much the ratio varies from run to run is not known"};
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
    if (result.header.goal.metric != results.front().header.goal.metric)
      say("the studies have different metrics: their qualities are not comparable");
  }
  return caveats;
}

ordered_json optional_json(const std::optional<double>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

}  // namespace

Comparison compare(std::span<const StudyResult> results) {
  Comparison comparison;
  for (const StudyResult& result : results) {
    comparison.studies.push_back({result.header.name, result.strategy, result.header.goal.metric,
                                  result.winner ? std::optional(result.winner->value) : std::nullopt,
                                  result.energy.total});
  }
  for (std::size_t i = 1; i < comparison.studies.size(); ++i)
    comparison.pairs.push_back(pair_of(comparison.studies[0], comparison.studies[i]));
  comparison.caveats = caveats_of(results);
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
                             {"quality_difference", optional_json(pair.quality_difference)}});
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
  return text;
}

}  // namespace frugal
