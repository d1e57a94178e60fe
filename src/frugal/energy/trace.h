// A trace is every reading of one meter; integrate() turns a window of it into joules.
// A window is two instants. Cumulative joules are one function of time, so adjacent windows add up exactly.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "frugal/base/units.h"
#include "frugal/energy/figure.h"
#include "frugal/energy/meter.h"

namespace frugal {

struct Window {
  Instant begin;
  Instant end;
  Duration length() const { return end - begin; }
};

// Readings in the order of their instants. `interval` is the time between polls where it is known; 0: taken
// as the mean distance of the readings.
struct Trace {
  MeterCard card;
  std::vector<Reading> readings;
  Duration interval{0};
};

// The same, borrowed.
struct TraceView {
  const MeterCard& card;
  std::span<const Reading> readings;
  Duration interval{0};
};

// The joules of the window, or nothing when no part of it was measured.
//
// Counter: differences between ticks; a window edge inside a tick interval takes its share by time. A sensor
// with a period shows a staircase: readings that repeat the last value within 1.5 periods are no ticks, and a
// tick is placed in the middle of the time in which it may have happened. Behind the last tick, up to the
// last reading, the last mean power is assumed (but not behind a gap). A difference d < 0 wraps once
// (d + counter_range); d must not exceed max_power × time where that is known. Otherwise it is a gap.
//
// Power: trapezoid between readings, window edges interpolated. A sensor with a period shows what was drawn
// half a period and half its window ago on average: the power at an instant is what the readings show that much
// later, and behind the last reading the last one holds.
//
// Gaps, which count as unmeasured: an interval with failed reads that is longer than 3 × max(poll interval,
// sensor period) (a shorter one is bridged: neither a zero nor a wrap); for power also such an interval
// without any reading (a counter keeps counting there); a rejected difference; time before the first and
// after the last reading.
//
// Bounds: `value` is what was measured, ± relative_error. A counter's share at a window edge may lie anywhere
// that max_power (unknown: twice the highest mean power seen) allows; what power readings do not tell is in
// power_bounds.h (max_power unknown: twice the highest reading). `high` also holds the unmeasured time at
// max_power (unknown: at the highest mean power seen in the window).
//
// Cost: a binary search and the readings of the window.
std::optional<EnergyFigure> integrate(const Trace& trace, Window window);
std::optional<EnergyFigure> integrate(const TraceView& trace, Window window);

// The first reading that integrate() needs for windows which begin at `begin` or later.
std::size_t first_needed(const TraceView& trace, Instant begin);

}  // namespace frugal
