#include "frugal/train/trial_settings.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "frugal/base/nearest.h"
#include "frugal/work/trainer_catalogue.h"

namespace frugal {
namespace {

Error factor_error(const std::string& name, const std::string& what, const Value& value) {
  const bool is_text = std::holds_alternative<std::string>(value);
  const std::string shown = is_text ? "'" + value_text(value) + "'" : value_text(value);
  return bad_input("point: " + name + " must be " + what + ", not " + shown,
                   "change " + name + " in the space");
}

// One factor as a number of [low, high) into `out` when the point has it.
Status read_number(const Point& point, const std::string& name, double low, double high,
                   const std::string& what, double& out) {
  const Value* value = point.find(name);
  if (value == nullptr) return {};
  const bool numeric = std::holds_alternative<std::int64_t>(*value) || std::holds_alternative<double>(*value);
  const double number = numeric ? *point.number(name) : 0.0;
  if (!numeric || !std::isfinite(number) || number < low || number >= high)
    return factor_error(name, what, *value);
  out = number;
  return {};
}

Status read_batch_size(const Point& point, std::int64_t train_samples, std::int64_t& out) {
  double number = static_cast<double>(out);
  if (Status status = read_number(point, "batch_size", 1, 1e15, "a whole number of at least 1", number);
      !status.ok())
    return status;
  if (number != std::floor(number))
    return factor_error("batch_size", "a whole number of at least 1", *point.find("batch_size"));
  out = static_cast<std::int64_t>(number);
  if (out <= train_samples) return {};
  return bad_input("point: batch_size " + std::to_string(out) + " is larger than the training set of " +
                       std::to_string(train_samples) + " samples",
                   "choose at most " + std::to_string(train_samples));
}

Status read_optimizer(const Point& point, TrialSettings& out) {
  const Value* value = point.find("optimizer");
  if (value == nullptr) return {};
  const std::string name = value_text(*value);
  const std::vector<std::string>& known = trainer_catalogue().optimizers;
  const auto it = std::find(known.begin(), known.end(), name);
  if (it == known.end())
    return bad_input("point: unknown optimizer '" + name + "'" + did_you_mean(name, known),
                     "choose sgd, adam or adamw");
  out.optimizer = static_cast<UpdateRule>(it - known.begin());
  if (out.optimizer != UpdateRule::Sgd) {
    out.learning_rate = 0.001;
    out.momentum = 0.0;
  }
  return {};
}

// Factors that only sgd reads: giving them with another optimiser would silently do nothing.
Status read_momentum(const Point& point, TrialSettings& out) {
  for (const char* name : {"momentum", "nesterov"}) {
    if (out.optimizer != UpdateRule::Sgd && point.find(name) != nullptr)
      return bad_input(
          std::string("point: ") + name + " has no effect with optimizer " + update_rule_text(out.optimizer),
          std::string("give ") + name + " only when optimizer is sgd (when: {optimizer: sgd})");
  }
  if (Status status = read_number(point, "momentum", 0, 1, "a number from 0 to below 1", out.momentum);
      !status.ok())
    return status;
  const Value* nesterov = point.find("nesterov");
  if (nesterov == nullptr) return {};
  if (!std::holds_alternative<bool>(*nesterov)) return factor_error("nesterov", "true or false", *nesterov);
  out.nesterov = std::get<bool>(*nesterov);
  if (out.nesterov && out.momentum == 0.0)
    return bad_input("point: nesterov true has no effect with momentum 0",
                     "give a momentum above 0 or drop nesterov");
  return {};
}

Status check_names(const Point& point) {
  for (const auto& [name, value] : point.values()) {
    const std::vector<std::string>& known = trainer_catalogue().factors;
    if (std::find(known.begin(), known.end(), name) == known.end())
      return bad_input("point: unknown factor '" + name + "'" + did_you_mean(name, known),
                       "correct or remove '" + name + "' in the space");
  }
  return {};
}

}  // namespace

const char* update_rule_text(UpdateRule rule) {
  switch (rule) {
    case UpdateRule::Sgd:
      return "sgd";
    case UpdateRule::Adam:
      return "adam";
    case UpdateRule::AdamW:
      return "adamw";
  }
  return "sgd";
}

Result<TrialSettings> settings_from_point(const Point& point, std::int64_t train_samples) {
  TrialSettings out;
  Status status;
  const auto read = [&status](Status next) {
    if (status.ok() && !next.ok()) status = std::move(next);
  };
  constexpr double kAny = std::numeric_limits<double>::infinity();
  read(check_names(point));
  read(read_optimizer(point, out));
  read(read_batch_size(point, train_samples, out.batch_size));
  read(read_number(point, "learning_rate", 0, kAny, "a number of at least 0", out.learning_rate));
  read(read_momentum(point, out));
  read(read_number(point, "weight_decay", 0, kAny, "a number of at least 0", out.weight_decay));
  read(read_number(point, "label_smoothing", 0, 1, "a number from 0 to below 1", out.label_smoothing));
  read(read_number(point, "gradient_clip", 0, kAny, "a number of at least 0", out.gradient_clip));
  if (!status.ok()) return std::move(status).error();
  return out;
}

Point merged(const Point& point, const Point& set) {
  Point both = point;
  for (const auto& [name, value] : set.values()) both.set(name, value);
  return both;
}

}  // namespace frugal
