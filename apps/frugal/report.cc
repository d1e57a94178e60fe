// frugal report: a study as one HTML page, PDF, Markdown or JSON.
#include <fmt/format.h>

#include <cctype>
#include <filesystem>

#include "frugal/command.h"
#include "frugal/written_report.h"

namespace frugal::app {
namespace {

struct ReportOptions {
  std::string study;
  std::string output;
  std::vector<std::string> against;
  std::vector<int> trace;
};

// A plain file name of a study's name: what is no letter, digit, dot, dash or underscore becomes a dash.
std::string file_name(const std::string& study, const std::string& ending) {
  std::string name = "frugal-report-";
  for (const char c : study) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
    if (plain || name.back() != '-') name += plain ? c : '-';
  }
  return name + "." + ending;
}

// The format of the command line, else that of the file's ending, else HTML.
std::string format_of(const CommonOptions& common, const ReportOptions& options) {
  return common.format.empty() ? format_of_file(options.output) : common.format;
}

int report(const CommonOptions& common, const ReportOptions& options) {
  const std::string format = format_of(common, options);
  Result<StudyResult> result = read_result(common.store, options.study);
  if (!result) return fail(result.error());
  const bool page = format == "html" || format == "pdf";
  const std::string file =
      options.output.empty() && page ? file_name(result->header.name, format) : options.output;
  Result<Output> output = Output::open(file);
  if (!output) return fail(output.error());
  const Result<std::string> bytes =
      report_bytes(common.store, std::move(*result), {format, options.against, options.trace});
  if (!bytes) {
    std::error_code ignored;
    if (!file.empty()) std::filesystem::remove(file, ignored);
    return fail(bytes.error());
  }
  if (const Status written = output->write(*bytes); !written) return fail(written.error());
  if (options.output.empty() && page)
    fmt::print("the report lies in {}\n", std::filesystem::absolute(file).string());
  return kDone;
}

}  // namespace

Command report_command() {
  return {
      "report", "A study as one self-contained HTML page, PDF, Markdown or JSON",
      "frugal report digits-sm2 -o report.html", [](CLI::App& command, CommonOptions& common) {
        auto options = std::make_shared<ReportOptions>();
        command.add_option("study", options->study, "Name of the study; the newest when left out")
            ->type_name("STUDY");
        command
            .add_option("-o,--output", options->output,
                        "File to write; left out: frugal-report-STUDY.html (or .pdf) here, md and json on "
                        "standard output")
            ->type_name("FILE");
        command
            .add_option(
                "--against", options->against,
                "Study to state the parity with; left out: the newest one of the strategy vanilla with the "
                "same workload")
            ->type_name("STUDY");
        command
            .add_option("--trace", options->trace,
                        "Trials whose power over time to show, besides the winner and those that are chosen")
            ->delimiter(',')
            ->type_name("TRIAL,…");
        add_store(command, common);
        add_format(command, common, {"html", "pdf", "md", "json"});
        common.format.clear();  // left out: the ending of the file says it
        return [&common, options] { return report(common, *options); };
      }};
}

}  // namespace frugal::app
