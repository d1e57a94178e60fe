// One suite that every Meter runs: a new implementation is a new line in kMeters.
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <utility>

#include "frugal/energy/amd_meter.h"
#include "frugal/energy/bmc.h"
#include "frugal/energy/dram_model.h"
#include "frugal/energy/drm_gpu.h"
#include "frugal/energy/model_meter.h"
#include "frugal/energy/nvml_meter.h"
#include "frugal/energy/rapl.h"
#include "frugal/energy/replay_meter.h"
#include "frugal/energy/scripted_amd.h"
#include "frugal/energy/scripted_meter.h"
#include "frugal/energy/scripted_nvml.h"
#include "frugal/energy/sim_meter.h"
#include "frugal/energy/standin_tree.h"

namespace frugal {
namespace {

struct MeterCase {
  const char* name;
  std::function<std::unique_ptr<Meter>(const Clock&)> open;
};

std::unique_ptr<Meter> sim(const char* text, const Clock& clock) {
  return std::make_unique<SimMeter>(*parse_sim(text), "sim0", clock);
}
std::unique_ptr<Meter> scripted(const Clock& clock) {
  MeterCard card{.device = "fake0", .sensor = "a script", .method = Method::Counter};
  return std::make_unique<ScriptedMeter>(
      card, std::vector<Reading>{{.counter = Joules(1)}, {}, {.counter = Joules(5)}, {.counter = Joules(5)}},
      clock);
}
std::unique_ptr<Meter> model(const Clock& clock) {
  auto meter = std::make_unique<ModelMeter>(ModelSpec{}, clock);
  meter->watch(getpid());
  return meter;
}
std::unique_ptr<Meter> nvml(ScriptedBoard board, const Clock& clock) {
  const auto api = std::make_shared<ScriptedNvml>();
  api->boards.push_back(std::move(board));
  const ScriptedBoard& kept = api->boards.back();
  return std::move(NvmlMeter::open(
                       api,
                       {.handle = &api->boards.back(), .name = kept.name, .architecture = kept.architecture},
                       "gpu0", clock))
      .value();
}

std::unique_ptr<Meter> amd(ScriptedDie die, const Clock& clock) {
  const auto api = std::make_shared<ScriptedAmd>();
  api->dies.push_back(std::move(die));
  return std::move(AmdMeter::open(api, {.name = "AMD Instinct MI250X"}, "gpu0", clock)).value();
}

std::unique_ptr<Meter> replay(const Clock& clock) {
  auto meters = replay_of("t_s,counter_j,power_w\n0,0,10\n1,10,\n2,,\n3,40,20\n5,80,20\n", "a.csv", clock);
  return std::move(meters->front());
}

// A RAPL zone that goes on whenever it is read, of a tree that lives as long as the meter.
class PoweredMeter final : public Meter {
 public:
  explicit PoweredMeter(const Clock& clock) : clock_(clock), start_(clock.now()) {
    powercap_.add({.power = {.shape = WaveShape::Sine}, .start = Joules(262143), .highest_uj = 262143328850});
    meter_ = std::move(find_rapl(tree_.machine(), clock).meters.at(0));
  }
  const MeterCard& card() const override { return meter_->card(); }
  Reading read() override {
    powercap_.update(clock_.now() - start_);
    return meter_->read();
  }

 private:
  const Clock& clock_;
  Instant start_;
  StandinTree tree_;
  Powercap powercap_{tree_};
  std::unique_ptr<Meter> meter_;
};

// A card of amdgpu whose power comes and goes.
class CardOnATree final : public Meter {
 public:
  explicit CardOnATree(const Clock& clock) {
    tree_.write(kDevice + "uevent", "DRIVER=amdgpu\nPCI_SLOT_NAME=0000:03:00.0");
    tree_.write(kDevice + "hwmon/hwmon4/name", "amdgpu");
    tree_.write(kFile, "35000000");
    meter_ = std::move(find_drm_gpus(tree_.machine(), clock, 0).meters.at(0));
  }
  const MeterCard& card() const override { return meter_->card(); }
  Reading read() override {
    tree_.write(kFile, ++reads_ % 7 == 0 ? "" : std::to_string(1'000'000 * reads_));
    return meter_->read();
  }

