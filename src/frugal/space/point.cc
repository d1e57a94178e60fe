#include "frugal/space/point.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "frugal/base/overloaded.h"
#include "frugal/base/units_text.h"

namespace frugal {
namespace {

std::optional<double> as_number(const Value& value) {
  return std::visit(Overloaded{[](bool b) -> std::optional<double> { return b ? 1.0 : 0.0; },
                               [](std::int64_t i) -> std::optional<double> { return static_cast<double>(i); },
                               [](double d) -> std::optional<double> { return d; },
                               [](const std::string&) -> std::optional<double> { return std::nullopt; }},
                    value);
}

template <class Json>
Result<Value> scalar_from_json(const Json& json) {
  if (json.is_boolean()) return Value(json.template get<bool>());
  if (json.is_number_integer()) return Value(json.template get<std::int64_t>());
  if (json.is_number_float()) return Value(json.template get<double>());
  if (json.is_string()) return Value(json.template get<std::string>());
  return bad_input("a value of a point is a number, a text, true or false, not " +
                   std::string(json.type_name()));
}

}  // namespace

std::string value_text(const Value& value) {
  return std::visit(
      Overloaded{[](bool b) { return std::string(b ? "true" : "false"); },
                 [](std::int64_t i) { return std::to_string(i); }, [](double d) { return exact_text(d); },
                 [](const std::string& s) { return s; }},
      value);
}

bool same_value(const Value& a, const Value& b) {
  if (std::holds_alternative<bool>(a) != std::holds_alternative<bool>(b)) return false;
  const auto x = as_number(a);
  const auto y = as_number(b);
  if (x && y) return *x == *y;
  return a == b;
}

void Point::set(std::string_view name, Value value) {
  for (auto& [known, held] : values_) {
    if (known == name) {
      held = std::move(value);
      return;
    }
  }
  values_.emplace_back(std::string(name), std::move(value));
}

const Value* Point::find(std::string_view name) const {
  for (const auto& [known, held] : values_) {
    if (known == name) return &held;
  }
  return nullptr;
}

std::optional<double> Point::number(std::string_view name) const {
  const Value* value = find(name);
  return value == nullptr ? std::nullopt : as_number(*value);
}

std::optional<std::string> Point::text(std::string_view name) const {
  const Value* value = find(name);
  if (value == nullptr || !std::holds_alternative<std::string>(*value)) return std::nullopt;
  return std::get<std::string>(*value);
}

std::string Point::text() const {
  std::string out;
  for (const auto& [name, value] : values_) out += (out.empty() ? "" : " ") + name + "=" + value_text(value);
  return out;
}

bool operator==(const Point& a, const Point& b) {
  if (a.values_.size() != b.values_.size()) return false;
  return std::all_of(a.values_.begin(), a.values_.end(), [&](const auto& entry) {
    const Value* other = b.find(entry.first);
    return other != nullptr && same_value(entry.second, *other);
  });
}

nlohmann::json value_to_json(const Value& value) {
  return std::visit([](const auto& held) { return nlohmann::json(held); }, value);
}

Result<Value> value_from_json(const nlohmann::json& json) { return scalar_from_json(json); }

nlohmann::ordered_json point_to_json(const Point& point) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, value] : point.values()) {
    json[name] = std::visit([](const auto& held) { return nlohmann::ordered_json(held); }, value);
  }
  return json;
}

Result<Point> point_from_json(const nlohmann::ordered_json& json) {
  if (!json.is_object()) return bad_input("a point is an object, not " + std::string(json.type_name()));
  Point point;
  for (const auto& [name, held] : json.items()) {
    Result<Value> value = scalar_from_json(held);
    if (!value) return bad_input("'" + name + "': " + value.error().message);
    point.set(name, std::move(*value));
  }
  return point;
}

}  // namespace frugal
