// Longer than 400 lines: the seven methods, each a function that asks stats and hands on what it says; none
// calls another, and all read the same rows by the same few helpers.
#include "frugal/report/run_analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "frugal/report/finding_parts.h"
#include "frugal/report/run_question.h"

namespace frugal {
namespace {

using stats::Table;

constexpr std::size_t kBest = 10;
constexpr std::size_t kMostDunnLevels = 20;
constexpr std::size_t kMostValidated = 100'000;  // rows; beyond, cross-validation takes longer than all else
constexpr const char* kConfiguration = "(configuration)";

struct Asked {
  const Table& table;
  const RunQuestion& question;
  const RunColumns& columns;
  stats::Better better;
};

Error wants(const std::string& what, const std::string& hint) { return bad_input(what, hint); }
Error wants_quality() { return wants("it needs a quality", "name its column: --quality accuracy"); }
Error wants_factors() {
  return wants("it needs factors with two levels or more",
               "name their columns: --factors batch_size,optimizer");
}

std::string cell_text(const stats::Column& column, std::size_t row) {
  if (const auto* factor = std::get_if<stats::Factor>(&column.cells)) {
    const std::int32_t code = factor->codes[row];
    return code == stats::kMissing ? "" : factor->levels[static_cast<std::size_t>(code)];
  }
  const double value = std::get<stats::Numbers>(column.cells).values[row];
  return std::isnan(value) ? "" : fmt::format("{}", value);
}

// `row` from 0.
NamedRun named(const Asked& asked, std::size_t row, double outcome, double quality) {
  NamedRun run{.row = row + 1, .outcome = outcome, .quality = quality};
  for (const std::string& name : asked.columns.labels)
    run.labels.emplace_back(name, cell_text(*asked.table.find(name).value(), row));
  return run;
}

// Rows in which both outcome and quality are there.
struct Complete {
  std::vector<std::size_t> rows;
  std::vector<double> outcome;
  std::vector<double> quality;
  std::size_t dropped = 0;
};

Result<Complete> complete_rows(const Asked& asked, const std::string& outcome_name) {
  if (!asked.question.quality) return wants_quality();
  const Result<std::span<const double>> numbers = asked.table.numbers(outcome_name);
  if (!numbers) return numbers.error();
  const std::span<const double> outcome = *numbers;
  const std::span<const double> quality = asked.table.numbers(*asked.question.quality).value();
  Complete found;
  for (std::size_t i = 0; i < outcome.size(); ++i) {
    if (std::isnan(outcome[i]) || std::isnan(quality[i])) {
      ++found.dropped;
      continue;
    }
    found.rows.push_back(i);
    found.outcome.push_back(outcome[i]);
    found.quality.push_back(quality[i]);
  }
  if (found.rows.empty())
    return bad_input(fmt::format("no row has both {} and {}", outcome_name, *asked.question.quality));
  return found;
}

// The outcome, where its name says that it is energy, else energy_j.
Result<std::string> energy_column(const Asked& asked) {
  const std::string& outcome = asked.question.outcome;
  if (outcome.ends_with("_j") || outcome.ends_with("_wh")) return outcome;
  if (asked.table.numbers("energy_j")) return std::string("energy_j");
  return bad_input(
      fmt::format("'{}' is no energy: a column of joules ends in _j, one of watt-hours in _wh", outcome),
      "name such a column: --outcome energy_j");
}

Result<EqFinding> eq_of(const Asked& asked) {
  if (asked.better == stats::Better::Smaller)
    return bad_input(fmt::format("a quotient of '{}', which is better when smaller, says nothing",
                                 asked.question.quality.value_or("")),
                     "name a quality that is better when larger");
  const Result<std::string> energy = energy_column(asked);
  if (!energy) return energy.error();
  Result<Complete> complete = complete_rows(asked, *energy);
  if (!complete) return complete.error();
  if (energy->ends_with("_wh"))
    for (double& value : complete->outcome) value *= 3600;  // joules
  std::vector<double> epochs;
  if (asked.columns.epochs) {
    const std::span<const double> all = asked.table.numbers(*asked.columns.epochs).value();
    for (const std::size_t row : complete->rows) epochs.push_back(all[row]);
  }
  const Result<std::vector<double>> all =
      stats::efficiency_quotients(complete->quality, complete->outcome, epochs);
  if (!all) return all.error();
  std::vector<double> known;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < all->size(); ++i) {
    if (std::isnan((*all)[i])) continue;
    known.push_back((*all)[i]);
    order.push_back(i);
  }
  const Result<stats::Descriptives> described = stats::describe(known);
  if (!described) return described.error();
  EqFinding found{
      .energy = *energy, .per_epoch = asked.columns.epochs.has_value(), .all = *described, .best = {}};
  found.dropped = asked.table.rows() - known.size();
  const std::size_t top = std::min(kBest, order.size());
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(top), order.end(),
      [&](std::size_t a, std::size_t b) { return (*all)[a] != (*all)[b] ? (*all)[a] > (*all)[b] : a < b; });
  for (std::size_t i = 0; i < top; ++i) {
    const std::size_t at = order[i];
    found.best.push_back(named(asked, complete->rows[at], complete->outcome[at], complete->quality[at]));
    found.best.back().eq = (*all)[at];
  }
  return found;
}

