// Joules of one phase or device; its mean power over the time of its windows.
#pragma once

#include <optional>
#include <string>

#include "frugal/energy/figure.h"

namespace frugal {

struct EnergyPart {
  std::string name;
  EnergyFigure figure;
  std::optional<Watts> mean_power = {};
  std::optional<double> share = {};  // of the study's (or trial's) total
};

}  // namespace frugal
