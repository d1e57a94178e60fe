// What a sensor does between two of its values, found from a trace of it: how often it has a new value, over
// how much of the time that value is a mean, and how far polls of it can be off when the load beats with it.
// After Z. Yang, K. Adámek, W. Armour 2023, Part-time Power Measurements: nvidia-smi's Lack of Attention,
// arXiv 2312.02741. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frugal/base/units.h"
#include "frugal/energy/meter.h"
#include "frugal/energy/trace.h"

namespace frugal {

enum class SensorField { Counter, Power };

struct UpdatePeriod {
  Duration period;
  Duration uncertainty;  // half a poll, shared by all updates seen
  std::size_t updates = 0;
};

// The time between updates, from the staircase of a trace that was polled at least twice per update. Nothing
// where no staircase shows: polls too slow, fewer than eight updates, a value that changes with every poll or
// not at all, or changes that do not fall on a grid.
std::optional<UpdatePeriod> update_period(std::span<const Reading> readings, SensorField field);

// Over how much of the time a power value is a mean, from readings that have a counter as well: the window
// for which the counter's mean power before each update follows the power best. Nothing where that is not to
// be found: no counter, a load that hardly varies, fewer than 30 updates, or no window that fits; the
// vendor's table is then all there is.
struct AveragingWindow {
  Duration window;
  Duration delay;        // of the update behind what it shows
  double r_squared = 0;  // how well power follows
};
std::optional<AveragingWindow> averaging_window(std::span<const Reading> readings, Duration period);

// A sensor that has a new value every `period`, the mean of the `window` before it.
struct SensorTiming {
  Duration period;
  Duration window;
};

// The mean length of a training step; nothing for an epoch without steps or without length.
std::optional<Duration> step_duration(Duration epoch, std::size_t steps);

// The most by which joules polled for `measured` may be off, relative to what is reported, because training
// steps beat with a sensor that sees only `window` of every `period`. Varying the instants of the polls
// cannot help: the sensor looks when it looks.
//
// (1 − f) · max over k of A_k / k, with f = window / period: the load's k-th harmonic appears as a wave of
// k · period / step turns an update, of which the nearest whole number cannot be seen; A_k is the mean of n =
// measured / period values of what remains (Dirichlet's kernel, its envelope beyond the first half turn), and
// at most step / (π k window), for a window that holds many steps. Assumed is that power in the unseen time
// is at most twice what was seen.
double beat_error(Duration step, SensorTiming sensor, Duration measured);

// "a training step of 99.8 ms beats with the sensor of gpu0, …", or nothing where it is off by less than 10
// %.
std::optional<std::string> beat_warning(const std::string& device, Duration step, SensorTiming sensor,
                                        Duration measured);

// The same for every meter whose joules come from a power that sees a part of the time.
std::vector<std::string> beat_warnings(std::span<const MeterCard> cards, Duration step, Duration measured);

}  // namespace frugal
