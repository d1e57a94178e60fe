// The learning rate over the updates of a trial. No torch here; a function of the settings and the number of
// the update alone, so that a restored trial goes on as it would have.
#pragma once

#include <cstdint>

#include "frugal/train/trial_settings.h"

namespace frugal {

// The rate of update `update` (the first is 0), η = learning_rate, T = decay_steps, t = min(update, T):
//   constant     η
//   exponential  η·gamma^(update/T), smooth and without end
//   polynomial   η·(1 − t/T), linear to 0.01·η
//   cosine       η·(1 + cos(πt/T))/2 (Loshchilov and Hutter 2017, without restarts), to 0.001·η
//   step         η·gamma^⌊update/T⌋
//   one-cycle    from η/25 to η at 0.3·T and down to η/25/10⁴ at T, both along half a cosine (Smith 2018 as
//                PyTorch writes it)
double scheduled_rate(const TrialSettings& settings, std::int64_t update);

}  // namespace frugal
