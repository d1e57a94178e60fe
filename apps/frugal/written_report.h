// A study's report as bytes of a format, and as the file that a study file asks for.
#pragma once

#include <string>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/study/result.h"

namespace frugal::app {

// "html", "pdf", "md" or "json" by the file's ending; "html" for any other.
std::string format_of_file(const std::string& file);

struct ReportWishes {
  std::string format;
  // Studies to state the parity with; none: the newest of the strategy vanilla with the same workload.
  std::vector<std::string> against = {};
  // Trials whose power over time is shown, besides the winner and, on a page, some others.
  std::vector<TrialId> trace = {};
};

// The report of `result` from `store`. Fails as reading the store, looking closely and printing a PDF do.
Result<std::string> report_bytes(const std::string& store, StudyResult result, const ReportWishes& wishes);

// Whether such a file could be written now: its folder takes files, and for a PDF there is a browser. Fine
// for "".
Status check_report(const std::string& file);
// Writes it whole: the file is as before when anything fails.
Status write_report(const std::string& store, const std::string& study, const std::string& file);

}  // namespace frugal::app
