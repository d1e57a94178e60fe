// GPUs by hwmon, on trees as amdgpu, i915 and xe make them.
#include "frugal/energy/drm_gpu.h"

#include <gtest/gtest.h>

#include "frugal/energy/standin_tree.h"

namespace frugal {
namespace {

using Words = std::vector<std::string>;

class DrmGpus : public ::testing::Test {
 protected:
  struct Files {
    std::string driver;
    std::string address;
    Words chip;  // "file=text" below its hwmon folder
    Words device = {};
  };
  void card(int number, const Files& files) {
    const std::string device = "sys/devices/pci0000:00/" + files.address + "/";
    if (!std::filesystem::exists(tree_.path(device))) {
      tree_.write(device + "uevent",
                  "DRIVER=" + files.driver + "\nPCI_CLASS=30000\nPCI_SLOT_NAME=" + files.address);
      for (const std::string& file : files.device) write(device, file);
      const std::string chip = device + "hwmon/hwmon" + std::to_string(number + 3) + "/";
      if (!files.chip.empty()) tree_.write(chip + "name", files.driver);
      for (const std::string& file : files.chip) write(chip, file);
    }
    tree_.link("sys/class/drm/card" + std::to_string(number) + "/device", device);
  }
  void write(const std::string& folder, const std::string& file) {
    const std::size_t cut = file.find('=');
    tree_.write(folder + file.substr(0, cut), file.substr(cut + 1));
  }
  Found find(const Words& covered = {}) { return find_drm_gpus(tree_.machine(), clock_, 0, covered); }
  static Words sensors(const Found& found) {
    Words sensors;
    for (const auto& meter : found.meters)
      sensors.push_back(meter->card().device + ": " + meter->card().sensor);
    return sensors;
  }

