#include "frugal/stats/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "frugal/base/nearest.h"
#include "frugal/base/overloaded.h"

namespace frugal::stats {
namespace {

std::size_t length_of(const Column& column) {
  return std::visit(Overloaded{[](const Numbers& n) { return n.values.size(); },
                               [](const Factor& f) { return f.codes.size(); }},
                    column.cells);
}

Status require_codes(const Column& column) {
  const auto* factor = std::get_if<Factor>(&column.cells);
  if (factor == nullptr) return {};
  const auto levels = static_cast<std::int32_t>(factor->levels.size());
  for (std::size_t i = 0; i < factor->codes.size(); ++i) {
    if (factor->codes[i] < kMissing || factor->codes[i] >= levels)
      return bad_input(
          fmt::format("column '{}', row {}: {} is the code of no level", column.name, i, factor->codes[i]));
  }
  return {};
}

Factor factor_of_numbers(std::span<const double> values) {
  std::vector<double> distinct;
  for (const double v : values)
    if (!std::isnan(v)) distinct.push_back(v);
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  Factor factor;
  for (const double v : distinct) factor.levels.push_back(fmt::format("{}", v));
  factor.codes.reserve(values.size());
  for (const double v : values) {
    const auto at = std::lower_bound(distinct.begin(), distinct.end(), v);
    factor.codes.push_back(std::isnan(v) ? kMissing : static_cast<std::int32_t>(at - distinct.begin()));
  }
  return factor;
}

}  // namespace

Result<Table> Table::of(std::vector<Column> columns) {
  std::set<std::string_view> names;
  for (const Column& column : columns) {
    if (column.name.empty()) return bad_input("a column has no name");
    if (!names.insert(column.name).second)
      return bad_input(fmt::format("two columns are named '{}'", column.name));
    if (length_of(column) != length_of(columns.front())) {
      return bad_input(fmt::format("column '{}' has {} rows, column '{}' has {}", columns.front().name,
                                   length_of(columns.front()), column.name, length_of(column)));
    }
    if (Status status = require_codes(column); !status) return status.error();
  }
  Table table;
  table.rows_ = columns.empty() ? 0 : length_of(columns.front());
  table.columns_ = std::move(columns);
  return table;
}

Result<const Column*> Table::find(std::string_view name) const {
  for (const Column& column : columns_)
    if (column.name == name) return &column;
  std::vector<std::string> known;
  known.reserve(columns_.size());
  for (const Column& column : columns_) known.push_back(column.name);
  return bad_input(fmt::format("there is no column '{}'{}", name, did_you_mean(name, known)));
}

Result<std::span<const double>> Table::numbers(std::string_view name) const {
  const Result<const Column*> column = find(name);
  if (!column) return column.error();
  const auto* numbers = std::get_if<Numbers>(&(*column)->cells);
  if (numbers == nullptr) {
    const auto& levels = std::get<Factor>((*column)->cells).levels;
    return bad_input(fmt::format("column '{}' holds no numbers but levels{}", name,
                                 levels.empty() ? "" : " such as '" + levels.front() + "'"));
  }
  return std::span<const double>(numbers->values);
}

Result<Factor> Table::factor(std::string_view name) const {
  const Result<const Column*> column = find(name);
  if (!column) return column.error();
  return std::visit(Overloaded{[](const Numbers& n) { return factor_of_numbers(n.values); },
                               [](const Factor& f) { return f; }},
                    (*column)->cells);
}

Factor factor_of(std::span<const std::string> texts) {
  Factor factor;
  std::set<std::string> distinct(texts.begin(), texts.end());
  distinct.erase("");
  factor.levels.assign(distinct.begin(), distinct.end());
  for (const std::string& text : texts) {
    const auto at = std::lower_bound(factor.levels.begin(), factor.levels.end(), text);
    factor.codes.push_back(text.empty() ? kMissing : static_cast<std::int32_t>(at - factor.levels.begin()));
  }
  return factor;
}

Result<Groups> groups_of(const Table& table, std::string_view factor, std::string_view outcome) {
  const Result<Factor> by = table.factor(factor);
  if (!by) return by.error();
  const Result<std::span<const double>> values = table.numbers(outcome);
  if (!values) return values.error();
  std::vector<Group> all;
  all.reserve(by->levels.size());
  for (const std::string& level : by->levels) all.push_back({level, {}});
  Groups found;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const double value = (*values)[i];
    if (by->codes[i] == kMissing || std::isnan(value)) {
      ++found.dropped;
    } else {
      all[static_cast<std::size_t>(by->codes[i])].values.push_back(value);
    }
  }
  for (Group& group : all)
    if (!group.values.empty()) found.groups.push_back(std::move(group));
  return found;
}

std::vector<std::span<const double>> values_of(const Groups& groups) {
  std::vector<std::span<const double>> values;
  values.reserve(groups.groups.size());
  for (const Group& group : groups.groups) values.emplace_back(group.values);
  return values;
}

}  // namespace frugal::stats
