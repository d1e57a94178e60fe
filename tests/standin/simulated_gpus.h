// The boards behind the stand-in libraries: the product's simulated sensors, described by JSON text.
// True joules of a board between two instants of CLOCK_MONOTONIC are those of its wave (frugal/energy/wave.h)
// with `origin_s` as time zero, so that a test knows them.
//
//   {"gpus":[{"name":"NVIDIA A100-SXM4-80GB","uuid":"GPU-…","architecture":7,"sim":"power=300W,period=100ms",
//             "window_ms":25,"counter":true,"fields":[185,186],"usage":true,"limit_w":400,"default_limit_w":400,
//             "mig":["MIG-…"],"secondary":false,"processes":[{"pid":4711,"sm":60}],
//             "lost_from_s":2,"lost_to_s":4,"lost_code":15,"fail":{"name":3}}],
//    "origin_s":1234.5,"init":0,"driver":"550.54.15","library":"12.550.54.15"}
//
// `sim` is what stands behind "sim:" (wave, gain, tick, start, fail, …); it makes the counter. Power readings
// are its mean over `window_ms` at every period, or over a second for averages. Times of faults count from
// the origin, which is the library's initialisation unless given. Keys that are absent have the values of
// `Gpu`.
#pragma once

#include <time.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "frugal/base/clock.h"
#include "frugal/energy/sim_meter.h"

namespace standin {

// Says the origin while the meters are made, so that it becomes their time zero.
class OriginClock final : public frugal::Clock {
 public:
  explicit OriginClock(frugal::Instant origin) : origin_(origin) {}
  frugal::Instant now() const override { return running_ ? steady_.now() : origin_; }
  void run() { running_ = true; }

 private:
  frugal::Instant origin_;
  frugal::SteadyClock steady_;
  bool running_ = false;
};

struct Process {
  unsigned pid = 0;
  unsigned sm = 0;  // percent
};

// One board (or die). Threads: energy_j() and power_w() lock.
struct Gpu {
  std::string name = "NVIDIA A100-SXM4-80GB";
  std::string uuid = {};
  unsigned architecture = 7;
  double limit_w = 400;
  double default_limit_w = 400;
  bool counter = true;
  bool usage = true;
  bool secondary = false;  // a die whose joules another counts: 0 everywhere
  std::vector<unsigned> fields = {185, 186};
  std::vector<std::string> mig = {};
  std::vector<Process> processes = {};
  double lost_from_s = -1;
  double lost_to_s = -1;
  int lost_code = 15;
  std::map<std::string, int> fail = {};

  std::mutex mutex = {};
  std::unique_ptr<frugal::SimMeter> counter_meter = {};
  std::unique_ptr<frugal::SimMeter> instant_meter = {};
  std::unique_ptr<frugal::SimMeter> average_meter = {};

  // The code of a call that is told to fail, or of a board that is lost; 0: none.
  int fault(const char* call, double since_s) const {
    if (lost_from_s >= 0 && since_s >= lost_from_s && (lost_to_s < 0 || since_s < lost_to_s))
      return lost_code;
    const auto told = fail.find(call);
    return told == fail.end() ? 0 : told->second;
  }
  // Nothing where the simulated read fails.
  std::optional<double> energy_j() {
    const std::scoped_lock lock(mutex);
    const frugal::Reading reading = counter_meter->read();
    return reading.counter ? std::optional(reading.counter->value()) : std::nullopt;
  }
  std::optional<double> power_w(bool average) {
    const std::scoped_lock lock(mutex);
    const frugal::Reading reading = (average ? average_meter : instant_meter)->read();
    return reading.power ? std::optional(reading.power->value()) : std::nullopt;
  }
};

class SimulatedGpus {
 public:
  // `text` as above, or "@FILE"; empty is one A100 at 100 W.
  explicit SimulatedGpus(std::string text) : clock_(frugal::Instant()) {
    if (!text.empty() && text.front() == '@') {
      std::ifstream file(text.substr(1));
      std::ostringstream whole;
      whole << file.rdbuf();
      text = whole.str();
    }
    const nlohmann::json json = text.empty() ? nlohmann::json::object() : nlohmann::json::parse(text);
    init_code = json.value("init", 0);
    driver = json.value("driver", "550.54.15");
    library = json.value("library", "12.550.54.15");
    const double started_s = static_cast<double>(frugal::SteadyClock().now().nanoseconds()) * 1e-9;
    origin_s_ = json.value("origin_s", started_s);
    clock_ = OriginClock(frugal::Instant() + frugal::Duration(origin_s_));
    for (const nlohmann::json& gpu : json.value("gpus", nlohmann::json::array({nlohmann::json::object()}))) {
      add(gpu);
    }
    clock_.run();
  }
  SimulatedGpus(const SimulatedGpus&) = delete;
  SimulatedGpus& operator=(const SimulatedGpus&) = delete;

  double since_s() const {
    return static_cast<double>(frugal::SteadyClock().now().nanoseconds()) * 1e-9 - origin_s_;
  }

  std::vector<std::unique_ptr<Gpu>> gpus;
  int init_code = 0;
  std::string driver;
  std::string library;

 private:
  void add(const nlohmann::json& json) {
    auto gpu = std::make_unique<Gpu>();
    char uuid[64];
    std::snprintf(uuid, sizeof uuid, "GPU-%08zx-0000-4000-8000-000000000000", gpus.size() * 0x11111111);
    gpu->name = json.value("name", gpu->name);
    gpu->uuid = json.value("uuid", uuid);
    gpu->architecture = json.value("architecture", gpu->architecture);
    gpu->limit_w = json.value("limit_w", gpu->limit_w);
    gpu->default_limit_w = json.value("default_limit_w", gpu->default_limit_w);
    gpu->counter = json.value("counter", gpu->counter);
    gpu->usage = json.value("usage", gpu->usage);
    gpu->secondary = json.value("secondary", gpu->secondary);
    gpu->fields = json.value("fields", gpu->fields);
    gpu->mig = json.value("mig", gpu->mig);
    for (const nlohmann::json& process : json.value("processes", nlohmann::json::array()))
      gpu->processes.push_back({process.value("pid", 0U), process.value("sm", 0U)});
    gpu->lost_from_s = json.value("lost_from_s", gpu->lost_from_s);
    gpu->lost_to_s = json.value("lost_to_s", gpu->lost_to_s);
    gpu->lost_code = json.value("lost_code", gpu->lost_code);
    gpu->fail = json.value("fail", gpu->fail);
    add_sensors(*gpu, json);
    gpus.push_back(std::move(gpu));
  }

  void add_sensors(Gpu& gpu, const nlohmann::json& json) {
    frugal::SimSpec spec = frugal::parse_sim(json.value("sim", "period=100ms")).value();
    gpu.counter_meter = std::make_unique<frugal::SimMeter>(spec, gpu.name, clock_);
    spec.counter = false;
    spec.window = frugal::Duration(json.value("window_ms", 25.0) * 1e-3);
    gpu.instant_meter = std::make_unique<frugal::SimMeter>(spec, gpu.name, clock_);
    spec.window = frugal::Duration(1);
    gpu.average_meter = std::make_unique<frugal::SimMeter>(spec, gpu.name, clock_);
  }

  OriginClock clock_;
  double origin_s_ = 0;
};

inline std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace standin
