// The only source of time. Steady: it never goes back and no wall-clock step moves it.
// A run has one wall-clock anchor, so that instants can be shown as dates afterwards.
#pragma once

#include <string>

#include "frugal/base/units.h"

namespace frugal {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

// CLOCK_MONOTONIC. Safe to read from any thread.
class SteadyClock final : public Clock {
 public:
  Instant now() const override;
};

// Time that moves only when told; for tests and table replays. One thread.
class ManualClock final : public Clock {
 public:
  Instant now() const override { return now_; }
  void advance(Duration by) { now_ = now_ + by; }

 private:
  Instant now_{1'000'000'000};
};

// Seconds since the Unix epoch, from the wall clock; for anchors and names, never for durations.
double unix_time_s();

// "2026-11-21T10:15:00Z".
std::string utc_text(double unix_s);

}  // namespace frugal
