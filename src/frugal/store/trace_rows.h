// Readings of an attempt, as rows of `reading`, `phase_edge`, `sensor` and `attempt_trace`. The caller holds
// the transaction.
#pragma once

#include <cstdint>
#include <string>

#include "frugal/store/database.h"
#include "frugal/study/ledger.h"

namespace frugal {

// Adds; what is there already stays as it is.
Status write_trace(Database& database, std::int64_t study_id, std::int64_t attempt_id, const WorkTrace& more);

// Empty where nothing is kept. StoreBroken when a sensor makes no sense.
Result<WorkTrace> read_trace(Database& database, std::int64_t attempt_id);
Result<TraceList> list_traces(Database& database, const std::string& study);

}  // namespace frugal
