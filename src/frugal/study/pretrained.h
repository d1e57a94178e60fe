// Where a training begins that goes on from another study: workload.pretrained as a study and a trial becomes
// the checkpoint that the store keeps for it.
#pragma once

#include <string>

#include "frugal/study/ledger.h"
#include "frugal/study/plan.h"

namespace frugal {

// The settings of the built-in trainer with the path of the checkpoint in place of {study, trial}; other
// settings are as they were. An error that says what is wrong: no such study (the nearest is named) or trial,
// a study that is not over and of which the winner is wanted, another model, a trial that was dropped, a file
// that is gone.
Result<nlohmann::json> with_pretrained_file(const Plan& plan, const nlohmann::json& settings, Ledger& ledger,
                                            const std::string& store);

}  // namespace frugal
