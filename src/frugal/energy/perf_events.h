// The port to the kernel's perf events, so far as energy counters need it, and a meter that reads one of
// them. The kernel widens such a counter to 64 bits: it does not wrap.
#pragma once

#include <cstdint>
#include <optional>

#include "frugal/base/clock.h"
#include "frugal/energy/meter.h"

namespace frugal {

class PerfEvents {
 public:
  virtual ~PerfEvents() = default;
  // Starts to count for all processes, as seen from one CPU: a descriptor to read and close, or -errno.
  virtual int open(std::uint32_t type, std::uint64_t config, int cpu) = 0;
  // The count since open(); nothing on a failed read.
  virtual std::optional<std::uint64_t> read(int descriptor) = 0;
  virtual void close(int descriptor) = 0;
};

// Those of this kernel. Stateless; safe from any thread.
PerfEvents& kernel_perf_events();

// Owns `descriptor`. `events` and `clock` must outlive the meter.
class PerfMeter final : public Meter {
 public:
  PerfMeter(MeterCard card, int descriptor, double joules_per_count, PerfEvents& events, const Clock& clock);
  PerfMeter(const PerfMeter&) = delete;
  PerfMeter& operator=(const PerfMeter&) = delete;
  ~PerfMeter() override;
  const MeterCard& card() const override { return card_; }
  Reading read() override;

 private:
  MeterCard card_;
  int descriptor_;
  double joules_per_count_;
  PerfEvents& events_;
  const Clock& clock_;
};

}  // namespace frugal
