// How a store of any age becomes one of today: a list of SQL scripts, of which `user_version` says how many
// the file has seen. A script that was released is never changed; a change of the schema is a new script.
#pragma once

#include <cstdint>
#include <span>

#include "frugal/base/result.h"
#include "frugal/store/database.h"

namespace frugal {

inline constexpr std::int64_t kApplicationId = 0x4672674C;  // "FrgL", in the header of every store

using Scripts = std::span<const char* const>;

// The scripts of this program, oldest first.
Scripts schema_scripts();

// The number of scripts the store has seen: 0 for an empty file.
// StoreBroken, and nothing touched, when the file is no database, belongs to another program, or has seen
// more than `newest` scripts.
Result<int> schema_version(Database& database, int newest);

// Applies the scripts that the store has not seen, each with its version number in one transaction, so that
// an interrupted migration leaves the store at a whole version. Foreign keys must be off.
Status migrate(Database& database, Scripts scripts);

}  // namespace frugal
