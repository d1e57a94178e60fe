#include "frugal/study/strategies.h"

#include <algorithm>

#include "frugal/search/each_point.h"

namespace frugal {
namespace {

std::vector<Point> with_fixed(std::vector<Point> points, const Point& fixed) {
  for (Point& point : points) {
    for (const auto& [name, value] : fixed.values()) point.set(name, value);
  }
  return points;
}

std::vector<Point> configurations(const Plan& plan, const Sm2Plan& sm2) {
  const Space space = plan.space.without("learning_rate");
  if (sm2.configurations) return random_points(space, *sm2.configurations, plan.seed);
  return grid_points(space).value();
}

std::unique_ptr<Strategy> make_sm2(const Plan& plan, const Sm2Plan& sm2) {
  Sm2Settings settings;
  settings.configurations = with_fixed(configurations(plan, sm2), plan.fixed);
  for (const Value& value : grid_values(plan.space.find("learning_rate")->domain)) {
    settings.rates.push_back(*Point({{"rate", value}}).number("rate"));
  }
  std::sort(settings.rates.begin(), settings.rates.end());
  settings.goal = plan.goal;
  settings.limits = plan.limits;
  settings.weights = {sm2.alpha, sm2.beta};
  settings.seed = plan.seed;
  settings.explore_fraction = sm2.explore_fraction;
  settings.thorough_epochs = sm2.thorough_epochs;
  settings.final_epochs = sm2.final_epochs;
  settings.exploration = sm2.exploration;
  settings.rate_rule = sm2.rate_rule;
  settings.rollback_tolerance = sm2.rollback_tolerance;
  return std::make_unique<Sm2>(std::move(settings));
}

Point with_fixed(const Point& point, const Point& fixed) {
  return with_fixed(std::vector{point}, fixed).front();
}

std::unique_ptr<Strategy> make_greenscreen(const Plan& plan, const GreenscreenPlan& greenscreen) {
  // One more than wanted, in case that the baseline is drawn.
  std::vector<Point> points = random_points(plan.space, greenscreen.trials + 1, plan.seed);
  if (greenscreen.baseline) std::erase(points, *greenscreen.baseline);
  points.resize(std::min(points.size(), static_cast<std::size_t>(greenscreen.trials)));
  GreenscreenSettings settings;
  if (greenscreen.baseline) settings.baseline = with_fixed(*greenscreen.baseline, plan.fixed);
  settings.points = with_fixed(std::move(points), plan.fixed);
  settings.repeats = plan.repeats;
  settings.seed = plan.seed;
  settings.goal = plan.goal;
  settings.limits = plan.limits;
  settings.choice = greenscreen.final_choice;
  settings.final_epochs = greenscreen.final_epochs;
  settings.threshold = greenscreen.threshold;
  settings.space = plan.space;
  return std::make_unique<Greenscreen>(std::move(settings));
}

}  // namespace

std::unique_ptr<Strategy> make_strategy(const Plan& plan) {
  if (const auto* sm2 = std::get_if<Sm2Plan>(&plan.strategy)) return make_sm2(plan, *sm2);
  if (const auto* greenscreen = std::get_if<GreenscreenPlan>(&plan.strategy))
    return make_greenscreen(plan, *greenscreen);
  if (std::holds_alternative<ImportedPlan>(plan.strategy))
    return std::make_unique<EachPoint>(
        EachPointSettings{strategy_name(plan.strategy), {}, plan.goal, plan.limits});
  const auto* random = std::get_if<RandomPlan>(&plan.strategy);
  std::vector<Point> points = random != nullptr ? random_points(plan.space, random->trials, plan.seed)
                                                : grid_points(plan.space).value();
  points = with_fixed(std::move(points), plan.fixed);
  return std::make_unique<EachPoint>(EachPointSettings{
      strategy_name(plan.strategy), repeated(points, plan.repeats, plan.seed), plan.goal, plan.limits});
}

}  // namespace frugal
