// Which configuration the final run of the greenscreen pipeline takes, from what the others gave.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frugal/search/greenscreen.h"

namespace frugal {

// Sets chosen, chosen_run, levels and note of `course` from its baseline and search. `trials` are the single
// runs of both, which the regression of Winners is made of.
void choose_final(GreenscreenCourse& course, std::span<const TrialSummary> trials,
                  const GreenscreenSettings& settings);

}  // namespace frugal
