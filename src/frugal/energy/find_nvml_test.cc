// The finder over the fake of the port, and over the stand-in library as a real shared object.
#include "frugal/energy/find_nvml.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "frugal/energy/nvml_library.h"
#include "frugal/energy/recorder.h"
#include "frugal/energy/scripted_nvml.h"
#include "frugal/energy/shared_device.h"
#include "frugal/energy/sim_meter.h"

namespace frugal {
namespace {

using Words = std::vector<std::string>;

Words devices_of(const FoundGpus& found) {
  Words words;
  for (const auto& meter : found.meters) words.push_back(meter->card().device + " " + meter->card().sensor);
  return words;
}
Words reasons_of(const FoundGpus& found) {
  Words words;
  for (const Missing& missing : found.missing) words.push_back(missing.device + ": " + missing.why);
  return words;
}

std::shared_ptr<ScriptedNvml> three_boards() {
  auto nvml = std::make_shared<ScriptedNvml>();
  for (const char* uuid : {"GPU-aaaa", "GPU-bbbb", "GPU-cccc"})
    nvml->boards.push_back(
        {.name = "NVIDIA H100 PCIe", .uuid = uuid, .architecture = NvmlArchitecture::Hopper});
  return nvml;
}

TEST(FindNvml, NumbersTheVisibleBoardsAsCudaDoes) {
  const ManualClock clock;
  const FoundGpus found = find_nvml(three_boards(), {.cuda_visible_devices = "2,0"}, clock);
  EXPECT_EQ(devices_of(found), (Words{"gpu0 gpu0 (NVIDIA H100 PCIe, NVML 2) energy counter",
                                      "gpu1 gpu1 (NVIDIA H100 PCIe, NVML 0) energy counter"}));
  EXPECT_EQ(reasons_of(found), Words{"gpu: 1 NVIDIA GPU of 3 hidden by CUDA_VISIBLE_DEVICES='2,0'"});
  EXPECT_EQ(found.next_index, 2);
  EXPECT_EQ(found.ids.at(0).uuid, "GPU-cccc");
  EXPECT_FALSE(found.meters.at(0)->card().caveat);  // boards that are alike have one order
}

TEST(FindNvml, NumberingBeginsWhereItIsTold) {
  const ManualClock clock;
  const FoundGpus found = find_nvml(three_boards(), {}, clock, 4);
  EXPECT_EQ(found.meters.front()->card().device, "gpu4");
  EXPECT_EQ(found.next_index, 7);
  EXPECT_TRUE(found.missing.empty());
}

TEST(FindNvml, SaysWhereCudaStoppedReading) {
  const ManualClock clock;
  const FoundGpus found = find_nvml(three_boards(), {.cuda_visible_devices = "1,7,0"}, clock);
  EXPECT_EQ(reasons_of(found),
            Words{"gpu: 2 NVIDIA GPUs of 3 hidden by CUDA_VISIBLE_DEVICES='1,7,0', which CUDA "
                  "reads up to '7'"});
}

TEST(FindNvml, NumbersOfUnlikeBoardsCarryACaveat) {
  const ManualClock clock;
  const auto nvml = three_boards();
  nvml->boards[1].name = "NVIDIA A100 80GB PCIe";
  const auto caveat = [&](const Machine& machine) {
    return find_nvml(nvml, machine, clock).meters.front()->card().caveat.value_or("none");
  };
  EXPECT_EQ(caveat({.cuda_visible_devices = "2"}),
            "gpu0 is board 2 on the PCI bus; CUDA numbers unlike boards by speed unless "
            "CUDA_DEVICE_ORDER=PCI_BUS_ID is set");
  EXPECT_EQ(caveat({.cuda_visible_devices = "2", .cuda_device_order = "PCI_BUS_ID"}), "none");
  EXPECT_EQ(caveat({.cuda_visible_devices = "GPU-cc"}), "none");
}

TEST(FindNvml, ABoardThatCannotBeReadKeepsItsNumber) {
  const ManualClock clock;
  const auto nvml = three_boards();
  nvml->boards[0].fails = {{"*", NvmlCode::GpuIsLost}};
  nvml->boards[1].fails = {{"total_energy", NvmlCode::NotSupported},
                           {"power_field", NvmlCode::NotSupported},
                           {"power_usage", NvmlCode::NotSupported}};
  const FoundGpus found = find_nvml(nvml, {}, clock);
  EXPECT_EQ(devices_of(found), Words{"gpu2 gpu2 (NVIDIA H100 PCIe, NVML 2) energy counter"});
  EXPECT_EQ(reasons_of(found),
            (Words{"gpu0: NVIDIA GPU 0: GPU is lost",
                   "gpu1: gpu1 (NVIDIA H100 PCIe) has no sensor that can be read: energy: Not "
                   "Supported; power: Not Supported"}));
}

TEST(FindNvml, NoBoardAndNoCountAreReasons) {
  const ManualClock clock;
  const auto nvml = std::make_shared<ScriptedNvml>();
  EXPECT_EQ(reasons_of(find_nvml(nvml, {}, clock)), Words{"gpu: NVML works and finds no NVIDIA board"});
  nvml->count_code = NvmlCode::NoPermission;
  EXPECT_EQ(reasons_of(find_nvml(nvml, {}, clock)),
            Words{"gpu: the NVIDIA boards cannot be counted: Insufficient Permissions"});
}

TEST(FindNvml, AMigInstanceIsItsBoardOnce) {
  const ManualClock clock;
  const auto nvml = three_boards();
  nvml->boards[1].mig = {"MIG-1111", "MIG-2222"};
  const FoundGpus found = find_nvml(nvml, {.cuda_visible_devices = "MIG-2222"}, clock);
  EXPECT_EQ(devices_of(found),
            Words{"gpu0 gpu0 (NVIDIA H100 PCIe, NVML 1, all MIG instances) energy counter"});
}

TEST(FindNvml, AMissingLibraryIsAReasonInTheLoadersWords) {
  const ManualClock clock;
  const FoundGpus found = find_nvml({.nvml_library = "libnvidia-ml-none.so.1"}, clock);
  EXPECT_TRUE(found.meters.empty());
  EXPECT_EQ(reasons_of(found),
            Words{"gpu: libnvidia-ml-none.so.1: cannot open shared object file: No such file or "
                  "directory"});
}

// The stand-in library, as the loader loads it. `json` describes its boards.
class StandinNvml : public ::testing::Test {
 protected:
  void SetUp() override { setenv("FRUGAL_STANDIN_NVML", "", 1); }
  void TearDown() override { unsetenv("FRUGAL_STANDIN_NVML"); }
  static std::string path(const char* folder) {
    return std::string(STANDIN_FOLDER) + "/" + folder + "/libnvidia-ml.so.1";
  }
  FoundGpus find(const std::string& json, const char* folder = "nvml", Machine machine = {}) {
    setenv("FRUGAL_STANDIN_NVML", json.c_str(), 1);
    machine.nvml_library = path(folder);
    return find_nvml(machine, clock_);
  }
  SteadyClock clock_;
};

TEST_F(StandinNvml, FindsEveryBoardWithItsCounter) {
  const FoundGpus found =
      find(R"({"gpus":[{},{"name":"NVIDIA H100 PCIe","architecture":9},{"name":"Tesla P100",
      "architecture":4,"fields":[]},{"name":"NVIDIA GeForce RTX 3090","counter":false,"fields":[185]}]})");
  EXPECT_EQ(
      devices_of(found),
      (Words{
          "gpu0 gpu0 (NVIDIA A100-SXM4-80GB, NVML 0) energy counter",
          "gpu1 gpu1 (NVIDIA H100 PCIe, NVML 1) energy counter",
          "gpu2 gpu2 (Tesla P100, NVML 2) instant power, polled (10 of every 20 ms)",
          "gpu3 gpu3 (NVIDIA GeForce RTX 3090, NVML 3) 1-s average power, polled (1000 of every 100 ms)"}));
  EXPECT_TRUE(found.missing.empty());
  for (const auto& meter : found.meters) {
    const Reading reading = meter->read();
    EXPECT_EQ(reading.counter.has_value(), meter->card().method == Method::Counter);
    EXPECT_NEAR(reading.power.value().value(), 100, 0.01);
  }
}

