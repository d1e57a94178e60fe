#include "frugal/study/plan.h"

#include <algorithm>
#include <array>
#include <set>

#include "frugal/base/overloaded.h"
#include "frugal/base/units_text.h"

namespace frugal {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

ordered_json values_json(const std::vector<Value>& values) {
  ordered_json list = ordered_json::array();
  for (const Value& value : values) list.push_back(ordered_json(value_to_json(value)));
  return list;
}

ordered_json domain_json(const Domain& domain) {
  return std::visit(
      Overloaded{
          [](const Real& real) {
            ordered_json held{{"type", "real"}, {"low", real.low}, {"high", real.high}, {"log", real.log}};
            if (real.points) held["points"] = *real.points;
            return held;
          },
          [](const Integer& integer) {
            return ordered_json{{"type", "integer"},
                                {"low", integer.low},
                                {"high", integer.high},
                                {"step", integer.step},
                                {"log", integer.log}};
          },
          [](const Choice& choice) {
            return ordered_json{{"choices", values_json(choice.values)}};
          }},
      domain);
}

ordered_json space_json(const Space& space) {
  ordered_json held = ordered_json::object();
  for (const Parameter& parameter : space.parameters()) {
    held[parameter.name] = domain_json(parameter.domain);
    if (parameter.when)
      held[parameter.name]["when"] =
          ordered_json{{parameter.when->parent, values_json(parameter.when->values)}};
  }
  return held;
}

ordered_json strategy_json(const StrategyPlan& strategy) {
  ordered_json held{{"name", strategy_name(strategy)}};
  if (const auto* sm2 = std::get_if<Sm2Plan>(&strategy)) {
    held["alpha"] = sm2->alpha;
    held["beta"] = sm2->beta;
    held["explore_fraction"] = sm2->explore_fraction;
    held["thorough_epochs"] = sm2->thorough_epochs;
    held["final_epochs"] = sm2->final_epochs;
    held["exploration"] = sm2->exploration == Exploration::Paper ? "paper" : "probe";
    held["rate_rule"] = sm2->rate_rule == RateRule::Paper     ? "paper"
                        : sm2->rate_rule == RateRule::Descent ? "descent"
                                                              : "valley";
    held["rollback_tolerance"] = sm2->rollback_tolerance;
    if (sm2->configurations) held["configurations"] = *sm2->configurations;
  } else if (const auto* random = std::get_if<RandomPlan>(&strategy)) {
    held["trials"] = random->trials;
  } else if (const auto* greenscreen = std::get_if<GreenscreenPlan>(&strategy)) {
    held["trials"] = greenscreen->trials;
    if (greenscreen->baseline) held["baseline"] = point_to_json(*greenscreen->baseline);
    held["final"] = final_choice_words()[static_cast<std::size_t>(greenscreen->final_choice)];
    held["final_epochs"] = greenscreen->final_epochs;
    if (greenscreen->threshold) held["threshold"] = *greenscreen->threshold;
  }
  return held;
}

std::string seconds_text(Duration time) { return exact_text(time.value()) + " s"; }

ordered_json limits_json(const Limits& limits, Duration step_time) {
  ordered_json held = ordered_json::object();
  if (limits.epochs) held["epochs"] = *limits.epochs;
  if (limits.patience) held["patience"] = *limits.patience;
  if (limits.target) held["target"] = *limits.target;
  if (limits.energy) held["energy"] = exact_text(limits.energy->value()) + " J";
  if (limits.time) held["time"] = seconds_text(*limits.time);
  held["step"] = seconds_text(step_time);
  return held;
}

ordered_json workload_json(const WorkloadPlan& workload, const Goal& goal) {
  const auto steered = [&](const char* key, const std::string& what) {
    return ordered_json{{key, what}, {"metric", goal.metric}, {"goal", goal.maximise ? "max" : "min"}};
  };
  return std::visit(
      Overloaded{[](const TrainerWorkload& trainer) { return ordered_json(trainer.settings); },
                 [&](const WorkerWorkload& worker) { return steered("worker", worker.command); },
                 [&](const CommandWorkload& program) { return steered("command", program.command); },
                 [&](const RecordedWorkload& recorded) { return steered("table", recorded.table); }},
      workload);
}

// Adds "a.b.c" of every leaf to `paths`; lists are leaves.
void leaves(const ordered_json& node, const std::string& path, std::map<std::string, json>& paths) {
  if (!node.is_object() || node.empty()) {
    paths[path] = json(node);
    return;
  }
  for (const auto& [key, held] : node.items()) leaves(held, path.empty() ? key : path + "." + key, paths);
}

}  // namespace

const std::vector<std::string>& final_choice_words() {
  static const std::vector<std::string> words{"eq", "winners", "quality", "none"};
  return words;
}

FinalChoice parse_final_choice(const std::string& word) {
  const std::vector<std::string>& words = final_choice_words();
  return static_cast<FinalChoice>(std::find(words.begin(), words.end(), word) - words.begin());
}

std::string strategy_name(const StrategyPlan& strategy) {
  constexpr std::array<const char*, 6> kNames{"sm2", "random", "grid", "vanilla", "imported", "greenscreen"};
  return kNames[strategy.index()];
}

ordered_json plan_to_json(const Plan& plan) {
  ordered_json held{{"name", plan.name},
                    {"workload", workload_json(plan.workload, plan.goal)},
                    {"space", space_json(plan.space)}};
  held["fixed"] = point_to_json(plan.fixed);
  held["strategy"] = strategy_json(plan.strategy);
  held["limits"] = limits_json(plan.limits, plan.step_time);
  held["energy"] = {{"devices", plan.energy.devices},
                    {"interval", seconds_text(plan.energy.interval)},
                    {"pue", plan.energy.pue}};
  if (!plan.energy.carbon.empty()) held["energy"]["carbon"] = plan.energy.carbon;
  if (!plan.energy.trace) held["energy"]["trace"] = false;
  held["repeats"] = plan.repeats;
  held["seed"] = plan.seed;
  return held;
}

std::vector<std::string> changed_keys(const ordered_json& before, const ordered_json& after) {
  std::map<std::string, json> old_leaves;
  std::map<std::string, json> new_leaves;
  leaves(before, "", old_leaves);
  leaves(after, "", new_leaves);
  std::set<std::string> changed;
  for (const auto& [path, value] : old_leaves) {
    const auto found = new_leaves.find(path);
    if (found == new_leaves.end() || found->second != value) changed.insert(path);
  }
  for (const auto& [path, value] : new_leaves) {
    if (!old_leaves.contains(path)) changed.insert(path);
  }
  if (changed.empty() && before.dump() != after.dump()) return {"the order of keys"};
  return {changed.begin(), changed.end()};
}

}  // namespace frugal
