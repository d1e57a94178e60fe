#include "frugal/energy/sim_meter.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "frugal/base/units_text.h"
#include "frugal/energy/spec.h"

namespace frugal {
namespace {

constexpr double kHeadroom = 1.25;  // of the declared maximum over the highest true power
constexpr double kMaxSeed = 9007199254740992.0;

const std::vector<std::string>& known_settings() {
  static const std::vector<std::string> known{
      "power",          "wave",   "low",  "high",      "wave_period", "duty",    "phase", "sensor",
      "period",         "window", "gain", "offset",    "tick",        "quantum", "wrap",  "start",
      "counter_period", "lag",    "fail", "fail_from", "fail_to",     "seed",    "error", "max_power"};
  return known;
}

WaveShape shape_of(const std::string& word) {
  if (word == "square") return WaveShape::Square;
  if (word == "sine") return WaveShape::Sine;
  if (word == "random") return WaveShape::Random;
  return WaveShape::Constant;
}

WaveSettings wave_of(DeviceSpec& spec) {
  static const std::vector<std::string> shapes{"constant", "square", "sine", "random"};
  WaveSettings wave;
  wave.shape = shape_of(spec.word("wave", shapes, "constant"));
  if (wave.shape == WaveShape::Constant) {
    for (const char* key : {"low", "high", "wave_period", "duty", "phase"}) {
      if (spec.has(key))
        spec.refuse(std::string(key) + " needs a wave", "add wave=square, wave=sine or wave=random");
    }
    wave.low = wave.high = spec.power("power", Watts(100));
    return wave;
  }
  if (spec.has("power")) spec.refuse("power is of a constant wave", "give low and high instead");
  wave.low = spec.power("low", Watts(50));
  wave.high = spec.power("high", Watts(250));
  wave.period = spec.time("wave_period", Duration(1));
  wave.duty = spec.number("duty", 0.5, 0, 1);
  wave.phase = spec.number("phase", 0, 0, 1);
  if (wave.period.value() <= 0) spec.refuse("wave_period must be longer than 0");
  if (wave.high < wave.low) spec.refuse("high must not be below low");
  return wave;
}

void read_sensor(DeviceSpec& spec, SimSpec& sim) {
  static const std::vector<std::string> sensors{"counter", "power", "both"};
  const std::string sensor = spec.word("sensor", sensors, "counter");
  sim.counter = sensor != "power";
  sim.both = sensor == "both";
  sim.counter_period = spec.time("counter_period", Duration(0));
  if (spec.has("counter_period") && !sim.both)
    spec.refuse("counter_period is of sensor=both", "give period instead");
  sim.period = spec.time("period", Duration(0));
  if (spec.has("window")) sim.window = spec.time("window", Duration(0));
  sim.gain = spec.number("gain", 1, 0);
  sim.offset = spec.power("offset", Watts(0), -1e9);
  sim.tick = spec.energy("tick", Joules(0));
  sim.quantum = spec.power("quantum", Watts(0));
  if (spec.has("wrap")) sim.wrap = spec.energy("wrap", Joules(1));
  if (sim.wrap && sim.wrap->value() <= 0) spec.refuse("wrap must be more than 0 J");
  sim.start = spec.energy("start", Joules(0));
  sim.lag = spec.time("lag", Duration(0));
  sim.error = spec.number("error", sim.error, 0);
  if (spec.has("max_power")) sim.max_power = spec.power("max_power", Watts(0));
}

void read_faults(DeviceSpec& spec, SimSpec& sim) {
  sim.fail = spec.number("fail", 0, 0, 1);
  if (spec.has("fail_from")) sim.fail_from = spec.time("fail_from", Duration(0));
  if (spec.has("fail_to")) sim.fail_to = spec.time("fail_to", Duration(0));
  const double seed = spec.number("seed", 1, 0, kMaxSeed);
  if (seed != std::floor(seed)) spec.refuse("seed=" + exact_text(seed) + " is not a whole number");
  sim.seed = static_cast<std::uint64_t>(seed);
  sim.wave.seed = sim.seed;
}

double quantised(double value, double quantum) {
  return quantum > 0 ? std::floor(value / quantum + 1e-9) * quantum : value;
}

Duration last_update(Duration since, Duration period) {
  return period.value() > 0 ? std::floor(since / period + 1e-9) * period : since;
}

MeterCard card_of(const SimSpec& spec, std::string device) {
  MeterCard card;
  card.sensor = device + (spec.counter ? " (simulated counter)" : " (simulated power sensor)");
  card.caveat = device + " is simulated: its joules are not real";
  card.device = std::move(device);
  card.method = spec.counter ? Method::Counter : Method::Integral;
  card.period = spec.period;
  card.window = spec.window.value_or(spec.period);
  card.relative_error = spec.error;
  if (spec.both) {
    card.power = PowerCard{.field = "simulated", .period = card.period, .window = card.window};
    card.period = card.window = spec.counter_period;
  }
  if (spec.counter) card.counter_range = spec.wrap;
  const double peak = std::max(spec.wave.low, spec.wave.high).value() * spec.gain + spec.offset.value();
  card.max_power = spec.max_power.value_or(Watts(kHeadroom * std::max(0.0, peak)));
  return card;
}

}  // namespace

Result<SimSpec> parse_sim(std::string_view text) {
  Result<DeviceSpec> spec = DeviceSpec::parse("sim", text, known_settings());
  if (!spec) return spec.error();
  SimSpec sim;
  sim.wave = wave_of(*spec);
  read_sensor(*spec, sim);
  read_faults(*spec, sim);
  if (spec->error()) return *spec->error();
  return sim;
}

SimMeter::SimMeter(const SimSpec& spec, std::string device, const Clock& clock)
    : spec_(spec),
      card_(card_of(spec, std::move(device))),
      clock_(clock),
      origin_(clock.now()),
      wave_(spec.wave),
      rng_(derive_seed(spec.seed, "faults")) {}

Joules SimMeter::true_energy(Window window) const {
  return wave_.energy_until(window.end - origin_) - wave_.energy_until(window.begin - origin_);
}

bool SimMeter::fails(Duration since) {
  const bool unlucky = rng_.uniform() < spec_.fail;  // drawn every time, so that other faults shift nothing
  if (!spec_.fail_from && !spec_.fail_to) return unlucky;
  const bool begun = !spec_.fail_from || since >= *spec_.fail_from;
  const bool over = spec_.fail_to && since >= *spec_.fail_to;
  return unlucky || (begun && !over);
}

Watts SimMeter::mean_power(Duration end, Duration length) const {
  if (length.value() <= 0) return wave_.power_at(end);
  return (wave_.energy_until(end) - wave_.energy_until(end - length)) / length;
}

Joules SimMeter::counted(Duration update) {
  const Duration end = update - spec_.lag;
  const bool partial =
      !spec_.both && spec_.window && spec_.period.value() > 0 && *spec_.window < spec_.period;
  if (!partial) return spec_.gain * wave_.energy_until(end) + spec_.offset * end;
  const auto count = static_cast<std::int64_t>(std::llround(update / spec_.period));
  for (; updates_ < count; ++updates_) {
    const Duration at = static_cast<double>(updates_ + 1) * spec_.period - spec_.lag;
    seen_ += (spec_.gain * mean_power(at, *spec_.window) + spec_.offset) * spec_.period;
  }
  return seen_;
}

Watts SimMeter::shown_power(Duration update) const {
  const Watts mean = mean_power(update - spec_.lag, spec_.window.value_or(spec_.period));
  return Watts(quantised((spec_.gain * mean + spec_.offset).value(), spec_.quantum.value()));
}

Reading SimMeter::read() {
  Reading reading{.at = clock_.now()};
  const Duration since = reading.at - origin_;
  if (fails(since)) return reading;
  const Duration update = last_update(since, spec_.period);
  if (!spec_.counter || spec_.both) reading.power = shown_power(update);
  if (!spec_.counter) return reading;
  const Duration tick = spec_.both ? last_update(since, spec_.counter_period) : update;
  double value = quantised((spec_.start + counted(tick)).value(), spec_.tick.value());
  if (spec_.wrap) value -= std::floor(value / spec_.wrap->value()) * spec_.wrap->value();
  reading.counter = Joules(value);
  return reading;
}

}  // namespace frugal
