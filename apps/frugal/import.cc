// frugal import: runs from a CSV into the store, as studies.
#include <fmt/format.h>

#include <filesystem>

#include "frugal/base/clock.h"
#include "frugal/command.h"
#include "frugal/report/recorded_csv.h"
#include "frugal/stats/csv.h"

namespace frugal::app {
namespace {

struct ImportOptions {
  std::string file;
  std::string name;
  std::string metric;
  std::string goal;
  std::vector<std::string> factors;
  std::string rows;
};

RecordedQuestion question_of(const ImportOptions& options) {
  RecordedQuestion question{.source = std::filesystem::path(options.file).filename().string()};
  if (!options.name.empty()) question.name = options.name;
  if (!options.metric.empty()) question.metric = options.metric;
  if (!options.goal.empty()) question.maximise = options.goal == "max";
  question.factors = options.factors;
  if (!options.rows.empty())
    question.rows = options.rows == "epochs" ? RecordedRows::Epochs : RecordedRows::Trials;
  question.created_unix_s = unix_time_s();
  return question;
}

int import_it(const CommonOptions& common, const ImportOptions& options) {
  const Result<std::string> text = read_bytes(options.file);
  if (!text) return fail(text.error());
  const Result<stats::Table> table =
      stats::read_csv(*text, {.separator = options.file.ends_with(".tsv") ? '\t' : ','});
  if (!table) return fail(Error{table.error().code, options.file + ": " + table.error().message});
  const Result<std::vector<StudyRecord>> records = recorded_studies(*table, question_of(options));
  if (!records)
    return fail(
        Error{records.error().code, options.file + ": " + records.error().message, records.error().hint});
  const Result<std::unique_ptr<SqliteLedger>> ledger = SqliteLedger::open(common.store, OpenMode::ReadWrite);
  if (!ledger) return fail(ledger.error());
  if (const Status kept = (*ledger)->import(*records); !kept) return fail(kept.error());
  for (const StudyRecord& record : *records) {
    fmt::print("imported '{}': {} steps of {} rows\n", record.header.name, record.history.size(),
               table->rows());
    for (const std::string& caveat : record.caveats) fmt::print("  caveat   {}\n", caveat);
  }
  return kDone;
}

}  // namespace

Command import_command() {
  return {
      "import", "Runs from a CSV (as export writes it, or of another tool) into the store, as a study",
      "frugal import runs.csv --name earlier --metric accuracy",
      [](CLI::App& command, CommonOptions& common) {
        auto o = std::make_shared<ImportOptions>();
        command.add_option("file", o->file, "The CSV: a row an epoch, or a row a trial")
            ->required()
            ->type_name("CSV");
        command.add_option("--name", o->name, "Of the study; left out: the column study, or the file's name")
            ->type_name("NAME");
        command.add_option("--metric", o->metric, "Column that steers; left out: as export places it")
            ->type_name("COLUMN");
        command.add_option("--goal", o->goal, "Left out: min for losses and errors, else max")
            ->check(CLI::IsMember({"max", "min"}))
            ->type_name("max|min");
        command
            .add_option("--factors", o->factors, "Columns of the point; left out: all that mean nothing else")
            ->delimiter(',')
            ->type_name("A,B,…");
        command.add_option("--rows", o->rows, "What a row is; left out: the file says it")
            ->check(CLI::IsMember({"epochs", "trials"}))
            ->type_name("epochs|trials");
        add_store(command, common);
        return [&common, o] { return import_it(common, *o); };
      }};
}

}  // namespace frugal::app
