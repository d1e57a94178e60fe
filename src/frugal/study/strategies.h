// Makes the strategy that a plan names.
#pragma once

#include <memory>

#include "frugal/search/strategy.h"
#include "frugal/study/plan.h"

namespace frugal {

// Never null. The plan must come from parse_study(). The strategy owns copies of what it needs.
std::unique_ptr<Strategy> make_strategy(const Plan& plan);

}  // namespace frugal
