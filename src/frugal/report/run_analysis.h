// What a table of runs says: efficiency quotient, correlations, least squares, analysis of variance, win, tie
// and loss against an original, Pareto front. Values only; every number comes from the room stats, renderers
// compute nothing. The table is a study as `export` writes it, or anybody's CSV.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/stats/descriptives.h"
#include "frugal/stats/pareto.h"
#include "frugal/stats/regression.h"
#include "frugal/stats/several_groups.h"
#include "frugal/stats/table.h"
#include "frugal/stats/table_correlation.h"
#include "frugal/stats/two_way_anova.h"
#include "frugal/stats/verdict.h"

namespace frugal {

enum class RunMethod { Eq, Pearson, Spearman, Ols, Anova, Tradeoff, Pareto };

// "eq", "pearson", "spearman", "ols", "anova", "tradeoff", "pareto"; in this order.
const std::vector<std::pair<std::string, RunMethod>>& run_methods();
const std::string& run_method_text(RunMethod method);

struct RunQuestion {
  std::vector<std::string> factors = {};  // empty: the point columns of an exported study that vary
  std::string outcome = "energy_j";
  std::optional<std::string> quality = {};
  std::optional<stats::Better> better = {};  // of the quality; left out: its name says it (loss: smaller)
  std::vector<std::string> by = {};          // factors of the analysis of variance; empty: `factors`
  std::optional<RunMethod> only = {};        // nothing: all that apply, and why the others do not
  std::optional<std::string> id = {};        // column that names mutants; left out: it is searched
  std::optional<std::string> original = {};
  std::optional<std::string> repeat_column = {};  // mutants meet the original of their own repeats
  std::optional<std::string> epochs = {};         // column with the number of epochs of a run
  stats::Form form = stats::Form::OneHot;
  stats::StandardErrors errors = stats::StandardErrors::Classical;
  bool log_outcome = false;
  int anova_type = 2;
  stats::VerdictRule rule = {};
};

// A run and the columns that tell which one it is.
struct NamedRun {
  std::size_t row = 0;  // of the table, from 1
  std::vector<std::pair<std::string, std::string>> labels = {};
  double outcome = 0;
  double quality = 0;
  std::optional<double> eq = {};
};

struct EqFinding {
  std::string energy;      // the column
  bool per_epoch = false;  // quality per watt-hour of one epoch, else of the whole run
  stats::Descriptives all;
  std::vector<NamedRun> best = {};  // ten, from the largest quotient
  std::size_t dropped = 0;          // rows with something missing
};

struct OlsFinding {
  stats::Regression fit;
  bool log_outcome = false;
  stats::StandardErrors errors = stats::StandardErrors::Classical;
  std::vector<std::string> references = {};  // reference levels of the full-rank form, as "optimizer=adam"
  std::vector<stats::Contrast> contrasts = {};
  std::vector<stats::Winner> winners = {};
  std::optional<stats::CrossValidated> predicted = {};  // 5 folds; runs of a configuration stay together
  std::vector<std::string> warnings = {};
};

// One factor alone.
struct FactorFinding {
  std::string factor;
  std::vector<std::pair<std::string, stats::Descriptives>> levels = {};
  std::optional<stats::OneWayAnova> anova = {};
  std::optional<stats::WelchAnova> welch = {};
  std::optional<stats::KruskalWallis> kruskal = {};
  std::vector<stats::DunnPair> pairs = {};  // of `levels`; none beyond 20 levels
  std::vector<std::string> undecided = {};  // which of them is missing, and why
};
struct AnovaFinding {
  std::optional<stats::TwoWayAnova> two_way = {};  // of the first two factors
  bool interaction = false;
  std::vector<FactorFinding> factors = {};
};

struct TradeoffFinding {
  stats::Tradeoff found;
  std::string id;  // the column; empty: configurations of the factors
  stats::VerdictRule rule;
};

struct ParetoFinding {
  std::size_t n = 0;
  std::size_t dropped = 0;
  std::vector<NamedRun> front = {};  // by ascending outcome
  std::optional<std::size_t> knee = {};
  std::string no_knee = {};
  double hypervolume = 0;  // up to the worst outcome and the worst quality of all runs
  stats::Point2 reference = {};
};

struct RunAnalysis {
  std::string source;  // "runs.csv", "study 'digits'"
  std::size_t rows = 0;
  std::string outcome;
  std::optional<std::string> quality = {};
  stats::Better better = stats::Better::Larger;
  std::vector<std::string> factors = {};
  std::optional<EqFinding> eq = {};
  std::optional<std::vector<stats::ColumnCorrelation>> pearson = {};
  std::optional<std::vector<stats::ColumnCorrelation>> spearman = {};
  std::optional<OlsFinding> ols = {};
  std::optional<AnovaFinding> anova = {};
  std::optional<TradeoffFinding> tradeoff = {};
  std::optional<ParetoFinding> pareto = {};
  std::vector<std::pair<RunMethod, std::string>> not_applied = {};
  std::vector<std::string> notes = {};
};

// Errors: a name that is no column (with the nearest one), an outcome or quality without numbers, and what
// hinders the one method that was asked for. Of all methods, what one of them lacks is told in `not_applied`.
Result<RunAnalysis> analyse_runs(const stats::Table& table, const RunQuestion& question, std::string source);

// Tables of at most `width` columns where names can be shortened; every number of them is in the JSON.
std::string run_analysis_text(const RunAnalysis& analysis, std::size_t width = 80);
// One key a method (docs/json.md).
nlohmann::ordered_json run_analysis_json(const RunAnalysis& analysis);
// The numbers of the JSON as rows: method,item,figure,value.
std::string run_analysis_csv(const RunAnalysis& analysis);

}  // namespace frugal
