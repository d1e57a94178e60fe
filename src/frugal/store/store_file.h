// Opens the file of a store: finds out whose it is, brings it up to date, sets what every connection needs.
// A file that is not ours is never written.
#pragma once

#include <memory>
#include <string>

#include "frugal/store/database.h"
#include "frugal/store/migrations.h"

namespace frugal {

// ReadWrite creates the file; ReadOnly wants it to be there. Both bring an older store up to date.
// StoreBroken with the file and the next thing to type otherwise.
Result<std::unique_ptr<Database>> open_store(const std::string& path, OpenMode mode, Scripts scripts);

}  // namespace frugal
