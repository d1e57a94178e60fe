// The fit. The meter that applies it is in calibrated_meter.cc, the JSON in calibration_json.cc.
#include "frugal/energy/calibration.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "frugal/base/csv_table.h"
#include "frugal/base/units_text.h"

namespace frugal {
namespace {

constexpr std::size_t kFewestRows = 10;
constexpr double kLeastVariation = 0.1;  // standard deviation over mean
constexpr double kLeastFollowing = 0.5;  // r²
constexpr double kFullCoverage = 0.999;  // of an interval that counts as measured
constexpr double kCoarse = 0.25;         // steps of the search, of a plug interval
constexpr double kFine = 0.01;
constexpr double kLeastOverlap = 0.5;  // of the rows that any shift can use

// The 97.5 % quantile of Student's t: Cornish and Fisher's expansion (Abramowitz and Stegun 1964, 26.7.5),
// right to 3e-5 from 8 degrees of freedom.
double t_quantile(double freedom) {
  constexpr double z = 1.959963984540054;
  const double z3 = z * z * z;
  const double z5 = z3 * z * z;
  const double z7 = z5 * z * z;
  const double z9 = z7 * z * z;
  const double g1 = (z3 + z) / 4;
  const double g2 = (5 * z5 + 16 * z3 + 3 * z) / 96;
  const double g3 = (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / 384;
  const double g4 = (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * z) / 92160;
  return z + (g1 + (g2 + (g3 + g4 / freedom) / freedom) / freedom) / freedom;
}

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double deviation_of(std::span<const double> values) {
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

// The joules of a trace since its first reading, as a function of time; unmeasured time is remembered.
class Cumulative {
 public:
  explicit Cumulative(const Trace& trace) {
    double joules = 0;
    double unmeasured = 0;
    std::optional<Instant> before;
    for (const Reading& reading : trace.readings) {
      if (before && reading.at <= *before) continue;
      if (before) {
        const auto figure = integrate(trace, {*before, reading.at});
        if (figure) joules += figure->value.value();
        if (!figure || figure->coverage < kFullCoverage) unmeasured += (reading.at - *before).value();
      }
      points_.push_back({(reading.at - Instant()).value(), joules, unmeasured});
      before = reading.at;
    }
  }

  // The mean power between two times, or nothing where it was not measured throughout.
  std::optional<double> mean(double from, double to) const {
    if (points_.empty() || from < points_.front().at || to > points_.back().at) return std::nullopt;
    const Point begin = at(from);
    const Point end = at(to);
    if (end.unmeasured > begin.unmeasured) return std::nullopt;
    return (end.joules - begin.joules) / (to - from);
  }

 private:
  struct Point {
    double at = 0;
    double joules = 0;
    double unmeasured = 0;
  };
  Point at(double time) const {
    const auto later = std::lower_bound(points_.begin(), points_.end(), time,
                                        [](const Point& p, double t) { return p.at < t; });
    if (later == points_.begin()) return *later;
    const Point& a = *(later - 1);
    const Point& b = *later;
    const double share = (time - a.at) / (b.at - a.at);
    return {time, a.joules + share * (b.joules - a.joules),
            a.unmeasured + share * (b.unmeasured - a.unmeasured)};
  }
  std::vector<Point> points_;
};

struct PlugRow {
  double from_s = 0;
  double to_s = 0;
  double power_w = 0;
};

Result<std::vector<PlugRow>> read_plug(const PlugLog& plug) {
  const Result<CsvTable> table = CsvTable::parse(plug.csv, plug.name);
  if (!table) return table.error();
  const Result<std::size_t> time = table->require("t_s");
  if (!time) return time.error();
  const Result<std::size_t> power = table->require("power_w");
  if (!power) return power.error();
  std::vector<PlugRow> rows;
  std::optional<double> before;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    const Result<std::optional<double>> t = table->number(row, *time);
    if (!t) return t.error();
    if (!*t) return table->error_at(row, *time, "a row needs a time");
    const Result<std::optional<double>> p = table->number(row, *power);
    if (!p) return p.error();
    if (before && **t <= *before) return table->error_at(row, *time, "the time does not go on");
    if (before && *p) rows.push_back({*before, **t, **p});
    before = **t;
  }
  return rows;
}

// The pairs that a shift of the plug's clock gives.
struct Pairs {
  std::vector<double> device;
  std::vector<double> plug;
};

Pairs pairs_at(const Cumulative& device, const std::vector<PlugRow>& rows, double shift) {
  Pairs pairs;
  for (const PlugRow& row : rows) {
    const std::optional<double> mean = device.mean(row.from_s - shift, row.to_s - shift);
    if (!mean) continue;
    pairs.device.push_back(*mean);
    pairs.plug.push_back(row.power_w);
  }
  return pairs;
}

struct Alignment {
  double shift = 0;
  double r_squared = -1;
};

// The best of the shifts from `from` to `to`; those that use fewer than `fewest` rows do not count.
Alignment best_shift(const Cumulative& device, const std::vector<PlugRow>& rows, double from, double to,
                     double step, std::size_t fewest) {
  Alignment best;
  const auto steps = static_cast<int>(std::ceil((to - from) / step));
  for (int i = 0; i <= steps; ++i) {
    const double shift = from + step * i;
    const Pairs pairs = pairs_at(device, rows, shift);
    if (pairs.device.size() < fewest) continue;
    const LineFit fit = fit_line(pairs.device, pairs.plug);
    const double follows = fit.gain > 0 ? fit.r_squared : 0;
    if (follows > best.r_squared || (follows == best.r_squared && std::abs(shift) < std::abs(best.shift)))
      best = {shift, follows};
  }
  return best;
}

std::size_t most_rows(const Cumulative& device, const std::vector<PlugRow>& rows, double most, double step) {
  std::size_t count = 0;
  for (double shift = -most; shift <= most; shift += step)
    count = std::max(count, pairs_at(device, rows, shift).device.size());
  return count;
}

// Why the pairs say nothing about the sensor, if so.
Status check(const Pairs& pairs, const LineFit& fit, const std::string& device, const std::string& plug) {
  const double varies = deviation_of(pairs.device) / std::abs(mean_of(pairs.device));
  if (!(varies >= kLeastVariation)) {
    return bad_input("the power of " + device + " varies by " + number_text(std::round(1000 * varies) / 10) +
                         " % only: gain and offset cannot be told apart",
                     "log a minute each of idle, half and full load");
  }
  if (!(fit.gain > 0) || fit.r_squared < kLeastFollowing) {
    return bad_input(plug + " does not follow " + device + " (r² = " + number_text(fit.r_squared, 2) + ")",
                     "check that the plug feeds this machine, and that both logs are of the same time");
  }
  return {};
}

}  // namespace

double LineFit::half_at(double x) const {
  // The covariance of gain and offset follows from x_mean: offset = y_mean − gain · x_mean.
  const double quantile = t_quantile(static_cast<double>(n) - 2);
  const double level = quantile * residual / std::sqrt(static_cast<double>(n));
  return std::hypot(level, gain_half * (x - x_mean));
}

LineFit fit_line(std::span<const double> x, std::span<const double> y) {
  LineFit fit{.n = x.size()};
  const double y_mean = mean_of(y);
  fit.x_mean = mean_of(x);
  double xx = 0;
  double xy = 0;
  double yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - fit.x_mean) * (x[i] - fit.x_mean);
    xy += (x[i] - fit.x_mean) * (y[i] - y_mean);
    yy += (y[i] - y_mean) * (y[i] - y_mean);
  }
  if (xx <= 0 || yy <= 0 || x.size() < 3) return fit;
  const auto n = static_cast<double>(x.size());
  fit.gain = xy / xx;
  fit.offset = y_mean - fit.gain * fit.x_mean;
  fit.r_squared = xy * xy / (xx * yy);
  fit.residual = std::sqrt(std::max(0.0, yy - fit.gain * xy) / (n - 2));
  const double quantile = t_quantile(n - 2);
  fit.gain_half = quantile * fit.residual / std::sqrt(xx);
  fit.offset_half = quantile * fit.residual * std::sqrt(1 / n + fit.x_mean * fit.x_mean / xx);
  return fit;
}

