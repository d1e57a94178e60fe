// Seeded random numbers that are the same on every machine: std::mt19937_64 is fixed by the standard,
// the standard's distributions are not, so the few that are needed stand here.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string_view>
#include <utility>

namespace frugal {

class Rng {
 public:
  explicit Rng(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t bits() { return engine_(); }
  // Uniform in [0, 1) with 53 bits.
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  // Uniform in {0, …, n−1}, without modulo bias; n must be positive.
  std::uint64_t below(std::uint64_t n);

  template <class T>
  void shuffle(std::span<T> values) {  // Fisher and Yates
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

 private:
  std::mt19937_64 engine_;
};

// A seed for a named or numbered stream, independent of its siblings (SplitMix64 finaliser, Steele 2014).
std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t stream);
std::uint64_t derive_seed(std::uint64_t seed, std::string_view stream);

}  // namespace frugal