Result<std::vector<stats::ColumnCorrelation>> correlations_of(const Asked& asked,
                                                              stats::CorrelationKind kind) {
  std::vector<std::string> xs = asked.columns.covariates;
  for (const std::string& name : asked.columns.factors)
    if (asked.table.numbers(name)) xs.push_back(name);
  std::vector<std::string> ys{asked.question.outcome};
  if (asked.question.quality) ys.push_back(*asked.question.quality);
  if (xs.empty()) {
    if (ys.size() < 2)
      return wants("it needs factors that are numbers, or a quality",
                   "name columns of numbers: --factors batch_size,learning_rate");
    return stats::correlations(asked.table, {&ys[0], 1}, {&ys[1], 1}, kind);
  }
  auto found = stats::correlations(asked.table, xs, ys, kind);
  if (!found || ys.size() < 2) return found;
  const auto both = stats::correlations(asked.table, {&ys[0], 1}, {&ys[1], 1}, kind);
  if (!both) return both.error();
  found->insert(found->end(), both->begin(), both->end());
  return found;
}

// Of runs left out; those of a configuration share a fold.
std::optional<stats::CrossValidated> validated(const Table& runs, const stats::Model& model) {
  if (runs.rows() > kMostValidated) return std::nullopt;
  std::vector<std::string> names = model.factors;
  names.insert(names.end(), model.covariates.begin(), model.covariates.end());
  Result<stats::Factor> together = configurations(runs, names);
  if (!together) return std::nullopt;
  names.push_back(model.outcome);
  std::vector<stats::Column> columns{{kConfiguration, *std::move(together)}};
  for (const std::string& name : names) columns.push_back(*runs.find(name).value());
  const Result<Table> table = Table::of(std::move(columns));
  if (!table) return std::nullopt;
  const auto tried = stats::cross_validate(*table, model, {.together = kConfiguration});
  return tried ? std::optional(*tried) : std::nullopt;
}

Result<OlsFinding> ols_of(const Asked& asked, std::vector<std::string>& notes) {
  if (asked.columns.factors.empty() && asked.columns.covariates.empty()) return wants_factors();
  stats::Model model{.outcome = asked.question.outcome,
                     .factors = asked.columns.factors,
                     .covariates = asked.columns.covariates,
                     .form = asked.columns.covariates.empty() ? asked.question.form : stats::Form::FullRank,
                     .errors = asked.question.errors,
                     .log_outcome = asked.question.log_outcome};
  // Beside an intercept such a level would follow from another factor.
  const bool with_levels = model.form == stats::Form::OneHot && !asked.columns.partial.empty();
  const Result<Table> levelled =
      with_levels ? with_absence(asked.table, asked.columns.partial) : Result<Table>(Error{});
  if (with_levels && !levelled) return levelled.error();
  const Table& table = with_levels ? *levelled : asked.table;
  for (const std::string& name : asked.columns.partial)
    notes.push_back(
        with_levels ? fmt::format("'{}' does not apply to every run: that is a level of its own in ols", name)
                    : fmt::format("'{}' does not apply to every run: ols leaves out those without it", name));
  Result<stats::Regression> fit = stats::fit(table, model);
  if (!fit) return fit.error();
  OlsFinding found{.fit = *std::move(fit), .log_outcome = model.log_outcome, .errors = model.errors};
  for (const stats::ModelFactor& factor : found.fit.factors) {
    const auto pairs = stats::contrasts(found.fit, factor.name);
    if (pairs) found.contrasts.insert(found.contrasts.end(), pairs->begin(), pairs->end());
    for (std::size_t i = 0; i < factor.column.size(); ++i)
      if (factor.column[i] < 0) found.references.push_back(factor.name + "=" + factor.levels[i]);
  }
  found.winners = stats::winners(found.fit);
  found.predicted = validated(table, model);
  found.warnings = regression_warnings(
      found.fit, found.predicted ? std::optional(found.predicted->r_squared) : std::nullopt);
  return found;
}

