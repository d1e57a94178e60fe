// Parameters as the trials of a study show them: which values each took, and where it did not apply.
// Pure functions of the points.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frugal/space/point.h"

namespace frugal {

// A parameter with more than one value among the trials; not to apply to some counts as a value.
struct Factor {
  std::string name;
  std::vector<Value> levels = {};  // numbers ascending, else by appearance
  bool numeric = false;
  bool log = false;                            // positive and over a factor of 20 or more
  std::vector<std::optional<int>> level = {};  // per trial; absent where it does not apply

  bool covers_every_trial() const;
};

// One point a trial; factors in the order in which they first appear.
std::vector<Factor> factors_of(std::span<const Point> points);

// Of a level of a numeric factor.
double level_number(const Value& value);

}  // namespace frugal
