#include "frugal/stats/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "frugal/base/csv_cells.h"

namespace frugal::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Error error_at(const CsvCells& cells, const std::string& what) {
  return bad_input(fmt::format("line {}, column {}: {}", cells.line(), cells.column(), what));
}

bool is_missing(const CsvCell& cell) {
  if (cell.text.empty()) return true;
  if (cell.quoted || cell.text.size() > 4 || (cell.text[0] | 0x20) != 'n') return false;
  return cell.text == "NA" || cell.text == "NaN" || cell.text == "nan" || cell.text == "N/A" ||
         cell.text == "null";
}

// A number too large or too small for a double: infinite (which analyses refuse), or zero.
double beyond_double(std::string_view text) {
  const std::size_t exponent = text.find_first_of("eE");
  const bool tiny = exponent != std::string_view::npos ? text.substr(exponent + 1).starts_with('-')
                                                       : text.find_first_of("123456789") > text.find('.');
  const double size = tiny ? 0 : std::numeric_limits<double>::infinity();
  return text.starts_with('-') ? -size : size;
}

std::optional<double> number_in(std::string_view text) {
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) return beyond_double(text);
  return value;
}

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

// A column as it grows.
struct Growing {
  std::string name;
  bool levels = false;  // a cell that is no number has been seen
  Numbers numbers = {};
  Factor factor = {};
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> codes = {};

  // False when the cell shows that the column is one of levels after all.
  bool add(const CsvCell& cell) {
    if (levels) {
      factor.codes.push_back(is_missing(cell) ? kMissing : code_of(cell.text));
      return true;
    }
    if (is_missing(cell)) {
      numbers.values.push_back(kNaN);
      return true;
    }
    const std::optional<double> value = number_in(cell.text);
    if (value) numbers.values.push_back(*value);
    levels = !value;
    return value.has_value();
  }

  std::int32_t code_of(std::string_view text) {
    if (!factor.codes.empty() && factor.codes.back() != kMissing &&
        factor.levels[static_cast<std::size_t>(factor.codes.back())] == text)
      return factor.codes.back();  // as the row before: often so
    if (const auto known = codes.find(text); known != codes.end()) return known->second;
    const auto code = static_cast<std::int32_t>(factor.levels.size());
    factor.levels.emplace_back(text);
    codes.emplace(text, code);
    return code;
  }
};

Factor with_sorted_levels(Factor factor) {
  std::vector<std::int32_t> order(factor.levels.size());
  std::iota(order.begin(), order.end(), 0);
  const auto name = [&](std::int32_t i) -> std::string& {
    return factor.levels[static_cast<std::size_t>(i)];
  };
  std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) { return name(a) < name(b); });
  std::vector<std::string> sorted;
  std::vector<std::int32_t> becomes(order.size());
  for (const std::int32_t old : order) {
    becomes[static_cast<std::size_t>(old)] = static_cast<std::int32_t>(sorted.size());
    sorted.push_back(std::move(name(old)));
  }
  for (std::int32_t& code : factor.codes)
    if (code != kMissing) code = becomes[static_cast<std::size_t>(code)];
  factor.levels = std::move(sorted);
  return factor;
}

Result<std::vector<Growing>> read_header(CsvCells& cells) {
  std::vector<Growing> columns;
  if (!cells.more()) return bad_input("line 1, column 1: a header with the names of the columns is missing");
  for (bool last = false; !last;) {
    const Result<CsvCell> cell = cells.next();
    if (!cell) return error_at(cells, cell.error().message);
    if (cell->text.empty()) return error_at(cells, "this column has no name");
    for (const Growing& other : columns)
      if (other.name == cell->text) return error_at(cells, fmt::format("a second column '{}'", cell->text));
    columns.push_back({.name = std::string(cell->text)});
    last = cell->last;
  }
  return columns;
}

// Reads the rows. True when a column turned out to hold levels after rows that were read as numbers.
Result<bool> read_rows(CsvCells& cells, std::vector<Growing>& columns) {
  for (bool first = true; cells.more(); first = false) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const Result<CsvCell> cell = cells.next();
      if (!cell) return error_at(cells, cell.error().message);
      if (!columns[i].add(*cell)) {
        if (!first) return true;
        columns[i].add(*cell);
      }
      if (cell->last && i + 1 < columns.size())
        return error_at(cells, fmt::format("the row ends with cell {} of {}", i + 1, columns.size()));
      if (!cell->last && i + 1 == columns.size())
        return error_at(cells, fmt::format("the row goes on after cell {} of {}", i + 1, columns.size()));
    }
  }
  return false;
}

}  // namespace

Result<Table> read_csv(std::string_view text, CsvFormat format) {
  std::vector<bool> levels;  // known from an earlier pass
  for (;;) {
    CsvCells walk(text, format.separator);
    Result<std::vector<Growing>> columns = read_header(walk);
    if (!columns) return columns.error();
    levels.resize(columns->size());
    for (std::size_t i = 0; i < levels.size(); ++i) (*columns)[i].levels = levels[i];
    const Result<bool> again = read_rows(walk, *columns);
    if (!again) return again.error();
    if (*again) {
      for (std::size_t i = 0; i < levels.size(); ++i) levels[i] = (*columns)[i].levels;
      continue;
    }
    std::vector<Column> cells;
    for (Growing& column : *columns) {
      if (column.levels) {
        cells.push_back({std::move(column.name), with_sorted_levels(std::move(column.factor))});
      } else {
        cells.push_back({std::move(column.name), std::move(column.numbers)});
      }
    }
    return Table::of(std::move(cells));
  }
}

}  // namespace frugal::stats
