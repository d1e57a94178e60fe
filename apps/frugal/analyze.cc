// frugal analyze: statistics over the runs of a study or of a CSV.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "frugal/command.h"
#include "frugal/report/render.h"
#include "frugal/report/run_analysis.h"
#include "frugal/stats/csv.h"

namespace frugal::app {
namespace {

struct AnalyzeOptions {
  std::string source;
  std::string outcome = "energy_j";
  std::vector<std::string> factors;
  std::vector<std::string> by;
  std::string quality;
  std::string goal;
  std::string method = "all";
  std::string id;
  std::string original;
  std::string repeat_column;
  std::string epochs;
  std::string form = "one-hot";
  std::string test = "mann-whitney";
  std::string output;
  int anova_type = 2;
  bool robust = false;
  bool log_outcome = false;
  bool holm = false;
};

std::optional<std::string> given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::optional<RunMethod> method_of(const std::string& word) {
  for (const auto& [name, method] : run_methods())
    if (name == word) return method;
  return std::nullopt;  // all
}

stats::VerdictTest test_of(const std::string& word) {
  if (word == "student") return stats::VerdictTest::Student;
  return word == "signed-rank" ? stats::VerdictTest::SignedRank : stats::VerdictTest::MannWhitney;
}

RunQuestion question_of(const AnalyzeOptions& options) {
  RunQuestion question;
  question.factors = options.factors;
  question.outcome = options.outcome;
  question.quality = given(options.quality);
  if (!options.goal.empty())
    question.better = options.goal == "max" ? stats::Better::Larger : stats::Better::Smaller;
  question.by = options.by;
  question.only = method_of(options.method);
  question.id = given(options.id);
  question.original = given(options.original);
  question.repeat_column = given(options.repeat_column);
  question.epochs = given(options.epochs);
  if (options.form == "full-rank") question.form = stats::Form::FullRank;
  if (options.robust) question.errors = stats::StandardErrors::Hc3;
  question.log_outcome = options.log_outcome;
  question.anova_type = options.anova_type;
  question.rule.test = test_of(options.test);
  question.rule.holm = options.holm;
  return question;
}

struct Runs {
  stats::Table table;
  std::string source;
};

// A study of the store, or a file: what exists as a file, or ends in .csv or .tsv, is one.
Result<Runs> runs_of(const CommonOptions& common, const std::string& source, RunQuestion& question) {
  const std::string ending = std::filesystem::path(source).extension().string();
  if (ending == ".yaml" || ending == ".yml")
    return bad_input("'" + source + "' is a study file and holds no runs",
                     "run it, then name the study: frugal list; frugal analyze NAME");
  std::error_code ignored;
  const bool file = ending == ".csv" || ending == ".tsv" || std::filesystem::is_regular_file(source, ignored);
  std::string name = source;
  Result<std::string> text = std::string();
  if (file) {
    text = read_bytes(source);
  } else {
    const Result<StudyResult> study = read_result(common.store, source);
    if (!study) return study.error();
    name = "study '" + study->header.name + "'";
    const Goal& goal = study->header.goal;
    if (!question.quality) question.quality = goal.metric == "loss" ? "validation_loss" : goal.metric;
    if (!question.better) question.better = goal.maximise ? stats::Better::Larger : stats::Better::Smaller;
    text = export_csv(*study, true);
  }
  if (!text) return text.error();
  Result<stats::Table> table = stats::read_csv(*text, {.separator = ending == ".tsv" ? '\t' : ','});
  if (!table) return Error{table.error().code, name + ": " + table.error().message, table.error().hint};
  return Runs{*std::move(table), std::move(name)};
}

// Of the terminal; 80 where standard output is none.
std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return std::clamp<std::size_t>(size.ws_col, 60, 200);
}

int analyze(const CommonOptions& common, const AnalyzeOptions& options) {
  RunQuestion question = question_of(options);
  const Result<Runs> runs = runs_of(common, options.source, question);
  if (!runs) return fail(runs.error());
  const Result<RunAnalysis> analysis = analyse_runs(runs->table, question, runs->source);
  if (!analysis) return fail(analysis.error());
  Result<Output> output = Output::open(options.output);
  if (!output) return fail(output.error());
  const std::string text = common.format == "json"  ? run_analysis_json(*analysis).dump(2) + "\n"
                           : common.format == "csv" ? run_analysis_csv(*analysis)
                                                    : run_analysis_text(*analysis, terminal_width());
  const Status written = output->write(text);
  return written ? kDone : fail(written.error());
}

void add_options(CLI::App& command, AnalyzeOptions& o) {
  std::vector<std::string> methods{"all"};
  for (const auto& [name, method] : run_methods()) methods.push_back(name);
  command
      .add_option("source", o.source,
                  "A study of the store (the newest when left out), or a CSV with a header")
      ->type_name("STUDY|CSV");
  command.add_option("--factors", o.factors, "Columns that were varied; left out: the parameters of a study")
      ->delimiter(',')
      ->type_name("A,B,…");
  command.add_option("--outcome", o.outcome, "Column to explain; smaller is better")
      ->capture_default_str()
      ->type_name("COLUMN");
  command.add_option("--quality", o.quality, "Column of the quality; left out: the metric of a study")
      ->type_name("COLUMN");
  command
      .add_option("--goal", o.goal, "Which quality is better; left out: min for losses and errors, else max")
      ->check(CLI::IsMember({"max", "min"}))
      ->type_name("max|min");
  command.add_option("--by", o.by, "Factors of the analysis of variance; left out: --factors")
      ->delimiter(',')
      ->type_name("A,B");
  command.add_option("--method", o.method, "What to compute")
      ->check(CLI::IsMember(methods))
      ->capture_default_str()
      ->type_name("eq|pearson|spearman|ols|anova|tradeoff|pareto|all");
  command.add_option("--original", o.original, "tradeoff: the run that the others are compared with")
      ->type_name("ID");
  command
      .add_option("--id", o.id,
                  "tradeoff: column that names the mutants; left out: the one that holds the original")
      ->type_name("COLUMN");
  command
      .add_option("--repeat-column", o.repeat_column,
                  "tradeoff: compare within the same repeat (block, session)")
      ->type_name("COLUMN");
  command.add_option("--test", o.test, "tradeoff: the test")
      ->check(CLI::IsMember({"mann-whitney", "student", "signed-rank"}))
      ->capture_default_str()
      ->type_name("mann-whitney|student|signed-rank");
  command.add_flag("--holm", o.holm, "tradeoff: judge by p-values corrected over all mutants");
  command
      .add_option("--epochs", o.epochs, "eq: column with the epochs of a run, for a quotient of one epoch")
      ->type_name("COLUMN");
  command.add_option("--form", o.form, "ols: every level, or all but a reference level and an intercept")
      ->check(CLI::IsMember({"one-hot", "full-rank"}))
      ->capture_default_str()
      ->type_name("one-hot|full-rank");
  command.add_flag("--robust", o.robust, "ols: standard errors for unequal variances (HC3)");
  command.add_flag("--log", o.log_outcome, "ols: the logarithm of the outcome");
  command.add_option("--type", o.anova_type, "anova: type of the sums of squares")
      ->check(CLI::IsMember({2, 3}))
      ->capture_default_str()
      ->type_name("2|3");
  command.add_option("-o,--output", o.output, "File to write; standard output when left out")
      ->type_name("FILE");
}

}  // namespace

Command analyze_command() {
  return {"analyze", "Statistics over runs: efficiency, correlation, regression, ANOVA, win/tie/loss, Pareto",
          "frugal analyze runs.csv --factors batch_size,optimizer --outcome energy_j --quality accuracy",
          [](CLI::App& command, CommonOptions& common) {
            auto options = std::make_shared<AnalyzeOptions>();
            add_options(command, *options);
            add_store(command, common);
            add_format(command, common, {"text", "json", "csv"});
            return [&common, options] { return analyze(common, *options); };
          }};
}

}  // namespace frugal::app
