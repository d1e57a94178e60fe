// The parts of the findings as JSON, in full precision: what the page and the JSON report share.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "frugal/report/findings.h"

namespace frugal {

nlohmann::ordered_json carbon_json(const Findings& findings);
nlohmann::ordered_json parity_json(const Findings& findings);
nlohmann::ordered_json parts_json(const std::vector<EnergyPart>& parts);
nlohmann::ordered_json fates_json(const std::vector<FateEnergy>& fates);
nlohmann::ordered_json anytime_json(const std::vector<AnytimePoint>& curve);
nlohmann::ordered_json rate_tests_json(const std::vector<RateTest>& tests);
nlohmann::ordered_json histograms_json(const std::vector<Histogram>& histograms);
nlohmann::ordered_json analysis_json(const std::optional<Analysis>& analysis);
nlohmann::ordered_json pipeline_json(const Pipeline& pipeline);

// All of them under one object, with the front, rankings and what trial_results do not say of each trial
// (docs/json.md).
nlohmann::ordered_json findings_json(const Findings& findings);

}  // namespace frugal
