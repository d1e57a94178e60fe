#include "frugal/work/protocol.h"

#include <cmath>
#include <limits>
#include <set>

#include "frugal/base/nearest.h"
#include "frugal/base/overloaded.h"
#include "frugal/energy/work_trace_json.h"

namespace frugal {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// JSON has no NaN: a number that is not finite travels as null and is read back as NaN.
json number_json(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

struct Malformed {
  std::string message;
};

const json& field(const json& body, const char* key) {
  const auto found = body.find(key);
  if (found == body.end()) throw Malformed{std::string("the field '") + key + "' is missing"};
  return *found;
}

double number_field(const json& body, const char* key) {
  const json& held = field(body, key);
  if (held.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (!held.is_number()) throw Malformed{std::string("the field '") + key + "' is no number: " + held.dump()};
  return held.get<double>();
}

template <class Int>
Int whole_field(const json& body, const char* key) {
  const json& held = field(body, key);
  if (!held.is_number_integer())
    throw Malformed{std::string("the field '") + key + "' is no whole number: " + held.dump()};
  return held.get<Int>();
}

template <class Int>
Int whole_field(const json& body, const char* key, Int otherwise) {
  return body.contains(key) ? whole_field<Int>(body, key) : otherwise;
}

std::string text_field(const json& body, const char* key) {
  const json& held = field(body, key);
  if (!held.is_string()) throw Malformed{std::string("the field '") + key + "' is no text: " + held.dump()};
  return held.get<std::string>();
}

Point point_field(const json& body, const char* key) {
  if (!body.contains(key)) return {};
  Result<Point> point = point_from_json(ordered_json::parse(field(body, key).dump()));
  if (!point) throw Malformed{std::string("the field '") + key + "': " + point.error().message};
  return std::move(*point);
}

std::map<std::string, double> metrics_field(const json& body, const char* key = "metrics") {
  std::map<std::string, double> metrics;
  if (!body.contains(key)) return metrics;
  const json& held = body.at(key);
  if (!held.is_object()) throw Malformed{"the field '" + std::string(key) + "' is no object"};
  for (const auto& [name, value] : held.items()) metrics[name] = number_field(held, name.c_str());
  return metrics;
}

ExploreRequest explore_request(const json& body) {
  ExploreRequest request;
  request.trial = whole_field<int>(body, "trial");
  request.fraction = number_field(body, "fraction");
  const json& rates = field(body, "rates");
  if (!rates.is_array() || rates.empty()) throw Malformed{"the field 'rates' is no list of learning rates"};
  for (const json& rate : rates) {
    if (!rate.is_number()) throw Malformed{"the field 'rates' holds " + rate.dump() + ", which is no number"};
    request.rates.push_back(rate.get<double>());
  }
  const std::string cycles = body.contains("cycles") ? text_field(body, "cycles") : "continue";
  if (cycles != "continue" && cycles != "restart")
    throw Malformed{"'cycles' is 'continue' or 'restart', not '" + cycles + "'"};
  request.restart = cycles == "restart";
  request.min_cycles = whole_field<int>(body, "min_cycles", 1);
  request.max_cycles = whole_field<int>(body, "max_cycles", 0);
  return request;
}

Request request_of(const std::string& op, const json& body) {
  if (op == "hello") return HelloRequest{whole_field<int>(body, "protocol", kProtocolVersion)};
  if (op == "start")
    return StartRequest{whole_field<int>(body, "trial"), point_field(body, "point"),
                        whole_field<std::uint64_t>(body, "seed", 1)};
  if (op == "train")
    return TrainRequest{whole_field<int>(body, "trial"), whole_field<int>(body, "epochs"),
                        point_field(body, "set")};
  if (op == "explore") return explore_request(body);
  if (op == "probe")
    return ProbeRequest{whole_field<int>(body, "trial"), whole_field<int>(body, "steps"),
                        point_field(body, "set")};
  if (op == "save") return SaveRequest{whole_field<int>(body, "trial"), text_field(body, "path")};
  if (op == "load") return LoadRequest{whole_field<int>(body, "trial"), text_field(body, "path")};
  if (op == "drop") return DropRequest{whole_field<int>(body, "trial")};
  if (op == "shutdown") return ShutdownRequest{};
  static const std::vector<std::string> ops{"hello", "start", "train", "explore", "probe",
                                            "save",  "load",  "drop",  "shutdown"};
  throw Malformed{"unknown request '" + op + "'" + did_you_mean(op, ops)};
}

Result<json> object_of(std::string_view line) {
  json body = json::parse(line, nullptr, false);
  if (body.is_discarded() || !body.is_object()) {
    std::string shown(line.substr(0, 120));
    if (line.size() > 120) shown += "…";
    return bad_input("this line is no JSON object: " +
                     json(shown).dump(-1, ' ', false, json::error_handler_t::replace));
  }
  return body;
}

json to_json(const ExploreRequest& r) {
  json body{{"op", "explore"}, {"trial", r.trial}, {"fraction", r.fraction}, {"rates", r.rates}};
  body["cycles"] = r.restart ? "restart" : "continue";
  if (r.min_cycles != 1) body["min_cycles"] = r.min_cycles;
  if (r.max_cycles != 0) body["max_cycles"] = r.max_cycles;
  return body;
}

TraceEvent trace_event(const json& body) {
  Result<WorkTrace> trace = work_trace_from_json(body);
  if (!trace) throw Malformed{trace.error().message};
  TraceEvent event{std::move(*trace), {}};
  for (const json& held : body.value("sensors", json::array())) {
    Result<Trace> sensor = sensor_from_json(held);
    if (!sensor) throw Malformed{sensor.error().message};
    event.sensors.push_back(std::move(*sensor));
  }
  return event;
}

template <class F>
auto caught(F&& read) -> Result<decltype(read())> {
  try {
    return read();
  } catch (const Malformed& malformed) {
    return bad_input(malformed.message);
  } catch (const json::exception& failure) {
    return bad_input(failure.what());
  }
}

std::string dumped(const json& body) { return body.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

const char* worker_error_text(WorkerErrorKind kind) {
  switch (kind) {
    case WorkerErrorKind::Diverged:
      return "diverged";
    case WorkerErrorKind::OutOfMemory:
      return "out_of_memory";
    case WorkerErrorKind::Invalid:
      return "invalid";
    case WorkerErrorKind::Unsupported:
      return "unsupported";
    case WorkerErrorKind::Internal:
      break;
  }
  return "internal";
}

std::string request_line(const Request& request) {
  const auto point = [](const Point& p) { return json::parse(point_to_json(p).dump()); };
  return dumped(std::visit(
      Overloaded{
          [](const HelloRequest& r) {
            return json{{"op", "hello"}, {"protocol", r.protocol}};
          },
          [&](const StartRequest& r) {
            return json{{"op", "start"}, {"trial", r.trial}, {"point", point(r.point)}, {"seed", r.seed}};
          },
          [&](const TrainRequest& r) {
            return json{{"op", "train"}, {"trial", r.trial}, {"epochs", r.epochs}, {"set", point(r.set)}};
          },
          [](const ExploreRequest& r) { return to_json(r); },
          [&](const ProbeRequest& r) {
            return json{{"op", "probe"}, {"trial", r.trial}, {"steps", r.steps}, {"set", point(r.set)}};
          },
          [](const SaveRequest& r) {
            return json{{"op", "save"}, {"trial", r.trial}, {"path", r.path}};
          },
          [](const LoadRequest& r) {
            return json{{"op", "load"}, {"trial", r.trial}, {"path", r.path}};
          },
          [](const DropRequest& r) {
            return json{{"op", "drop"}, {"trial", r.trial}};
          },
          [](const ShutdownRequest&) {
            return json{{"op", "shutdown"}};
          }},
      request));
}

Result<Request> parse_request(std::string_view line) {
  const Result<json> body = object_of(line);
  if (!body) return body.error();
  return caught([&] { return request_of(text_field(*body, "op"), *body); });
}

Result<Message> parse_message(std::string_view line) {
  Result<json> parsed = object_of(line);
  if (!parsed) return parsed.error();
  json body = std::move(*parsed);
  return caught([&]() -> Message {
    if (body.contains("event")) {
      const std::string event = text_field(body, "event");
      if (event == "phase") return PhaseEvent{text_field(body, "name"), text_field(body, "edge") == "begin"};
      if (event == "energy") return EnergyEvent{body};
      if (event == "trace") return trace_event(body);
      if (event != "epoch") throw Malformed{"unknown event '" + event + "'"};
      EpochReport report{whole_field<int>(body, "epoch"),
                         body.contains("loss") ? number_field(body, "loss") : std::nan(""),
                         metrics_field(body), whole_field<std::int64_t>(body, "samples", 0),
                         whole_field<std::int64_t>(body, "steps", 0)};
      return EpochEvent{whole_field<int>(body, "trial"), std::move(report), body};
    }
    const json& ok = field(body, "ok");
    if (!ok.is_boolean()) throw Malformed{"the field 'ok' is neither true nor false"};
    Answer answer{ok.get<bool>(), {}, {}, body};
    if (!answer.ok) {
      answer.error = body.contains("error") ? text_field(body, "error") : "internal";
      answer.message = body.contains("message") ? text_field(body, "message") : "";
    }
    return answer;
  });
}

std::string epoch_line(int trial, const EpochReport& report) {
  json line{{"event", "epoch"},
            {"trial", trial},
            {"epoch", report.epoch},
            {"loss", number_json(report.loss)},
            {"metrics", metrics_to_json(report.metrics)},
            {"samples", report.samples}};
  if (report.steps > 0) line["steps"] = report.steps;
  return dumped(line);
}

std::string phase_line(const std::string& name, bool begin) {
  return dumped(json{{"event", "phase"}, {"name", name}, {"edge", begin ? "begin" : "end"}});
}

std::string error_line(std::string_view error, std::string_view message) {
  return dumped(json{{"ok", false}, {"error", error}, {"message", message}});
}

json metrics_to_json(const std::map<std::string, double>& metrics) {
  json held = json::object();
  for (const auto& [name, value] : metrics) held[name] = number_json(value);
  return held;
}

Result<std::map<std::string, double>> metrics_from_json(const json& body, const char* key) {
  return caught([&] { return metrics_field(body, key); });
}

json card_to_json(const WorkerCard& card) {
  json body{{"ok", true},
            {"protocol", kProtocolVersion},
            {"worker", card.name},
            {"can", card.can},
            {"metric", {{"name", card.metric}, {"goal", card.maximise ? "max" : "min"}}}};
  if (card.train_samples) body["train_samples"] = *card.train_samples;
  if (card.validation_samples) body["validation_samples"] = *card.validation_samples;
  if (card.parameters) body["parameters"] = *card.parameters;
  if (card.multiply_adds) body["multiply_adds"] = *card.multiply_adds;
  return body;
}

Result<WorkerCard> card_from_json(const json& body) {
  return caught([&] {
    WorkerCard card;
    const int protocol = whole_field<int>(body, "protocol");
    if (protocol != kProtocolVersion)
      throw Malformed{"the worker speaks protocol " + std::to_string(protocol) + ", this frugal speaks " +
                      std::to_string(kProtocolVersion)};
    card.name = body.contains("worker") ? text_field(body, "worker") : "a worker without a name";
    if (body.contains("can")) card.can = body.at("can").get<std::vector<std::string>>();
    const json& metric = field(body, "metric");
    card.metric = text_field(metric, "name");
    const std::string goal = metric.contains("goal") ? text_field(metric, "goal") : "max";
    if (goal != "max" && goal != "min")
      throw Malformed{"the metric's goal is 'max' or 'min', not '" + goal + "'"};
    card.maximise = goal == "max";
    if (body.contains("train_samples")) card.train_samples = whole_field<std::int64_t>(body, "train_samples");
    if (body.contains("validation_samples"))
      card.validation_samples = whole_field<std::int64_t>(body, "validation_samples");
    if (body.contains("parameters")) card.parameters = whole_field<std::int64_t>(body, "parameters");
    if (body.contains("multiply_adds")) card.multiply_adds = whole_field<std::int64_t>(body, "multiply_adds");
    return card;
  });
}

json explore_report_to_json(const ExploreReport& report) {
  json curve = json::array();
  for (const RatePoint& point : report.curve)
    curve.push_back({{"rate", point.rate}, {"loss", number_json(point.loss)}});
  return {{"ok", true},
          {"curve", std::move(curve)},
          {"loss_before", number_json(report.loss_before)},
          {"metrics", metrics_to_json(report.metrics)},
          {"samples", report.samples},
          {"steps", report.steps},
          {"budget_steps", report.budget_steps}};
}

Result<ExploreReport> explore_report_from_json(const json& body) {
  return caught([&] {
    ExploreReport report;
    for (const json& point : field(body, "curve"))
      report.curve.push_back({number_field(point, "rate"), number_field(point, "loss")});
    report.loss_before = number_field(body, "loss_before");
    report.metrics = metrics_field(body);
    report.samples = whole_field<std::int64_t>(body, "samples", 0);
    report.steps = whole_field<int>(body, "steps", static_cast<int>(report.curve.size()));
    report.budget_steps = whole_field<int>(body, "budget_steps", report.steps);
    return report;
  });
}

json probe_report_to_json(const ProbeReport& report) {
  return {{"ok", true},
          {"loss", number_json(report.loss)},
          {"metrics", metrics_to_json(report.metrics)},
          {"samples", report.samples}};
}

Result<ProbeReport> probe_report_from_json(const json& body) {
  return caught([&] {
    return ProbeReport{body.contains("loss") ? number_field(body, "loss") : std::nan(""), metrics_field(body),
                       whole_field<std::int64_t>(body, "samples", 0)};
  });
}

}  // namespace frugal
