#include "frugal/energy/work_trace.h"

#include <algorithm>
#include <utility>

#include "frugal/energy/work_trace_json.h"

namespace frugal {
namespace {

constexpr std::int64_t kApart = 1'000'000'000;  // ns between pieces whose clocks tell nothing of each other

Instant moved(Instant at, std::int64_t by) { return Instant(at.nanoseconds() + by); }

// Adds readings that are younger than the last.
void add_younger(std::vector<Reading>& readings, const std::vector<Reading>& more, std::int64_t shift) {
  for (const Reading& reading : more) {
    const Instant at = moved(reading.at, shift);
    if (readings.empty() || at > readings.back().at)
      readings.push_back({.at = at, .counter = reading.counter, .power = reading.power});
  }
}

// Puts pieces one after the other.
class Joiner {
 public:
  void add(const WorkTrace& piece) {
    const std::int64_t shift = place(piece);
    for (const Trace& trace : piece.traces) {
      Trace& line = line_of(trace);
      if (apart_ && !line.readings.empty())
        line.readings.push_back({.at = moved(line.readings.back().at, 1)});
      add_younger(line.readings, trace.readings, shift);
      if (!line.readings.empty()) end_ = std::max(end_, line.readings.back().at);
    }
    began_ = true;
  }
  std::vector<Trace> take() { return std::move(lines_); }

 private:
  // What has to be added to the piece's instants.
  std::int64_t place(const WorkTrace& piece) {
    Instant first(0);
    for (const Trace& trace : piece.traces)
      if (!trace.readings.empty()) first = std::min(first, trace.readings.front().at);
    if (!began_) {
      origin_ns_ = piece.clock.nanoseconds();
      apart_ = false;
      return 0;
    }
    std::int64_t shift = piece.clock.nanoseconds() - origin_ns_;
    apart_ = moved(first, shift) > end_;
    // Pieces overlap a little at their edges; a clock that is further back is another one.
    if (moved(Instant(0), shift) < last_begin_) {
      shift = end_.nanoseconds() - first.nanoseconds() + kApart;
      origin_ns_ = piece.clock.nanoseconds() - shift;
      apart_ = true;
    }
    last_begin_ = moved(Instant(0), shift);
    return shift;
  }

  Trace& line_of(const Trace& trace) {
    int number = 1;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (devices_[i] != trace.card.device) continue;
      if (sensors_[i] == sensor_to_json(trace)) return lines_[i];
      ++number;
    }
    devices_.push_back(trace.card.device);
    sensors_.push_back(sensor_to_json(trace));
    Trace& line = lines_.emplace_back(Trace{trace.card, {}, trace.interval});
    if (number > 1) line.card.device += "#" + std::to_string(number);
    return line;
  }

  std::vector<Trace> lines_;
  std::vector<std::string> devices_;
  std::vector<nlohmann::json> sensors_;  // two sensors are the same when all that is known of them is
  bool began_ = false;
  bool apart_ = false;
  std::int64_t origin_ns_ = 0;
  Instant last_begin_;
  Instant end_;
};

}  // namespace

std::size_t WorkTrace::readings() const {
  std::size_t count = 0;
  for (const Trace& trace : traces) count += trace.readings.size();
  return count;
}

void append(WorkTrace& trace, const WorkTrace& more) {
  if (trace.empty()) {
    trace = more;
    return;
  }
  const std::int64_t shift = more.clock.nanoseconds() - trace.clock.nanoseconds();
  for (const Trace& one : more.traces) {
    auto held = std::find_if(trace.traces.begin(), trace.traces.end(),
                             [&](const Trace& t) { return t.card.device == one.card.device; });
    if (held == trace.traces.end()) held = trace.traces.insert(held, Trace{one.card, {}, one.interval});
    add_younger(held->readings, one.readings, shift);
  }
  for (const PhaseEdge& edge : more.edges) {
    const Instant at = moved(edge.at, shift);
    if (trace.edges.empty() || at > trace.edges.back().at) trace.edges.push_back({at, edge.phase});
  }
}

std::vector<Trace> joined(std::span<const WorkTrace> pieces) {
  Joiner joiner;
  for (const WorkTrace& piece : pieces) joiner.add(piece);
  return joiner.take();
}

}  // namespace frugal
