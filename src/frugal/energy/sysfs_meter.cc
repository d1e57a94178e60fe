#include "frugal/energy/sysfs_meter.h"

#include <utility>

namespace frugal {
namespace {

constexpr double kMicro = 1e-6;

}  // namespace

SysfsMeter::SysfsMeter(MeterCard card, SysfsFiles files, const Clock& clock)
    : card_(std::move(card)), files_(std::move(files)), clock_(clock) {}

Reading SysfsMeter::read() {
  Reading reading;
  if (files_.counter_uj) {
    if (const std::optional<double> count = files_.counter_uj->read()) {
      const Joules joules(*count * kMicro);
      if (!card_.counter_range || joules < *card_.counter_range) reading.counter = joules;
    }
  }
  if (files_.power_uw && (reading.counter || !files_.counter_uj)) {
    if (const std::optional<double> power = files_.power_uw->read()) reading.power = Watts(*power * kMicro);
  }
  reading.at = clock_.now();
  return reading;
}

}  // namespace frugal
