// Sums of figures and their JSON. What is read back is checked against the invariant of figure.h.
#include "frugal/energy/figure.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace frugal {
namespace {

constexpr std::array<std::pair<Method, const char*>, 3> kMethods{
    {{Method::Counter, "counter"}, {Method::Integral, "integral"}, {Method::Model, "model"}}};
constexpr std::string_view kJoint = " + ";
constexpr double kRounding = 1e-9;  // relative; figures that went through text may be off by that much

// Adds the sensors named in `more` to `names`, each once.
void add_sensors(std::vector<std::string>& names, std::string_view more) {
  while (!more.empty()) {
    const std::size_t cut = std::min(more.find(kJoint), more.size());
    const std::string name(more.substr(0, cut));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    more.remove_prefix(std::min(cut + kJoint.size(), more.size()));
  }
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : std::string(kJoint)) + name;
  return text;
}

std::string joined_sensors(std::span<const EnergyFigure> figures) {
  std::vector<std::string> names;
  for (const EnergyFigure& figure : figures) add_sensors(names, figure.sensor);
  return joined(names);
}

// What both sums share: joules and bounds, the weakest method, the sensors.
EnergyFigure added(std::span<const EnergyFigure> figures) {
  EnergyFigure sum;
  sum.method = Method::Counter;
  bool alike = true;
  for (const EnergyFigure& figure : figures) {
    sum.value += figure.value;
    sum.low += figure.low;
    sum.high += figure.high;
    sum.method = std::max(sum.method, figure.method);
    alike = alike && figure.sensor == figures.front().sensor;
  }
  sum.sensor = alike ? figures.front().sensor : joined_sensors(figures);
  return sum;
}

Error broken(const std::string& what) { return bad_input("an energy figure " + what); }

Result<double> number_at(const nlohmann::json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) return broken(std::string("lacks '") + key + "'");
  if (!found->is_number())
    return broken(std::string("has '") + key + "' that is not a number: " + found->dump());
  const double value = found->get<double>();
  if (!std::isfinite(value)) return broken(std::string("has '") + key + "' that is not finite");
  return value;
}

Status check(const EnergyFigure& figure) {
  const double slack = kRounding * (1 + std::abs(figure.value.value()));
  if (figure.low.value() > figure.value.value() + slack ||
      figure.high.value() < figure.value.value() - slack) {
    return broken("has bounds that do not hold its value");
  }
  if (figure.coverage < 0 || figure.coverage > 1 + kRounding) return broken("has a coverage outside 0 to 1");
  if (figure.duration.value() < 0) return broken("has a negative duration");
  return {};
}

}  // namespace

const char* method_text(Method method) {
  for (const auto& [known, text] : kMethods) {
    if (known == method) return text;
  }
  return "unknown";
}

std::optional<Method> parse_method(std::string_view text) {
  for (const auto& [method, known] : kMethods) {
    if (text == known) return method;
  }
  return std::nullopt;
}

std::optional<EnergyFigure> sum_of_devices(std::span<const EnergyFigure> figures) {
  if (figures.empty()) return std::nullopt;
  EnergyFigure sum = added(figures);
  sum.coverage = 1;
  for (const EnergyFigure& figure : figures) {
    sum.coverage = std::min(sum.coverage, figure.coverage);
    sum.duration = std::max(sum.duration, figure.duration);
  }
  return sum;
}

std::optional<EnergyFigure> sum_of_windows(std::span<const EnergyFigure> figures) {
  if (figures.empty()) return std::nullopt;
  EnergyFigure sum = added(figures);
  Duration measured;
  double least = 1;
  for (const EnergyFigure& figure : figures) {
    sum.duration += figure.duration;
    measured += figure.duration * figure.coverage;
    least = std::min(least, figure.coverage);
  }
  sum.coverage = sum.duration.value() > 0 ? std::min(1.0, measured / sum.duration) : least;
  return sum;
}

EnergyFigure with_unmeasured(EnergyFigure figure, Duration unmeasured, std::optional<Watts> at_most) {
  if (unmeasured.value() <= 0) return figure;
  const Duration measured = figure.duration * figure.coverage;
  if (!at_most && measured.value() > 0) at_most = figure.value / measured;
  if (at_most) figure.high += Watts(std::max(0.0, at_most->value())) * unmeasured;
  figure.duration += unmeasured;
  figure.coverage = measured / figure.duration;
  return figure;
}

nlohmann::json figure_to_json(const EnergyFigure& figure) {
  return {{"energy_j", figure.value.value()},     {"low_j", figure.low.value()},
          {"high_j", figure.high.value()},        {"coverage", figure.coverage},
          {"method", method_text(figure.method)}, {"sensor", figure.sensor},
          {"duration_s", figure.duration.value()}};
}

Result<EnergyFigure> figure_from_json(const nlohmann::json& json) {
  if (!json.is_object()) return broken("is not an object: " + json.dump());
  std::array<double, 5> numbers{};
  constexpr std::array<const char*, 5> kKeys{"energy_j", "low_j", "high_j", "coverage", "duration_s"};
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    const Result<double> number = number_at(json, kKeys[i]);
    if (!number) return number.error();
    numbers[i] = *number;
  }
  const auto method = json.find("method");
  const auto sensor = json.find("sensor");
  if (method == json.end() || !method->is_string()) return broken("lacks 'method'");
  if (sensor == json.end() || !sensor->is_string()) return broken("lacks 'sensor'");
  const std::string method_name = method->get<std::string>();
  const std::optional<Method> known = parse_method(method_name);
  if (!known) return broken("has the unknown method '" + method_name + "' (known: counter, integral, model)");
  EnergyFigure figure{.value = Joules(numbers[0]),
                      .low = Joules(numbers[1]),
                      .high = Joules(numbers[2]),
                      .coverage = numbers[3],
                      .method = *known,
                      .sensor = sensor->get<std::string>(),
                      .duration = Duration(numbers[4])};
  if (const Status status = check(figure); !status) return status.error();
  return figure;
}

}  // namespace frugal
