// The public data sets that the trainer reads, with their official addresses. A checksum stands here only
// where the publisher or a reference implementation published it, and says who; the others are recognised by
// their structure.
#pragma once

#include <span>
#include <string_view>

#include "frugal/base/result.h"
#include "frugal/fetch/data_set.h"

namespace frugal {

std::span<const DataSet> known_data_sets();

// The data set of that name; else an error that names the nearest one.
Result<DataSet> find_data_set(std::string_view name);

}  // namespace frugal
