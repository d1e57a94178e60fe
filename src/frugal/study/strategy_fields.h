// The mapping `strategy:` of a study file.
#pragma once

#include "frugal/study/plan.h"
#include "frugal/study/yaml_fields.h"

namespace frugal {

// Throws StudyFault at what is wrong. `workload` and `space` are those of the same file.
StrategyPlan read_strategy(const Fields& top, const WorkloadPlan& workload, const Space& space);

}  // namespace frugal
