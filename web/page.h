// The page of the HTML report, in which report_html() puts the findings of a study. Made by build.mjs.
#pragma once

#include <string_view>

namespace frugal::web {

extern const std::string_view kReportPage;

}  // namespace frugal::web
