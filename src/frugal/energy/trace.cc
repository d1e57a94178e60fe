#include "frugal/energy/trace.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "frugal/energy/power_bounds.h"

namespace frugal {
namespace {

constexpr double kGapIntervals = 3;    // polls that may be missing before it is a gap
constexpr double kStalePeriods = 1.5;  // a repeated value is no tick for that long
constexpr double kWarmUpPeriods = 4;   // so far before the window the scan begins, to know what is a tick
constexpr double kPeakOverMean = 2;    // assumed where no max_power is known
constexpr double kUpdateApart = 0.9;   // of a period: nearer readings may show the same update

// Time between two neighbouring ticks, with the power at both ends (equal for a counter).
struct Stretch {
  Instant begin;
  Instant end;
  Watts first;
  Watts last;
  bool from_counter = false;
  bool assumed = false;  // behind the last tick

  double seconds() const { return (end - begin).value(); }
  double mean() const { return (first.value() + last.value()) / 2; }
  double power_at(Instant at) const {
    return first.value() + (last.value() - first.value()) * ((at - begin).value() / seconds());
  }
};

// A stretch of which the window holds a part: by how much that part may differ.
struct Share {
  double part_j = 0;
  double whole_j = 0;
  double inside_s = 0;
  double outside_s = 0;
  bool assumed = false;
};

// Sums the measured stretches inside one window.
class WindowSum {
 public:
  explicit WindowSum(Window window) : window_(window) {}

  // Nothing was measured before this.
  void begin_at(Instant first) { first_ = first; }

  void add(const Stretch& stretch) {
    const Instant begin = std::max({stretch.begin, window_.begin, first_});
    const Instant end = std::min(stretch.end, window_.end);
    if (end <= begin) return;
    const double inside = (end - begin).value();
    const double part = (stretch.power_at(begin) + stretch.power_at(end)) / 2 * inside;
    joules_ += part;
    measured_ += inside;
    highest_ = std::max(highest_, stretch.mean());
    const bool cut = begin != stretch.begin || end != stretch.end;
    if (!stretch.from_counter || !(cut || stretch.assumed)) return;
    shares_.push_back({.part_j = part,
                       .whole_j = stretch.mean() * stretch.seconds(),
                       .inside_s = inside,
                       .outside_s = stretch.seconds() - inside,
                       .assumed = stretch.assumed});
  }

  Joules joules() const { return Joules(joules_); }
  Duration measured() const { return Duration(measured_); }

  std::optional<EnergyFigure> figure(const MeterCard& card, const PowerBounds& unseen) const {
    if (measured_ <= 0) return std::nullopt;
    const double length = window_.length().value();
    const double missing = std::max(0.0, length - measured_);
    const double bound = card.max_power ? card.max_power->value() : highest_;
    // The gain is unsure also of what was not seen.
    const double gain = 1 + card.relative_error;
    double below = std::abs(joules_) * card.relative_error + gain * unseen.below.value();
    double above = std::abs(joules_) * card.relative_error + gain * unseen.above.value() + missing * bound;
    for (const Share& share : shares_) widen(share, card, below, above);
    EnergyFigure figure{.value = Joules(joules_),
                        .low = Joules(joules_ - below),
                        .high = Joules(joules_ + above),
                        .coverage = std::min(1.0, measured_ / length),
                        .method = card.method,
                        .sensor = card.sensor,
                        .duration = window_.length()};
    if (joules_ >= 0) figure.low = std::max(figure.low, Joules(0));
    return figure;
  }

 private:
  void widen(const Share& share, const MeterCard& card, double& below, double& above) const {
    const double peak = card.max_power ? card.max_power->value() : kPeakOverMean * highest_;
    const double most = peak * share.inside_s;
    above += std::max(0.0, (share.assumed ? most : std::min(share.whole_j, most)) - share.part_j);
    const double least = share.assumed ? 0 : std::max(0.0, share.whole_j - peak * share.outside_s);
    below += std::max(0.0, share.part_j - least);
  }

