#include "frugal/energy/csv_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include "frugal/base/nearest.h"

namespace frugal {
namespace {

std::string trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return std::string(text);
}

// Takes the quoted cell at the front of `line`; nothing where its quote never closes.
std::optional<std::string> take_quoted(std::string_view& line) {
  std::string cell;
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] != '"') {
      cell += line[i];
    } else if (i + 1 < line.size() && line[i + 1] == '"') {
      cell += line[i++];
    } else {
      line.remove_prefix(i + 1);
      return cell;
    }
  }
  return std::nullopt;
}

std::optional<std::vector<std::string>> split(std::string_view line) {
  std::vector<std::string> cells;
  while (true) {
    if (!line.empty() && line.front() == '"') {
      std::optional<std::string> quoted = take_quoted(line);
      if (!quoted || (!line.empty() && line.front() != ',')) return std::nullopt;
      cells.push_back(std::move(*quoted));
    } else {
      const std::size_t comma = std::min(line.find(','), line.size());
      cells.push_back(trimmed(line.substr(0, comma)));
      line.remove_prefix(comma);
    }
    if (line.empty()) return cells;
    line.remove_prefix(1);
  }
}

}  // namespace

Result<CsvTable> CsvTable::parse(std::string_view text, std::string name) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  CsvTable table;
  table.name_ = std::move(name);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (trimmed(line).empty()) continue;
    if (const Status status = table.add_line(line, number); !status) return status.error();
  }
  if (table.header_.empty()) return bad_input(table.name_ + ": the file is empty: a header line is missing");
  return table;
}

Status CsvTable::add_line(std::string_view line, std::size_t number) {
  const std::string where = name_ + ":" + std::to_string(number) + ": ";
  std::optional<std::vector<std::string>> cells = split(line);
  if (!cells) return bad_input(where + "a quoted cell does not end before the next comma or line");
  if (header_.empty()) {
    std::set<std::string> names;
    for (const std::string& column : *cells) {
      if (column.empty()) return bad_input(where + "a column has no name");
      if (!names.insert(column).second) return bad_input(where + "the column '" + column + "' comes twice");
    }
    header_ = std::move(*cells);
    return {};
  }
  if (cells->size() != header_.size()) {
    return bad_input(where + std::to_string(cells->size()) + " cells, but the header has " +
                     std::to_string(header_.size()) + " columns");
  }
  cells_.push_back(std::move(*cells));
  lines_.push_back(number);
  return {};
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

Error CsvTable::error_at(std::size_t row, const std::string& what) const {
  return bad_input(name_ + ":" + std::to_string(lines_[row]) + ": " + what);
}

Error CsvTable::error_at(std::size_t row, std::size_t column, const std::string& what) const {
  return error_at(row, "column '" + header_[column] + "': " + what);
}

std::string csv_cell(std::string_view text) {
  const bool plain = text.find_first_of(",\"\n\r") == std::string_view::npos && trimmed(text) == text;
  if (plain) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c == '\n' || c == '\r' ? ' ' : c;
  }
  return quoted + "\"";
}

}  // namespace frugal
