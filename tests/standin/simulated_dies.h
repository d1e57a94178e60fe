// What the stand-ins for AMD's two libraries share: FRUGAL_STANDIN_AMD describes the dies (simulated_gpus.h
// says how it is written), or @FILE; it is read by the initialisation. "secondary":true makes a die that
// reads 0 everywhere, "init":8 an initialisation that fails. Names of calls for "fail": energy power.
#pragma once

#include <algorithm>
#include <cstring>

#include "simulated_gpus.h"

#define SMI_EXPORT extern "C" __attribute__((visibility("default")))

namespace standin {

constexpr int kSuccess = 0;
constexpr int kInvalidArgument = 1;
constexpr int kNotSupported = 2;
constexpr int kNotInitialised = 8;
constexpr int kUnknown = 99;
constexpr double kTickJ = 15.3e-6;  // of the Instinct boards' counter

inline std::unique_ptr<SimulatedGpus>& dies() {
  static std::unique_ptr<SimulatedGpus> all;
  return all;
}

inline int initialise() {
  auto fresh = std::make_unique<SimulatedGpus>(environment("FRUGAL_STANDIN_AMD"));
  if (fresh->init_code != kSuccess) return fresh->init_code;
  dies() = std::move(fresh);
  return kSuccess;
}

// What is wrong with a call, before it is carried out.
inline int fault(std::size_t die, const char* call) {
  if (!dies()) return kNotInitialised;
  if (die >= dies()->gpus.size()) return kInvalidArgument;
  return dies()->gpus[die]->fault(call, dies()->since_s());
}

inline int give_energy(std::size_t die, std::uint64_t* ticks, float* resolution_uj, std::uint64_t* at_ns) {
  if (const int code = fault(die, "energy"); code != kSuccess) return code;
  Gpu& gpu = *dies()->gpus[die];
  if (!gpu.counter) return kNotSupported;
  const std::optional<double> energy = gpu.secondary ? std::optional(0.0) : gpu.energy_j();
  if (!energy) return kUnknown;
  // Boards have run since they were switched on.
  const double before_j = gpu.secondary ? 0 : 1e6;
  *ticks = static_cast<std::uint64_t>((*energy + before_j) / kTickJ);
  *resolution_uj = static_cast<float>(kTickJ * 1e6);
  *at_ns = 0;
  return kSuccess;
}

inline const char* words_of(int code) {
  switch (code) {
    case kSuccess:
      return "success";
    case kNotSupported:
      return "not supported";
    case kNotInitialised:
      return "initialisation failed";
    default:
      return "unknown error";
  }
}

}  // namespace standin