// "group 2: 1 values …" in the words of the table: "optimizer=sgd: 1 values …".
std::string with_level(const std::string& message, const FactorFinding& factor) {
  constexpr std::string_view kGroup = "group ";
  if (!message.starts_with(kGroup)) return message;
  const std::size_t end = message.find_first_not_of("0123456789", kGroup.size());
  if (end == kGroup.size() || end == std::string::npos) return message;
  const std::size_t level = std::stoul(message.substr(kGroup.size(), end - kGroup.size()));
  if (level >= factor.levels.size()) return message;
  return factor.factor + "=" + factor.levels[level].first + message.substr(end);
}

template <class T>
void take(const char* name, Result<T> found, std::optional<T>& place, FactorFinding& factor) {
  if (found) {
    place = *std::move(found);
  } else {
    factor.undecided.push_back(fmt::format("{}: {}", name, with_level(found.error().message, factor)));
  }
}

Result<FactorFinding> factor_alone(const Asked& asked, const std::string& name) {
  const Result<stats::Groups> groups = stats::groups_of(asked.table, name, asked.question.outcome);
  if (!groups) return groups.error();
  FactorFinding found{.factor = name};
  for (const stats::Group& group : groups->groups) {
    const Result<stats::Descriptives> described = stats::describe(group.values);
    if (!described) return bad_input(fmt::format("{}={}: {}", name, group.level, described.error().message));
    found.levels.emplace_back(group.level, *described);
  }
  const auto values = stats::values_of(*groups);
  take("analysis of variance", stats::one_way_anova(values), found.anova, found);
  take("Welch", stats::welch_anova(values), found.welch, found);
  take("Kruskal–Wallis", stats::kruskal_wallis(values), found.kruskal, found);
  if (values.size() <= kMostDunnLevels)
    if (auto pairs = stats::dunn(values)) found.pairs = *std::move(pairs);
  return found;
}

Result<AnovaFinding> anova_of(const Asked& asked, std::vector<std::string>& notes) {
  const std::vector<std::string>& by = asked.question.by.empty() ? asked.columns.factors : asked.question.by;
  if (by.empty()) return wants_factors();
  AnovaFinding found;
  for (const std::string& name : by) {
    Result<FactorFinding> alone = factor_alone(asked, name);
    if (!alone) return alone.error();
    if (alone->levels.size() < 2)
      return bad_input(fmt::format("factor '{}' has {} level with a value of {}: two are needed", name,
                                   alone->levels.size(), asked.question.outcome));
    found.factors.push_back(*std::move(alone));
  }
  if (by.size() < 2) return found;
  if (by.size() > 2)
    notes.push_back(
        fmt::format("the two-way analysis of variance takes the first two factors, {} and {}: "
                    "--by names others",
                    by[0], by[1]));
  stats::AnovaOptions options{.type = asked.question.anova_type};
  Result<stats::TwoWayAnova> both =
      stats::two_way_anova(asked.table, by[0], by[1], asked.question.outcome, options);
  found.interaction = both.ok();
  if (!both) {
    const std::string why = both.error().message;
    options.interaction = false;
    both = stats::two_way_anova(asked.table, by[0], by[1], asked.question.outcome, options);
    notes.push_back((both ? "anova without the interaction: " : "no two-way anova: ") +
                    (both ? why : both.error().message));
  }
  if (both) found.two_way = *std::move(both);
  return found;
}

