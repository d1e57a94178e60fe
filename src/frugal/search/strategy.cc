#include "frugal/search/strategy.h"

namespace frugal {

std::vector<RoundLog> Strategy::decisions(History) const { return {}; }

}  // namespace frugal
