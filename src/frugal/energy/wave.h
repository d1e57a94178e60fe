// The true power of a simulated device as a function of time, with its exact integral.
// A value; safe to read from any thread. Time is seconds since the device was opened and may be negative.
#pragma once

#include <cstdint>
#include <vector>

#include "frugal/base/units.h"

namespace frugal {

enum class WaveShape { Constant, Square, Sine, Random };

struct WaveSettings {
  WaveShape shape = WaveShape::Constant;
  Watts low{100};  // a constant wave is `low`
  Watts high{100};
  Duration period{1};  // Random: the length of one piece
  double duty = 0.5;   // Square: share of the period at `high`, which comes first
  double phase = 0;    // share of a period by which the wave is ahead
  std::uint64_t seed = 1;
};

class Wave {
 public:
  explicit Wave(const WaveSettings& settings);
  Watts power_at(Duration time) const;
  // The exact joules from time 0 to `time`; negative for negative times.
  Joules energy_until(Duration time) const;
  const WaveSettings& settings() const { return settings_; }

 private:
  double mean_until(double x) const;  // the integral over x periods, in watt-periods

  WaveSettings settings_;
  std::vector<double> pieces_;  // Random: a block of pieces that repeats, in watts
  std::vector<double> until_;   // Random: their running sum
};

}  // namespace frugal
