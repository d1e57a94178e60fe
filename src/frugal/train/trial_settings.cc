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

constexpr double kAny = std::numeric_limits<double>::infinity();

Error factor_error(const std::string& name, const std::string& what, const Value& value) {
  const std::string quote = std::holds_alternative<std::string>(value) ? "'" : "";
  const std::string shown = quote + value_text(value) + quote;
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

Status read_whole(const Point& point, const std::string& name, std::int64_t& out) {
  const std::string what = "a whole number of at least 1";
  double number = static_cast<double>(out);
  if (Status status = read_number(point, name, 1, 1e15, what, number); !status.ok()) return status;
  if (number != std::floor(number)) return factor_error(name, what, *point.find(name));
  out = static_cast<std::int64_t>(number);
  return {};
}

// One factor as a word of the catalogue into the enumerator that stands at the same place.
template <class Enum>
Status read_word(const Point& point, const std::string& name, Enum& out) {
  const Value* value = point.find(name);
  if (value == nullptr) return {};
  const std::vector<std::string>& known = *factor_words(name);
  const std::string word = value_text(*value);
  const auto it = std::find(known.begin(), known.end(), word);
  if (it == known.end()) {
    std::string list;
    for (const std::string& each : known) list += (list.empty() ? "" : ", ") + each;
    return bad_input("point: unknown " + name + " '" + word + "'" + did_you_mean(word, known),
                     "choose one of " + list);
  }
  out = static_cast<Enum>(it - known.begin());
  return {};
}

bool has_momentum(UpdateRule rule) {
  return rule == UpdateRule::Sgd || rule == UpdateRule::Nesterov || rule == UpdateRule::RmsProp;
}

void default_by_optimizer(TrialSettings& out) {
  const bool plain = out.optimizer == UpdateRule::Sgd || out.optimizer == UpdateRule::Nesterov;
  if (!plain) {
    out.learning_rate = 0.001;
    out.momentum = 0.0;
  }
  out.nesterov = out.optimizer == UpdateRule::Nesterov;
}

Error without_effect(const std::string& name, const std::string& under, const std::string& where) {
  return bad_input("point: " + name + " has no effect with " + under, "give " + name + " only when " + where);
}

// Factors that only some optimisers read: giving them with another one would silently do nothing.
Status read_momentum(const Point& point, TrialSettings& out) {
  const std::string under = std::string("optimizer ") + update_rule_text(out.optimizer);
  if (point.find("momentum") != nullptr && !has_momentum(out.optimizer))
    return without_effect("momentum", under, "optimizer is sgd (when: {optimizer: sgd})");
  if (point.find("nesterov") != nullptr && out.optimizer != UpdateRule::Sgd)
    return without_effect("nesterov", under, "optimizer is sgd (when: {optimizer: sgd})");
  if (Status status = read_number(point, "momentum", 0, 1, "a number from 0 to below 1", out.momentum);
      !status.ok())
    return status;
  if (const Value* nesterov = point.find("nesterov")) {
    if (!std::holds_alternative<bool>(*nesterov)) return factor_error("nesterov", "true or false", *nesterov);
    out.nesterov = std::get<bool>(*nesterov);
  }
  if (out.nesterov && out.momentum == 0.0)
    return bad_input("point: nesterov true has no effect with momentum 0",
                     "give a momentum above 0 or drop nesterov");
  return {};
}

Status read_schedule(const Point& point, TrialSettings& out) {
  if (Status status = read_word(point, "schedule", out.schedule); !status.ok()) return status;
  const std::string under =
      "schedule " + factor_words("schedule")->at(static_cast<std::size_t>(out.schedule));
  const bool decays = out.schedule == Schedule::Exponential || out.schedule == Schedule::Step;
  if (point.find("gamma") != nullptr && !decays)
    return without_effect("gamma", under,
                          "schedule is exponential or step (when: {schedule: [exponential, step]})");
  if (point.find("decay_steps") != nullptr && out.schedule == Schedule::Constant)
    return without_effect("decay_steps", under, "schedule is another");
  if (out.schedule == Schedule::Step) out.gamma = 0.1;
  if (Status status =
          read_number(point, "gamma", 1e-12, 1.0 + 1e-12, "a number above 0 and at most 1", out.gamma);
      !status.ok())
    return status;
  return read_whole(point, "decay_steps", out.decay_steps);
}

Status read_partitioning(const Point& point, std::optional<Partitioning>& out) {
  std::size_t place = 0;
  if (Status status = read_word(point, "partitioning", place); !status.ok()) return status;
  if (point.find("partitioning") == nullptr) return {};
  const std::string word = factor_words("partitioning")->at(place);
  const std::size_t first = word.find('-'), second = word.rfind('-');
  out = Partitioning{.train = std::stoi(word.substr(0, first)),
                     .validation = std::stoi(word.substr(first + 1, second - first - 1)),
                     .test = std::stoi(word.substr(second + 1))};
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
  return trainer_catalogue().optimizers.at(static_cast<std::size_t>(rule)).c_str();
}

Result<TrialSettings> settings_from_point(const Point& point) {
  TrialSettings out;
  std::int64_t unused = 1;
  Status status;
  const auto read = [&status](Status next) {
    if (status.ok() && !next.ok()) status = std::move(next);
  };
  const std::string at_least_0 = "a number of at least 0", below_1 = "a number from 0 to below 1";
  read(check_names(point));
  read(read_word(point, "optimizer", out.optimizer));
  default_by_optimizer(out);
  read(read_whole(point, "batch_size", out.batch_size));
  read(read_number(point, "learning_rate", 0, kAny, at_least_0, out.learning_rate));
  read(read_momentum(point, out));
  read(read_number(point, "weight_decay", 0, kAny, at_least_0, out.weight_decay));
  read(read_number(point, "label_smoothing", 0, 1, below_1, out.label_smoothing));
  read(read_number(point, "gradient_clip", 0, kAny, at_least_0, out.gradient_clip));
  read(read_number(point, "dropout", 0, 1, below_1, out.dropout));
  read(read_schedule(point, out));
  read(read_word(point, "preprocessing", out.preprocessing));
  read(read_word(point, "augmentation", out.augmentation));
  read(read_word(point, "precision", out.precision));
  read(read_word(point, "internal", out.internal));
  read(read_partitioning(point, out.partitioning));
  read(read_whole(point, "epochs", unused));
  read(read_whole(point, "patience", unused));
  if (!status.ok()) return std::move(status).error();
  return out;
}

Status check_batch_size(const TrialSettings& settings, std::int64_t train_samples) {
  if (settings.batch_size <= train_samples) return {};
  return bad_input("point: batch_size " + std::to_string(settings.batch_size) +
                       " is larger than the training set of " + std::to_string(train_samples) + " samples",
                   "choose at most " + std::to_string(train_samples));
}

std::optional<std::string> fixed_factor_changed(const TrialSettings& before, const TrialSettings& after) {
  if (before.preprocessing != after.preprocessing) return "preprocessing";
  if (before.precision != after.precision) return "precision";
  if (before.internal != after.internal) return "internal";
  if (before.partitioning != after.partitioning) return "partitioning";
  return std::nullopt;
}

Point merged(const Point& point, const Point& set) {
  Point both = point;
  for (const auto& [name, value] : set.values()) both.set(name, value);
  return both;
}

}  // namespace frugal
