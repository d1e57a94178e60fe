// Gain and offset of a sensor against a wall plug, and a meter that applies them. Pure functions: text and
// values in, values out. A calibration belongs to one host, one device and one sensor.
#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "frugal/base/result.h"
#include "frugal/base/units.h"
#include "frugal/energy/meter.h"
#include "frugal/energy/trace.h"

namespace frugal {

// y = gain · x + offset by ordinary least squares; half widths of the 95 % intervals (Student's t, n − 2).
struct LineFit {
  double gain = 0;
  double offset = 0;
  double gain_half = 0;
  double offset_half = 0;
  double residual = 0;  // standard deviation around the line
  double r_squared = 0;
  double x_mean = 0;
  std::size_t n = 0;
  double half_at(double x) const;  // of the line itself
};
// Needs ten points and an x that varies; nothing is checked beyond a division by zero, which gives gain 0.
LineFit fit_line(std::span<const double> x, std::span<const double> y);

// What the plug shows = gain · what the sensor shows + offset. The offset is what the plug shows at 0 W of
// the sensor: behind a plug that feeds more than the device, calibrated joules are those of all that it
// feeds.
struct Calibration {
  std::string host;
  std::string device;
  std::string sensor;
  double gain = 1;
  double gain_low = 1;
  double gain_high = 1;
  Watts offset{0};
  Watts offset_low{0};
  Watts offset_high{0};
  Watts residual{0};
  double relative_error = 0;  // the plug's, and the line's where that is largest in the log
  Duration shift{0};          // so much later the plug's clock shows the same moment
  std::size_t n = 0;          // rows of the plug that were used
  std::string date;
};

struct PlugLog {
  std::string_view csv;  // t_s,power_w
  std::string name;      // its path, for messages
  double relative_error = 0.01;
};
struct CalibrationSettings {
  std::string host;
  std::string date;
  Duration most_shift{60};  // of the two clocks
};

// Fits the power of a device's trace (instants count from Instant(0), as parse_trace_csv gives them) to the
// plug's rows. A row stands for the mean since the row before. The clocks are aligned by the shift at which
// the two correlate best. The intervals take the rows for independent; slow drift makes them too narrow.
// Errors: those of the CSV; fewer than ten rows together; no overlap within most_shift; a load that varies by
// less than a tenth of its mean (gain and offset cannot be told apart); a plug that does not follow the
// device.
Result<Calibration> calibrate(const Trace& device, const PlugLog& plug, const CalibrationSettings& settings);

nlohmann::json calibration_to_json(const Calibration& calibration);
Result<Calibration> calibration_from_json(const nlohmann::json& json);

// Whether it was made for this host, device and sensor.
bool fits(const Calibration& calibration, const MeterCard& card, std::string_view host);

// The meter with the calibration applied to its counter and its power: the error is the calibration's, the
// sensor's text says so. A calibration that does not fit is not applied: the meter comes back as it was.
std::unique_ptr<Meter> calibrated(std::unique_ptr<Meter> meter, const Calibration& calibration,
                                  std::string_view host);

}  // namespace frugal
