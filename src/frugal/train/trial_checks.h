// What the trainer checks and tells of a model and its records before a trial begins.
#pragma once

#include "frugal/train/network.h"
#include "frugal/train/trainer.h"
#include "frugal/train/trial_settings.h"

namespace frugal {

// A shape as a checkpoint keeps it, and back; the numbers must be seven.
std::vector<std::int64_t> shape_numbers(const ImageShape& shape);
ImageShape shape_of(const std::vector<std::int64_t>& numbers);

// An error for factors that cannot be had together with this model or these records.
Status check_factors(const TrainerConfig& config, const TrialSettings& settings, const ImageShape& shape);

// Fills in the size of the model; no multiply-adds for scripts and forward-forward.
void describe(const TrainerConfig& config, const ImageShape& shape, WorkerCard& card);

}  // namespace frugal
