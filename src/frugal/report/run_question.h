// The columns that a question about runs leaves open, found in the table. Only run_analysis.cc and tests call
// it.
#pragma once

#include "frugal/report/run_analysis.h"

namespace frugal {

struct RunColumns {
  std::vector<std::string> factors;     // each with two levels or more
  std::vector<std::string> covariates;  // numeric ones of so many values that they enter as numbers
  std::optional<std::string> epochs;
  std::vector<std::string> labels;  // what tells one run from another
  std::vector<std::string> notes;
};

// Errors for names that are no columns.
Result<RunColumns> columns_of(const stats::Table& table, const RunQuestion& question);

// Smaller for losses, errors and perplexities, by their names.
stats::Better better_by_name(std::string_view quality);

// The levels of several columns together as one factor: "batch_size=64 optimizer=adam"; missing where one is.
Result<stats::Factor> configurations(const stats::Table& table, const std::vector<std::string>& columns);

// The column whose level the original is: of the usual names (id, mutant, …), factors, then any other.
Result<std::string> column_of_original(const stats::Table& table, const RunQuestion& question,
                                       const std::vector<std::string>& factors);

}  // namespace frugal
