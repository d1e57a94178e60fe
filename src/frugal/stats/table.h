// A table of runs as a value: named columns of equal length, each of numbers or of levels (a factor), with
// missing cells. Columns are contiguous, levels are codes, so a million rows are a few plain arrays. It knows
// no files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "frugal/base/result.h"

namespace frugal::stats {

inline constexpr std::int32_t kMissing = -1;

struct Numbers {
  std::vector<double> values;  // NaN: missing
};

struct Factor {
  std::vector<std::int32_t> codes;  // index into levels, or kMissing
  std::vector<std::string> levels;
};

struct Column {
  std::string name;
  std::variant<Numbers, Factor> cells;
};

// Immutable once made; copies are deep. Invariant: columns have the same length and different, non-empty
// names, and every code names a level.
class Table {
 public:
  static Result<Table> of(std::vector<Column> columns);

  std::size_t rows() const { return rows_; }
  std::span<const Column> columns() const { return columns_; }

  // An unknown name is an Error that names the nearest known one.
  Result<const Column*> find(std::string_view name) const;
  // The numbers of a column, NaN where missing; the span lives as long as the table. Error for a factor.
  Result<std::span<const double>> numbers(std::string_view name) const;
  // A column as a factor. Of a column of numbers every distinct value is a level, ascending, as 0.1 or 128.
  Result<Factor> factor(std::string_view name) const;

 private:
  std::vector<Column> columns_;
  std::size_t rows_ = 0;
};

// Texts as a factor: levels sorted, an empty text is missing.
Factor factor_of(std::span<const std::string> texts);

struct Group {
  std::string level;
  std::vector<double> values;
};

struct Groups {
  std::vector<Group> groups;  // in the order of the levels; levels without a value are left out
  std::size_t dropped = 0;    // rows in which level or outcome is missing
};

// The outcome by the levels of a factor.
Result<Groups> groups_of(const Table& table, std::string_view factor, std::string_view outcome);

// The groups alone, as the tests of several groups take them. The spans live as long as `groups`.
std::vector<std::span<const double>> values_of(const Groups& groups);

}  // namespace frugal::stats