 private:
  const std::string kDevice = "sys/class/drm/card0/device/";
  const std::string kFile = kDevice + "hwmon/hwmon4/power1_average";
  StandinTree tree_;
  int reads_ = 0;
  std::unique_ptr<Meter> meter_;
};

// A BMC that answers every third question, in its own time.
class LazyBmc final : public Bmc {
 public:
  bool ask(long question, std::uint8_t, std::uint8_t, std::span<const std::uint8_t>) override {
    question_ = question;
    return true;
  }
  std::optional<BmcAnswer> answer() override {
    if (question_ == 0 || ++polls_ % 3 != 0) return std::nullopt;
    BmcAnswer answer{.question = std::exchange(question_, 0), .bytes = {0, 0xDC, 200}, .size = 19};
    answer.bytes[18] = 0x40;
    return answer;
  }
  void wait(Duration) override {}

 private:
  long question_ = 0;
  int polls_ = 0;
};
std::unique_ptr<Meter> dcmi(const Clock& clock) {
  const MeterCard card{.device = "machine0", .sensor = "BMC", .whole_machine = true};
  return std::move(DcmiMeter::open(card, std::make_unique<LazyBmc>(), clock).value());
}

// A perf counter that fails every seventh time.
class CountingEvents final : public PerfEvents {
 public:
  int open(std::uint32_t, std::uint64_t, int) override { return 3; }
  std::optional<std::uint64_t> read(int) override {
    if (++reads_ % 7 == 0) return std::nullopt;
    return static_cast<std::uint64_t>(reads_) << 30;
  }
  void close(int) override {}

