// Comma-separated values with a header line, kept as text until a cell is asked for (csv_cells.h says what is
// read). Every error names the file, the line, and the column where it has one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frugal/base/csv_cells.h"
#include "frugal/base/result.h"

namespace frugal {

class CsvTable {
 public:
  // `name` is what messages call the table: the path of its file. Refused: no header, a column without a name
  // or named twice, a row with more or fewer cells than the header.
  static Result<CsvTable> parse(std::string_view text, std::string name);

  std::size_t rows() const { return lines_.size(); }
  const std::vector<std::string>& columns() const { return header_; }
  // The index of a column, or nothing.
  std::optional<std::size_t> find(std::string_view column) const;
  // The same, or an error that names the nearest column.
  Result<std::size_t> require(std::string_view column) const;

  const std::string& cell(std::size_t row, std::size_t column) const {
    return cells_[row * header_.size() + column];
  }
  // The number of a cell; nothing where the cell is empty. Anything but a finite decimal number is an error.
  Result<std::optional<double>> number(std::size_t row, std::size_t column) const;
  // "FILE:12: column 'power_w': " + what.
  Error error_at(std::size_t row, std::size_t column, const std::string& what) const;
  // "FILE:12: " + what.
  Error error_at(std::size_t row, const std::string& what) const;
  const std::string& name() const { return name_; }

 private:
  Status read_header(CsvCells& cells);
  Status read_row(CsvCells& cells);
  Error placed(std::size_t line, const std::string& what) const;

  std::string name_;
  std::vector<std::string> header_;
  std::vector<std::string> cells_;  // row by row
  std::vector<std::size_t> lines_;  // where each row begins in the file
};

}  // namespace frugal
