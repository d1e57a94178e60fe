// Findings as the one object that the HTML page holds: columns, not rows, with seven significant digits, so
// that thousands of trials stay small. It belongs to web/ and changes with it; docs/json.md documents
// report_json().
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "frugal/report/findings.h"

namespace frugal {

// `version` names the program that wrote the report. Courses of epochs are held for every trial of a study of
// up to 150,000 epochs; of a longer one for the winner, the front, the top lists, and then by number until
// that limit.
nlohmann::ordered_json page_json(const Findings& findings, const std::string& version);

}  // namespace frugal
