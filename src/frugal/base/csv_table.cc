#include "frugal/base/csv_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "frugal/base/nearest.h"

namespace frugal {

Result<CsvTable> CsvTable::parse(std::string_view text, std::string name) {
  CsvTable table;
  table.name_ = std::move(name);
  CsvCells cells(text);
  if (!cells.more()) return bad_input(table.name_ + ": the file is empty: a header line is missing");
  if (const Status read = table.read_header(cells); !read) return read.error();
  while (cells.more()) {
    if (const Status read = table.read_row(cells); !read) return read.error();
  }
  return table;
}

Error CsvTable::placed(std::size_t line, const std::string& what) const {
  return bad_input(name_ + ":" + std::to_string(line) + ": " + what);
}

Status CsvTable::read_header(CsvCells& cells) {
  for (bool last = false; !last;) {
    const Result<CsvCell> cell = cells.next();
    if (!cell) return placed(cells.line(), cell.error().message);
    const std::string column(cell->text);
    if (column.empty()) return placed(cells.line(), "a column has no name");
    if (find(column)) return placed(cells.line(), "the column '" + column + "' comes twice");
    header_.push_back(column);
    last = cell->last;
  }
  return {};
}

Status CsvTable::read_row(CsvCells& cells) {
  std::size_t count = 0;
  for (bool last = false; !last; ++count) {
    const Result<CsvCell> cell = cells.next();
    if (!cell) return placed(cells.line(), cell.error().message);
    if (count == 0) lines_.push_back(cells.line());
    cells_.emplace_back(cell->text);
    last = cell->last;
  }
  if (count == header_.size()) return {};
  return placed(lines_.back(), std::to_string(count) + " cells, but the header has " +
                                   std::to_string(header_.size()) + " columns");
}

std::optional<std::size_t> CsvTable::find(std::string_view column) const {
  const auto found = std::find(header_.begin(), header_.end(), column);
  if (found == header_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header_.begin());
}

Result<std::size_t> CsvTable::require(std::string_view column) const {
  if (const auto found = find(column)) return *found;
  return bad_input(name_ + ": has no column '" + std::string(column) + "'" + did_you_mean(column, header_));
}

Result<std::optional<double>> CsvTable::number(std::size_t row, std::size_t column) const {
  const std::string& text = cell(row, column);
  if (text.empty()) return std::optional<double>();
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    return error_at(row, column, "'" + text + "' is not a number");
  return std::optional<double>(value);
}

Error CsvTable::error_at(std::size_t row, const std::string& what) const { return placed(lines_[row], what); }

Error CsvTable::error_at(std::size_t row, std::size_t column, const std::string& what) const {
  return error_at(row, "column '" + header_[column] + "': " + what);
}

}  // namespace frugal
