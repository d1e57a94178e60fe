#include "frugal/report/power_line.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace frugal {
namespace {

constexpr std::size_t kMostPoints = 400;
constexpr std::size_t kMostSpans = 400;
constexpr double kFinest = 2;      // of the interval or period: shorter means of a counter are noise
constexpr double kMostParts = 16;  // of a bucket or phase
constexpr const char* kOther = "other";

// Joules and extremes of a time that is put together from windows.
struct PowerSum {
  Joules joules;
  Duration measured;
  Power power = {};

  void see(Watts watts) {
    if (!power.least || watts < *power.least) power.least = watts;
    if (!power.most || watts > *power.most) power.most = watts;
  }
  Power told() const {
    Power made = power;
    if (measured.value() > 0) made.mean = joules / measured;
    return made;
  }
};

bool has_watts(const Trace& trace) {
  return std::any_of(trace.readings.begin(), trace.readings.end(),
                     [](const Reading& r) { return r.power.has_value(); });
}

Duration fine_of(const Trace& trace) {
  return has_watts(trace) ? Duration(0) : kFinest * std::max(trace.interval, trace.card.period);
}

// The mean power of short parts of the window: what a counter can tell of peaks.
void see_parts(const Trace& trace, Window window, Duration fine, PowerSum& sum) {
  const double parts = std::clamp(std::floor(window.length() / fine), 1.0, kMostParts);
  const Duration length = window.length() / parts;
  for (int i = 0; i < static_cast<int>(parts); ++i) {
    const Instant begin = window.begin + length * i;
    const auto figure = integrate(trace, {begin, begin + length});
    if (figure && figure->coverage > 0) sum.see(figure->value / (figure->duration * figure->coverage));
  }
}

void measure(const Trace& trace, Window window, Duration fine, PowerSum& sum) {
  const std::optional<EnergyFigure> figure = integrate(trace, window);
  if (figure && figure->coverage > 0) {
    sum.joules += figure->value;
    sum.measured += figure->duration * figure->coverage;
  }
  if (fine.value() > 0) return see_parts(trace, window, fine, sum);
  const auto first = std::lower_bound(trace.readings.begin(), trace.readings.end(), window.begin,
                                      [](const Reading& r, Instant at) { return r.at < at; });
  for (auto reading = first; reading != trace.readings.end() && reading->at < window.end; ++reading)
    if (reading->power) sum.see(*reading->power);
}

// Phases of one attempt, without a gap, in its own time.
std::vector<PhaseSpan> spans_of(const PlacedTrace& attempt) {
  std::vector<PhaseSpan> spans;
  Duration begin(0);
  std::string phase = kOther;
  const auto close = [&](Duration end) {
    if (end > begin) spans.push_back({begin, end, phase});
    begin = std::max(begin, end);
  };
  for (const PhaseEdge& edge : attempt.trace.edges) {
    close(std::clamp(edge.at - Instant(0), Duration(0), attempt.length));
    phase = edge.phase;
  }
  close(attempt.length);
  return spans;
}

Window window_of(Duration begin, Duration end) { return {Instant(0) + begin, Instant(0) + end}; }

void add_span(std::vector<PhaseSpan>& spans, PhaseSpan span) {
  if (!spans.empty() && spans.back().phase == span.phase && spans.back().end == span.begin) {
    spans.back().end = span.end;
  } else {
    spans.push_back(std::move(span));
  }
}

// Buckets instead of spans that could not be told apart.
std::vector<PhaseSpan> thinned(const std::vector<PhaseSpan>& spans, Duration length) {
  if (spans.size() <= kMostSpans) return spans;
  const Duration bucket = length / static_cast<double>(kMostSpans);
  std::vector<PhaseSpan> thin;
  std::size_t at = 0;
  for (std::size_t i = 0; i < kMostSpans; ++i) {
    const Duration begin = bucket * static_cast<double>(i);
    const Duration end = i + 1 == kMostSpans ? length : begin + bucket;
    std::map<std::string, Duration> times;
    for (; at < spans.size() && spans[at].begin < end; ++at) {
      times[spans[at].phase] += std::min(end, spans[at].end) - std::max(begin, spans[at].begin);
      if (spans[at].end > end) break;
    }
    const auto longest = std::max_element(times.begin(), times.end(),
                                          [](const auto& a, const auto& b) { return a.second < b.second; });
    if (longest != times.end()) add_span(thin, {begin, end, longest->first});
  }
  return thin;
}

// One device.
class LineMaker {
 public:
  LineMaker(const Trace& sensor, Duration fine, Duration bucket, std::size_t points)
      : bucket_(bucket), points_(points) {
    line_.device = sensor.card.device;
    line_.whole_machine = sensor.card.whole_machine;
    line_.fine = fine;
  }

