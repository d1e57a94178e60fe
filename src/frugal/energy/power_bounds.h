// How far the joules of a window of power readings may be from the truth because of what the sensor did not
// see, or saw without saying when. Pure functions; the sensor's gain is not in them.
#pragma once

#include <span>

#include "frugal/base/units.h"

namespace frugal {

// What a power sensor with a period showed in one window.
struct PowerWindow {
  std::span<const double> values_w = {};  // one per update, in order
  Duration period{0};                     // of its updates
  Duration window{0};                     // that a value is a mean of
  Duration poll{0};                       // mean distance of the readings
  Duration measured{0};                   // time of the window with readings
  Joules joules{0};                       // found for that time
  Watts peak{0};                          // taken for the most it draws at the edges
  Watts most{0};                          // more than this the device never draws
};

// To be taken off and put on `joules`.
struct PowerBounds {
  Joules below{0};
  Joules above{0};
};

// The mean age of what a reading shows: half a period since the update and half the window behind it.
Duration mean_age(Duration period, Duration window);

// Two things add up.
//
// Edges: a reading tells the mean of (window + period) but not where in it, and the sensor's own delay,
// unknown, is taken as up to half a period. So each edge may be off by what the swing of power gives in
// (window + period) / 8 (the area of a ramp against a step) and half a period; two edges by the root of two
// of it. The swing is the range of the readings and, for what they blur away, half the peak times (window +
// period) / measured time, together at most the peak.
//
// Unseen time: a share 1 − f of the time, f = window / max(period, poll), is not seen at all, and in it the
// power may be anything from 0 to the most: that is the bound for a load in step with the sensor, which shows
// as one constant or slowly drifting value. The more phases of the load the readings show, the smaller it is:
// it is multiplied by the largest over p = 1 … 8 of 1 / (p · max(1, c_p)), where c_p is how often every p-th
// value crosses the mean of all by a tenth of their range and 3 % of the mean; to that comes twice the
// standard error of the mean of as many values as there are crossings.
//
// Found by reasoning, then tried on random loads: docs/results/energy_accuracy.md.
PowerBounds power_bounds(const PowerWindow& window);

}  // namespace frugal
