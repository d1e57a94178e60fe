// The port to AMD's management libraries: what the meters ask of them. A die is what ROCm counts as a GPU; a
// board may carry two (MI250). Implementations: amd-smi, rocm-smi (both opened at run time) and a scripted
// fake. Threads: every function may be called from any thread.
#pragma once

#include <cstdint>
#include <string>

#include "frugal/base/units.h"

namespace frugal {

using AmdCode = int;  // the library's own; 0 is success
inline constexpr AmdCode kAmdSuccess = 0;
inline constexpr AmdCode kAmdNoFunction = -1;  // this library has no such function

enum class AmdPower { Average, Current };

class AmdApi {
 public:
  virtual ~AmdApi() = default;

  virtual std::string library() = 0;  // "amd-smi", "rocm-smi"
  virtual std::string error_text(AmdCode code) = 0;

  // An answer is written only with success.
  virtual AmdCode die_count(unsigned& count) = 0;
  virtual AmdCode name(unsigned die, std::string& name) = 0;
  virtual AmdCode unique_id(unsigned die, std::uint64_t& id) = 0;  // as in "GPU-18f68e602b8a790f"
  virtual AmdCode pci_id(unsigned die,
                         std::uint64_t& bdf) = 0;  // domain << 32 | bus << 8 | device << 3 | function
  virtual AmdCode energy(unsigned die, Joules& energy) = 0;
  virtual AmdCode power(unsigned die, Watts& power, AmdPower& kind) = 0;
  virtual AmdCode power_cap(unsigned die, Watts& cap) = 0;
};

}  // namespace frugal
