#include "frugal/energy/sensor_model.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "frugal/base/units_text.h"
#include "frugal/energy/calibration.h"

namespace frugal {
namespace {

constexpr std::size_t kFewestUpdates = 8;
constexpr double kFewestPolls = 2;     // per update
constexpr double kLowQuantile = 0.25;  // of the distances of changes: longer ones skipped an update
constexpr double kOnGrid = 0.9;        // of the distances must be a multiple of the period
constexpr int kRefinements = 3;
constexpr std::size_t kFewestPairs = 30;
constexpr std::size_t kMostUpdates = 2000;
constexpr double kShortestWindow = 0.005;  // seconds that are tried
constexpr double kLongestWindow = 4;
constexpr double kWindowStep = 1.19;
constexpr int kDelays = 8;
constexpr double kFollows = 0.95;  // r²
constexpr int kHarmonics = 64;
constexpr double kWorthSaying = 0.1;

double quantile(std::vector<double> values, double share) {
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

std::optional<double> value_of(const Reading& reading, SensorField field) {
  if (field == SensorField::Counter)
    return reading.counter ? std::optional(reading.counter->value()) : std::nullopt;
  return reading.power ? std::optional(reading.power->value()) : std::nullopt;
}

// When values changed, in seconds, each in the middle of the poll interval in which it did.
struct Changes {
  std::vector<double> at;
  std::vector<double> polls;  // all poll distances
};

Changes changes_of(std::span<const Reading> readings, SensorField field) {
  Changes changes;
  std::optional<double> before;
  Instant before_at;
  for (const Reading& reading : readings) {
    const std::optional<double> value = value_of(reading, field);
    if (!value) continue;
    if (before && reading.at <= before_at) continue;
    if (before) {
      changes.polls.push_back((reading.at - before_at).value());
      if (*value != *before)
        changes.at.push_back((reading.at - readings.front().at).value() - changes.polls.back() / 2);
    }
    before = value;
    before_at = reading.at;
  }
  return changes;
}

// The joules of a counter as a function of time, straight lines between its readings.
class CounterLine {
 public:
  explicit CounterLine(std::span<const Reading> readings) {
    for (const Reading& reading : readings) {
      if (!reading.counter) continue;
      const double at = (reading.at - readings.front().at).value();
      const double joules = reading.counter->value();
      const bool new_tick = points_.empty() || (joules > points_.back().joules && at > points_.back().at);
      if (new_tick) points_.push_back({at, joules});
    }
  }
  std::optional<double> mean(double end, double length) const {
    if (points_.size() < 2 || end - length < points_.front().at || end > points_.back().at)
      return std::nullopt;
    return (joules(end) - joules(end - length)) / length;
  }

 private:
  struct Point {
    double at;
    double joules;
  };
  double joules(double at) const {
    auto later = std::upper_bound(points_.begin(), points_.end(), at,
                                  [](double t, const Point& point) { return t < point.at; });
    later = std::clamp(later, points_.begin() + 1, points_.end() - 1);
    const Point& a = *(later - 1);
    return a.joules + (later->joules - a.joules) * (at - a.at) / (later->at - a.at);
  }
  std::vector<Point> points_;
};

// Values of power at the instants, in seconds, at which they were new.
struct Updates {
  std::vector<double> at;
  std::vector<double> power_w;
};

Updates power_updates(std::span<const Reading> readings) {
  Updates updates;
  const Reading* before = nullptr;
  for (const Reading& reading : readings) {
    if (!reading.power) continue;
    if (before != nullptr && *reading.power != *before->power && updates.at.size() < kMostUpdates) {
      const double gap = (reading.at - before->at).value();
      updates.at.push_back((reading.at - readings.front().at).value() - gap / 2);
      updates.power_w.push_back(reading.power->value());
    }
    before = &reading;
  }
  return updates;
}

double follows(const CounterLine& counter, const Updates& updates, double window, double delay) {
  std::vector<double> counted;
  std::vector<double> shown;
  for (std::size_t i = 0; i < updates.at.size(); ++i) {
    const std::optional<double> mean = counter.mean(updates.at[i] - delay, window);
    if (!mean) continue;
    counted.push_back(*mean);
    shown.push_back(updates.power_w[i]);
  }
  return counted.size() < kFewestPairs ? 0 : fit_line(counted, shown).r_squared;
}

// The share of a wave's swing that the mean of `values` of it keeps at worst, `turns` of it passing a value.
double kept_by_mean(double turns, double values) {
  const double apart = std::abs(turns - std::round(turns));
  if (apart * values < 1e-9) return 1;
  const double wave = std::sin(std::numbers::pi * apart);
  if (apart * values > 0.5) return std::min(1.0, 1 / (values * wave));
  return std::min(1.0, std::sin(std::numbers::pi * apart * values) / (values * wave));
}

}  // namespace

std::optional<AveragingWindow> averaging_window(std::span<const Reading> readings, Duration period) {
  const CounterLine counter(readings);
  const Updates updates = power_updates(readings);
  if (updates.at.size() < kFewestPairs) return std::nullopt;
  AveragingWindow best;
  for (double window = kShortestWindow; window <= kLongestWindow; window *= kWindowStep) {
    for (int i = 0; i <= kDelays; ++i) {
      const double delay = period.value() * i / kDelays;
      const double r_squared = follows(counter, updates, window, delay);
      if (r_squared > best.r_squared) best = {Duration(window), Duration(delay), r_squared};
    }
  }
  if (best.r_squared < kFollows) return std::nullopt;
  return best;
}

std::optional<Duration> step_duration(Duration epoch, std::size_t steps) {
  if (steps == 0 || epoch.value() <= 0) return std::nullopt;
  return epoch / static_cast<double>(steps);
}

double beat_error(Duration step, SensorTiming sensor, Duration measured) {
  if (step.value() <= 0 || sensor.period.value() <= 0) return 0;
  const double unseen = std::max(0.0, 1 - sensor.window / sensor.period);
  const double values = std::max(1.0, measured / sensor.period);
  double worst = 0;
  for (int k = 1; k <= kHarmonics; ++k) {
    const double kept = kept_by_mean(k * (sensor.period / step), values);
    const double steps_in_window = std::numbers::pi * k * (sensor.window / step);
    worst = std::max(worst, kept / k * std::min(1.0, 1 / std::max(1e-9, steps_in_window)));
  }
  return unseen * worst;
}

std::optional<std::string> beat_warning(const std::string& device, Duration step, SensorTiming sensor,
                                        Duration measured) {
  const double error = beat_error(step, sensor, measured);
  if (error < kWorthSaying) return std::nullopt;
  const auto ms = [](Duration time) { return number_text(1e3 * time.value(), 3); };
  return "a training step of " + ms(step) + " ms beats with the sensor of " + device + ", which sees " +
         ms(sensor.window) + " of every " + ms(sensor.period) + " ms: joules polled over " +
         to_text(measured) + " may be off by up to ±" + number_text(std::round(100 * error), 3) + " %";
}

std::optional<UpdatePeriod> update_period(std::span<const Reading> readings, SensorField field) {
  const Changes changes = changes_of(readings, field);
  if (changes.at.size() < kFewestUpdates + 1) return std::nullopt;
  std::vector<double> distances;
  for (std::size_t i = 1; i < changes.at.size(); ++i) distances.push_back(changes.at[i] - changes.at[i - 1]);
  const double poll = quantile(changes.polls, 0.5);
  double period = quantile(distances, kLowQuantile);
  double updates = 0;
  for (int i = 0; i < kRefinements; ++i) {
    updates = 0;
    for (const double distance : distances) updates += std::max(1.0, std::round(distance / period));
    period = (changes.at.back() - changes.at.front()) / updates;
  }
  if (period < kFewestPolls * poll) return std::nullopt;
  const auto on_grid = std::count_if(distances.begin(), distances.end(), [&](double distance) {
    return std::abs(distance - std::round(distance / period) * period) <= 1.5 * poll;
  });
  if (static_cast<double>(on_grid) < kOnGrid * static_cast<double>(distances.size())) return std::nullopt;
  return UpdatePeriod{.period = Duration(period),
                      .uncertainty = Duration(poll / updates),
                      .updates = static_cast<std::size_t>(updates)};
}

std::vector<std::string> beat_warnings(std::span<const MeterCard> cards, Duration step, Duration measured) {
  std::vector<std::string> warnings;
  for (const MeterCard& card : cards) {
    const bool part_time = card.window > Duration(0) && card.window < card.period;
    if (card.method != Method::Integral || !part_time) continue;
    if (auto text = beat_warning(card.device, step, {card.period, card.window}, measured))
      warnings.push_back(std::move(*text));
  }
  return warnings;
}

}  // namespace frugal