  Window window_;
  Instant first_{std::numeric_limits<std::int64_t>::min()};
  double joules_ = 0;
  double measured_ = 0;
  double highest_ = 0;
  std::vector<Share> shares_;  // at most the two edges and the assumed end
};

// Longer than this, an interval with failed reads is a gap.
Duration gap_limit(const TraceView& trace) {
  Duration poll = trace.interval;
  if (poll.value() <= 0 && trace.readings.size() > 1) {
    const Duration all = trace.readings.back().at - trace.readings.front().at;
    poll = all / static_cast<double>(trace.readings.size() - 1);
  }
  if (poll.value() <= 0) return Duration(std::numeric_limits<double>::infinity());
  return kGapIntervals * std::max(poll, trace.card.period);
}

// Joules between two ticks, or nothing when the difference cannot be believed.
std::optional<Joules> difference(const MeterCard& card, Joules before, Joules now, Duration time,
                                 bool failed) {
  Joules d = now - before;
  const bool wrapped = d.value() < 0;
  if (wrapped && !card.counter_range) return std::nullopt;
  if (wrapped && failed && !card.max_power) return std::nullopt;  // a reset looks the same
  if (wrapped) d += *card.counter_range;
  if (d.value() < 0) return std::nullopt;
  if (!card.max_power) return d;
  // A tick may be up to one period late, and the sensor's own error counts.
  const Joules most = *card.max_power * (time + card.period) * (1 + card.relative_error);
  if (d > most) return std::nullopt;
  const bool may_hide_a_wrap = card.counter_range && *card.max_power * time >= *card.counter_range;
  if (may_hide_a_wrap) return std::nullopt;
  return d;
}

// Walks over counter readings and hands every measured stretch to the sum.
class CounterWalk {
 public:
  CounterWalk(const TraceView& trace, Window window, WindowSum& sum)
      : card_(trace.card), limit_(gap_limit(trace)), end_(window.end), sum_(sum) {}

  // False when the window is complete.
  bool take(const Reading& reading) {
    if (!reading.counter) {
      failed_ = true;
      return true;
    }
    if (before_ != nullptr && reading.at <= before_->at) return true;
    if (before_ == nullptr) {
      tick_ = reading.at - card_.period / 2;
      tick_value_ = *reading.counter;
      run_since_ = reading.at;
    } else if (is_tick(reading)) {
      close_stretch(reading);
    }
    before_ = &reading;
    return tick_ < end_;
  }

  // The time between the last tick and the last reading, at the last mean power.
  void finish() {
    if (before_ == nullptr || !power_ || before_->at <= tick_ || card_.period.value() <= 0) return;
    sum_.add({.begin = tick_,
              .end = before_->at,
              .first = *power_,
              .last = *power_,
              .from_counter = true,
              .assumed = true});
  }

 private:
  bool is_tick(const Reading& reading) {
    if (*reading.counter != *before_->counter) {
      run_since_ = reading.at;
      return true;
    }
    return reading.at - run_since_ >= kStalePeriods * card_.period;
  }

  void close_stretch(const Reading& reading) {
    const Instant tick = reading.at - std::min(reading.at - before_->at, card_.period) / 2;
    const Duration time = tick - tick_;
    const bool too_long = failed_ && time > limit_;
    const std::optional<Joules> d = difference(card_, tick_value_, *reading.counter, time, failed_);
    power_.reset();  // nothing is assumed behind a gap
    if (d && !too_long && time.value() > 0) {
      power_ = *d / time;
      sum_.add({.begin = tick_, .end = tick, .first = *power_, .last = *power_, .from_counter = true});
    }
    tick_ = tick;
    tick_value_ = *reading.counter;
    failed_ = false;
  }

  const MeterCard& card_;
  Duration limit_;
  Instant end_;
  WindowSum& sum_;
  const Reading* before_ = nullptr;  // the last reading with a value
  Instant tick_;
  Joules tick_value_;
  Instant run_since_;  // when the current value was first read
  std::optional<Watts> power_;
  bool failed_ = false;
};

void walk_counter(const TraceView& trace, Window window, WindowSum& sum) {
  CounterWalk walk(trace, window, sum);
  for (std::size_t i = first_needed(trace, window.begin); i < trace.readings.size(); ++i) {
    if (!walk.take(trace.readings[i])) return;
  }
  walk.finish();
}

// Walks over power readings. A reading shows what was drawn some time ago, mean_age() on average, so that the
// power at an instant is what the readings show that much later; behind the last reading the last one holds.
class PowerWalk {
 public:
  PowerWalk(const TraceView& trace, Window window, WindowSum& sum)
      : trace_(trace),
        window_(window),
        age_(mean_age(trace.card.period, trace.card.window)),
        limit_(gap_limit(trace)),
        sum_(sum) {}

