// A Point is one configuration: named values in the order of the space. Equal points have equal text().
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "frugal/base/result.h"

namespace frugal {

using Value = std::variant<bool, std::int64_t, double, std::string>;

// "0.1", "64", "true", "adam": as people write it; doubles with the shortest text that reads back.
std::string value_text(const Value& value);

// True for equal numbers of different types (64 and 64.0), else for equal values of one type.
bool same_value(const Value& a, const Value& b);

class Point {
 public:
  Point() = default;
  Point(std::initializer_list<std::pair<std::string, Value>> values) : values_(values) {}

  // Replaces the value of `name` or appends it.
  void set(std::string_view name, Value value);
  const Value* find(std::string_view name) const;
  // The value as a number; nothing when absent or no number. Booleans are 0 and 1.
  std::optional<double> number(std::string_view name) const;
  // The value as text; nothing when absent or not text.
  std::optional<std::string> text(std::string_view name) const;

  const std::vector<std::pair<std::string, Value>>& values() const { return values_; }
  bool empty() const { return values_.empty(); }
  // "batch_size=64 learning_rate=0.1"
  std::string text() const;
  // Same names with same values, in any order.
  friend bool operator==(const Point& a, const Point& b);

 private:
  std::vector<std::pair<std::string, Value>> values_;
};

nlohmann::json value_to_json(const Value& value);
Result<Value> value_from_json(const nlohmann::json& json);
// An object of scalars; order is kept. Anything else is an error that names the key.
nlohmann::ordered_json point_to_json(const Point& point);
Result<Point> point_from_json(const nlohmann::ordered_json& json);

}  // namespace frugal
