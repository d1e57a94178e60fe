// Writes what an attempt gave into the rows of its tables. The caller holds the transaction.
#pragma once

#include <cstdint>
#include <string>

#include "frugal/store/database.h"
#include "frugal/trial/outcome.h"

namespace frugal {

// The step as the text of the column `asked`. GiveUp when it could not be read back: a rate that is not
// finite.
Result<std::string> asked_text(const Step& step);

// Replaces what the attempt has spent.
Status write_spent(Database& database, std::int64_t attempt_id, const EnergyReport& energy,
                   Duration duration);

// Everything of an outcome; the attempt becomes finished. `steering` is the metric with a column of its own.
Status write_outcome(Database& database, std::int64_t attempt_id, const Outcome& outcome,
                     const std::string& steering);

}  // namespace frugal
