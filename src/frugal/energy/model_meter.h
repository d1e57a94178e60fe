// Joules from CPU load where no counter can be read: P = idle + (TDP − idle) · u^exponent. A model, never a
// measurement: Method::Model, ±50 %. u is the CPU time of the watched process and its descendants over
// (cores × elapsed time); with exponent 1 that is exactly their share of the dynamic power. Idle power is
// booked in full: the machine is held for the training.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "frugal/base/clock.h"
#include "frugal/base/result.h"
#include "frugal/energy/cpu_table.h"
#include "frugal/energy/cpu_time.h"
#include "frugal/energy/meter.h"

namespace frugal {

struct ModelSpec {
  std::optional<Watts> tdp = {};   // unset: the share of `cpu`, else 10 W a core, which is called "assumed"
  std::optional<Watts> idle = {};  // unset: 10 % of the TDP
  double exponent = 1;
  std::optional<int> cores = {};     // unset: the CPUs this process may run on
  std::optional<KnownCpu> cpu = {};  // its TDP is shared by threads: cores of its threads
};

// Reads what stands behind "model:": tdp=65W,idle=10W,exponent=1,cores=2; empty text leaves all of it open.
// `cpu` is that of the machine, where it is known.
Result<ModelSpec> parse_model(std::string_view text, std::optional<KnownCpu> cpu = {});

// Reports a counter of modelled joules that starts at zero and moves when it is read. Before watch(), and
// after the watched process ended, it counts idle power alone. `clock` must outlive the meter.
class ModelMeter final : public Meter {
 public:
  ModelMeter(const ModelSpec& spec, const Clock& clock, CpuTimeSource source = {});
  const MeterCard& card() const override { return card_; }
  Reading read() override;
  void watch(int pid) override;

 private:
  void advance(Instant now);

  MeterCard card_;
  const Clock& clock_;
  ProcessTreeTime cpu_time_;
  Watts tdp_;
  Watts idle_;
  double exponent_;
  double cores_;
  Instant last_;
  Duration cpu_seen_{0};  // of the watched process
  Duration pending_{0};   // CPU time that came late: more than the cores could give since the last read
  Joules counter_{0};
};

}  // namespace frugal
