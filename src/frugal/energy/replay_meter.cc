#include "frugal/energy/replay_meter.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "frugal/energy/trace_csv.h"

namespace frugal {
namespace {

constexpr double kHoleIntervals = 3;  // as integrate() has it

Duration longest_bridge(const Trace& trace) {
  Duration interval = trace.interval;
  if (interval.value() <= 0 && trace.readings.size() > 1) {
    interval = (trace.readings.back().at - trace.readings.front().at) /
               static_cast<double>(trace.readings.size() - 1);
  }
  return kHoleIntervals * std::max(interval, trace.card.period);
}

}  // namespace

ReplayMeter::ReplayMeter(Trace trace, Instant origin, Instant opened, const Clock& clock)
    : trace_(std::move(trace)),
      hole_(longest_bridge(trace_)),
      shift_(origin.nanoseconds() - opened.nanoseconds()),
      clock_(clock) {}

Reading ReplayMeter::read() {
  const std::vector<Reading>& rows = trace_.readings;
  const Instant now = clock_.now();
  const Instant at(now.nanoseconds() + shift_);
  while (next_ < rows.size() && rows[next_].at <= at) ++next_;
  Reading reading{.at = now};
  if (next_ == 0) return reading;
  const Reading& before = rows[next_ - 1];
  if (before.at == at) {
    reading.power = before.power;
    reading.counter = before.counter;
    return reading;
  }
  if (next_ == rows.size()) return reading;
  const Reading& after = rows[next_];
  const Duration apart = after.at - before.at;
  const double share = (at - before.at) / apart;
  if (before.power && after.power && apart <= hole_)
    reading.power = *before.power + share * (*after.power - *before.power);
  if (before.counter && after.counter) {
    const std::optional<Joules> range = trace_.card.counter_range;
    Joules d = *after.counter - *before.counter;
    if (d.value() < 0 && range) d += *range;
    if (d.value() < 0) return reading;
    Joules value = *before.counter + share * d;
    if (range && value >= *range) value -= *range;
    reading.counter = value;
  }
  return reading;
}

Result<std::vector<std::unique_ptr<Meter>>> replay_of(std::string_view text, const std::string& name,
                                                      const Clock& clock) {
  Result<std::vector<Trace>> traces = parse_trace_csv(text, name);
  if (!traces) return traces.error();
  Instant origin = traces->front().readings.front().at;
  for (const Trace& trace : *traces) origin = std::min(origin, trace.readings.front().at);
  const Instant opened = clock.now();
  std::vector<std::unique_ptr<Meter>> meters;
  for (Trace& trace : *traces) {
    MeterCard& card = trace.card;
    card.sensor += ", replayed";
    card.caveat = (card.caveat && !card.caveat->empty() ? *card.caveat + "; " : std::string()) + card.device +
                  " is replayed from " + name + ": its joules were measured at another time";
    meters.push_back(std::make_unique<ReplayMeter>(std::move(trace), origin, opened, clock));
  }
  return meters;
}

Result<std::vector<std::unique_ptr<Meter>>> open_replay(const std::string& path, const Clock& clock) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return bad_input("cannot read the trace '" + path + "': " + std::strerror(errno));
  std::string text;
  std::array<char, 1 << 16> block{};
  do {
    file.read(block.data(), block.size());
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
  } while (file);
  if (file.bad()) return bad_input("cannot read the trace '" + path + "': " + std::strerror(errno));
  return replay_of(text, path, clock);
}

}  // namespace frugal
