#include "frugal/energy/shared_device.h"

#include "frugal/base/units_text.h"

namespace frugal {

std::optional<ProcessShare> process_share(Meter& meter, std::span<const int> pids) {
  auto* device = dynamic_cast<SharedDevice*>(&meter);
  if (device == nullptr) return std::nullopt;
  const std::optional<double> share = device->share_of(pids);
  if (!share) return std::nullopt;
  return ProcessShare{*share, "model: share of multiprocessor time (" + number_text(100 * *share, 3) +
                                  " % of " + meter.card().device + ")"};
}

}  // namespace frugal
