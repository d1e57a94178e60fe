// AMD boards over the fake of the port, and over stand-ins for both libraries as real shared objects.
#include "frugal/energy/find_amd.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "frugal/energy/amd_library.h"
#include "frugal/energy/scripted_amd.h"

namespace frugal {
namespace {

using Words = std::vector<std::string>;

Words sensors_of(const FoundGpus& found) {
  Words words;
  for (const auto& meter : found.meters) words.push_back(meter->card().sensor);
  return words;
}
Words reasons_of(const FoundGpus& found) {
  Words words;
  for (const Missing& missing : found.missing) words.push_back(missing.device + ": " + missing.why);
  return words;
}

const ScriptedDie kPrimary{};
const ScriptedDie kSecondary{.energy = Joules(0), .power = Watts(0), .cap = Watts(0)};
const ScriptedDie kSingle{.name = "AMD Instinct MI210", .cap = Watts(300)};

std::shared_ptr<ScriptedAmd> amd_of(std::vector<ScriptedDie> dies) {
  auto amd = std::make_shared<ScriptedAmd>();
  amd->dies = std::move(dies);
  return amd;
}
FoundGpus found_of(std::vector<ScriptedDie> dies, const Machine& machine = {}, int first_index = 0) {
  static const ManualClock clock;
  return find_amd(amd_of(std::move(dies)), machine, clock, first_index);
}

TEST(AmdBoards, TheSecondaryDieIsOfTheDieBesideIt) {
  const auto pairs = [](std::vector<ScriptedDie> dies) {
    const auto amd = amd_of(std::move(dies));
    std::vector<std::pair<unsigned, int>> all;
    for (const AmdBoard& board : boards_of(*amd, static_cast<unsigned>(amd->dies.size())))
      all.emplace_back(board.die, board.secondary ? static_cast<int>(*board.secondary) : -1);
    return all;
  };
  using Pairs = std::vector<std::pair<unsigned, int>>;
  EXPECT_EQ(pairs({kPrimary, kSecondary, kPrimary, kSecondary}), (Pairs{{0, 1}, {2, 3}}));
  EXPECT_EQ(pairs({kSecondary, kPrimary, kSecondary, kPrimary}), (Pairs{{1, 0}, {3, 2}}));
  EXPECT_EQ(pairs({kSingle, kSingle}), (Pairs{{0, -1}, {1, -1}}));
  EXPECT_EQ(pairs({kSecondary}), (Pairs{{0, -1}}));  // alone: a board without sensors, which is then told
}

TEST(FindAmd, ABoardWithTwoDiesIsCountedOnce) {
  const FoundGpus found = found_of({kPrimary, kSecondary, kPrimary, kSecondary});
  EXPECT_EQ(sensors_of(found), (Words{"gpu0 (AMD Instinct MI250X, rocm-smi, dies 0 and 1) energy counter",
                                      "gpu1 (AMD Instinct MI250X, rocm-smi, dies 2 and 3) energy counter"}));
  EXPECT_TRUE(found.missing.empty());
  const MeterCard& card = found.meters.front()->card();
  EXPECT_EQ(card.method, Method::Counter);
  EXPECT_DOUBLE_EQ(card.max_power->value(), 700);
  EXPECT_EQ(card.power->field, "average");
  EXPECT_EQ(card.caveat.value(), "gpu0: the error of its counter is not published, 5 % is assumed");
  const Reading reading = found.meters.front()->read();
  EXPECT_DOUBLE_EQ(reading.counter->value(), 1000);
  EXPECT_DOUBLE_EQ(reading.power->value(), 90);
}

TEST(FindAmd, ASecondaryDieThatAloneIsVisibleBringsItsBoard) {
  const FoundGpus found = found_of({kPrimary, kSecondary, kSingle}, {.rocr_visible_devices = "1"}, 3);
  EXPECT_EQ(sensors_of(found), Words{"gpu3 (AMD Instinct MI250X, rocm-smi, dies 0 and 1) energy counter"});
  EXPECT_EQ(
      found.meters.front()->card().caveat.value(),
      "gpu3: the error of its counter is not published, 5 % is assumed; gpu3 has two dies, of which the "
      "training sees one: its joules are those of both");
  EXPECT_EQ(reasons_of(found), Words{"gpu: 2 AMD dies of 3 hidden by ROCR_VISIBLE_DEVICES='1'"});
  EXPECT_EQ(found.next_index, 4);
}

TEST(FindAmd, UuidsChooseAndComeFromTheKernelWhereTheLibraryDoesNotTell) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "find_amd_test";
  std::filesystem::create_directories(folder / "bus/pci/devices/0001:c1:00.0");
  std::ofstream(folder / "bus/pci/devices/0001:c1:00.0/unique_id") << "18f68e602b8a790f\n";
  ScriptedDie told = kSingle;
  told.unique_id = 0xab;
  ScriptedDie untold = kSingle;
  untold.bdf = (std::uint64_t{1} << 32) | 0xc100;
  const FoundGpus found = found_of(
      {told, untold}, {.sys = folder, .rocr_visible_devices = "gpu-18F6,0", .hip_visible_devices = "1,0"});
  ASSERT_EQ(found.ids.size(), 2u);
  EXPECT_EQ(found.ids[0].uuid, "GPU-00000000000000ab");
  EXPECT_EQ(found.ids[1].uuid, "GPU-18f68e602b8a790f");
  std::filesystem::remove_all(folder);
}

TEST(FindAmd, ABoardWithoutCounterIsPolledAndOneWithoutSensorsIsTold) {
  const FoundGpus found = found_of(
      {{.name = "AMD Radeon RX 7900", .energy = std::nullopt, .power = Watts(30), .kind = AmdPower::Current},
       {.name = "AMD Radeon 780M", .energy = std::nullopt, .power = std::nullopt}});
  EXPECT_EQ(sensors_of(found), Words{"gpu0 (AMD Radeon RX 7900, rocm-smi, die 0) current power, polled"});
  EXPECT_EQ(found.meters.front()->card().method, Method::Integral);
  EXPECT_FALSE(found.meters.front()->read().counter);
  EXPECT_EQ(reasons_of(found),
            Words{"gpu1: gpu1 (AMD Radeon 780M) has no sensor that can be read: energy: not "
                  "supported; power: not supported"});
}

TEST(FindAmd, TellsWhichPciDevicesNeedNoOtherMeter) {
  const auto at = [](ScriptedDie die, std::uint64_t bdf) {
    die.bdf = bdf;
    return die;
  };
  ScriptedDie mute = kSingle;
  mute.energy.reset();
  mute.power.reset();
  const FoundGpus found =
      found_of({at(kPrimary, 0xc100), at(kSecondary, 0xc600), at(mute, 0xca00), at(kSingle, 0xcf00)},
               {.rocr_visible_devices = "0,2"});
  EXPECT_EQ(found.meters.size(), 1u);  // hidden boards are left out too, one without a sensor is not
  EXPECT_EQ(found.covered, (Words{"0000:c1:00.0", "0000:c6:00.0", "0000:cf:00.0"}));
}

TEST(FindAmd, AFailedReadIsAGapAndReadingGoesOn) {
  const ManualClock clock;
  const auto amd = amd_of({kSingle});
  const FoundGpus found = find_amd(amd, {}, clock);
  Meter& meter = *found.meters.front();
  amd->dies[0].lost = 8;
  EXPECT_FALSE(meter.read().counter);
  EXPECT_FALSE(meter.read().power);
  amd->dies[0].lost = kAmdSuccess;
  amd->dies[0].energy = Joules(0);  // a counter that says nothing is no zero
  EXPECT_FALSE(meter.read().counter);
  amd->dies[0].energy = Joules(1234);
  EXPECT_DOUBLE_EQ(meter.read().counter->value(), 1234);
}

TEST(FindAmd, NothingInstalledIsOneReason) {
  const ManualClock clock;
  EXPECT_EQ(reasons_of(find_amd({.amd_libraries = {"libamd_none.so", "librocm_none.so"}}, clock)),
            Words{"gpu: none of libamd_none.so, librocm_none.so is installed"});
}

// The stand-in libraries, as the loader loads them.
class StandinAmd : public ::testing::TestWithParam<const char*> {
 protected:
  void TearDown() override { unsetenv("FRUGAL_STANDIN_AMD"); }
  static std::string path(const std::string& name) { return std::string(STANDIN_FOLDER) + "/amd/" + name; }
  FoundGpus find(const char* json, Machine machine = {}) {
    setenv("FRUGAL_STANDIN_AMD", json, 1);
    machine.amd_libraries = {path(GetParam())};
    return find_amd(machine, clock_);
  }
  bool rocm() const { return std::string(GetParam()) == "librocm_smi64.so"; }
  SteadyClock clock_;
};

constexpr const char* kTwoBoards = R"({"gpus":[
    {"name":"AMD Instinct MI250X","sim":"power=320W","limit_w":560},{"name":"AMD Instinct MI250X","secondary":true},
    {"name":"AMD Instinct MI300X","sim":"power=500W","limit_w":750}]})";

