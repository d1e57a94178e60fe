#include "frugal/report/close_look_json.h"

#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "frugal/energy/work_trace_json.h"
#include "frugal/report/findings_json.h"

namespace frugal {
namespace {

using nlohmann::ordered_json;

constexpr int kFull = 17;

class Digits {
 public:
  explicit Digits(int digits) : digits_(digits) {}

  ordered_json operator()(double value) const {
    if (!std::isfinite(value)) return nullptr;
    if (digits_ >= kFull) return value;
    std::array<char, 64> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, digits_);
    double rounded = value;
    std::from_chars(text.data(), end.ptr, rounded);
    return rounded;
  }
  ordered_json operator()(const std::optional<Watts>& power) const {
    return power ? (*this)(power->value()) : ordered_json(nullptr);
  }

 private:
  int digits_;
};

ordered_json spans_json(const std::vector<PhaseSpan>& spans, const Digits& brief) {
  ordered_json held = ordered_json::array();
  for (const PhaseSpan& span : spans)
    held.push_back({brief(span.begin.value()), brief(span.end.value()), span.phase});
  return held;
}

ordered_json line_json(const PowerLine& line, const Digits& brief) {
  ordered_json held{
      {"device", line.device}, {"whole_machine", line.whole_machine}, {"fine_s", line.fine.value()}};
  for (const char* name : {"least_w", "mean_w", "most_w"}) held[name] = ordered_json::array();
  for (const Power& point : line.points) {
    held["least_w"].push_back(brief(point.least));
    held["mean_w"].push_back(brief(point.mean));
    held["most_w"].push_back(brief(point.most));
  }
  held["phases"] = ordered_json::array();
  for (const PhasePower& phase : line.phases)
    held["phases"].push_back({{"phase", phase.phase},
                              {"time_s", phase.time.value()},
                              {"least_w", brief(phase.power.least)},
                              {"mean_w", brief(phase.power.mean)},
                              {"most_w", brief(phase.power.most)}});
  return held;
}

ordered_json trial_json(const Findings& findings, const CloseTrial& close, const Digits& brief) {
  ordered_json held{{"trial", findings.result.trials[close.trial].id},
                    {"position", close.trial},
                    {"figures", parts_json(close.phases)},
                    {"devices", parts_json(close.devices)},
                    {"total", close.total ? parts_json({*close.total}).front() : ordered_json(nullptr)},
                    {"readings", close.readings},
                    {"length_s", close.length.value()},
                    {"bucket_s", close.bucket.value()},
                    {"lines", ordered_json::array()},
                    {"spans", spans_json(close.spans, brief)},
                    {"lost", spans_json(close.lost, brief)}};
  for (const PowerLine& line : close.lines) held["lines"].push_back(line_json(line, brief));
  return held;
}

}  // namespace

ordered_json close_look_json(const Findings& findings, int digits) {
  const Digits brief(digits);
  ordered_json held{{"traced", findings.close.traced}, {"trials", ordered_json::array()}};
  for (const CloseTrial& close : findings.close.trials)
    held["trials"].push_back(trial_json(findings, close, brief));
  return held;
}

ordered_json sensors_json(const std::vector<Trace>& sensors) {
  ordered_json held = ordered_json::array();
  for (const Trace& sensor : sensors) held.push_back(ordered_json(sensor_to_json(sensor)));
  return held;
}

ordered_json host_json(const HostFacts& host) {
  ordered_json held = ordered_json::array();
  for (const HostFact& fact : host) held.push_back({{"name", fact.name}, {"value", fact.value}});
  return held;
}

}  // namespace frugal
