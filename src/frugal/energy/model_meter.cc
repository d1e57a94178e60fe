#include "frugal/energy/model_meter.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "frugal/base/units_text.h"
#include "frugal/energy/spec.h"

namespace frugal {
namespace {

constexpr double kAssumedWattsPerCore = 10;
constexpr double kAssumedIdleShare = 0.1;
constexpr double kModelError = 0.5;
constexpr double kMaxCores = 65536;

std::string label(int cores, Watts tdp, bool given) {
  return "cpu model (" + std::to_string(cores) + (cores == 1 ? " core" : " cores") + ", TDP " +
         number_text(tdp.value()) + " W " + (given ? "given" : "assumed") + ")";
}

Watts assumed_tdp(const ModelSpec& spec) {
  return spec.tdp.value_or(Watts(kAssumedWattsPerCore * spec.cores.value_or(usable_cores())));
}

}  // namespace

Result<ModelSpec> parse_model(std::string_view text) {
  static const std::vector<std::string> known{"tdp", "idle", "exponent", "cores"};
  Result<DeviceSpec> settings = DeviceSpec::parse("model", text, known);
  if (!settings) return settings.error();
  ModelSpec spec;
  if (settings->has("tdp")) spec.tdp = settings->power("tdp", Watts(0));
  if (settings->has("idle")) spec.idle = settings->power("idle", Watts(0));
  spec.exponent = settings->number("exponent", 1, 0.1, 10);
  if (settings->has("cores")) {
    const double cores = settings->number("cores", 1, 1, kMaxCores);
    if (cores != std::floor(cores)) settings->refuse("cores=" + exact_text(cores) + " is not a whole number");
    spec.cores = static_cast<int>(cores);
  }
  const Watts tdp = assumed_tdp(spec);
  if (spec.tdp && spec.tdp->value() <= 0) settings->refuse("tdp must be more than 0 W");
  if (spec.idle && *spec.idle > tdp) {
    settings->refuse("idle is above the TDP of " + number_text(tdp.value()) + " W", "give a tdp above idle");
  }
  if (settings->error()) return *settings->error();
  return spec;
}

ModelMeter::ModelMeter(const ModelSpec& spec, const Clock& clock, CpuTimeSource source)
    : clock_(clock),
      cpu_time_(std::move(source)),
      tdp_(assumed_tdp(spec)),
      idle_(spec.idle.value_or(kAssumedIdleShare * tdp_)),
      exponent_(spec.exponent),
      last_(clock.now()) {
  const int cores = spec.cores.value_or(usable_cores());
  cores_ = cores;
  card_.device = "model";
  card_.sensor = label(cores, tdp_, spec.tdp.has_value());
  card_.method = Method::Model;
  card_.relative_error = kModelError;
  card_.max_power = tdp_;
  card_.caveat = "cpu energy is modelled (no counter readable here): ±50 %";
}

void ModelMeter::advance(Instant now) {
  const Duration time = now - last_;
  if (time.value() <= 0) return;
  const Duration cpu = cpu_time_.elapsed();
  pending_ += cpu - cpu_seen_;
  cpu_seen_ = cpu;
  const Duration used = std::min(pending_, cores_ * time);
  pending_ -= used;
  const double load = used / (cores_ * time);
  counter_ += (idle_ + (tdp_ - idle_) * std::pow(load, exponent_)) * time;
  last_ = now;
}

Reading ModelMeter::read() {
  const Instant now = clock_.now();
  advance(now);
  return {.at = now, .counter = counter_};
}

void ModelMeter::watch(int pid) {
  advance(clock_.now());
  cpu_time_.watch(pid);
  cpu_seen_ = Duration(0);
}

}  // namespace frugal
