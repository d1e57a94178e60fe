#include "frugal/study/study_checks.h"

#include <algorithm>
#include <variant>

#include "frugal/base/nearest.h"
#include "frugal/work/command_template.h"
#include "frugal/work/trainer_catalogue.h"

namespace frugal {
namespace {

// The built-in trainer knows its factors: a word it does not know is refused here, with its place.
void check_factors(const Fields& top) {
  for (const char* part : {"space", "fixed"}) {
    if (top.has(part)) (void)top.under(part, trainer_catalogue().factors);
  }
}

void check_sm2(const Fields& top, const Plan& plan, const Sm2Plan& sm2) {
  const YAML::Node strategy = top.node("strategy");
  const Parameter* rate = plan.space.find("learning_rate");
  if (rate == nullptr || grid_values(rate->domain).size() < 3) {
    top.refuse(rate == nullptr ? strategy : top.node("space")["learning_rate"], "strategy",
               "sm2 searches the learning rate and needs at least 3 candidates of it",
               "add to space:  learning_rate: {low: 0.001, high: 1.0, log: true, points: 20}");
  }
  for (const Value& value : grid_values(rate->domain)) {
    const std::optional<double> number = Point({{"v", value}}).number("v");
    if (!number || *number <= 0)
      top.refuse(top.node("space"), "space", "learning_rate " + value_text(value) + " is no positive number");
  }
  if (plan.repeats != 1)
    top.refuse(top.node("repeats"), "repeats",
               "sm2 runs every configuration once; repeat the study with other seeds instead");
  const Result<std::vector<Point>> grid = grid_points(plan.space.without("learning_rate"), 100'000);
  if (!grid && !sm2.configurations) {
    top.refuse(strategy, "strategy", grid.error().message,
               "or let sm2 draw random ones: strategy: {name: sm2, configurations: 16}");
  }
}

void check_greenscreen(const Fields& top, const Plan& plan, const GreenscreenPlan& greenscreen) {
  const YAML::Node strategy = top.node("strategy");
  if (greenscreen.final_choice == FinalChoice::Efficiency && !plan.goal.maximise)
    top.refuse(strategy["final"] ? strategy["final"] : strategy, "strategy.final",
               "the efficiency quotient is quality per watt-hour, which says nothing of " + plan.goal.metric +
                   ", of which less is better",
               "write final: quality, or final: winners");
  if (plan.space.empty())
    top.refuse(strategy, "strategy", "greenscreen draws configurations, but there is no space to draw from");
  const auto wanted = static_cast<std::size_t>(greenscreen.trials) + (greenscreen.baseline ? 1 : 0);
  const Result<std::vector<Point>> grid = grid_points(plan.space, wanted);
  if (grid && grid->size() < wanted)
    top.refuse(strategy["trials"], "strategy.trials",
               "is " + std::to_string(greenscreen.trials) + ", but the space holds " +
                   std::to_string(grid->size()) + " different configurations" +
                   (greenscreen.baseline ? ", the baseline among them" : ""));
}

// Every name of the command is one of the study, and every parameter that is searched reaches the program.
void check_command(const Fields& top, const Plan& plan, const std::string& command) {
  const Fields fields = top.under("workload", {});
  std::vector<std::string> known;
  for (const Parameter& parameter : plan.space.parameters()) known.push_back(parameter.name);
  const std::vector<std::string> searched = known;
  for (const auto& [name, value] : plan.fixed.values()) known.push_back(name);
  known.insert(known.end(), {"seed", "epochs", "trial", "point"});
  const std::vector<std::string> used = CommandTemplate::parse(command)->names();
  const auto uses = [&](const std::string& name) {
    return std::find(used.begin(), used.end(), name) != used.end();
  };
  for (const std::string& name : used) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      fields.refuse(fields.node("command"), "command",
                    "{" + name + "} is no parameter of this study" + did_you_mean(name, known),
                    "name it in 'space:' or 'fixed:'; {{ and }} stand for braces");
  }
  for (const std::string& name : searched) {
    if (!uses(name) && !uses("point"))
      fields.refuse(fields.node("command"), "command", "does not hold {" + name + "}, which is searched",
                    "write {" + name + "} where the program takes it, or {point} for all of them as JSON");
  }
}

// Programs and recorded runs go from their start to their end and no other way.
void check_straight(const Fields& top, const Plan& plan) {
  const bool program = std::holds_alternative<CommandWorkload>(plan.workload);
  if (!program && !std::holds_alternative<RecordedWorkload>(plan.workload)) return;
  const std::vector<std::string> able{"random", "grid", "vanilla", "imported", "greenscreen"};
  const std::string name = strategy_name(plan.strategy);
  if (std::find(able.begin(), able.end(), name) != able.end()) return;
  top.refuse(top.node("strategy"), "strategy",
             name + " needs trainings that can be explored and set back to an earlier state, which " +
                 (program ? "a program of 'command:' cannot" : "recorded runs cannot"),
             program ? "use 'strategy: {name: random, trials: 10}', or make the training a worker: "
                       "docs/bring-your-own.md"
                     : "use 'strategy: {name: grid}' or 'strategy: {name: random, trials: 10}'");
}

}  // namespace

void check_name(const Fields& top, const std::string& name) {
  if (name.empty() || name.size() > 200)
    top.refuse(top.node("name"), "name", "has between 1 and 200 characters");
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '/')
      top.refuse(top.node("name"), "name", "holds no slash and no control character");
  }
}

void check_together(const Fields& top, const Plan& plan) {
  check_straight(top, plan);
  if (const auto* program = std::get_if<CommandWorkload>(&plan.workload))
    check_command(top, plan, program->command);
  if (std::holds_alternative<TrainerWorkload>(plan.workload)) check_factors(top);
  if (const auto* sm2 = std::get_if<Sm2Plan>(&plan.strategy)) check_sm2(top, plan, *sm2);
  if (const auto* greenscreen = std::get_if<GreenscreenPlan>(&plan.strategy))
    check_greenscreen(top, plan, *greenscreen);
  if (std::holds_alternative<VanillaPlan>(plan.strategy)) {
    const Result<std::vector<Point>> grid = grid_points(plan.space, 2);
    if (!grid || grid->size() != 1) {
      top.refuse(top.node("space"), "space", "vanilla trains one configuration, but the space holds several",
                 "move the values to 'fixed:', or use 'strategy: {name: grid}'");
    }
  }
  if (std::holds_alternative<GridPlan>(plan.strategy)) {
    const Result<std::vector<Point>> grid = grid_points(plan.space);
    if (!grid) top.refuse(top.node("space"), "space", grid.error().message, grid.error().hint);
  }
}

}  // namespace frugal