// The table of a trade-off: the id column, outcome, quality and blocks.
struct MutantTable {
  std::string id;        // of the answer; empty: configurations
  std::string original;  // level of the column kConfiguration
  stats::Factor mutants;
};

Result<MutantTable> mutants_of(const Asked& asked) {
  if (!asked.question.original)
    return wants("it needs the run that the others are compared with",
                 "name it: --original ID [--id COLUMN]");
  const std::string& original = *asked.question.original;
  Result<stats::Factor> points = configurations(asked.table, asked.columns.factors);
  const bool has_points = points && !asked.columns.factors.empty();
  if (!asked.question.id && has_points &&
      std::find(points->levels.begin(), points->levels.end(), original) != points->levels.end())
    return MutantTable{"", original, *std::move(points)};
  Result<std::string> id = asked.question.id
                               ? Result<std::string>(*asked.question.id)
                               : column_of_original(asked.table, asked.question, asked.columns.factors);
  if (!id) return id.error();
  stats::Factor column = asked.table.factor(*id).value();
  if (asked.question.id || *id != "trial" || !has_points)
    return MutantTable{*std::move(id), original, std::move(column)};
  // A trial of a study stands for its point, of which other trials are repeats.
  const auto level = static_cast<std::int32_t>(
      std::find(column.levels.begin(), column.levels.end(), original) - column.levels.begin());
  const auto row = static_cast<std::size_t>(std::find(column.codes.begin(), column.codes.end(), level) -
                                            column.codes.begin());
  const std::int32_t point = points->codes[row];
  if (point == stats::kMissing)
    return bad_input(fmt::format("trial {} has no value of some factor", original));
  return MutantTable{"", points->levels[static_cast<std::size_t>(point)], *std::move(points)};
}

Result<TradeoffFinding> tradeoff_of(const Asked& asked) {
  if (!asked.question.quality) return wants_quality();
  Result<MutantTable> mutants = mutants_of(asked);
  if (!mutants) return mutants.error();
  std::vector<stats::Column> columns{{kConfiguration, std::move(mutants->mutants)}};
  for (const std::string& name : {asked.question.outcome, *asked.question.quality})
    columns.push_back(*asked.table.find(name).value());
  std::optional<std::string> block;
  if (asked.question.repeat_column) {
    block = "(repeat)";
    columns.push_back({*block, asked.table.find(*asked.question.repeat_column).value()->cells});
  }
  const Result<Table> table = Table::of(std::move(columns));
  if (!table) return table.error();
  Result<stats::Tradeoff> found = stats::tradeoff(*table, {.id = kConfiguration,
                                                           .original = mutants->original,
                                                           .energy = asked.question.outcome,
                                                           .quality = *asked.question.quality,
                                                           .quality_better = asked.better,
                                                           .block = block,
                                                           .rule = asked.question.rule});
  if (!found) {
    Error error = found.error();
    const std::size_t at = error.message.find(kConfiguration);
    if (at != std::string::npos)
      error.message.replace(at, std::string_view(kConfiguration).size(), mutants->id);
    return error;
  }
  return TradeoffFinding{*std::move(found), mutants->id, asked.question.rule};
}

