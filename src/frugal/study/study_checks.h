// What a study file says in several places that cannot go together: the last look before a plan is accepted.
// Throws the StudyFault of yaml_fields.h with the place of the trouble.
#pragma once

#include <string>

#include "frugal/study/plan.h"
#include "frugal/study/yaml_fields.h"

namespace frugal {

void check_name(const Fields& top, const std::string& name);
void check_together(const Fields& top, const Plan& plan);

}  // namespace frugal
