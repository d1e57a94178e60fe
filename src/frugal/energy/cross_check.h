// The second opinion: where readings have a counter and a power, the joules of the one are held against the
// integral of the other. Pure functions; ask again as the recording grows.
#pragma once

#include <optional>
#include <string>

#include "frugal/base/units.h"
#include "frugal/energy/figure.h"
#include "frugal/energy/trace.h"

namespace frugal {

struct CrossCheck {
  EnergyFigure counter;
  EnergyFigure power;     // the integral of the same readings' power
  double difference = 0;  // of power from counter, in parts of the counter's joules
  bool agrees = true;     // their bounds meet
};

// Nothing where the meter gives no power beside its counter, or where a tenth of the window or more is
// unmeasured by either: that is said by the coverage already.
std::optional<CrossCheck> cross_check(const TraceView& trace, Window window);

// "gpu0: its counter says 1.00 kJ, its power (instant) 1.30 kJ over 20 s: …", or nothing where they agree.
std::optional<std::string> disagreement(const TraceView& trace, Window window);

}  // namespace frugal
