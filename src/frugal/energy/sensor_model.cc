#include "frugal/energy/sensor_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace frugal {
namespace {

constexpr std::size_t kFewestUpdates = 8;
constexpr double kFewestPolls = 2;     // per update
constexpr double kLowQuantile = 0.25;  // of the distances of changes: longer ones skipped an update
constexpr double kOnGrid = 0.9;        // of the distances must be a multiple of the period
constexpr int kRefinements = 3;

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

}  // namespace

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

}  // namespace frugal
