// Runs in a CSV, as `export` writes them or from another tool, as the record of a study: the way back from
// export_csv(). What the file does not say is said in a caveat, never filled in silently.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/stats/table.h"
#include "frugal/study/ledger.h"

namespace frugal {

enum class RecordedRows { Auto, Trials, Epochs };

struct RecordedQuestion {
  std::string source;                    // "runs.csv", for the plan and for sentences
  std::optional<std::string> name = {};  // left out: the column study, else the source without its ending
  std::optional<std::string> metric =
      {};                             // column; left out: the one between loss and duration_s of an export
  std::optional<bool> maximise = {};  // left out: by the name of the metric
  std::vector<std::string> factors = {};   // columns of the point; left out: all that have no other meaning
  RecordedRows rows = RecordedRows::Auto;  // Auto: the column phase says it, else whether trials come again
  double created_unix_s = 0;
};

// The studies of a table, in the order of their first rows. Trials are train steps in the order of the rows;
// `finished` is their state. Errors name column and row (from 1, the header left out).
Result<std::vector<StudyRecord>> recorded_studies(const stats::Table& table,
                                                  const RecordedQuestion& question);

}  // namespace frugal