// Joules between two reads lie between those of the wave over the shortest and the longest time that may have
// passed between them, give or take one period of the sensor: true however slow the machine is.
TEST_F(StandinNvml, TheCountersJoulesAreThoseOfTheWave) {
  const double origin_s = static_cast<double>(clock_.now().nanoseconds()) * 1e-9 - 100;
  const FoundGpus found =
      find(R"({"origin_s":)" + std::to_string(origin_s) +
           R"(,"gpus":[{"sim":"wave=square,low=50,high=350,wave_period=70ms,period=20ms"}]})");
  ASSERT_EQ(found.meters.size(), 1u);
  const Wave wave(parse_sim("wave=square,low=50,high=350,wave_period=70ms")->wave);
  const auto joules_at = [&](Instant at) {
    return wave.energy_until(at - (Instant() + Duration(origin_s))).value();
  };
  struct Bracket {
    Instant before;
    Reading reading;
    Instant after;
  };
  const auto read = [&] {
    const Instant before = clock_.now();
    const Reading reading = found.meters.front()->read();
    return Bracket{before, reading, clock_.now()};
  };
  const Bracket first = read();
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(15));
    const Bracket next = read();
    const double counted = (*next.reading.counter - *first.reading.counter).value();
    EXPECT_GE(counted, joules_at(next.before - Duration(0.02)) - joules_at(first.after) - 0.002);
    EXPECT_LE(counted, joules_at(next.after) - joules_at(first.before - Duration(0.02)) + 0.002);
    EXPECT_GE(next.reading.at, next.before);
    EXPECT_LE(next.reading.at, next.after);
  }
}

