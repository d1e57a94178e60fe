// A sensor that the kernel shows as files: a counter in microjoules, a power in microwatts, or both; powercap
// zones and hwmon chips are such. The files stay open: what happens to permissions later changes nothing, and
// a device that goes away leaves gaps until the end (a file of the same name may then be another device's).
#pragma once

#include <optional>
#include <string>

#include "frugal/base/clock.h"
#include "frugal/energy/meter.h"
#include "frugal/energy/sysfs.h"

namespace frugal {

struct SysfsFiles {
  std::optional<OpenNumber> counter_uj = {};
  std::optional<OpenNumber> power_uw = {};
};

class SysfsMeter final : public Meter {
 public:
  // One of the files at least. `clock` must outlive the meter. A counter at or above the card's range is a
  // gap.
  SysfsMeter(MeterCard card, SysfsFiles files, const Clock& clock);
  const MeterCard& card() const override { return card_; }
  Reading read() override;

 private:
  MeterCard card_;
  SysfsFiles files_;
  const Clock& clock_;
};

}  // namespace frugal