Result<ParetoFinding> pareto_of(const Asked& asked) {
  const Result<Complete> complete = complete_rows(asked, asked.question.outcome);
  if (!complete) return complete.error();
  const stats::Objective outcome{complete->outcome, stats::Better::Smaller};
  const stats::Objective quality{complete->quality, asked.better};
  const std::array objectives{outcome, quality};
  Result<std::vector<std::size_t>> front = stats::pareto_front(objectives);
  if (!front) return front.error();
  std::stable_sort(front->begin(), front->end(),
                   [&](std::size_t a, std::size_t b) { return complete->outcome[a] < complete->outcome[b]; });
  ParetoFinding found{.n = complete->rows.size(), .dropped = complete->dropped};
  for (const std::size_t at : *front)
    found.front.push_back(named(asked, complete->rows[at], complete->outcome[at], complete->quality[at]));
  const auto [smallest, largest] = std::minmax_element(complete->quality.begin(), complete->quality.end());
  found.reference = {*std::max_element(complete->outcome.begin(), complete->outcome.end()),
                     asked.better == stats::Better::Larger ? *smallest : *largest};
  const Result<double> area = stats::hypervolume(outcome, quality, found.reference);
  if (!area) return area.error();
  found.hypervolume = *area;
  const Result<std::size_t> knee = stats::knee(outcome, quality);
  if (knee) {
    found.knee = static_cast<std::size_t>(std::find(front->begin(), front->end(), *knee) - front->begin());
  } else {
    found.no_knee = knee.error().message;
  }
  return found;
}

bool wanted(const RunQuestion& question, RunMethod method) {
  return !question.only || *question.only == method;
}

// Puts the answer in its place, or why there is none; an Error only where this method alone was asked for.
template <class T>
Status place(RunMethod method, Result<T> found, std::optional<T>& where, const RunQuestion& question,
             RunAnalysis& analysis) {
  if (found) {
    where = *std::move(found);
    return {};
  }
  Error error = found.error();
  if (question.only) {
    error.message = run_method_text(method) + ": " + error.message;
    return error;
  }
  analysis.not_applied.emplace_back(method,
                                    error.message + (error.hint.empty() ? "" : " (" + error.hint + ")"));
  return {};
}

Status answer(const Asked& asked, RunAnalysis& analysis) {
  const RunQuestion& question = asked.question;
  Status status;
  const auto ask = [&](RunMethod method, auto& where, auto&& compute) {
    if (status && wanted(question, method)) status = place(method, compute(), where, question, analysis);
  };
  ask(RunMethod::Eq, analysis.eq, [&] { return eq_of(asked); });
  ask(RunMethod::Pearson, analysis.pearson,
      [&] { return correlations_of(asked, stats::CorrelationKind::Pearson); });
  ask(RunMethod::Spearman, analysis.spearman,
      [&] { return correlations_of(asked, stats::CorrelationKind::Spearman); });
  ask(RunMethod::Ols, analysis.ols, [&] { return ols_of(asked, analysis.notes); });
  ask(RunMethod::Anova, analysis.anova, [&] { return anova_of(asked, analysis.notes); });
  ask(RunMethod::Tradeoff, analysis.tradeoff, [&] { return tradeoff_of(asked); });
  ask(RunMethod::Pareto, analysis.pareto, [&] { return pareto_of(asked); });
  return status;
}

}  // namespace

const std::vector<std::pair<std::string, RunMethod>>& run_methods() {
  static const std::vector<std::pair<std::string, RunMethod>> kMethods{
      {"eq", RunMethod::Eq},        {"pearson", RunMethod::Pearson}, {"spearman", RunMethod::Spearman},
      {"ols", RunMethod::Ols},      {"anova", RunMethod::Anova},     {"tradeoff", RunMethod::Tradeoff},
      {"pareto", RunMethod::Pareto}};
  return kMethods;
}

const std::string& run_method_text(RunMethod method) {
  return run_methods()[static_cast<std::size_t>(method)].first;
}

Result<RunAnalysis> analyse_runs(const Table& table, const RunQuestion& question, std::string source) {
  if (table.rows() == 0) return bad_input(source + " has no rows");
  Result<RunColumns> columns = columns_of(table, question);
  if (!columns) return columns.error();
  const Asked asked{table, question, *columns,
                    question.better.value_or(better_by_name(question.quality.value_or("")))};
  RunAnalysis analysis{.source = std::move(source),
                       .rows = table.rows(),
                       .outcome = question.outcome,
                       .quality = question.quality,
                       .better = asked.better,
                       .factors = columns->factors};
  analysis.factors.insert(analysis.factors.end(), columns->covariates.begin(), columns->covariates.end());
  analysis.notes = columns->notes;
  if (Status status = answer(asked, analysis); !status) return status.error();
  return analysis;
}

}  // namespace frugal
