// Picks a learning rate from the losses of a range test (SM², Figure 1): the largest rate of the window of
// rates over which the loss curve is flat.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frugal/trial/outcome.h"

namespace frugal {

// One point per rate, ascending; the loss is the mean over the cycles, NaN when any cycle's loss was not
// finite.
std::vector<RatePoint> mean_curve(std::span<const RatePoint> steps);

struct RateChoice {
  double rate = 0;
  std::size_t window_begin = 0;  // indices into the mean curve; equal when no window was chosen
  std::size_t window_end = 0;
  std::string warning = {};  // why the rule itself could not be applied
};

inline constexpr std::size_t kSelectionWindow = 5;

// As written in the paper: curvature κ_j = |ℓ_{j+1} − 2ℓ_j + ℓ_{j−1}| on the log grid; windows of five rates,
// out when a loss in one is not finite or above `loss_before`; of the flatter third the one with the largest
// mean rate; its largest rate. Where no window is left: the largest rate whose loss is below `loss_before`,
// else the smallest rate. `curve` must be a mean curve and not empty.
RateChoice select_rate_paper(std::span<const RatePoint> curve, double loss_before);

// Departs from the paper where the throw-away trial of methods.md showed it to fail: no rate beyond the one
// with the smallest (three-point smoothed) loss is eligible, so the rising and the destroyed end of the curve
// cannot win by being flat; within the eligible rates the paper's rule holds. Fallback: the rate of the
// smallest smoothed loss.
RateChoice select_rate_descent(std::span<const RatePoint> curve, double loss_before);

// The usual reading of a range test (after Smith 2017, Cyclical Learning Rates, section 3.3): a third of the rate at
// which the smoothed loss is smallest, or the next candidate below that. Beyond the smallest loss a rate undoes what
// it has learnt; a third of it keeps clear of that edge.
RateChoice select_rate_valley(std::span<const RatePoint> curve, double loss_before);

}  // namespace frugal
