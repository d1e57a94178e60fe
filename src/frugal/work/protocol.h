// The worker protocol, version 1, as values and as lines of JSON (docs/protocol.md). Pure: no descriptors
// here. Unknown fields are ignored; a line that is no message is an Error, never an exception.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "frugal/base/result.h"
#include "frugal/energy/work_trace.h"
#include "frugal/work/worker.h"

namespace frugal {

inline constexpr int kProtocolVersion = 1;

struct HelloRequest {
  int protocol = kProtocolVersion;
};
struct StartRequest {
  int trial = 0;
  Point point;
  std::uint64_t seed = 1;
};
struct TrainRequest {
  int trial = 0;
  int epochs = 1;
  Point set;
};
struct ProbeRequest {
  int trial = 0;
  int steps = 1;
  Point set;
};
struct SaveRequest {
  int trial = 0;
  std::string path;
};
struct LoadRequest {
  int trial = 0;
  std::string path;
};
struct DropRequest {
  int trial = 0;
};
struct ShutdownRequest {};
using Request = std::variant<HelloRequest, StartRequest, TrainRequest, ExploreRequest, ProbeRequest,
                             SaveRequest, LoadRequest, DropRequest, ShutdownRequest>;

std::string request_line(const Request& request);
// The error's message is fit to be sent back as an `invalid` or (unknown op) `unsupported` answer.
Result<Request> parse_request(std::string_view line);

// Whatever a worker or an agent writes. `body` is the whole object: answers carry their results in it.
struct Answer {
  bool ok = false;
  std::string error;    // when not ok: diverged, out_of_memory, invalid, unsupported, internal, …
  std::string message;  // when not ok
  nlohmann::json body;
};
struct EpochEvent {
  int trial = 0;
  EpochReport report;
  nlohmann::json body;
};
struct PhaseEvent {
  std::string name;
  bool begin = true;
};
// Added by the agent while a request runs: the joules since the last answer, in body["energy"].
struct EnergyEvent {
  nlohmann::json body;
};
// Likewise: what its meters read since the last one; `sensors` in the first of an agent's life.
struct TraceEvent {
  WorkTrace trace;
  std::vector<Trace> sensors;
};
using Message = std::variant<Answer, EpochEvent, PhaseEvent, EnergyEvent, TraceEvent>;

Result<Message> parse_message(std::string_view line);

std::string epoch_line(int trial, const EpochReport& report);
std::string phase_line(const std::string& name, bool begin);
std::string error_line(std::string_view error, std::string_view message);

nlohmann::json metrics_to_json(const std::map<std::string, double>& metrics);
// The object `key` of an answer; empty when it has none.
Result<std::map<std::string, double>> metrics_from_json(const nlohmann::json& body, const char* key);
nlohmann::json card_to_json(const WorkerCard& card);
Result<WorkerCard> card_from_json(const nlohmann::json& body);
nlohmann::json explore_report_to_json(const ExploreReport& report);
Result<ExploreReport> explore_report_from_json(const nlohmann::json& body);
nlohmann::json probe_report_to_json(const ProbeReport& report);
Result<ProbeReport> probe_report_from_json(const nlohmann::json& body);

}  // namespace frugal
