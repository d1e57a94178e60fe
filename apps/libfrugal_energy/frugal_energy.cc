// The C face of the energy room. No exception crosses it.
#include "frugal_energy.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>

#include "environment.h"
#include "frugal/energy/carbon.h"
#include "frugal/energy/open.h"
#include "frugal/energy/recorder.h"

struct frugal_energy {
  frugal_energy(std::vector<std::unique_ptr<frugal::Meter>> meters, std::unique_ptr<frugal::Clock> steady)
      : clock(std::move(steady)), recorder(std::move(meters), *clock), owner(::getpid()) {}

  std::unique_ptr<frugal::Clock> clock;
  frugal::Recorder recorder;
  pid_t owner;
  std::mutex mutex = {};
  std::map<std::int64_t, frugal::Instant> open = {};
  std::int64_t last = 0;
};

namespace {

using namespace frugal;

void say(const std::string& text, char* message, size_t size) {
  if (message == nullptr || size == 0) return;
  const size_t length = std::min(text.size(), size - 1);
  std::memcpy(message, text.data(), length);
  message[length] = '\0';
}

frugal_energy_figure as_c(const EnergyFigure& figure) {
  return {figure.value.value(),
          figure.low.value(),
          figure.high.value(),
          figure.coverage,
          figure.duration.value(),
          static_cast<std::int32_t>(figure.method),
          0};
}

const MeterCard* card_of(const frugal_energy* handle, size_t device) {
  const std::vector<MeterCard>& cards = handle->recorder.cards();
  return device < cards.size() ? &cards[device] : nullptr;
}

// What no open window needs any more is forgotten, but for the last moments that a slow sensor may still
// correct.
void forget(frugal_energy& handle, Instant now) {
  Instant needed = now;
  for (const auto& [number, begin] : handle.open) needed = std::min(needed, begin);
  handle.recorder.forget_before(needed);
}

std::unique_ptr<frugal_energy> opened(const char* devices, double interval_s, std::string& why) {
  if (interval_s < 0 || interval_s > 3600) {
    why = "the interval must lie between 0 and 3600 seconds";
    return nullptr;
  }
  auto clock = std::make_unique<SteadyClock>();
  auto meters = open_meters(devices == nullptr ? "auto" : devices, *clock, app::machine_from_environment());
  if (!meters) {
    why = meters.error().message + (meters.error().hint.empty() ? "" : " (" + meters.error().hint + ")");
    return nullptr;
  }
  auto handle = std::make_unique<frugal_energy>(std::move(meters->meters), std::move(clock));
  handle->recorder.watch(::getpid());
  handle->recorder.start(Duration(interval_s == 0 ? 0.1 : interval_s));
  return handle;
}

}  // namespace

int32_t frugal_energy_abi(void) { return FRUGAL_ENERGY_ABI; }

frugal_energy* frugal_energy_open(const char* devices, double interval_s, char* message, size_t size) {
  std::string why = "out of memory or of threads";
  try {
    if (auto handle = opened(devices, interval_s, why)) return handle.release();
  } catch (const std::exception& failure) {
    why = failure.what();
  }
  say(why, message, size);
  return nullptr;
}

size_t frugal_energy_devices(const frugal_energy* handle) { return handle->recorder.cards().size(); }

const char* frugal_energy_device(const frugal_energy* handle, size_t device) {
  const MeterCard* card = card_of(handle, device);
  return card == nullptr ? nullptr : card->device.c_str();
}

const char* frugal_energy_sensor(const frugal_energy* handle, size_t device) {
  const MeterCard* card = card_of(handle, device);
  return card == nullptr ? nullptr : card->sensor.c_str();
}

const char* frugal_energy_caveat(const frugal_energy* handle, size_t device) {
  const MeterCard* card = card_of(handle, device);
  if (card == nullptr) return nullptr;
  return card->caveat ? card->caveat->c_str() : "";
}

int32_t frugal_energy_whole_machine(const frugal_energy* handle, size_t device) {
  const MeterCard* card = card_of(handle, device);
  return card != nullptr && card->whole_machine ? 1 : 0;
}

int64_t frugal_energy_begin(frugal_energy* handle) {
  if (handle == nullptr || handle->owner != ::getpid()) return -1;
  const std::scoped_lock lock(handle->mutex);
  const Instant now = handle->recorder.mark();
  handle->open.emplace(++handle->last, now);
  return handle->last;
}

int32_t frugal_energy_end(frugal_energy* handle, int64_t window, frugal_energy_figure* total,
                          frugal_energy_figure* by_device) {
  if (handle == nullptr || handle->owner != ::getpid()) return -1;
  const std::scoped_lock lock(handle->mutex);
  const auto found = handle->open.find(window);
  if (found == handle->open.end()) return -1;
  const Window time{found->second, handle->recorder.mark()};
  handle->open.erase(found);
  const std::vector<DeviceFigure> figures = handle->recorder.energy(time);
  forget(*handle, time.end);

  const std::vector<MeterCard>& cards = handle->recorder.cards();
  const frugal_energy_figure nothing{0, 0, 0, 0, time.length().value(), FRUGAL_MODEL, 0};
  std::vector<EnergyFigure> parts;
  Joules lacking{0};  // what a device of which nothing was measured may have drawn
  bool complete = true;
  for (size_t i = 0; i < cards.size(); ++i) {
    const auto figure = std::find_if(figures.begin(), figures.end(),
                                     [&](const DeviceFigure& one) { return one.device == cards[i].device; });
    if (by_device != nullptr) by_device[i] = figure == figures.end() ? nothing : as_c(figure->figure);
    if (!is_part_of_total(cards, i)) continue;
    if (figure != figures.end()) {
      parts.push_back(figure->figure);
    } else {
      lacking += cards[i].max_power.value_or(Watts(0)) * time.length();
      complete = false;
    }
  }
  std::optional<EnergyFigure> sum = sum_of_devices(parts);
  if (sum && !complete) {
    sum->coverage = 0;
    sum->high += lacking;
  }
  if (total != nullptr) *total = sum ? as_c(*sum) : nothing;
  return sum ? 0 : 1;
}

void frugal_energy_close(frugal_energy* handle) {
  // In a forked child the sampling thread does not exist: joining it would never end.
  if (handle == nullptr || handle->owner != ::getpid()) return;
  delete handle;  // NOLINT(cppcoreguidelines-owning-memory): the C handle owns it
}

int32_t frugal_energy_co2e(double kwh, const char* where, double pue, double* grams, char* source,
                           size_t size) {
  const Result<CarbonIntensity> intensity = carbon_intensity(where == nullptr ? "" : where);
  if (!intensity) {
    say(intensity.error().message + " (" + intensity.error().hint + ")", source, size);
    return -1;
  }
  const Joules joules(kwh * 3.6e6);
  const EnergyFigure figure{joules, joules, joules, 1, Method::Counter, "", Duration(0)};
  const Result<Emission> emitted = emission(figure, *intensity, pue);
  if (!emitted) {
    say(emitted.error().message, source, size);
    return -1;
  }
  if (grams != nullptr) *grams = emitted->g;
  std::string text = intensity->place;
  if (intensity->year) text += " " + std::to_string(*intensity->year);
  say(text + ": " + intensity->source, source, size);
  return 0;
}
