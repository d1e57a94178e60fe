// The report as one HTML file: the page (web/, built and compiled into the command) with one JSON object put
// in. Renders nothing itself; the page's script draws. The library holds no page, so that its tests need no
// node.
#pragma once

#include <string>
#include <string_view>

#include "frugal/report/findings.h"

namespace frugal {

// The words that a page must hold, once each, where text goes in.
inline constexpr std::string_view kTitleMark = "@@frugal:title@@";
inline constexpr std::string_view kSummaryMark = "@@frugal:summary@@";
inline constexpr std::string_view kFindingsMark = "@@frugal:findings@@";

// Whatever stands in names, files and messages of the study can neither end the element it stands in nor be
// run: text is escaped, and of the JSON every `<`, `>`, `&`, U+2028 and U+2029 is written as \uXXXX.
std::string report_html(const Findings& findings, std::string_view page, const std::string& version);

}  // namespace frugal
