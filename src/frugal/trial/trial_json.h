// Steps and outcomes as JSON, for ledgers and exports. What is written is read back equal; NaN travels as
// null.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "frugal/base/result.h"
#include "frugal/trial/outcome.h"

namespace frugal {

nlohmann::json step_to_json(const Step& step);
Result<Step> step_from_json(const nlohmann::json& json);
nlohmann::json outcome_to_json(const Outcome& outcome);
Result<Outcome> outcome_from_json(const nlohmann::json& json);

}  // namespace frugal
