#include "frugal/trial/trial_json.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "frugal/base/overloaded.h"

namespace frugal {
namespace {

using nlohmann::json;

json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }
double number(const json& held) {
  return held.is_null() ? std::numeric_limits<double>::quiet_NaN() : held.get<double>();
}

json metrics_json(const std::map<std::string, double>& metrics) {
  json held = json::object();
  for (const auto& [name, value] : metrics) held[name] = number(value);
  return held;
}

std::map<std::string, double> metrics_of(const json& held) {
  std::map<std::string, double> metrics;
  for (const auto& [name, value] : held.items()) metrics[name] = number(value);
  return metrics;
}

// Points keep their order as a list of pairs.
json point_json(const Point& point) {
  json list = json::array();
  for (const auto& [name, value] : point.values()) list.push_back(json::array({name, value_to_json(value)}));
  return list;
}

Point point_of(const json& list) {
  Point point;
  for (const json& entry : list) point.set(entry.at(0).get<std::string>(), *value_from_json(entry.at(1)));
  return point;
}

json work_json(const Work& work) {
  json held = std::visit(Overloaded{[](const Explore& w) {
                                      return json{{"fraction", w.fraction},
                                                  {"rates", w.rates},
                                                  {"restart", w.restart},
                                                  {"min_cycles", w.min_cycles},
                                                  {"max_cycles", w.max_cycles}};
                                    },
                                    [](const Probe& w) {
                                      return json{{"steps", w.steps}, {"set", point_json(w.set)}};
                                    },
                                    [](const Train& w) {
                                      return json{{"epochs", w.epochs}, {"set", point_json(w.set)}};
                                    },
                                    [](const Drop&) { return json::object(); }},
                         work);
  held["do"] = work_name(work);
  return held;
}

Result<Work> work_of(const json& held) {
  const std::string what = held.at("do");
  if (what == "explore") {
    return Work(Explore{held.at("fraction"), held.at("rates").get<std::vector<double>>(), held.at("restart"),
                        held.at("min_cycles"), held.at("max_cycles")});
  }
  if (what == "probe") return Work(Probe{held.at("steps"), point_of(held.at("set"))});
  if (what == "train") return Work(Train{held.at("epochs"), point_of(held.at("set"))});
  if (what == "drop") return Work(Drop{});
  return bad_input("unknown step '" + what + "'");
}

json epoch_json(const EpochRow& row) {
  json held{{"epoch", row.epoch},
            {"loss", number(row.loss)},
            {"metrics", metrics_json(row.metrics)},
            {"samples", row.samples},
            {"duration_s", row.duration.value()}};
  if (row.energy) held["energy"] = figure_to_json(*row.energy);
  return held;
}

EpochRow epoch_of(const json& held) {
  EpochRow row{held.at("epoch"),
               number(held.at("loss")),
               metrics_of(held.at("metrics")),
               held.at("samples"),
               Duration(held.at("duration_s").get<double>()),
               {}};
  if (held.contains("energy")) row.energy = figure_from_json(held.at("energy")).value();
  return row;
}

template <class F>
auto caught(F&& read) -> decltype(read()) {
  try {
    return read();
  } catch (const std::exception& failure) {
    return Error{ErrorCode::StoreBroken, std::string("this record cannot be read: ") + failure.what()};
  }
}

}  // namespace

json step_to_json(const Step& step) {
  json held{{"trial", step.trial},
            {"point", point_json(step.point)},
            {"seed", step.seed},
            {"round", step.round},
            {"work", work_json(step.work)}};
  if (step.from) held["from"] = *step.from;
  if (!step.note.empty()) held["note"] = step.note;
  return held;
}

Result<Step> step_from_json(const json& held) {
  return caught([&]() -> Result<Step> {
    Result<Work> work = work_of(held.at("work"));
    if (!work) return work.error();
    Step step{held.at("trial"), point_of(held.at("point")), held.at("seed"),       {},
              held.at("round"), std::move(*work),           held.value("note", "")};
    if (held.contains("from")) step.from = held.at("from").get<int>();
    return step;
  });
}

json outcome_to_json(const Outcome& outcome) {
  json held{{"samples", outcome.samples},
            {"duration_s", outcome.duration.value()},
            {"energy", phases_to_json(outcome.energy)}};
  if (outcome.failure)
    held["failure"] = {{"kind", failure_text(outcome.failure->kind)}, {"message", outcome.failure->message}};
  for (const EpochRow& row : outcome.epochs) held["epochs"].push_back(epoch_json(row));
  for (const RatePoint& point : outcome.curve)
    held["curve"].push_back(json::array({point.rate, number(point.loss)}));
  if (!outcome.curve.empty()) {
    held["loss_before"] = number(outcome.loss_before);
    held["steps"] = outcome.steps;
    held["budget_steps"] = outcome.budget_steps;
    if (outcome.train_samples) held["train_samples"] = *outcome.train_samples;
  }
  if (!outcome.metrics.empty()) held["metrics"] = metrics_json(outcome.metrics);
  return held;
}

Result<Outcome> outcome_from_json(const json& held) {
  return caught([&]() -> Result<Outcome> {
    Outcome outcome;
    outcome.samples = held.at("samples");
    outcome.duration = Duration(held.at("duration_s").get<double>());
    outcome.energy = phases_from_json(held.at("energy")).value();
    if (held.contains("failure")) {
      const std::string kind = held.at("failure").at("kind");
      outcome.failure =
          Failure{parse_failure(kind).value_or(FailureKind::Internal), held.at("failure").at("message")};
    }
    for (const json& row : held.value("epochs", json::array())) outcome.epochs.push_back(epoch_of(row));
    for (const json& point : held.value("curve", json::array()))
      outcome.curve.push_back({point.at(0).get<double>(), number(point.at(1))});
    outcome.loss_before = held.contains("loss_before") ? number(held.at("loss_before")) : 0;
    outcome.steps = held.value("steps", 0);
    outcome.budget_steps = held.value("budget_steps", 0);
    if (held.contains("train_samples")) outcome.train_samples = held.at("train_samples").get<std::int64_t>();
    if (held.contains("metrics")) outcome.metrics = metrics_of(held.at("metrics"));
    return outcome;
  });
}

}  // namespace frugal