TEST_P(StandinAmd, FindsEveryBoardOnceWithItsCounter) {
  const FoundGpus found = find(kTwoBoards);
  const std::string library = rocm() ? "rocm-smi" : "amd-smi";
  EXPECT_EQ(sensors_of(found),
            (Words{"gpu0 (AMD Instinct MI250X, " + library + ", dies 0 and 1) energy counter",
                   "gpu1 (AMD Instinct MI300X, " + library + ", die 2) energy counter"}));
  for (const auto& meter : found.meters) {
    EXPECT_EQ(meter->card().power.has_value(), rocm());  // amd-smi's power record has no fixed layout
    EXPECT_TRUE(meter->read().counter.has_value());
  }
}

// Constant power times the shortest and the longest time that may have passed between two reads: true however
// slow the machine is. 0.1 J: the joules of a board that has run since it was switched on come as float ×
// integer.
TEST_P(StandinAmd, TheCountersJoulesAreThoseOfTheWave) {
  const FoundGpus found = find(kTwoBoards);
  ASSERT_EQ(found.meters.size(), 2u);
  Meter& meter = *found.meters.back();
  const Instant earliest = clock_.now();
  const Reading first = meter.read();
  const Instant begun = clock_.now();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const Instant ending = clock_.now();
  const Reading last = meter.read();
  const Instant latest = clock_.now();
  const double counted = (last.counter.value() - first.counter.value()).value();
  EXPECT_GE(counted, 500 * (ending - begun).value() - 0.1);
  EXPECT_LE(counted, 500 * (latest - earliest).value() + 0.1);
}

