// One NVIDIA board over the fake of the port: what is read, what it is called, what is said when something
// fails.
#include "frugal/energy/nvml_meter.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "frugal/energy/scripted_nvml.h"
#include "frugal/energy/trace.h"

namespace frugal {
namespace {

class NvmlMeterTest : public ::testing::Test {
 protected:
  ScriptedBoard& add(ScriptedBoard board = {}) {
    nvml_->boards.push_back(std::move(board));
    return nvml_->boards.back();
  }
  Result<std::unique_ptr<NvmlMeter>> open(bool mig = false) {
    ScriptedBoard& board = nvml_->boards.back();
    return NvmlMeter::open(nvml_,
                           {.handle = &board,
                            .index = 2,
                            .name = board.name,
                            .uuid = board.uuid,
                            .architecture = board.architecture,
                            .mig = mig},
                           "gpu0", clock_);
  }
  std::unique_ptr<NvmlMeter> opened(bool mig = false) { return std::move(open(mig)).value(); }
  MeterCard card_of(ScriptedBoard board) {
    add(std::move(board));
    return opened()->card();
  }

  std::shared_ptr<ScriptedNvml> nvml_ = std::make_shared<ScriptedNvml>();
  ManualClock clock_;
};

TEST_F(NvmlMeterTest, CountsJoulesAndShowsTheInstantPowerBeside) {
  add({.energy_mj = 123'456'789, .fields_mw = {{186, 321'500}, {185, 300'000}}});
  const auto meter = opened();
  const Reading reading = meter->read();
  EXPECT_DOUBLE_EQ(reading.counter.value().value(), 123456.789);
  EXPECT_DOUBLE_EQ(reading.power.value().value(), 321.5);
  const MeterCard& card = meter->card();
  EXPECT_EQ(card.device, "gpu0");
  EXPECT_EQ(card.sensor, "gpu0 (NVIDIA A100-SXM4-80GB, NVML 2) energy counter");
  EXPECT_EQ(card.method, Method::Counter);
  EXPECT_DOUBLE_EQ(card.relative_error, 0.05);
  ASSERT_TRUE(card.power);
  EXPECT_EQ(card.power->field, "instant");
  EXPECT_DOUBLE_EQ(card.power->period.value(), 0.1);
  EXPECT_DOUBLE_EQ(card.power->window.value(), 0.025);
  EXPECT_FALSE(card.caveat) << *card.caveat;
}

TEST_F(NvmlMeterTest, ThePowerIsTheFirstSourceThatWorks) {
  EXPECT_EQ(card_of({.fields_mw = {{186, 1000}, {185, 1000}}}).power->field, "instant");
  const MeterCard average = card_of({.fields_mw = {{185, 1000}}});
  EXPECT_EQ(average.power->field, "1-s average");
  EXPECT_DOUBLE_EQ(average.power->window.value(), 1.0);
  EXPECT_FALSE(card_of({.usage_mw = 0, .fields_mw = {}}).power);
}

TEST_F(NvmlMeterTest, PowerUsageMeansWhatItMeansOnThatGeneration) {
  const auto field = [&](const char* name, NvmlArchitecture architecture) {
    return card_of({.name = name, .architecture = architecture, .fields_mw = {}}).power->field;
  };
  EXPECT_EQ(field("Tesla V100", NvmlArchitecture::Volta), "instant");
  EXPECT_EQ(field("Tesla T4", NvmlArchitecture::Turing), "instant");
  EXPECT_EQ(field("NVIDIA A100 80GB", NvmlArchitecture::Ampere), "instant");
  EXPECT_EQ(field("NVIDIA GeForce RTX 3090", NvmlArchitecture::Ampere), "1-s average");
  EXPECT_EQ(field("NVIDIA GeForce RTX 4090", NvmlArchitecture::Ada), "1-s average");
  EXPECT_EQ(field("NVIDIA H100 PCIe", NvmlArchitecture::Hopper), "1-s average");
}

TEST_F(NvmlMeterTest, WithoutCounterPowerIsIntegratedWithThePeriodOfTheBoard) {
  const MeterCard pascal = card_of({.name = "Tesla P100-PCIE-16GB",
                                    .architecture = NvmlArchitecture::Pascal,
                                    .fields_mw = {},
                                    .fails = {{"total_energy", NvmlCode::NotSupported}}});
  EXPECT_EQ(pascal.method, Method::Integral);
  EXPECT_EQ(pascal.sensor, "gpu0 (Tesla P100-PCIE-16GB, NVML 2) instant power, polled (10 of every 20 ms)");
  EXPECT_DOUBLE_EQ(pascal.period.value(), 0.02);
  EXPECT_DOUBLE_EQ(pascal.window.value(), 0.01);
  EXPECT_DOUBLE_EQ(pascal.relative_error, 0.06);
  EXPECT_FALSE(pascal.power);
  EXPECT_FALSE(pascal.caveat);  // no Pascal board has a counter
  const auto meter = opened();
  const Reading reading = meter->read();
  EXPECT_FALSE(reading.counter);
  EXPECT_DOUBLE_EQ(reading.power.value().value(), 70.0);
}

TEST_F(NvmlMeterTest, ACounterThatShouldBeThereAndIsNotIsToldInNvmlsWords) {
  const MeterCard card = card_of({.name = "NVIDIA GeForce RTX 4090",
                                  .architecture = NvmlArchitecture::Ada,
                                  .fails = {{"total_energy", NvmlCode::NoPermission}}});
  EXPECT_EQ(card.method, Method::Integral);
  EXPECT_DOUBLE_EQ(card.relative_error, 0.05);  // sees all of the time
  EXPECT_EQ(
      card.caveat.value(),
      "gpu0 has no energy counter (NVML: Insufficient Permissions): its joules are the integral of polled "
      "power");
}

TEST_F(NvmlMeterTest, ABoardWithoutAnySensorIsRefusedWithBothReasons) {
  add({.fields_mw = {},
       .fails = {{"total_energy", NvmlCode::NotSupported}, {"power_usage", NvmlCode::NoPermission}}});
  const auto meter = open();
  ASSERT_FALSE(meter.ok());
  EXPECT_EQ(meter.error().code, ErrorCode::NeedRights);
  EXPECT_EQ(meter.error().message,
            "gpu0 (NVIDIA A100-SXM4-80GB) has no sensor that can be read: energy: Not Supported; power: "
            "Insufficient Permissions");
}

TEST_F(NvmlMeterTest, ALostBoardIsAGapAndComesBack) {
  ScriptedBoard& board = add();
  const auto meter = opened();
  board.fails = {{"*", NvmlCode::GpuIsLost}};
  const Reading lost = meter->read();
  EXPECT_FALSE(lost.counter);
  EXPECT_FALSE(lost.power);
  EXPECT_EQ(lost.at, clock_.now());
  board.fails.clear();
  board.energy_mj = 2'000'000;
  EXPECT_DOUBLE_EQ(meter->read().counter.value().value(), 2000.0);
}

TEST_F(NvmlMeterTest, ALostCounterIsNotReplacedByPower) {
  ScriptedBoard& board = add();
  const auto meter = opened();
  board.fails = {{"total_energy", NvmlCode::Unknown}};
  const int calls = nvml_->power_calls;
  EXPECT_FALSE(meter->read().power);
  EXPECT_EQ(nvml_->power_calls, calls);
}

TEST_F(NvmlMeterTest, ACounterThatBeginsAgainAfterAResetIsAGapNotANegative) {
  ScriptedBoard& board = add({.energy_mj = 5'000'000});
  const auto meter = opened();
  Trace trace{.card = meter->card(), .readings = {}, .interval = Duration(0.1)};
  const Instant begin = clock_.now();
  const auto run = [&](int reads) {
    for (int i = 0; i < reads; ++i) {
      trace.readings.push_back(meter->read());
      clock_.advance(Duration(0.1));
      board.energy_mj += 10'000;  // 100 W
    }
  };
  run(20);
  board.fails = {{"*", NvmlCode::GpuIsLost}};
  run(20);
  board.fails.clear();
  board.energy_mj = 0;
  run(20);
  const auto figure = integrate(trace, {begin, trace.readings.back().at});
  ASSERT_TRUE(figure);
  EXPECT_NEAR(figure->value.value(), 380, 15);  // 100 W for twice 1.9 s
  EXPECT_NEAR(figure->coverage, 3.8 / 5.9, 0.03);
}

TEST_F(NvmlMeterTest, PlausibilityComesFromThePowerLimit) {
  EXPECT_DOUBLE_EQ(card_of({.limit_mw = 300'000, .default_limit_mw = 400'000}).max_power->value(), 375);
  EXPECT_DOUBLE_EQ(
      card_of({.default_limit_mw = 400'000, .fails = {{"enforced_power_limit", NvmlCode::NotSupported}}})
          .max_power->value(),
      500);
  EXPECT_FALSE(card_of({.fails = {{"enforced_power_limit", NvmlCode::NotSupported},
                                  {"default_power_limit", NvmlCode::NotSupported}}})
                   .max_power);
}

TEST_F(NvmlMeterTest, AGenerationThatIsNotInTheTableIsSaid) {
  EXPECT_EQ(card_of({.name = "NVIDIA B200", .architecture = NvmlArchitecture::Blackwell}).caveat.value(),
            "gpu0: the timing of its sensor (Blackwell) is not in the table, 25 of every 100 ms is assumed");
}

TEST_F(NvmlMeterTest, MigIsSaid) {
  add();
  const auto meter = opened(true);
  EXPECT_EQ(meter->card().sensor, "gpu0 (NVIDIA A100-SXM4-80GB, NVML 2, all MIG instances) energy counter");
  EXPECT_EQ(meter->card().caveat.value(),
            "gpu0 is in MIG mode: its joules are those of all instances together");
}

TEST_F(NvmlMeterTest, OtherProcessesAreSaidOnceEachAndTheOwnIsNone) {
  EXPECT_EQ(card_of({.pids = {70001, 70002, 70001}}).caveat.value(),
            "gpu0 is shared by 2 other processes: its joules are the device's");
  EXPECT_EQ(card_of({.pids = {70001, getpid()}}).caveat.value(),
            "gpu0 is shared by 1 other process: its joules are the device's");
  EXPECT_FALSE(card_of({.pids = {getpid()}}).caveat);
}

TEST_F(NvmlMeterTest, TheShareOfAProcessTreeIsItsMultiprocessorTime) {
  ScriptedBoard& board = add();
  board.steps = {{.pid = 10, .sm_percent = 60, .at_us = 1},
                 {.pid = 11, .sm_percent = 15, .at_us = 1},
                 {.pid = 99, .sm_percent = 25, .at_us = 1},
                 {.pid = 10, .sm_percent = 0, .at_us = 2},
                 {.pid = 99, .sm_percent = 100, .at_us = 2}};
  const auto meter = opened();
  const std::vector<int> tree{10, 11};
  const auto share = process_share(*meter, tree);
  ASSERT_TRUE(share);
  EXPECT_DOUBLE_EQ(share->share, 0.375);  // (60 + 15) / (60 + 15 + 25 + 100)
  EXPECT_EQ(share->method, "model: share of multiprocessor time (37.5 % of gpu0)");
  EXPECT_FALSE(process_share(*meter, tree));  // nothing new since
  board.steps.push_back({.pid = 11, .sm_percent = 5, .at_us = 3});
  EXPECT_DOUBLE_EQ(process_share(*meter, tree)->share, 1.0);
}

}  // namespace
}  // namespace frugal
