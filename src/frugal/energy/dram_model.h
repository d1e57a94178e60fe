// Joules of memory where no counter of it can be read: watts in proportion to gigabytes. A model, never a
// measurement: Method::Model, ±50 %. A part of its own beside the CPU model, which has no memory in it.
//   of=machine   0.3725 W/GB × memory of the machine, or of this process's control group where that has a
//   lower
//                limit: what was set aside is powered whether it is used or not [Lannelongue, Grealey,
//                Inouye, Green Algorithms, 2021]. The default, because idle CPU power is booked in full as
//                well.
//   of=resident  0.375 W/GB (3.75e-4 W/MB) × resident memory of the watched process and its descendants [del
//   Rey et
//                al., arXiv 2307.05520]; memory that they share counts for each. Nobody watched: 0 W.
#pragma once

#include <string_view>

#include "frugal/base/clock.h"
#include "frugal/base/result.h"
#include "frugal/energy/machine.h"
#include "frugal/energy/meter.h"

namespace frugal {

struct DramModelSpec {
  bool resident = false;
};
// Reads what stands behind "dram-model:": of=machine|resident.
Result<DramModelSpec> parse_dram_model(std::string_view text);

// A counter of modelled joules that starts at zero. While the size of the memory cannot be read, gaps.
// `clock` must outlive the meter.
class DramModelMeter final : public Meter {
 public:
  DramModelMeter(const DramModelSpec& spec, const Clock& clock, const Machine& machine = {});
  const MeterCard& card() const override { return card_; }
  Reading read() override;
  void watch(int pid) override;

 private:
  std::optional<Watts> power() const;

  MeterCard card_;
  const Clock& clock_;
  std::string proc_;
  std::optional<double> machine_gb_;  // of=machine
  bool resident_;
  int watched_ = 0;
  Instant last_;
  Joules counter_{0};
};

}  // namespace frugal
