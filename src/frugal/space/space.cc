#include "frugal/space/space.h"

#include <algorithm>
#include <cmath>

#include "frugal/base/overloaded.h"
#include "frugal/base/units_text.h"

namespace frugal {
namespace {

constexpr double kMaxGridIntegers = 10'000;

double interpolated(const Real& real, double share) {
  if (share <= 0) return real.low;
  if (share >= 1) return real.high;
  if (!real.log) return real.low + (real.high - real.low) * share;
  return std::exp(std::log(real.low) + (std::log(real.high) - std::log(real.low)) * share);
}

std::string range_text(double low, double high) { return exact_text(low) + " to " + exact_text(high); }

std::optional<std::string> fault(const Domain& domain) {
  return std::visit(
      Overloaded{[](const Real& real) -> std::optional<std::string> {
                   if (!std::isfinite(real.low) || !std::isfinite(real.high))
                     return "its bounds are not finite";
                   if (real.low > real.high)
                     return "its range " + range_text(real.low, real.high) + " is empty";
                   if (real.log && real.low <= 0)
                     return "a log scale needs a positive low, not " + exact_text(real.low);
                   if (real.points && *real.points < 1)
                     return "points must be at least 1, not " + std::to_string(*real.points);
                   return std::nullopt;
                 },
                 [](const Integer& integer) -> std::optional<std::string> {
                   if (integer.low > integer.high) {
                     return "its range " + std::to_string(integer.low) + " to " +
                            std::to_string(integer.high) + " is empty";
                   }
                   if (integer.step < 1)
                     return "step must be at least 1, not " + std::to_string(integer.step);
                   if (integer.log && integer.low <= 0) {
                     return "a log scale needs a positive low, not " + std::to_string(integer.low);
                   }
                   return std::nullopt;
                 },
                 [](const Choice& choice) -> std::optional<std::string> {
                   if (choice.values.empty()) return "it has no choices";
                   for (std::size_t i = 0; i < choice.values.size(); ++i) {
                     for (std::size_t j = 0; j < i; ++j) {
                       if (same_value(choice.values[i], choice.values[j])) {
                         return "the choice " + value_text(choice.values[i]) + " is there twice";
                       }
                     }
                   }
                   return std::nullopt;
                 }},
      domain);
}

bool contains(const Domain& domain, const Value& value) {
  const auto number = Point({{"v", value}}).number("v");
  return std::visit(
      Overloaded{[&](const Real& real) {
                   return number && !std::holds_alternative<bool>(value) && *number >= real.low &&
                          *number <= real.high;
                 },
                 [&](const Integer& integer) {
                   return number && !std::holds_alternative<bool>(value) && *number == std::floor(*number) &&
                          *number >= static_cast<double>(integer.low) &&
                          *number <= static_cast<double>(integer.high);
                 },
                 [&](const Choice& choice) {
                   return std::any_of(choice.values.begin(), choice.values.end(),
                                      [&](const Value& known) { return same_value(known, value); });
                 }},
      domain);
}

Value drawn(const Domain& domain, Rng& rng) {
  return std::visit(
      Overloaded{
          [&](const Real& real) -> Value {
            if (!real.points) return interpolated(real, rng.uniform());
            const std::vector<Value> grid = grid_values(real);
            return grid[rng.below(grid.size())];
          },
          [&](const Integer& integer) -> Value {
            if (integer.log) {
              const Real real{
                  static_cast<double>(integer.low), static_cast<double>(integer.high) + 1, true, {}};
              const auto whole = static_cast<std::int64_t>(std::floor(interpolated(real, rng.uniform())));
              return std::clamp(whole, integer.low, integer.high);
            }
            const auto count = static_cast<std::uint64_t>((integer.high - integer.low) / integer.step + 1);
            return integer.low + integer.step * static_cast<std::int64_t>(rng.below(count));
          },
          [&](const Choice& choice) -> Value { return choice.values[rng.below(choice.values.size())]; }},
      domain);
}

}  // namespace

Result<Space> Space::make(std::vector<Parameter> parameters) {
  Space space;
  for (Parameter& parameter : parameters) {
    if (space.find(parameter.name) != nullptr)
      return bad_input("the parameter '" + parameter.name + "' is there twice");
    if (const auto wrong = fault(parameter.domain))
      return bad_input("parameter '" + parameter.name + "': " + *wrong);
    if (parameter.when) {
      const Parameter* parent = space.find(parameter.when->parent);
      if (parent == nullptr) {
        return bad_input("parameter '" + parameter.name + "' depends on '" + parameter.when->parent +
                         "', which is no parameter before it");
      }
      for (const Value& value : parameter.when->values) {
        if (!contains(parent->domain, value)) {
          return bad_input("parameter '" + parameter.name + "' waits for " + parent->name + " = " +
                           value_text(value) + ", which " + parent->name + " never is");
        }
      }
    }
    space.parameters_.push_back(std::move(parameter));
  }
  return space;
}

const Parameter* Space::find(std::string_view name) const {
  for (const Parameter& parameter : parameters_) {
    if (parameter.name == name) return &parameter;
  }
  return nullptr;
}

Space Space::without(std::string_view name) const {
  Space rest;
  for (Parameter parameter : parameters_) {
    if (parameter.name == name) continue;
    if (parameter.when && parameter.when->parent == name) parameter.when.reset();
    rest.parameters_.push_back(std::move(parameter));
  }
  return rest;
}

std::vector<Value> grid_values(const Domain& domain) {
  std::vector<Value> values;
  if (const auto* real = std::get_if<Real>(&domain)) {
    if (real->low == real->high) return {Value(real->low)};
    for (int i = 0; real->points && i < *real->points; ++i) {
      values.emplace_back(
          interpolated(*real, *real->points == 1 ? 0.0 : static_cast<double>(i) / (*real->points - 1)));
    }
  } else if (const auto* integer = std::get_if<Integer>(&domain)) {
    const double count =
        static_cast<double>(integer->high - integer->low) / static_cast<double>(integer->step);
    if (count > kMaxGridIntegers) return {};
    for (std::int64_t i = integer->low; i <= integer->high; i += integer->step) values.emplace_back(i);
  } else {
    values = std::get<Choice>(domain).values;
  }
  return values;
}

bool applies(const Parameter& parameter, const Point& point) {
  if (!parameter.when) return true;
  const Value* held = point.find(parameter.when->parent);
  return held != nullptr && std::any_of(parameter.when->values.begin(), parameter.when->values.end(),
                                        [&](const Value& value) { return same_value(value, *held); });
}

Result<std::vector<Point>> grid_points(const Space& space, std::size_t limit) {
  std::vector<Point> points{Point{}};
  for (const Parameter& parameter : space.parameters()) {
    const std::vector<Value> values = grid_values(parameter.domain);
    if (values.empty()) {
      return bad_input("parameter '" + parameter.name + "' is continuous and has no grid",
                       "give it 'points: N' or a list of values");
    }
    std::vector<Point> grown;
    for (const Point& point : points) {
      if (!applies(parameter, point)) {
        grown.push_back(point);
        continue;
      }
      for (const Value& value : values) {
        grown.push_back(point);
        grown.back().set(parameter.name, value);
      }
      if (grown.size() > limit) {
        return bad_input("the grid has more than " + std::to_string(limit) + " points",
                         "use 'strategy: {name: random, trials: N}' or fewer values");
      }
    }
    points = std::move(grown);
  }
  return points;
}

Point random_point(const Space& space, Rng& rng) {
  Point point;
  for (const Parameter& parameter : space.parameters()) {
    if (applies(parameter, point)) point.set(parameter.name, drawn(parameter.domain, rng));
  }
  return point;
}

Status check_point(const Space& space, const Point& point) {
  for (const Parameter& parameter : space.parameters()) {
    const Value* value = point.find(parameter.name);
    if (!applies(parameter, point)) {
      if (value != nullptr) {
        return bad_input("'" + parameter.name + "' has no effect here: it waits for " +
                         parameter.when->parent);
      }
      continue;
    }
    if (value == nullptr) return bad_input("the point has no '" + parameter.name + "'");
    if (!contains(parameter.domain, *value)) {
      return bad_input("'" + parameter.name + "' is " + value_text(*value) + ", which is outside the space");
    }
  }
  for (const auto& [name, value] : point.values()) {
    if (space.find(name) == nullptr) return bad_input("'" + name + "' is no parameter of the space");
  }
  return {};
}

}  // namespace frugal
