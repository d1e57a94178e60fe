// For tests of ledgers: values to write, and values as text, so that what is equal as text is equal.
// Exact to the last bit, but NaN equals NaN and -0 equals 0.
#pragma once

#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <optional>
#include <string>

#include "frugal/energy/work_trace_json.h"
#include "frugal/study/ledger.h"

namespace frugal {
namespace ledger_examples {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Values as text, exact to the bit: what is equal here is equal.
inline std::string told(double value) {
  if (std::isnan(value)) return "nan";
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%a", value == 0 ? 0.0 : value);
  return text.data();
}

inline std::string told(const std::optional<EnergyFigure>& figure) {
  if (!figure) return "nothing";
  return told(figure->value.value()) + " " + told(figure->low.value()) + " " + told(figure->high.value()) +
         " " + told(figure->coverage) + " " + method_text(figure->method) + " [" + figure->sensor + "] " +
         told(figure->duration.value());
}

inline std::string told(const std::map<std::string, double>& metrics) {
  std::string text;
  for (const auto& [name, value] : metrics) text += "[" + name + "]=" + told(value) + " ";
  return text;
}

inline std::string told(const EnergyReport& report) {
  std::string text = "total " + told(report.total) + "\n";
  for (const auto& [name, figure] : report.by_phase) text += "phase [" + name + "] " + told(figure) + "\n";
  for (const auto& [name, figure] : report.by_device) text += "device [" + name + "] " + told(figure) + "\n";
  return text;
}

inline std::string told(const Point& point) {
  std::string text;
  for (const auto& [name, value] : point.values()) {
    const double* number = std::get_if<double>(&value);
    text += "[" + name + "]=" + std::to_string(value.index()) + ":" +
            (number ? told(*number) : value_text(value)) + " ";
  }
  return text;
}

inline std::string told(const Work& work) {
  std::string text = work_name(work);
  if (const auto* explore = std::get_if<Explore>(&work)) {
    text += " " + told(explore->fraction) + (explore->restart ? " restart " : " ") +
            std::to_string(explore->min_cycles) + " " + std::to_string(explore->max_cycles);
    for (const double rate : explore->rates) text += " " + told(rate);
  }
  if (const auto* probe = std::get_if<Probe>(&work))
    text += " " + std::to_string(probe->steps) + " " + told(probe->set);
  if (const auto* train = std::get_if<Train>(&work))
    text += " " + std::to_string(train->epochs) + " " + told(train->set);
  return text;
}

inline std::string told(const Step& step) {
  return "trial " + std::to_string(step.trial) + " at " + told(step.point) + "seed " +
         std::to_string(step.seed) + " from " + (step.from ? std::to_string(*step.from) : "the start") +
         " round " + std::to_string(step.round) + " " + told(step.work) + " note [" + step.note + "]";
}

inline std::string told(const Outcome& outcome) {
  std::string text = outcome.failure ? std::string("failed ") + failure_text(outcome.failure->kind) + " [" +
                                           outcome.failure->message + "]\n"
                                     : "well\n";
  for (const EpochRow& row : outcome.epochs) {
    text += "epoch " + std::to_string(row.epoch) + " " + told(row.loss) + " " + told(row.metrics) +
            std::to_string(row.samples) + " " + told(row.duration.value()) + " " + told(row.energy) + "\n";
  }
  for (const RatePoint& point : outcome.curve)
    text += "curve " + told(point.rate) + " " + told(point.loss) + "\n";
  text += "before " + told(outcome.loss_before) + " metrics " + told(outcome.metrics) +
          std::to_string(outcome.samples) + " " + std::to_string(outcome.steps) + " " +
          std::to_string(outcome.budget_steps) + " " +
          (outcome.train_samples ? std::to_string(*outcome.train_samples) : "unknown") + " " +
          told(outcome.duration.value()) + "\n";
  return text + told(outcome.energy);
}

inline std::string told(const Observation& seen) {
  return std::to_string(seen.number) + ": " + told(seen.step) + "\n" + told(seen.outcome);
}

inline std::string told(const LostAttempt& lost) {
  return std::to_string(lost.step) + "." + std::to_string(lost.attempt) + " trial " +
         std::to_string(lost.trial) + " [" + lost.why + "] " + (lost.running ? "running " : "") +
         told(lost.duration.value()) + "\n" + told(lost.energy);
}

inline std::string told(const WorkTrace& trace) {
  std::string text = "from " + std::to_string(trace.clock.nanoseconds()) + "\n";
  for (const Trace& one : trace.traces) {
    text += sensor_to_json(one).dump() + "\n";
    for (const Reading& reading : one.readings)
      text += std::to_string(reading.at.nanoseconds()) + " " +
              (reading.power ? told(reading.power->value()) : "-") + " " +
              (reading.counter ? told(reading.counter->value()) : "-") + "\n";
  }
  for (const PhaseEdge& edge : trace.edges)
    text += std::to_string(edge.at.nanoseconds()) + " [" + edge.phase + "]\n";
  return text;
}

// Values to write.
inline EnergyFigure figure(double joules, const std::string& sensor = "sim0") {
  return {.value = Joules(joules),
          .low = Joules(joules * 0.9),
          .high = Joules(joules * 1.1),
          .coverage = 1.0 / 3,
          .method = Method::Integral,
          .sensor = sensor,
          .duration = Duration(joules / 7)};
}

inline EnergyReport report(double joules) {
  return {.total = figure(joules),
          .by_phase = {{"train", figure(joules * 0.7)}, {"evaluate", figure(joules * 0.3)}},
          .by_device = {{"sim0", figure(joules)}}};
}

// Readings number `first` to before `end` of a counter that also tells watts and of a power sensor: one a
// third of a second, the fourth of each a gap, the first before the begin; a phase begins with each.
inline WorkTrace trace(int first, int end) {
  WorkTrace made{Instant(7'000'000'123), {}, {}};
  made.traces.push_back({{.device = "gpu0",
                          .sensor = "a \"counter\"",
                          .method = Method::Counter,
                          .period = Duration(1.0 / 3),
                          .relative_error = 0.05,
                          .power = PowerCard{"instant", Duration(0.1), Duration(0.025)},
                          .counter_range = Joules(1e6 / 3),
                          .max_power = Watts(437.5),
                          .caveat = "it's one"},
                         {},
                         Duration(0.1)});
  made.traces.push_back({{.device = "cpu0", .sensor = "power", .whole_machine = true}, {}, Duration(0.1)});
  for (int i = first; i < end; ++i) {
    const Instant at((i - 1) * std::int64_t{333'333'333} + 1);
    const bool gap = i == 3;
    made.traces[0].readings.push_back({.at = at,
                                       .counter = gap ? std::nullopt : std::optional(Joules(1000 + i / 3.0)),
                                       .power = gap ? std::nullopt : std::optional(Watts(100.0 / 7 * i))});
    made.traces[1].readings.push_back(
        {.at = at, .power = gap ? std::nullopt : std::optional(Watts(50.0 / 3))});
    made.edges.push_back({at, i % 2 == 0 ? "train" : "other"});
  }
  return made;
}

inline Step train_step(TrialId trial, int epochs = 2) {
  return {.trial = trial,
          .point = Point({{"batch_size", std::int64_t{64}}, {"learning_rate", 0.1}}),
          .work = Train{epochs, Point({{"learning_rate", 0.05}})}};
}

inline Outcome trained(int first_epoch, int epochs) {
  Outcome outcome{.samples = 1000, .energy = report(12.34), .duration = Duration(0.1)};
  for (int epoch = first_epoch; epoch < first_epoch + epochs; ++epoch) {
    outcome.epochs.push_back(
        {epoch, 1.0 / epoch, {{"accuracy", 1 - 0.3 / epoch}, {"f1", 0.1}}, 500, Duration(0.7), figure(6.17)});
  }
  return outcome;
}

inline StudyHeader header(const std::string& name) {
  return {.name = name,
          .plan = {{"strategy", {{"name", "sm2"}}}, {"limits", {{"epochs", 60}}}},
          .source = "name: " + name + "\n",
          .goal = {"accuracy", true},
          .created_unix_s = 1.7e9 + 1.0 / 3};
}

}  // namespace ledger_examples

}  // namespace frugal