  void add(const PlacedTrace& attempt, const Trace& trace) {
    const double first = std::floor(attempt.begin / bucket_);
    for (auto i = static_cast<std::size_t>(std::max(0.0, first)); i < points_.size(); ++i) {
      const Duration begin = std::max(bucket_ * static_cast<double>(i) - attempt.begin, Duration(0));
      const Duration end = std::min(bucket_ * static_cast<double>(i + 1) - attempt.begin, attempt.length);
      if (begin >= attempt.length) break;
      if (end > begin) measure(trace, window_of(begin, end), line_.fine, points_[i]);
    }
    for (const PhaseSpan& span : spans_of(attempt)) {
      PhaseSum& phase = phase_of(span.phase);
      phase.time += span.end - span.begin;
      measure(trace, window_of(span.begin, span.end), line_.fine, phase.sum);
    }
  }

  PowerLine take() {
    for (const PowerSum& sum : points_) line_.points.push_back(sum.told());
    for (const PhaseSum& phase : phases_) line_.phases.push_back({phase.name, phase.time, phase.sum.told()});
    return std::move(line_);
  }

 private:
  struct PhaseSum {
    std::string name;
    Duration time;
    PowerSum sum = {};
  };
  PhaseSum& phase_of(const std::string& name) {
    for (PhaseSum& phase : phases_)
      if (phase.name == name) return phase;
    return phases_.emplace_back(PhaseSum{name, Duration(0), {}});
  }

  PowerLine line_;
  Duration bucket_;
  std::vector<PowerSum> points_;
  std::vector<PhaseSum> phases_;
};

std::size_t points_for(Duration length, std::span<const PlacedTrace> attempts) {
  Duration shortest = length;
  for (const PlacedTrace& attempt : attempts) {
    for (const Trace& trace : attempt.trace.traces)
      if (trace.interval.value() > 0) shortest = std::min(shortest, trace.interval);
  }
  if (shortest.value() <= 0) return 0;
  return static_cast<std::size_t>(
      std::clamp(std::floor(length / shortest), 1.0, static_cast<double>(kMostPoints)));
}

}  // namespace

void draw_power(CloseTrial& trial, std::span<const PlacedTrace> attempts) {
  const std::size_t points = points_for(trial.length, attempts);
  if (points == 0) return;
  trial.bucket = trial.length / static_cast<double>(points);
  std::vector<std::string> devices;
  std::vector<LineMaker> makers;
  std::vector<PhaseSpan> spans;
  for (const PlacedTrace& attempt : attempts) {
    for (const Trace& trace : attempt.trace.traces) {
      const auto known = std::find(devices.begin(), devices.end(), trace.card.device);
      const auto at = static_cast<std::size_t>(known - devices.begin());
      if (known == devices.end()) {
        devices.push_back(trace.card.device);
        makers.emplace_back(trace, fine_of(trace), trial.bucket, points);
      }
      makers[at].add(attempt, trace);
    }
    for (PhaseSpan span : spans_of(attempt))
      add_span(spans, {span.begin + attempt.begin, span.end + attempt.begin, std::move(span.phase)});
  }
  for (LineMaker& maker : makers) trial.lines.push_back(maker.take());
  std::stable_partition(trial.lines.begin(), trial.lines.end(),
                        [](const PowerLine& line) { return !line.whole_machine; });
  trial.spans = thinned(spans, trial.length);
}

}  // namespace frugal
