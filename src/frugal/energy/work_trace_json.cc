#include "frugal/energy/work_trace_json.h"

#include <cmath>
#include <utility>

namespace frugal {
namespace {

using nlohmann::json;

template <class Quantity>
json optional_json(const std::optional<Quantity>& value) {
  return value ? json(value->value()) : json(nullptr);
}

template <class Quantity>
std::optional<Quantity> optional_of(const json& held) {
  if (held.is_null()) return std::nullopt;
  return Quantity(held.get<double>());
}

MeterCard card_of(const json& held) {
  MeterCard card;
  card.device = held.at("device").get<std::string>();
  card.sensor = held.at("sensor").get<std::string>();
  card.method = parse_method(held.at("method").get<std::string>()).value_or(Method::Model);
  card.period = Duration(held.at("period_s").get<double>());
  card.window = Duration(held.at("window_s").get<double>());
  card.relative_error = held.at("relative_error").get<double>();
  card.whole_machine = held.at("whole_machine").get<bool>();
  card.counter_range = optional_of<Joules>(held.at("counter_range_j"));
  card.max_power = optional_of<Watts>(held.at("max_power_w"));
  if (const json& power = held.at("power"); !power.is_null())
    card.power = PowerCard{power.at("field").get<std::string>(), Duration(power.at("period_s").get<double>()),
                           Duration(power.at("window_s").get<double>())};
  if (const json& caveat = held.at("caveat"); !caveat.is_null()) card.caveat = caveat.get<std::string>();
  return card;
}

Trace readings_of(const std::string& device, const json& rows) {
  Trace trace;
  trace.card.device = device;
  trace.readings.reserve(rows.size());
  for (const json& row : rows) {
    Reading reading{.at = exact_instant(row.at(0).get<double>())};
    reading.power = optional_of<Watts>(row.at(1));
    reading.counter = optional_of<Joules>(row.at(2));
    trace.readings.push_back(reading);
  }
  return trace;
}

template <class Read>
auto caught(const Read& read) -> Result<decltype(read())> {
  try {
    return read();
  } catch (const json::exception& failure) {
    return bad_input(std::string("this is no trace: ") + failure.what());
  }
}

}  // namespace

double exact_seconds(Instant at) { return static_cast<double>(at.nanoseconds()) / 1e9; }

Instant exact_instant(double seconds) { return Instant(std::llround(seconds * 1e9)); }

json sensor_to_json(const Trace& trace) {
  const MeterCard& card = trace.card;
  json power = nullptr;
  if (card.power)
    power = {{"field", card.power->field},
             {"period_s", card.power->period.value()},
             {"window_s", card.power->window.value()}};
  return {{"device", card.device},
          {"sensor", card.sensor},
          {"method", method_text(card.method)},
          {"period_s", card.period.value()},
          {"window_s", card.window.value()},
          {"relative_error", card.relative_error},
          {"interval_s", trace.interval.value()},
          {"whole_machine", card.whole_machine},
          {"counter_range_j", optional_json(card.counter_range)},
          {"max_power_w", optional_json(card.max_power)},
          {"power", std::move(power)},
          {"caveat", card.caveat ? json(*card.caveat) : json(nullptr)}};
}

Result<Trace> sensor_from_json(const json& held) {
  return caught([&] { return Trace{card_of(held), {}, Duration(held.at("interval_s").get<double>())}; });
}

json work_trace_to_json(const WorkTrace& trace) {
  json readings = json::object();
  for (const Trace& one : trace.traces) {
    json& rows = readings[one.card.device] = json::array();
    for (const Reading& reading : one.readings)
      rows.push_back(
          {exact_seconds(reading.at), optional_json(reading.power), optional_json(reading.counter)});
  }
  json phases = json::array();
  for (const PhaseEdge& edge : trace.edges) phases.push_back({exact_seconds(edge.at), edge.phase});
  return {{"clock_ns", trace.clock.nanoseconds()},
          {"readings", std::move(readings)},
          {"phases", std::move(phases)}};
}

Result<WorkTrace> work_trace_from_json(const json& held) {
  return caught([&] {
    WorkTrace trace;
    trace.clock = Instant(held.at("clock_ns").get<std::int64_t>());
    for (const auto& [device, rows] : held.at("readings").items())
      trace.traces.push_back(readings_of(device, rows));
    for (const json& edge : held.at("phases"))
      trace.edges.push_back({exact_instant(edge.at(0).get<double>()), edge.at(1).get<std::string>()});
    return trace;
  });
}

}  // namespace frugal
