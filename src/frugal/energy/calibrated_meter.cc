// A meter that shows what another one shows, corrected by a calibration.
#include <cmath>
#include <optional>
#include <utility>

#include "frugal/base/units_text.h"
#include "frugal/energy/calibration.h"

namespace frugal {
namespace {

constexpr double kStandsStill = 1.4;  // periods without a new value; before integrate() takes it for 0 W

// The counter is gain · counter + offset · time since the first read. The time moves with the ticks, so that
// a staircase stays one.
class CalibratedMeter final : public Meter {
 public:
  CalibratedMeter(std::unique_ptr<Meter> meter, const Calibration& calibration)
      : meter_(std::move(meter)),
        gain_(calibration.gain),
        offset_(calibration.offset),
        card_(meter_->card()) {
    card_.sensor += ", calibrated " + (calibration.date.empty() ? "" : calibration.date + " ") +
                    "against a wall plug (gain " + number_text(gain_) + ", offset " +
                    number_text(offset_.value()) + " W)";
    card_.relative_error = calibration.relative_error;
    if (card_.counter_range) card_.counter_range = gain_ * *card_.counter_range;
    if (card_.max_power) card_.max_power = shown(*card_.max_power);
  }

  const MeterCard& card() const override { return card_; }
  void watch(int pid) override { meter_->watch(pid); }

  Reading read() override {
    Reading reading = meter_->read();
    if (reading.power) reading.power = shown(*reading.power);
    if (reading.counter) reading.counter = counted(*reading.counter, reading.at);
    return reading;
  }

 private:
  Watts shown(Watts power) const { return gain_ * power + offset_; }

  Joules counted(Joules raw, Instant at) {
    if (!first_) first_ = at;
    const bool still = raw_ == raw && at - ticked_ < kStandsStill * card_.period;
    if (!still) ticked_ = at;
    raw_ = raw;
    Joules value = gain_ * raw + offset_ * (ticked_ - *first_);
    if (card_.counter_range) value -= std::floor(value / *card_.counter_range) * *card_.counter_range;
    return value;
  }

  std::unique_ptr<Meter> meter_;
  double gain_;
  Watts offset_;
  MeterCard card_;
  std::optional<Instant> first_;
  std::optional<Joules> raw_;
  Instant ticked_;
};

}  // namespace

bool fits(const Calibration& calibration, const MeterCard& card, std::string_view host) {
  return calibration.host == host && calibration.device == card.device && calibration.sensor == card.sensor;
}

std::unique_ptr<Meter> calibrated(std::unique_ptr<Meter> meter, const Calibration& calibration,
                                  std::string_view host) {
  if (!fits(calibration, meter->card(), host)) return meter;
  return std::make_unique<CalibratedMeter>(std::move(meter), calibration);
}

}  // namespace frugal
