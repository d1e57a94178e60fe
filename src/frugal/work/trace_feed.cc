#include "frugal/work/trace_feed.h"

#include <algorithm>

#include "frugal/energy/work_trace_json.h"

namespace frugal {
namespace {

using nlohmann::json;

constexpr std::size_t kMostReadings = 20'000;  // about 1 MB

// Takes at most kMostReadings off the front of `all`.
WorkTrace cut_off(WorkTrace& all) {
  WorkTrace part{all.clock, {}, std::move(all.edges)};
  all.edges.clear();
  std::size_t room = kMostReadings;
  for (Trace& trace : all.traces) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(room, trace.readings.size()));
    if (count == 0) continue;
    const auto begin = trace.readings.begin();
    part.traces.push_back({trace.card, {begin, begin + count}, trace.interval});
    trace.readings.erase(begin, begin + count);
    room -= static_cast<std::size_t>(count);
  }
  return part;
}

}  // namespace

void TraceFeed::tell(Instant begin, std::span<const PhaseEdge> edges,
                     const std::function<void(const std::string& line)>& send) {
  WorkTrace news{begin, recorder_.traces_from(next_), {}};
  for (Trace& trace : news.traces) {
    for (Reading& reading : trace.readings)
      reading.at = Instant(reading.at.nanoseconds() - begin.nanoseconds());
  }
  for (; told_edges_ < edges.size(); ++told_edges_) {
    const PhaseEdge& edge = edges[told_edges_];
    news.edges.push_back({Instant(edge.at.nanoseconds() - begin.nanoseconds()), edge.phase});
  }
  json sensors = json::array();
  for (const Trace& trace : news.traces) sensors.push_back(sensor_to_json(trace));
  while (news.readings() > 0 || !news.edges.empty()) {
    json body = work_trace_to_json(cut_off(news));
    body["event"] = "trace";
    if (!introduced_) body["sensors"] = std::move(sensors);
    introduced_ = true;
    send(body.dump(-1, ' ', false, json::error_handler_t::replace));
  }
}

void TraceFeed::begin_anew(Instant begin) {
  next_ = recorder_.first_needed(begin);
  told_edges_ = 0;
}

}  // namespace frugal
