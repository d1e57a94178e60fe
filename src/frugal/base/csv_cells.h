// Comma-separated values (RFC 4180), cell by cell, and texts as such cells. Pure: it opens no file.
// Lines end in LF or CRLF, the last may lack its end; a byte-order mark and lines of nothing but blanks are
// passed over. A cell in quotes may hold separators, line ends and doubled quotes; blanks around other cells
// are no part of them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "frugal/base/result.h"

namespace frugal {

struct CsvCell {
  std::string_view text;  // lives until the next call of next(), and no longer than what is read
  bool quoted = false;
  bool last = false;  // of its line
};

// Walks once over a text that must outlive it. Not to be used after next() failed.
class CsvCells {
 public:
  explicit CsvCells(std::string_view text, char separator = ',');

  // False at the end of the text.
  bool more();
  // After more() was true, or where the cell before was not the last of its line. Fails on a quote that is
  // never closed, on what follows a closing quote, and on a quote in the middle of a cell; the message does
  // not say where: line() and column() do.
  Result<CsvCell> next();

  // Where the cell that next() gave begins, or what it failed on stands; both from 1.
  std::size_t line() const { return cell_line_; }
  std::size_t column() const { return cell_column_; }

 private:
  Error fault_here(const char* what);
  void end_line();
  void finish(bool last);
  Result<CsvCell> quoted();
  bool line_ends_here() const;

  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t line_begin_ = 0;
  std::size_t cell_line_ = 1;
  std::size_t cell_column_ = 1;
  std::string scratch_;
};

// A text as a cell: in quotes where it holds a separator, a quote or a line end, or begins or ends with a
// blank.
std::string csv_cell(std::string_view text);

}  // namespace frugal
