// The port to one power or energy sensor. A Meter is read by one thread at a time; it owns what it opened.
// A failed read is a Reading without values (a gap), never a zero and never an exception.
#pragma once

#include <optional>
#include <string>

#include "frugal/base/units.h"
#include "frugal/energy/figure.h"

namespace frugal {

// One poll. `counter` is the joules since some unknown start, `power` what the sensor calls watts; a meter
// gives one of them, both, or (a gap) neither.
struct Reading {
  Instant at = {};
  std::optional<Joules> counter = {};
  std::optional<Watts> power = {};
};

// The `power` of readings that have a counter as well: it checks the counter and is drawn in traces.
struct PowerCard {
  std::string field;   // "instant", "1-s average"
  Duration period{0};  // as of the meter
  Duration window{0};
};

// What is known of a sensor before it is read.
struct MeterCard {
  std::string device;  // "gpu0", "cpu0", "dram0", "machine0", "model", "sim0": the name of its joules
  std::string sensor;  // said to people: which sensor, which assumptions
  Method method = Method::Integral;
  Duration period{0};                   // how often the sensor has a new value; 0: whenever it is read
  Duration window{0};                   // how much of the time before the value it has seen; 0: an instant
  double relative_error = 0;            // of joules, e.g. 0.05
  std::optional<PowerCard> power = {};  // of a counter's second opinion
  bool whole_machine = false;  // sees what other meters see too: shown beside them, never added to them
  std::optional<Joules> counter_range = {};  // at which the counter wraps
  std::optional<Watts> max_power = {};       // plausibility of a counter difference
  std::optional<std::string> caveat = {};    // one sentence for the report: "cpu energy is modelled …"
};

class Meter {
 public:
  virtual ~Meter() = default;
  virtual const MeterCard& card() const = 0;
  // Never throws; a failure is a gap.
  virtual Reading read() = 0;
  // The process whose work is metered, with its descendants; 0: none. Sensors of whole devices ignore it.
  virtual void watch(int pid) { static_cast<void>(pid); }
};

}  // namespace frugal