TEST_F(StandinNvml, TheRecorderMeasuresSeveralBoardsAndAddsNoneUp) {
  FoundGpus found = find(R"({"gpus":[{"sim":"power=100W,period=20ms"},{"sim":"power=250W,period=100ms"}]})");
  Recorder recorder(std::move(found.meters), clock_);
  recorder.start(Duration(0.02));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const Instant begin = recorder.mark();
  std::this_thread::sleep_for(std::chrono::milliseconds(900));
  const Instant end = recorder.mark();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  recorder.stop();
  const auto figures = recorder.energy({begin, end});
  ASSERT_EQ(figures.size(), 2u);
  const double seconds = (end - begin).value();
  EXPECT_NEAR(figures[0].figure.value.value(), 100 * seconds, 0.15 * 100 * seconds);
  EXPECT_NEAR(figures[1].figure.value.value(), 250 * seconds, 0.15 * 250 * seconds);
  EXPECT_EQ(figures[1].figure.method, Method::Counter);
}

TEST_F(StandinNvml, ABoardThatIsLostForAWhileLeavesAGapAndComesBack) {
  const double origin_s = static_cast<double>(clock_.now().nanoseconds()) * 1e-9;
  FoundGpus found = find(R"({"origin_s":)" + std::to_string(origin_s) +
                         R"(,"gpus":[{"lost_from_s":0.4,"lost_to_s":0.8}]})");
  ASSERT_EQ(found.meters.size(), 1u);
  int before = 0;
  int lost = 0;
  int after = 0;
  while (after < 3) {
    const double begun_s = static_cast<double>(clock_.now().nanoseconds()) * 1e-9 - origin_s;
    const Reading reading = found.meters.front()->read();
    const double ended_s = static_cast<double>(clock_.now().nanoseconds()) * 1e-9 - origin_s;
    if (ended_s < 0.4) before += reading.counter ? 1 : 0;
    if (begun_s >= 0.8) after += reading.counter ? 1 : 0;
    if (begun_s >= 0.4 && ended_s < 0.8) {
      lost += 1;
      EXPECT_FALSE(reading.counter);
      EXPECT_FALSE(reading.power);
    }
    ASSERT_LT(ended_s, 30);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(after, 3);
}

TEST_F(StandinNvml, InitialisationFailsInNvmlsWords) {
  const auto why = [&](int code) {
    return find(R"({"init":)" + std::to_string(code) + "}").missing.at(0).why;
  };
  EXPECT_EQ(why(9), "Driver Not Loaded (nvmlInit, code 9, " + path("nvml") + ")");
  EXPECT_EQ(why(18), "Driver/library version mismatch (nvmlInit, code 18, " + path("nvml") + ")");
  EXPECT_EQ(why(4), "Insufficient Permissions (nvmlInit, code 4, " + path("nvml") + ")");
}

TEST_F(StandinNvml, ALibraryWithoutInitIsTooOld) {
  const FoundGpus found = find("", "nvml-ancient");
  EXPECT_EQ(reasons_of(found), Words{"gpu: " + path("nvml-ancient") + " is too old: it has no nvmlInit_v2"});
  EXPECT_EQ(found.missing.at(0).remedy, "install a newer NVIDIA driver");
}

TEST_F(StandinNvml, ALibraryWithoutCountersGivesPowerAndSaysWhy) {
  const FoundGpus found = find("", "nvml-old");
  ASSERT_EQ(found.meters.size(), 1u);
  const MeterCard& card = found.meters.front()->card();
  EXPECT_EQ(card.method, Method::Integral);
  EXPECT_EQ(card.sensor, "gpu0 (NVIDIA A100-SXM4-80GB, NVML 0) instant power, polled (25 of every 100 ms)");
  EXPECT_TRUE(card.caveat.value().starts_with("gpu0 has no energy counter (NVML: "));
}

TEST_F(StandinNvml, MigProcessesAndSharesComeThrough) {
  const FoundGpus found = find(R"({"gpus":[{"mig":["MIG-aa","MIG-bb"],"processes":[{"pid":70001,"sm":30},
      {"pid":70002,"sm":10}]},{}]})",
                               "nvml", {.cuda_visible_devices = "MIG-bb"});
  ASSERT_EQ(found.meters.size(), 1u);
  EXPECT_EQ(found.meters.front()->card().caveat.value(),
            "gpu0 is in MIG mode: its joules are those of all instances together; gpu0 is shared by 2 other "
            "processes: its joules are the device's");
  const std::vector<int> own{70001};
  EXPECT_DOUBLE_EQ(process_share(*found.meters.front(), own)->share, 0.75);
}

TEST_F(StandinNvml, IsInitialisedOnceAndShutDownWithTheLastHolder) {
  auto first = open_nvml(path("nvml"));
  setenv("FRUGAL_STANDIN_NVML", R"({"init":9})", 1);  // read by the next initialisation
  auto second = open_nvml(path("nvml"));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->get(), second->get());
  EXPECT_EQ((*first)->driver_version(), "550.54.15");
  EXPECT_EQ((*first)->library_version(), "12.550.54.15");
  first->reset();
  EXPECT_TRUE(open_nvml(path("nvml")).ok());
  second->reset();
  EXPECT_FALSE(open_nvml(path("nvml")).ok());
}

TEST_F(StandinNvml, MayBeOpenedReadAndClosedByManyThreads) {
  std::vector<std::thread> threads;
  std::atomic<int> read = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const FoundGpus found = find_nvml({.nvml_library = path("nvml")}, clock_);
        for (const auto& meter : found.meters) read += meter->read().counter ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(read, 8 * 50);
}

}  // namespace
}  // namespace frugal
