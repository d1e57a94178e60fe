// Reads a whole study out of its tables, in the order of its steps. The caller holds the transaction.
#pragma once

#include <optional>
#include <string>

#include "frugal/store/database.h"
#include "frugal/study/ledger.h"

namespace frugal {

// Nothing when there is no study of that name; StoreBroken when a record makes no sense.
Result<std::optional<StudyRecord>> read_study(Database& database, const std::string& name);

}  // namespace frugal