  StandinTree tree_;
  ManualClock clock_;
};

TEST_F(DrmGpus, AnAmdCardIsItsAveragePower) {
  card(0, {.driver = "amdgpu",
           .address = "0000:03:00.0",
           .chip = {"power1_average=35000000", "power1_cap=300000000", "power1_label=PPT"}});
  const Found found = find();
  ASSERT_EQ(sensors(found), Words{"gpu0: amdgpu power1_average (card0, 0000:03:00.0)"});
  Meter& meter = *found.meters[0];
  EXPECT_EQ(meter.card().method, Method::Integral);
  EXPECT_DOUBLE_EQ(meter.card().max_power->value(), 600);
  EXPECT_FALSE(meter.card().whole_machine);
  const Reading reading = meter.read();
  EXPECT_DOUBLE_EQ(reading.power->value(), 35);
  EXPECT_FALSE(reading.counter);
}

TEST_F(DrmGpus, ACounterIsPreferredToPowerWhichStaysAsItsSecondOpinion) {
  card(0, {.driver = "amdgpu",
           .address = "0000:03:00.0",
           .chip = {"power1_input=36000000", "energy1_input=7000000"}});
  const Found found = find();
  ASSERT_EQ(sensors(found), Words{"gpu0: amdgpu energy counter (card0, 0000:03:00.0)"});
  EXPECT_EQ(found.meters[0]->card().method, Method::Counter);
  EXPECT_EQ(found.meters[0]->card().power->field, "power1_input");
  const Reading reading = found.meters[0]->read();
  EXPECT_DOUBLE_EQ(reading.counter->value(), 7);
  EXPECT_DOUBLE_EQ(reading.power->value(), 36);
}

TEST_F(DrmGpus, LevelsOfOneSensorAreNeverAdded) {
  card(0, {.driver = "xe",
           .address = "0000:03:00.0",
           .chip = {"energy1_input=100000000", "energy1_label=card", "energy2_input=60000000",
                    "energy2_label=pkg", "power1_rated_max=225000000"}});
  card(1,
       {.driver = "xe", .address = "0000:04:00.0", .chip = {"energy2_input=60000000", "energy2_label=pkg"}});
  card(2, {.driver = "i915", .address = "0000:05:00.0", .chip = {"energy1_input=9000000"}});
  const std::string tile = "sys/devices/pci0000:00/0000:05:00.0/hwmon/hwmon1/";
  tree_.write(tile + "name", "i915_gt0");
  tree_.write(tile + "energy1_input", "4000000");
  const Found found = find();
  ASSERT_EQ(found.meters.size(), 3U);
  EXPECT_DOUBLE_EQ(found.meters[0]->read().counter->value(), 100);
  EXPECT_DOUBLE_EQ(found.meters[0]->card().max_power->value(), 450);
  EXPECT_DOUBLE_EQ(found.meters[1]->read().counter->value(), 60);
  EXPECT_DOUBLE_EQ(found.meters[2]->read().counter->value(), 9);
}

TEST_F(DrmGpus, ABoardCountsOnce) {
  const Files board{.driver = "amdgpu",
                    .address = "0000:03:00.0",
                    .chip = {"power1_average=300000000"},
                    .device = {"serial_number=4d2a"}};
  Files second_die = board;
  second_die.address = "0000:06:00.0";
  card(0, board);
  card(1, board);       // the same PCI device by another name
  card(2, second_die);  // the other half of the board
  tree_.write("sys/class/drm/renderD128/dev", "226:128");
  tree_.write("sys/class/drm/card0-DP-1/status", "connected");
  EXPECT_EQ(sensors(find()), Words{"gpu0: amdgpu power1_average (card0, 0000:03:00.0)"});
}

TEST_F(DrmGpus, AnApuIsOfTheWholePackage) {
  card(0, {.driver = "amdgpu", .address = "0000:c1:00.0", .chip = {"power1_average=20000000"}});
  tree_.write("sys/devices/pci0000:00/0000:c1:00.0/gpu_metrics", std::string("\x80\x00\x02\x01", 4));
  const Found found = find();
  ASSERT_EQ(sensors(found), Words{"gpu0: amdgpu power1_average (card0, 0000:c1:00.0, an APU: CPU included)"});
  EXPECT_TRUE(found.meters[0]->card().whole_machine);
}

TEST_F(DrmGpus, CoveredOnesAndOtherDriversAreLeftOut) {
  card(0, {.driver = "amdgpu", .address = "0000:03:00.0", .chip = {"power1_average=1"}});
  card(1, {.driver = "amdgpu", .address = "0000:0A:00.0", .chip = {"power1_average=1"}});
  card(2, {.driver = "nvidia", .address = "0000:0b:00.0", .chip = {}});
  card(3, {.driver = "i915", .address = "0000:00:02.0", .chip = {}});  // graphics inside a CPU
  card(10, {.driver = "amdgpu", .address = "0000:0c:00.0", .chip = {"power1_average=1"}});
  const Words covered{"0000:03:00.0", "00000000:0a:00.0"};
  const Found found = find_drm_gpus(tree_.machine(), clock_, 4, covered);
  EXPECT_EQ(sensors(found), Words{"gpu4: amdgpu power1_average (card10, 0000:0c:00.0)"});
  EXPECT_TRUE(found.missing.empty());
}

TEST_F(DrmGpus, ACardWhoseSensorGivesNothingIsSaid) {
  card(0, {.driver = "amdgpu", .address = "0000:03:00.0", .chip = {"power1_average="}});
  card(1, {.driver = "amdgpu", .address = "0000:04:00.0", .chip = {"power1_average=5"}});
  const Found found = find();
  EXPECT_EQ(found.meters.at(0)->card().device, "gpu1");
  ASSERT_EQ(found.missing.size(), 1U);
  EXPECT_EQ(found.missing[0].device, "gpu0");
  EXPECT_NE(found.missing[0].why.find("power1_average: it holds no number"), std::string::npos);
}

TEST_F(DrmGpus, ACardThatIsLostLeavesGaps) {
  card(0, {.driver = "amdgpu", .address = "0000:03:00.0", .chip = {"power1_average=5000000"}});
  const Found found = find();
  EXPECT_TRUE(found.meters[0]->read().power);
  tree_.empty("sys/devices/pci0000:00/0000:03:00.0/hwmon/hwmon3/power1_average");
  EXPECT_FALSE(found.meters[0]->read().power);
}

}  // namespace
}  // namespace frugal
