// The columns that a question about runs leaves open, found in the table. Only run_analysis.cc and tests call
// it.
#pragma once

#include "frugal/report/run_analysis.h"

namespace frugal {

struct RunColumns {
  std::vector<std::string> factors;     // each with two levels or more
  std::vector<std::string> covariates;  // numeric ones of so many values that they enter as numbers
  // Those of `factors` that do not apply to every run: parameters of a study, whose cells are then empty.
  std::vector<std::string> partial;
  std::optional<std::string> epochs;
  std::vector<std::string> labels;  // what tells one run from another
  std::vector<std::string> notes;
};

// Errors for names that are no columns.
Result<RunColumns> columns_of(const stats::Table& table, const RunQuestion& question);

// Smaller for losses, errors and perplexities, by their names.
stats::Better better_by_name(std::string_view quality);

// The table with the missing cells of these columns as a level of their own (search/factor_model.h).
Result<stats::Table> with_absence(const stats::Table& table, const std::vector<std::string>& names);

// The levels of several columns together as one factor: "batch_size=64 optimizer=adam"; missing where one is,
// but a parameter of a study that does not apply is left out of the text.
Result<stats::Factor> configurations(const stats::Table& table, const std::vector<std::string>& columns);

// The column whose level the original is: of the usual names (id, mutant, …), factors, then any other.
Result<std::string> column_of_original(const stats::Table& table, const RunQuestion& question,
                                       const std::vector<std::string>& factors);

}  // namespace frugal
