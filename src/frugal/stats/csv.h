// Text with comma-separated values (RFC 4180) → Table. Pure: it opens no file. It stands here and not in a
// room of doors because a table of runs from anywhere is what this room is asked about.
#pragma once

#include <string_view>

#include "frugal/base/result.h"
#include "frugal/stats/table.h"

namespace frugal::stats {

struct CsvFormat {
  char separator = ',';
};

// The first line names the columns (base/csv_cells.h says what cells and lines are). A column is numeric when
// each of its cells is a number or missing (empty, NA, N/A, NaN, null; not in quotes), else a factor with
// sorted levels. Errors name line and column (characters of the line, both from 1): an open quote, letters
// after a closing one, a row with more or fewer cells than the header, a column without a name or with one
// given twice.
Result<Table> read_csv(std::string_view text, CsvFormat format = {});

}  // namespace frugal::stats
