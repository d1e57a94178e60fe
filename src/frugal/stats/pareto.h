// Several objectives at once: which points nothing beats, how much they command, and where the front bends.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/stats/verdict.h"

namespace frugal::stats {

struct Objective {
  std::span<const double> values;  // one a point
  Better better = Better::Smaller;
};

// Indices of the points that no other point beats (at least as good everywhere, better somewhere), ascending;
// equal points all stay. O(n log n) for two objectives, O(n · front) for more. Refuses unequal lengths and
// values that are no finite numbers.
Result<std::vector<std::size_t>> pareto_front(std::span<const Objective> objectives);

struct Point2 {
  double x = 0;
  double y = 0;
};

// The area that the points dominate up to `reference` (a point no better than any of interest), exact, two
// objectives. Points beyond the reference count nothing.
Result<double> hypervolume(const Objective& first, const Objective& second, Point2 reference);

// Index of the point of the front that lies farthest from the line through the front's two ends, towards the
// ideal, both objectives scaled to the front's range (after Das 1999, On characterizing the "knee" of the
// Pareto curve). Refused where the front has fewer than three points or bulges away from the ideal
// everywhere: it has no knee.
Result<std::size_t> knee(const Objective& first, const Objective& second);

}  // namespace frugal::stats
