#include "frugal/energy/nvml_meter.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "frugal/base/units_text.h"
#include "frugal/energy/gpu_sensors.h"

namespace frugal {
namespace {

constexpr double kBoardGain = 0.05;      // of counters, and of sensors that see all of the time
constexpr double kPartTimeError = 0.06;  // of sensors that see a part of the time, polled at varying phases
constexpr double kBurst = 1.25;          // a limit is held as a mean: single tenths of a second exceed it
constexpr double kMilli = 1e-3;

// What a power value means, and how often it is renewed.
struct PowerMeaning {
  std::string field;
  SensorTime time;
};

std::string sensor_text(const NvmlBoard& board, const std::string& device) {
  std::string text = device + " (" + board.name + ", NVML " + std::to_string(board.index);
  if (board.mig) text += ", all MIG instances";
  return text + ")";
}

std::string time_text(const SensorTime& time) {
  return number_text(time.window.value() * 1e3) + " of every " + number_text(time.period.value() * 1e3) +
         " ms";
}

void add_caveat(MeterCard& card, const std::string& sentence) {
  card.caveat = card.caveat ? *card.caveat + "; " + sentence : sentence;
}

}  // namespace

Result<std::unique_ptr<NvmlMeter>> NvmlMeter::open(std::shared_ptr<NvmlApi> nvml, const NvmlBoard& board,
                                                   const std::string& device, const Clock& clock) {
  std::unique_ptr<NvmlMeter> meter(new NvmlMeter(std::move(nvml), board.handle, clock));
  unsigned long long millijoules = 0;
  const NvmlCode counter = meter->nvml_->total_energy(board.handle, millijoules);
  meter->counter_ = counter == NvmlCode::Success;
  const NvmlCode power = meter->find_power();
  if (!meter->counter_ && meter->power_ == PowerSource::None) {
    return Error{ErrorCode::NeedRights,
                 device + " (" + board.name + ") has no sensor that can be read: energy: " +
                     meter->nvml_->error_text(counter) + "; power: " + meter->nvml_->error_text(power)};
  }
  meter->fill_card(board, device, counter);
  return meter;
}

// The first source that works; otherwise the answer of the last.
NvmlCode NvmlMeter::find_power() {
  NvmlCode code = NvmlCode::NotSupported;
  for (const PowerSource source : {PowerSource::Instant, PowerSource::Average, PowerSource::Usage}) {
    unsigned milliwatts = 0;
    code = read_power(source, milliwatts);
    if (code != NvmlCode::Success || milliwatts == 0)
      continue;  // no board runs on 0 W: the field is not filled
    power_ = source;
    return code;
  }
  return code == NvmlCode::Success ? NvmlCode::NotSupported : code;
}

std::optional<Watts> NvmlMeter::power_limit() {
  unsigned milliwatts = 0;
  if (nvml_->enforced_power_limit(handle_, milliwatts) == NvmlCode::Success && milliwatts > 0)
    return Watts(milliwatts * kMilli);
  if (nvml_->default_power_limit(handle_, milliwatts) == NvmlCode::Success && milliwatts > 0)
    return Watts(milliwatts * kMilli);
  return std::nullopt;
}

void NvmlMeter::fill_card(const NvmlBoard& board, const std::string& device, NvmlCode counter) {
  const GpuSensor sensor = gpu_sensor(board.architecture, board.name);
  PowerMeaning power{"instant", sensor.instant};
  if (power_ == PowerSource::Average || (power_ == PowerSource::Usage && sensor.usage_is_average))
    power = {"1-s average", average_time(sensor)};

  card_.device = device;
  card_.sensor = sensor_text(board, device);
  card_.period = power.time.period;
  if (counter_) {
    card_.sensor += " energy counter";
    card_.method = Method::Counter;
    card_.period = sensor.instant.period;
    card_.window = sensor.instant.period;
    card_.relative_error = kBoardGain;
    if (power_ != PowerSource::None)
      card_.power = PowerCard{.field = power.field, .period = power.time.period, .window = power.time.window};
  } else {
    card_.sensor += " " + power.field + " power, polled (" + time_text(power.time) + ")";
    card_.method = Method::Integral;
    card_.window = power.time.window;
    card_.relative_error = power.time.part_time() ? kPartTimeError : kBoardGain;
    if (sensor.has_counter)
      add_caveat(card_, device + " has no energy counter (NVML: " + nvml_->error_text(counter) +
                            "): its joules are the integral of polled power");
  }
  if (!sensor.known)
    add_caveat(card_, device + ": the timing of its sensor (" + sensor.family + ") is not in the table, " +
                          time_text(sensor.instant) + " is assumed");
  if (board.mig)
    add_caveat(card_, device + " is in MIG mode: its joules are those of all instances together");
  if (board.bus_order_assumed)
    add_caveat(card_, device + " is board " + std::to_string(board.index) +
                          " on the PCI bus; CUDA numbers unlike boards by speed unless "
                          "CUDA_DEVICE_ORDER=PCI_BUS_ID is set");
  if (const std::optional<Watts> limit = power_limit()) card_.max_power = kBurst * *limit;

  std::vector<int> users = processes();
  std::erase(users, static_cast<int>(getpid()));
  if (!users.empty())
    add_caveat(card_, device + " is shared by " + std::to_string(users.size()) +
                          (users.size() == 1 ? " other process" : " other processes") +
                          ": its joules are the device's");
}

NvmlCode NvmlMeter::read_power(PowerSource source, unsigned& milliwatts) {
  switch (source) {
    case PowerSource::Instant:
      return nvml_->power_field(handle_, kNvmlPowerInstant, milliwatts);
    case PowerSource::Average:
      return nvml_->power_field(handle_, kNvmlPowerAverage, milliwatts);
    case PowerSource::Usage:
      return nvml_->power_usage(handle_, milliwatts);
    case PowerSource::None:
      break;
  }
  return NvmlCode::NotSupported;
}

Reading NvmlMeter::read() {
  Reading reading;
  const Instant before = clock_.now();
  unsigned long long millijoules = 0;
  unsigned milliwatts = 0;
  if (counter_) {
    if (nvml_->total_energy(handle_, millijoules) == NvmlCode::Success)
      reading.counter = Joules(static_cast<double>(millijoules) * kMilli);
    // A call may take milliseconds; somewhere in it the value was taken.
    reading.at = before + 0.5 * (clock_.now() - before);
    if (!reading.counter) return reading;
  } else {
    reading.at = before;
  }
  if (read_power(power_, milliwatts) == NvmlCode::Success) reading.power = Watts(milliwatts * kMilli);
  return reading;
}

std::vector<int> NvmlMeter::processes() {
  std::vector<int> pids;
  if (nvml_->compute_processes(handle_, pids) != NvmlCode::Success) return {};
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());  // one entry a MIG instance
  return pids;
}

std::optional<double> NvmlMeter::share_of(std::span<const int> pids) {
  std::vector<NvmlUtilisation> steps;
  if (nvml_->utilisation(handle_, seen_us_, steps) != NvmlCode::Success) return std::nullopt;
  for (const NvmlUtilisation& step : steps) seen_us_ = std::max(seen_us_, step.at_us);
  return share_of_steps(steps, pids);
}

std::optional<double> share_of_steps(std::span<const NvmlUtilisation> steps, std::span<const int> pids) {
  double all = 0;
  double own = 0;
  for (const NvmlUtilisation& step : steps) {
    all += step.sm_percent;
    if (std::find(pids.begin(), pids.end(), step.pid) != pids.end()) own += step.sm_percent;
  }
  if (all <= 0) return std::nullopt;
  return own / all;
}

}  // namespace frugal
