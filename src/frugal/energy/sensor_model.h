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

}  // namespace frugal
