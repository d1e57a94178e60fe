// A simulated sensor with known true power: its reported joules can be compared with the truth.
// Part of the product ("sim:SPEC"), for tests and demonstrations. It measures nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "frugal/base/clock.h"
#include "frugal/base/result.h"
#include "frugal/base/rng.h"
#include "frugal/energy/meter.h"
#include "frugal/energy/trace.h"
#include "frugal/energy/wave.h"

namespace frugal {

struct SimSpec {
  WaveSettings wave;
  bool counter = true;                  // a counter of joules, or a power sensor
  bool both = false;                    // a counter that sees everything, and the power sensor beside it
  Duration counter_period{0};           // of both: ticks of the counter; 0: whenever it is read
  Duration period{0};                   // a new value every; 0: whenever it is read
  std::optional<Duration> window = {};  // mean over that time before the value; unset: it sees everything
  double gain = 1;
  Watts offset{0};
  Joules tick{0};                          // quantum of the counter
  Watts quantum{0};                        // quantum of the power
  std::optional<Joules> wrap = {};         // the counter's range
  Joules start{0};                         // of the counter
  Duration lag{0};                         // the value is that much older
  double fail = 0;                         // probability of a failed read
  std::optional<Duration> fail_from = {};  // every read fails from here …
  std::optional<Duration> fail_to = {};    // … to here, since the meter was opened
  std::uint64_t seed = 1;
  double error = 0.05;                  // declared relative error
  std::optional<Watts> max_power = {};  // declared; unset: 1.25 × the highest power of the wave
};

// Reads what stands behind "sim:"; empty text is a 100 W constant counter. Times wear a unit; watts may be
// bare.
//   power=150W | wave=square,low=50,high=250,wave_period=700ms,duty=0.3,phase=0.25 (also sine, random)
//   sensor=counter|power|both counter_period=20ms (of both; period and window are then its power's)
//   period=100ms window=25ms gain=1.02 offset=3W tick=1mJ quantum=1W wrap=262144J
//   start=0J lag=20ms fail=0.01 fail_from=3s fail_to=5s seed=1 error=0.05 max_power=400W
Result<SimSpec> parse_sim(std::string_view text);

// Time zero is the construction. `clock` must outlive the meter. The truth is safe to ask from any thread.
class SimMeter final : public Meter {
 public:
  SimMeter(const SimSpec& spec, std::string device, const Clock& clock);
  const MeterCard& card() const override { return card_; }
  Reading read() override;

  // The exact joules of the wave in a window.
  Joules true_energy(Window window) const;

 private:
  bool fails(Duration since);
  Joules counted(Duration update);  // true joules the sensor has counted at an update
  Watts shown_power(Duration update) const;
  Watts mean_power(Duration end, Duration length) const;

  SimSpec spec_;
  MeterCard card_;
  const Clock& clock_;
  Instant origin_;
  Wave wave_;
  Rng rng_;
  std::int64_t updates_ = 0;  // of a sensor that sees part of the time: updates counted so far
  Joules seen_{0};            // and their joules
};

}  // namespace frugal
