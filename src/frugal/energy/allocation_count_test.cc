// The operator new of the test program of this room, which counts.
#include "frugal/energy/allocation_count.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

namespace {
std::atomic<std::size_t> count = 0;
}

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++count;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace frugal {

std::size_t allocations() { return count; }

TEST(AllocationCount, CountsEveryNew) {
  const std::size_t before = allocations();
  const auto kept = std::make_unique<std::size_t>(before);
  EXPECT_EQ(allocations(), *kept + 1);
}

}  // namespace frugal
