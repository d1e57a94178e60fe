#include "frugal/report/run_question.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "frugal/base/nearest.h"
#include "frugal/search/factor_model.h"

namespace frugal {
namespace {

using stats::Table;

constexpr std::size_t kMostLevels = 32;  // of a number that is still taken for a factor
constexpr std::array kIds{"id", "mutant", "configuration", "config", "variant", "trial"};

bool has(const Table& table, std::string_view name) { return table.find(name).ok(); }

bool is_numeric(const stats::Column& column) { return std::holds_alternative<stats::Numbers>(column.cells); }

// Distinct values, counted up to one more than `most`.
std::size_t levels_of(const stats::Column& column, std::size_t most) {
  if (const auto* factor = std::get_if<stats::Factor>(&column.cells)) {
    const std::set<std::int32_t> used(factor->codes.begin(), factor->codes.end());
    return used.size() - used.count(stats::kMissing);
  }
  std::set<double> distinct;
  for (const double value : std::get<stats::Numbers>(column.cells).values) {
    if (!std::isnan(value)) distinct.insert(value);
    if (distinct.size() > most) break;
  }
  return distinct.size();
}

// study,trial,repeat,<point columns>,epoch,…: the columns between.
std::vector<std::string> point_columns(const Table& table) {
  const auto columns = table.columns();
  if (columns.size() < 4 || columns[0].name != "study" || columns[1].name != "trial" ||
      columns[2].name != "repeat" || !has(table, "epoch"))
    return {};
  std::vector<std::string> names;
  for (std::size_t i = 3; columns[i].name != "epoch"; ++i) names.push_back(columns[i].name);
  return names;
}

bool one_row_a_trial(const Table& table) {
  const Result<stats::Factor> phase = table.factor("phase");
  return phase && phase->levels == std::vector<std::string>{"all"};
}

Status require_columns(const Table& table, const RunQuestion& question) {
  std::vector<std::string> names = question.factors;
  names.insert(names.end(), question.by.begin(), question.by.end());
  for (const auto& name : {question.quality, question.id, question.repeat_column, question.epochs})
    if (name) names.push_back(*name);
  for (const std::string& name : names)
    if (const auto column = table.find(name); !column) return column.error();
  for (const std::optional<std::string>& name :
       {std::optional(question.outcome), question.quality, question.epochs})
    if (name)
      if (const auto numbers = table.numbers(*name); !numbers) {
        return bad_input(numbers.error().message, "name another column: --outcome, --quality, --epochs");
      }
  return {};
}

void sort_out(const Table& table, const std::vector<std::string>& names, bool named, RunColumns& found) {
  for (const std::string& name : names) {
    const stats::Column& column = *table.find(name).value();
    const std::size_t levels = levels_of(column, kMostLevels);
    if (levels < 2) {
      if (named || levels == 1)
        found.notes.push_back(fmt::format("factor '{}' has {}: it is left out", name,
                                          levels == 0 ? "no value" : "one level only"));
    } else if (levels > kMostLevels && is_numeric(column)) {
      found.notes.push_back(fmt::format(
          "'{}' has more than {} values: it enters as a number, not as a factor", name, kMostLevels));
      found.covariates.push_back(name);
    } else {
      found.factors.push_back(name);
    }
  }
}

bool has_missing(const stats::Factor& factor) {
  return std::find(factor.codes.begin(), factor.codes.end(), stats::kMissing) != factor.codes.end();
}

}  // namespace

stats::Better better_by_name(std::string_view quality) {
  static constexpr std::array kSmaller{"loss", "perplexity", "error", "rmse", "mae", "mse", "mape"};
  const auto in_name = [&](const char* word) { return quality.find(word) != std::string_view::npos; };
  return std::any_of(kSmaller.begin(), kSmaller.end(), in_name) ? stats::Better::Smaller
                                                                : stats::Better::Larger;
}

Result<RunColumns> columns_of(const Table& table, const RunQuestion& question) {
  if (Status status = require_columns(table, question); !status) return status.error();
  RunColumns found;
  const std::vector<std::string> point = point_columns(table);
  const bool named = !question.factors.empty();
  sort_out(table, named ? question.factors : point, named, found);
  for (const std::string& name : found.factors) {
    if (std::find(point.begin(), point.end(), name) != point.end() && has_missing(table.factor(name).value()))
      found.partial.push_back(name);
  }
  found.epochs = question.epochs;
  if (!found.epochs && !point.empty() && one_row_a_trial(table)) found.epochs = "epoch";
  if (!point.empty() && !one_row_a_trial(table))
    found.notes.emplace_back(
        "a row is an epoch here, not a run: epochs of one trial are not independent, so "
        "p-values are too small (export --rows trials)");
  for (const std::string name : {"study", "id", "mutant", "trial", "repeat"})
    if (has(table, name)) found.labels.push_back(name);
  if (has(table, "id") || has(table, "mutant")) return found;  // these say it shorter
  for (const auto* names : {&found.factors, &found.covariates})
    for (const std::string& name : *names)
      if (std::find(found.labels.begin(), found.labels.end(), name) == found.labels.end())
        found.labels.push_back(name);
  return found;
}

Result<Table> with_absence(const Table& table, const std::vector<std::string>& names) {
  std::vector<stats::Column> columns(table.columns().begin(), table.columns().end());
  for (stats::Column& column : columns) {
    if (std::find(names.begin(), names.end(), column.name) == names.end()) continue;
    stats::Factor factor = table.factor(column.name).value();
    const auto absent = static_cast<std::int32_t>(factor.levels.size());
    factor.levels.emplace_back(kDoesNotApply);
    std::replace(factor.codes.begin(), factor.codes.end(), stats::kMissing, absent);
    column.cells = std::move(factor);
  }
  return Table::of(std::move(columns));
}

Result<stats::Factor> configurations(const Table& table, const std::vector<std::string>& columns) {
  std::vector<stats::Factor> parts;
  std::vector<bool> may_lack;
  const std::vector<std::string> point = point_columns(table);
  for (const std::string& name : columns) {
    Result<stats::Factor> part = table.factor(name);
    if (!part) return part.error();
    parts.push_back(*std::move(part));
    may_lack.push_back(std::find(point.begin(), point.end(), name) != point.end());
  }
  stats::Factor made;
  std::map<std::vector<std::int32_t>, std::int32_t> seen;
  std::vector<std::int32_t> codes(parts.size());
  for (std::size_t row = 0; row < table.rows(); ++row) {
    bool missing = false;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      codes[i] = parts[i].codes[row];
      missing = missing || (codes[i] == stats::kMissing && !may_lack[i]);
    }
    if (missing) {
      made.codes.push_back(stats::kMissing);
      continue;
    }
    const auto [at, fresh] = seen.try_emplace(codes, static_cast<std::int32_t>(seen.size()));
    if (fresh) {
      std::string text;
      for (std::size_t i = 0; i < parts.size(); ++i) {
        if (codes[i] == stats::kMissing) continue;
        text += (text.empty() ? "" : " ") + columns[i] + "=" +
                parts[i].levels[static_cast<std::size_t>(codes[i])];
      }
      made.levels.push_back(std::move(text));
    }
    made.codes.push_back(at->second);
  }
  return made;
}

Result<std::string> column_of_original(const Table& table, const RunQuestion& question,
                                       const std::vector<std::string>& factors) {
  const std::string& original = question.original.value();
  std::vector<std::string> tried(kIds.begin(), kIds.end());
  tried.insert(tried.end(), question.by.begin(), question.by.end());
  tried.insert(tried.end(), factors.begin(), factors.end());
  for (const stats::Column& column : table.columns())
    if (!is_numeric(column)) tried.push_back(column.name);
  std::vector<std::string> levels;
  for (const std::string& name : tried) {
    const Result<stats::Factor> column = table.factor(name);
    if (!column) continue;
    if (std::find(column->levels.begin(), column->levels.end(), original) != column->levels.end())
      return name;
    if (levels.empty()) levels = column->levels;
  }
  return bad_input(fmt::format("no column names a run '{}'{}", original, did_you_mean(original, levels)),
                   "say which column names the mutants: --id COLUMN");
}

}  // namespace frugal
