#include "frugal/base/rng.h"

namespace frugal {
namespace {

std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

std::uint64_t Rng::below(std::uint64_t n) {
  const std::uint64_t limit = n * (UINT64_MAX / n);
  std::uint64_t drawn = engine_();
  while (drawn >= limit) drawn = engine_();
  return drawn % n;
}

std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t stream) {
  return mixed(mixed(seed + 0x9e3779b97f4a7c15ULL) ^ (stream + 0x9e3779b97f4a7c15ULL));
}

std::uint64_t derive_seed(std::uint64_t seed, std::string_view stream) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char c : stream) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return derive_seed(seed, hash);
}

}  // namespace frugal
