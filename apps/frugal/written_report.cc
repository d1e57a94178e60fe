#include "frugal/written_report.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "frugal/command.h"
#include "frugal/paper.h"
#include "frugal/report/findings.h"
#include "frugal/report/render.h"
#include "frugal/report/render_html.h"
#include "page.h"

namespace frugal::app {
namespace {

namespace fs = std::filesystem;

// Studies that are named, or else the newest of the strategy vanilla with the same workload.
Result<std::vector<StudyResult>> references(const std::string& store, const StudyResult& result,
                                            const std::vector<std::string>& named) {
  std::vector<StudyResult> found;
  for (const std::string& name : named) {
    Result<StudyResult> other = read_result(store, name);
    if (!other) return other.error();
    found.push_back(std::move(*other));
  }
  if (!named.empty() || result.strategy == "vanilla") return found;
  const Result<std::unique_ptr<SqliteLedger>> ledger = SqliteLedger::open(store, OpenMode::ReadOnly);
  if (!ledger) return ledger.error();
  const Result<std::vector<StudyBrief>> briefs = (*ledger)->list();
  if (!briefs) return briefs.error();
  for (auto brief = briefs->rbegin(); brief != briefs->rend(); ++brief) {
    if (brief->strategy != "vanilla" || !brief->stopped_by) continue;
    Result<StudyResult> other = read_result(store, brief->name);
    if (!other || other->header.plan.value("workload", nlohmann::ordered_json()) !=
                      result.header.plan.value("workload", nlohmann::ordered_json()))
      continue;
    found.push_back(std::move(*other));
    break;
  }
  return found;
}

Result<std::string> rendered(const Findings& findings, const std::string& format) {
  if (format == "md") return report_markdown(findings);
  if (format == "json") return report_json(findings).dump(2) + "\n";
  std::string html = report_html(findings, web::kReportPage, FRUGAL_VERSION);
  return format == "pdf" ? pdf_of(html) : Result<std::string>(std::move(html));
}

}  // namespace

std::string format_of_file(const std::string& file) {
  const std::string ending = fs::path(file).extension().string();
  if (ending == ".pdf" || ending == ".md" || ending == ".json") return ending.substr(1);
  return "html";
}

Result<std::string> report_bytes(const std::string& store, StudyResult result, const ReportWishes& wishes) {
  const Result<std::vector<StudyResult>> others = references(store, result, wishes.against);
  if (!others) return others.error();
  const Result<std::unique_ptr<SqliteLedger>> ledger = SqliteLedger::open(store, OpenMode::ReadOnly);
  if (!ledger) return ledger.error();
  Findings findings = find(std::move(result), *others);
  const bool page = wishes.format == "html" || wishes.format == "pdf";
  Result<CloseLook> close = look_closely(findings, **ledger, {.trials = wishes.trace, .others = page});
  if (!close) return close.error();
  findings.close = std::move(*close);
  return rendered(findings, wishes.format);
}

Status check_report(const std::string& file) {
  if (file.empty()) return {};
  const fs::path folder = fs::absolute(file).parent_path();
  const bool there = ::access(file.c_str(), F_OK) == 0;
  if (::access(there ? file.c_str() : folder.c_str(), W_OK) != 0)
    return bad_input("report: '" + file + "' cannot be written", "name another file with: --set report=FILE");
  if (format_of_file(file) == "pdf" && !can_print())
    return bad_input("report: '" + file + "' is a PDF, and no Chromium or Chrome is on PATH to print it",
                     "install one (Debian: apt-get install chromium), or take HTML: --set report=" +
                         fs::path(file).replace_extension(".html").string());
  return {};
}

Status write_report(const std::string& store, const std::string& study, const std::string& file) {
  Result<StudyResult> result = read_result(store, study);
  if (!result) return result.error();
  const Result<std::string> bytes = report_bytes(store, std::move(*result), {format_of_file(file)});
  if (!bytes) return bytes.error();
  const std::string part = file + ".part";
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  out << *bytes;
  out.close();
  std::error_code failure;
  if (out) fs::rename(part, file, failure);
  if (!out || failure) {
    fs::remove(part, failure);
    return Error{ErrorCode::Retry, "the report '" + file + "' could not be written",
                 "frugal report " + study + " -o " + file};
  }
  return {};
}

}  // namespace frugal::app
