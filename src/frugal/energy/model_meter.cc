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

int cores_of(const ModelSpec& spec) { return spec.cores.value_or(usable_cores()); }

Watts tdp_of(const ModelSpec& spec) {
  if (spec.tdp) return *spec.tdp;
  const double cores = cores_of(spec);
  return spec.cpu ? cores / spec.cpu->threads * spec.cpu->tdp : Watts(kAssumedWattsPerCore * cores);
}

// Where the TDP comes from: " given", " assumed", or the CPU and the share of it.
std::string origin(const ModelSpec& spec) {
  if (spec.tdp) return " given";
  if (!spec.cpu) return " assumed";
  const int cores = cores_of(spec);
  const std::string cpu = spec.cpu->name + ", table of " + kCpuTableDate;
  if (cores == spec.cpu->threads) return ": " + cpu;
  return ": " + std::to_string(cores) + "/" + std::to_string(spec.cpu->threads) + " of the " +
         number_text(spec.cpu->tdp.value()) + " W of " + cpu;
}

std::string label(const ModelSpec& spec) {
  const int cores = cores_of(spec);
  return "cpu model (" + std::to_string(cores) + (cores == 1 ? " core" : " cores") + ", TDP " +
         number_text(tdp_of(spec).value()) + " W" + origin(spec) + ")";
}

}  // namespace

Result<ModelSpec> parse_model(std::string_view text, std::optional<KnownCpu> cpu) {
  static const std::vector<std::string> known{"tdp", "idle", "exponent", "cores"};
  Result<DeviceSpec> settings = DeviceSpec::parse("model", text, known);
  if (!settings) return settings.error();
  ModelSpec spec;
  spec.cpu = std::move(cpu);
  if (settings->has("tdp")) spec.tdp = settings->power("tdp", Watts(0));
  if (settings->has("idle")) spec.idle = settings->power("idle", Watts(0));
  spec.exponent = settings->number("exponent", 1, 0.1, 10);
  if (settings->has("cores")) {
    const double cores = settings->number("cores", 1, 1, kMaxCores);
    if (cores != std::floor(cores)) settings->refuse("cores=" + exact_text(cores) + " is not a whole number");
    spec.cores = static_cast<int>(cores);
  }
  const Watts tdp = tdp_of(spec);
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
      tdp_(tdp_of(spec)),
      idle_(spec.idle.value_or(kAssumedIdleShare * tdp_)),
      exponent_(spec.exponent),
      cores_(cores_of(spec)),
      last_(clock.now()) {
  card_.device = "model";
  card_.sensor = label(spec);
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
