// For tests: how often operator new was called in this program so far, by all threads. The counting operator
// is in allocation_count_test.cc, so that the library and the command have the ordinary one.
#pragma once

#include <cstddef>

namespace frugal {

std::size_t allocations();

}  // namespace frugal
