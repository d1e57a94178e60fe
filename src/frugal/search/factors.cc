#include "frugal/search/factors.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace frugal {
namespace {

constexpr double kLogSpan = 20;

bool is_number(const Value& value) {
  return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value);
}

std::vector<std::string> names_of(std::span<const Point> points) {
  std::vector<std::string> names;
  for (const Point& point : points) {
    for (const auto& [name, value] : point.values()) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

Factor factor_named(std::span<const Point> points, const std::string& name) {
  Factor factor{name};
  std::unordered_map<std::string, int> first_seen;
  std::vector<std::optional<int>> seen;
  for (const Point& point : points) {
    const Value* value = point.find(name);
    if (value == nullptr) {
      seen.emplace_back();
      continue;
    }
    const auto [place, fresh] =
        first_seen.try_emplace(value_text(*value), static_cast<int>(first_seen.size()));
    if (fresh) factor.levels.push_back(*value);
    seen.emplace_back(place->second);
  }
  factor.numeric = std::all_of(factor.levels.begin(), factor.levels.end(), is_number);
  std::vector<int> order(factor.levels.size());
  std::iota(order.begin(), order.end(), 0);
  if (factor.numeric) {
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      return level_number(factor.levels[static_cast<std::size_t>(a)]) <
             level_number(factor.levels[static_cast<std::size_t>(b)]);
    });
  }
  std::vector<int> rank(order.size());
  std::vector<Value> sorted;
  for (std::size_t i = 0; i < order.size(); ++i) {
    rank[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
    sorted.push_back(factor.levels[static_cast<std::size_t>(order[i])]);
  }
  factor.levels = std::move(sorted);
  for (const std::optional<int>& level : seen)
    factor.level.push_back(level ? std::optional(rank[static_cast<std::size_t>(*level)]) : std::nullopt);
  if (factor.numeric && !factor.levels.empty() && level_number(factor.levels.front()) > 0)
    factor.log = level_number(factor.levels.back()) >= kLogSpan * level_number(factor.levels.front());
  return factor;
}

}  // namespace

bool Factor::covers_every_trial() const {
  return std::find(level.begin(), level.end(), std::nullopt) == level.end();
}

double level_number(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  return std::get<double>(value);
}

std::vector<Factor> factors_of(std::span<const Point> points) {
  std::vector<Factor> factors;
  for (const std::string& name : names_of(points)) {
    Factor factor = factor_named(points, name);
    const std::size_t absence = factor.covers_every_trial() ? 0 : 1;
    if (factor.levels.size() + absence > 1) factors.push_back(std::move(factor));
  }
  return factors;
}

}  // namespace frugal
