// Sections of the Markdown report that are drawn from the findings; render_markdown.cc puts them in their
// places. Each is empty where there is nothing to say.
#pragma once

#include <string>
#include <vector>

#include "frugal/report/findings.h"

namespace frugal {

// Text of others inside a table cell or a heading: nothing of it is markup.
std::string escaped(const std::string& text);
// Cells are taken as they are: escape what others wrote.
std::string markdown_table(const std::vector<std::string>& heads,
                           const std::vector<std::vector<std::string>>& rows);

std::string markdown_pipeline(const Findings& findings);  // baseline, chosen and final run of greenscreen
std::string markdown_context(const Findings& findings);   // parity, CO2e, a better epoch that was dropped
std::string markdown_spending(const Findings& findings);  // joules by fate and phase
std::string markdown_progress(const Findings& findings);  // Pareto front, anytime curve
std::string markdown_best(const Findings& findings);   // the best ten by each outcome, of five trials or more
std::string markdown_rates(const Findings& findings);  // range tests
std::string markdown_analysis(const Findings& findings);  // regression, importance, correlation

std::string markdown_close(const Findings& findings);    // figures and power of single trials
std::string markdown_sensors(const Findings& findings);  // what is known of each
std::string markdown_host(const Findings& findings);     // a list

}  // namespace frugal
