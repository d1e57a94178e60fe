// The two ways to look ahead without moving a trial: a learning-rate exploration (Geissler et al. 2024,
// "Spend More to Save More") and a short probe. Both leave the learner as it was, bit for bit, also when they
// throw.
#pragma once

#include "frugal/train/learner.h"
#include "frugal/work/worker.h"

namespace frugal {

// As ExploreRequest says. `request` must be valid: rates ascending and not empty, fraction in (0, 1].
ExploreReport explore_rates(Learner& learner, const DeviceSet& train, const DeviceSet& validation,
                            const ExploreRequest& request);

// `steps` steps with `settings`; loss is their mean. Not finite when the probe diverged.
ProbeReport probe_settings(Learner& learner, const DeviceSet& train, const DeviceSet& validation, int steps,
                           const TrialSettings& settings);

// Steps that `request` costs and those its fraction holds at this batch size.
struct ExplorePlan {
  int steps = 0;
  int budget_steps = 0;
};
ExplorePlan plan_exploration(const ExploreRequest& request, std::int64_t train_samples,
                             std::int64_t batch_size);

}  // namespace frugal
