// One NVIDIA board: its energy counter where it has one, with its power beside it; else its power alone.
// The joules are the board's, whoever uses it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "frugal/base/clock.h"
#include "frugal/base/result.h"
#include "frugal/energy/meter.h"
#include "frugal/energy/nvml_api.h"
#include "frugal/energy/shared_device.h"

namespace frugal {

struct NvmlBoard {
  NvmlDevice handle = nullptr;
  unsigned index = 0;  // NVML's, as nvidia-smi shows it
  std::string name = {};
  std::string uuid = {};
  NvmlArchitecture architecture = NvmlArchitecture::Unknown;
  bool mig = false;                // divided into instances
  bool bus_order_assumed = false;  // CUDA may number the boards in another order
};

// A read is two calls, counter and one power value, so that each checks the other; without an answer from the
// counter the power is not asked for. A device that is lost, or a call that fails, leaves a gap; reading goes
// on and recovers with the device.
class NvmlMeter final : public Meter, public SharedDevice {
 public:
  // `device` is the name of its joules ("gpu0"). Tries each sensor once; NeedRights with NVML's own words
  // when the board has none that works. `clock` must outlive the meter.
  static Result<std::unique_ptr<NvmlMeter>> open(std::shared_ptr<NvmlApi> nvml, const NvmlBoard& board,
                                                 const std::string& device, const Clock& clock);

  const MeterCard& card() const override { return card_; }
  Reading read() override;
  std::vector<int> processes() override;
  std::optional<double> share_of(std::span<const int> pids) override;

 private:
  enum class PowerSource { None, Instant, Average, Usage };
  NvmlMeter(std::shared_ptr<NvmlApi> nvml, NvmlDevice handle, const Clock& clock)
      : nvml_(std::move(nvml)), handle_(handle), clock_(clock) {}

  NvmlCode find_power();
  void fill_card(const NvmlBoard& board, const std::string& device, NvmlCode counter);
  std::optional<Watts> power_limit();
  NvmlCode read_power(PowerSource source, unsigned& milliwatts);

  std::shared_ptr<NvmlApi> nvml_;
  NvmlDevice handle_;
  const Clock& clock_;
  MeterCard card_;
  bool counter_ = false;
  PowerSource power_ = PowerSource::None;
  std::uint64_t seen_us_ = 0;  // the last utilisation step that share_of() has used
};

// The share of `pids` in the multiprocessor time of the steps; nothing when no process used any.
std::optional<double> share_of_steps(std::span<const NvmlUtilisation> steps, std::span<const int> pids);

}  // namespace frugal
