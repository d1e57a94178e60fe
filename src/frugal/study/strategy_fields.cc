#include "frugal/study/strategy_fields.h"

namespace frugal {
namespace {

constexpr double kMany = 1e15;
constexpr std::int64_t kMost = 1'000'000'000;

Sm2Plan read_sm2(const Fields& top) {
  const Fields fields =
      top.under("strategy", {"name", "alpha", "beta", "explore_fraction", "thorough_epochs", "final_epochs",
                             "exploration", "rate_rule", "rollback_tolerance", "configurations"});
  Sm2Plan plan;
  plan.alpha = fields.number("alpha", plan.alpha, 0, 1);
  plan.beta = fields.number("beta", plan.beta, 0, 1);
  plan.explore_fraction = fields.number("explore_fraction", plan.explore_fraction, 0, 1);
  if (plan.explore_fraction == 0)
    fields.refuse(fields.node("explore_fraction"), "explore_fraction", "must be more than 0");
  plan.thorough_epochs = static_cast<int>(fields.whole("thorough_epochs", plan.thorough_epochs, 1, kMost));
  plan.final_epochs = static_cast<int>(fields.whole("final_epochs", plan.final_epochs, 1, kMost));
  plan.exploration = fields.word("exploration", "probe", {"paper", "probe"}) == "paper" ? Exploration::Paper
                                                                                        : Exploration::Probe;
  const std::string rule = plan.exploration == Exploration::Paper ? "paper" : "valley";
  const std::string chosen = fields.word("rate_rule", rule, {"paper", "descent", "valley"});
  plan.rate_rule = chosen == "paper"     ? RateRule::Paper
                   : chosen == "descent" ? RateRule::Descent
                                         : RateRule::Valley;
  plan.rollback_tolerance = fields.number("rollback_tolerance", plan.rollback_tolerance, 0, kMany);
  if (fields.has("configurations"))
    plan.configurations = static_cast<int>(fields.whole("configurations", {}, 1, 100'000));
  return plan;
}

int read_trials(const Fields& fields, const char* example) {
  if (!fields.has("trials")) fields.refuse(fields.all(), "trials", "is missing", example);
  return static_cast<int>(fields.whole("trials", {}, 1, 10'000'000));
}

Point read_baseline(const Fields& strategy, const Space& space) {
  const Fields fields = strategy.under("baseline", {});
  Point point;
  for (const auto& entry : fields.all()) {
    const std::string& key = entry.first.Scalar();
    if (!entry.second.IsScalar()) fields.refuse(entry.second, key, "is a single value");
    point.set(key, scalar_value(entry.second));
  }
  if (const Status fits = check_point(space, point); !fits)
    strategy.refuse(strategy.node("baseline"), "baseline", fits.error().message, fits.error().hint);
  return point;
}

GreenscreenPlan read_greenscreen(const Fields& top, const Space& space) {
  const Fields fields =
      top.under("strategy", {"name", "trials", "baseline", "final", "final_epochs", "threshold"});
  GreenscreenPlan plan;
  plan.trials = read_trials(fields, "strategy: {name: greenscreen, trials: 96}");
  if (fields.has("baseline")) plan.baseline = read_baseline(fields, space);
  plan.final_choice = parse_final_choice(fields.word("final", "eq", final_choice_words()));
  plan.final_epochs = static_cast<int>(fields.whole("final_epochs", plan.final_epochs, 1, kMost));
  if (fields.has("threshold")) plan.threshold = fields.number("threshold", {}, -kMany, kMany);
  return plan;
}

}  // namespace

StrategyPlan read_strategy(const Fields& top, const WorkloadPlan& workload, const Space& space) {
  const std::vector<std::string> names{"sm2", "random", "grid", "vanilla", "greenscreen"};
  const Fields any = top.under("strategy", {});
  // What import stores; a study file cannot be run with it.
  if (std::holds_alternative<RecordedWorkload>(workload) && any.has("name") && any.text("name") == "imported")
    return ImportedPlan{};
  const std::string name = any.word("name", {}, names);
  if (name == "sm2") return read_sm2(top);
  if (name == "greenscreen") return read_greenscreen(top, space);
  if (name == "random") {
    const Fields fields = top.under("strategy", {"name", "trials"});
    return RandomPlan{read_trials(fields, "strategy: {name: random, trials: 20}")};
  }
  (void)top.under("strategy", {"name"});
  if (name == "grid") return GridPlan{};
  return VanillaPlan{};
}

}  // namespace frugal