  void walk() {
    for (std::size_t i = first_needed(trace_, window_.begin); i < trace_.readings.size(); ++i) {
      const Reading& reading = trace_.readings[i];
      if (!reading.power || (before_ != nullptr && reading.at <= before_->at)) continue;
      if (before_ != nullptr && reading.at - before_->at <= limit_) add(reading);
      before_ = &reading;
      if (reading.at - age_ >= window_.end) return;
    }
    if (before_ == nullptr || !bridged_ || age_.value() <= 0) return;
    if (shown_.empty()) show(*before_);
    sum_.add(
        {.begin = before_->at - age_, .end = before_->at, .first = *before_->power, .last = *before_->power});
  }

  PowerBounds bounds() const {
    const MeterCard& card = trace_.card;
    if (card.period.value() <= 0 || shown_.empty()) return {};
    const Watts peak(kPeakOverMean * *std::max_element(shown_.begin(), shown_.end()));
    return power_bounds({.values_w = shown_,
                         .period = card.period,
                         .window = card.window,
                         .poll = polls_ / static_cast<double>(std::max(1, intervals_)),
                         .measured = sum_.measured(),
                         .joules = sum_.joules(),
                         .peak = std::min(card.max_power.value_or(peak), peak),
                         .most = card.max_power.value_or(peak)});
  }

 private:
  void add(const Reading& reading) {
    bridged_ = true;
    const Instant begin = before_->at - age_;
    const Instant end = reading.at - age_;
    sum_.add({.begin = begin, .end = end, .first = *before_->power, .last = *reading.power});
    if (reading.at <= window_.begin || begin >= window_.end) return;
    polls_ += reading.at - before_->at;
    ++intervals_;
    if (shown_.empty()) show(*before_);
    if (reading.at - shown_at_ >= kUpdateApart * trace_.card.period) show(reading);
  }
  void show(const Reading& reading) {
    shown_.push_back(reading.power->value());
    shown_at_ = reading.at;
  }

  const TraceView& trace_;
  Window window_;
  Duration age_;
  Duration limit_;
  WindowSum& sum_;
  const Reading* before_ = nullptr;
  bool bridged_ = false;       // the last reading is no island behind a gap
  std::vector<double> shown_;  // in the window, one per update
  Instant shown_at_;
  Duration polls_{0};  // the poll distances of the window, added up
  int intervals_ = 0;
};

bool has_counter(const TraceView& trace) {
  if (trace.card.method == Method::Integral) return false;
  const auto valued = std::find_if(trace.readings.begin(), trace.readings.end(),
                                   [](const Reading& r) { return r.counter || r.power; });
  return valued != trace.readings.end() && valued->counter.has_value();
}

}  // namespace

std::size_t first_needed(const TraceView& trace, Instant begin) {
  const Instant warm_up = begin - kWarmUpPeriods * trace.card.period;
  const auto later = std::upper_bound(trace.readings.begin(), trace.readings.end(), warm_up,
                                      [](Instant at, const Reading& r) { return at < r.at; });
  auto index = static_cast<std::size_t>(later - trace.readings.begin());
  // Back to a sure tick: a change of the value, or a value that has stood still for too long to be a
  // staircase. What the first reading of a scan means is not sure, and all windows must see the same ticks.
  const Reading* newest = nullptr;
  const Reading* after = nullptr;
  while (index > 0) {
    const Reading& reading = trace.readings[--index];
    if (!reading.counter && !reading.power) continue;
    if (newest == nullptr) newest = &reading;
    const bool stood_still = newest->at - reading.at >= kWarmUpPeriods * trace.card.period;
    if (after != nullptr && (stood_still || reading.counter != after->counter)) break;
    after = &reading;
  }
  return index;
}

std::optional<EnergyFigure> integrate(const TraceView& trace, Window window) {
  if (window.end <= window.begin) return std::nullopt;
  WindowSum sum(window);
  if (has_counter(trace)) {
    walk_counter(trace, window, sum);
    return sum.figure(trace.card, {});
  }
  if (trace.readings.empty()) return std::nullopt;
  sum.begin_at(trace.readings.front().at);
  PowerWalk walk(trace, window, sum);
  walk.walk();
  return sum.figure(trace.card, walk.bounds());
}

std::optional<EnergyFigure> integrate(const Trace& trace, Window window) {
  return integrate(TraceView{.card = trace.card, .readings = trace.readings, .interval = trace.interval},
                   window);
}

}  // namespace frugal
