#include "frugal/energy/amd_meter.h"

namespace frugal {
namespace {

constexpr double kCounterError = 0.05;  // as of other boards' counters: AMD publishes none
constexpr double kPowerError = 0.1;
constexpr double kBurst = 1.25;  // a cap is held as a mean
// The kernel's driver renews the table behind both values at most once a millisecond; how often the board's
// firmware fills it is not published.
constexpr Duration kPeriod(0.001);
constexpr Duration kAverageWindow(1);

std::string dies_text(const AmdBoard& board) {
  if (!board.secondary) return "die " + std::to_string(board.die);
  return "dies " + std::to_string(board.die) + " and " + std::to_string(*board.secondary);
}

PowerCard power_card(AmdPower kind) {
  if (kind == AmdPower::Current) return {.field = "current", .period = kPeriod, .window = kPeriod};
  return {.field = "average", .period = kPeriod, .window = kAverageWindow};
}

}  // namespace

Result<std::unique_ptr<AmdMeter>> AmdMeter::open(std::shared_ptr<AmdApi> amd, const AmdBoard& board,
                                                 const std::string& device, const Clock& clock) {
  std::unique_ptr<AmdMeter> meter(new AmdMeter(std::move(amd), board.die, clock));
  Joules energy;
  Watts watts;
  AmdPower kind = AmdPower::Average;
  const AmdCode counter = meter->amd_->energy(board.die, energy);
  const AmdCode power = meter->amd_->power(board.die, watts, kind);
  meter->counter_ = counter == kAmdSuccess && energy.value() > 0;
  meter->power_ = power == kAmdSuccess && watts.value() > 0;
  if (!meter->counter_ && !meter->power_) {
    const auto why = [&](AmdCode code) {
      return code == kAmdSuccess ? std::string("always 0") : meter->amd_->error_text(code);
    };
    return Error{ErrorCode::NeedRights, device + " (" + board.name +
                                            ") has no sensor that can be read: energy: " + why(counter) +
                                            "; power: " + why(power)};
  }
  meter->fill_card(board, device, kind);
  return meter;
}

void AmdMeter::fill_card(const AmdBoard& board, const std::string& device, AmdPower kind) {
  const PowerCard power = power_card(kind);
  card_.device = device;
  card_.sensor = device + " (" + board.name + ", " + amd_->library() + ", " + dies_text(board) + ")";
  card_.period = kPeriod;
  if (counter_) {
    card_.sensor += " energy counter";
    card_.method = Method::Counter;
    card_.window = kPeriod;
    card_.relative_error = kCounterError;
    if (power_) card_.power = power;
    card_.caveat = device + ": the error of its counter is not published, 5 % is assumed";
  } else {
    card_.sensor += " " + power.field + " power, polled";
    card_.method = Method::Integral;
    card_.window = power.window;
    card_.relative_error = kPowerError;
    card_.caveat = device +
                   " has no energy counter: its joules are the integral of polled power, whose error is "
                   "not published, 10 % is assumed";
  }
  if (board.half_visible)
    *card_.caveat +=
        "; " + device + " has two dies, of which the training sees one: its joules are those of both";
  Watts cap;
  if (amd_->power_cap(die_, cap) == kAmdSuccess && cap.value() > 0) card_.max_power = kBurst * cap;
}

Reading AmdMeter::read() {
  Reading reading;
  const Instant before = clock_.now();
  reading.at = before;
  if (counter_) {
    Joules energy;
    const AmdCode code = amd_->energy(die_, energy);
    reading.at = before + 0.5 * (clock_.now() - before);
    if (code != kAmdSuccess || energy.value() <= 0) return reading;
    reading.counter = energy;
  }
  if (!power_) return reading;
  Watts power;
  AmdPower kind = AmdPower::Average;
  if (amd_->power(die_, power, kind) == kAmdSuccess) reading.power = power;
  return reading;
}

}  // namespace frugal