 private:
  int reads_ = 0;
};
std::unique_ptr<Meter> perf(const Clock& clock) {
  static CountingEvents events;
  MeterCard card{.device = "cpu0", .sensor = "perf", .method = Method::Counter, .relative_error = 0.03};
  return std::make_unique<PerfMeter>(card, 3, 0x1p-32, events, clock);
}

const std::vector<MeterCase> kMeters{
    {"dram_model", [](const Clock& c) { return std::make_unique<DramModelMeter>(DramModelSpec{}, c); }},
    {"dram_model_resident",
     [](const Clock& c) {
       auto meter = std::make_unique<DramModelMeter>(DramModelSpec{.resident = true}, c);
       meter->watch(getpid());
       return meter;
     }},
    {"drm_gpu", [](const Clock& c) { return std::make_unique<CardOnATree>(c); }},
    {"dcmi", dcmi},
    {"rapl_powercap", [](const Clock& c) { return std::make_unique<PoweredMeter>(c); }},
    {"rapl_perf", perf},
    {"sim_counter", [](const Clock& c) { return sim("wave=random,period=100ms,tick=1mJ", c); }},
    {"sim_partial_counter",
     [](const Clock& c) { return sim("wave=sine,period=100ms,window=25ms,lag=30ms", c); }},
    {"sim_wrapping_counter", [](const Clock& c) { return sim("wrap=50J,start=49J", c); }},
    {"sim_power", [](const Clock& c) { return sim("sensor=power,wave=square,period=100ms", c); }},
    {"sim_failing", [](const Clock& c) { return sim("fail=0.5", c); }},
    {"sim_lost", [](const Clock& c) { return sim("fail_from=1s", c); }},
    {"model", model},
    {"scripted", scripted},
    {"replay", replay},
    {"amd_counter", [](const Clock& c) { return amd({}, c); }},
    {"amd_power", [](const Clock& c) { return amd({.energy = std::nullopt}, c); }},
    {"nvml_counter", [](const Clock& c) { return nvml({}, c); }},
    {"nvml_counter_alone", [](const Clock& c) { return nvml({.usage_mw = 0, .fields_mw = {}}, c); }},
    {"nvml_power",
     [](const Clock& c) {
       return nvml({.fails = {{"total_energy", NvmlCode::NotSupported}}}, c);
     }},
};

class MeterConformance : public ::testing::TestWithParam<MeterCase> {
 protected:
  std::vector<Reading> read_many(Meter& meter) {
    std::vector<Reading> readings;
    for (int i = 0; i < 300; ++i) {
      readings.push_back(meter.read());
      clock_.advance(Duration(i % 5 == 0 ? 0 : 0.037));
    }
    return readings;
  }
  ManualClock clock_;
};

TEST_P(MeterConformance, TheCardIsFilled) {
  const auto meter = GetParam().open(clock_);
  const MeterCard& card = meter->card();
  EXPECT_FALSE(card.device.empty());
  EXPECT_FALSE(card.sensor.empty());
  EXPECT_GE(card.period.value(), 0);
  EXPECT_GE(card.window.value(), 0);
  EXPECT_GE(card.relative_error, 0);
  if (card.counter_range) {
    EXPECT_GT(card.counter_range->value(), 0);
  }
  if (card.max_power) {
    EXPECT_GT(card.max_power->value(), 0);
  }
  if (card.method == Method::Model) {
    EXPECT_TRUE(card.caveat && card.relative_error >= 0.5);
  }
}

TEST_P(MeterConformance, TheCardDoesNotChange) {
  const auto meter = GetParam().open(clock_);
  const MeterCard before = meter->card();
  read_many(*meter);
  EXPECT_EQ(meter->card().device, before.device);
  EXPECT_EQ(meter->card().sensor, before.sensor);
  EXPECT_EQ(meter->card().method, before.method);
}

TEST_P(MeterConformance, ReadingsAreStampedByTheClockAndNeverGoBack) {
  const auto meter = GetParam().open(clock_);
  Instant last = clock_.now();
  for (const Reading& reading : read_many(*meter)) {
    EXPECT_GE(reading.at, last);
    EXPECT_LE(reading.at, clock_.now());
    last = reading.at;
  }
}

TEST_P(MeterConformance, ACounterFallsOnlyByWrapping) {
  const auto meter = GetParam().open(clock_);
  std::optional<Joules> last;
  for (const Reading& reading : read_many(*meter)) {
    if (!reading.counter) continue;
    if (meter->card().counter_range) {
      EXPECT_LT(*reading.counter, *meter->card().counter_range);
      EXPECT_GE(reading.counter->value(), 0);
    } else if (last) {
      EXPECT_GE(*reading.counter, *last);
    }
    last = reading.counter;
  }
}

TEST_P(MeterConformance, TheMethodSaysWhatIsInAReading) {
  const auto meter = GetParam().open(clock_);
  for (const Reading& reading : read_many(*meter)) {
    if (meter->card().method == Method::Counter) {
      EXPECT_FALSE(reading.power && !reading.counter);
    }
    if (meter->card().method == Method::Integral) {
      EXPECT_FALSE(reading.counter && !reading.power);
    }
  }
}

TEST_P(MeterConformance, NeitherAFailureNorAProcessThatIsGoneThrows) {
  const auto meter = GetParam().open(clock_);
  for (const int pid : {0, -1, 4'194'304, 0}) {
    EXPECT_NO_THROW(meter->watch(pid));
    clock_.advance(Duration(10));
    EXPECT_NO_THROW(meter->read());
  }
}

INSTANTIATE_TEST_SUITE_P(EveryMeter, MeterConformance, ::testing::ValuesIn(kMeters),
                         [](const auto& chosen) { return std::string(chosen.param.name); });

}  // namespace
}  // namespace frugal