Result<Calibration> calibrate(const Trace& trace, const PlugLog& plug, const CalibrationSettings& settings) {
  const Result<std::vector<PlugRow>> rows = read_plug(plug);
  if (!rows) return rows.error();
  const std::string& device = trace.card.device;
  if (rows->size() < kFewestRows) {
    return bad_input(plug.name + " has " + std::to_string(rows->size() + 1) + " rows; a calibration needs " +
                     std::to_string(kFewestRows + 1));
  }
  const Cumulative joules(trace);
  const double interval = (rows->back().to_s - rows->front().from_s) / static_cast<double>(rows->size());
  const double most = settings.most_shift.value();
  const std::size_t usable = most_rows(joules, *rows, most, kCoarse * interval);
  if (usable < kFewestRows) {
    return bad_input("only " + std::to_string(usable) + " rows of " + plug.name + " lie in the time of " +
                         device + "'s trace, clocks apart by up to " + to_text(settings.most_shift),
                     "both count t_s from the same moment, or nearly");
  }
  const auto fewest =
      std::max(kFewestRows, static_cast<std::size_t>(kLeastOverlap * static_cast<double>(usable)));
  const double coarse_step = kCoarse * interval;
  const Alignment coarse = best_shift(joules, *rows, -most, most, coarse_step, fewest);
  const Alignment best = best_shift(joules, *rows, coarse.shift - coarse_step, coarse.shift + coarse_step,
                                    kFine * interval, fewest);
  const Pairs pairs = pairs_at(joules, *rows, best.shift);
  const LineFit fit = fit_line(pairs.device, pairs.plug);
  if (const Status status = check(pairs, fit, device, plug.name); !status) return status.error();
  double unsure = 0;
  for (const double x : pairs.device) {
    const double line = fit.gain * x + fit.offset;
    if (line > 0) unsure = std::max(unsure, fit.half_at(x) / line);
  }
  return Calibration{.host = settings.host,
                     .device = device,
                     .sensor = trace.card.sensor,
                     .gain = fit.gain,
                     .gain_low = fit.gain - fit.gain_half,
                     .gain_high = fit.gain + fit.gain_half,
                     .offset = Watts(fit.offset),
                     .offset_low = Watts(fit.offset - fit.offset_half),
                     .offset_high = Watts(fit.offset + fit.offset_half),
                     .residual = Watts(fit.residual),
                     .relative_error = plug.relative_error + unsure,
                     .shift = Duration(best.shift),
                     .n = fit.n,
                     .date = settings.date};
}

}  // namespace frugal