TEST_P(StandinAmd, InitialisationFailsInTheLibrarysWords) {
  const FoundGpus found = find(R"({"init":8})");
  EXPECT_EQ(reasons_of(found),
            Words{"gpu: initialisation failed (" + std::string(rocm() ? "rsmi_init, " : "amdsmi_init, ") +
                  path(GetParam()) + ")"});
}

TEST_P(StandinAmd, NoBoardIsAReason) {
  EXPECT_EQ(reasons_of(find(R"({"gpus":[]})")),
            Words{"gpu: " + path(GetParam()) + " works and finds no AMD board"});
}

INSTANTIATE_TEST_SUITE_P(Libraries, StandinAmd, ::testing::Values("librocm_smi64.so", "libamd_smi.so"),
                         [](const auto& chosen) {
                           return std::string(chosen.param) == "libamd_smi.so" ? "amd_smi" : "rocm_smi";
                         });

TEST(OpenAmd, TheFirstLibraryThatWorksIsTaken) {
  setenv("FRUGAL_STANDIN_AMD", kTwoBoards, 1);
  const std::string folder = std::string(STANDIN_FOLDER) + "/amd/";
  const SteadyClock clock;
  const FoundGpus found = find_amd(
      {.amd_libraries = {"libamd_none.so", folder + "librocm_smi64.so", folder + "libamd_smi.so"}}, clock);
  ASSERT_EQ(found.meters.size(), 2u);
  EXPECT_NE(found.meters.front()->card().sensor.find("rocm-smi"), std::string::npos);
  unsetenv("FRUGAL_STANDIN_AMD");
}

}  // namespace
}  // namespace frugal
