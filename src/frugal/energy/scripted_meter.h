// A Meter that plays given readings, one a read, and gaps when they are used up: the fake of the port.
// Life cycle: the readings are copied; nothing else is held.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "frugal/base/clock.h"
#include "frugal/energy/meter.h"

namespace frugal {

class ScriptedMeter final : public Meter {
 public:
  // Readings keep their values and are stamped by `clock`, which must outlive the meter.
  ScriptedMeter(MeterCard card, std::vector<Reading> readings, const Clock& clock)
      : card_(std::move(card)), readings_(std::move(readings)), clock_(clock) {}

  const MeterCard& card() const override { return card_; }
  Reading read() override {
    Reading reading = next_ < readings_.size() ? readings_[next_++] : Reading{};
    reading.at = clock_.now();
    return reading;
  }

 private:
  MeterCard card_;
  std::vector<Reading> readings_;
  const Clock& clock_;
  std::size_t next_ = 0;
};

}  // namespace frugal
