// Many p-values at once, adjusted so that each may be held against the level as if it stood alone.
// All refuse what is no p-value; the order of the answer is that of the question.
#pragma once

#include <span>
#include <vector>

#include "frugal/base/result.h"

namespace frugal::stats {

// The chance of any false claim stays below the level (Holm 1979, A simple sequentially rejective procedure).
Result<std::vector<double>> holm(std::span<const double> p_values);

// The expected share of false claims stays below the level (Benjamini, Hochberg 1995), for independent or
// positively dependent tests.
Result<std::vector<double>> benjamini_hochberg(std::span<const double> p_values);

}  // namespace frugal::stats
