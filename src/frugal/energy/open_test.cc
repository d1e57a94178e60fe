// Device lists: how they are cut, what they open, what they refuse.
#include "frugal/energy/open.h"

#include <gtest/gtest.h>

namespace frugal {
namespace {

using Words = std::vector<std::string>;

// A machine without any sensor, whatever the tests run on.
Machine bare_machine() {
  Machine machine;
  machine.sys = "/no/such/sys";
  machine.dev = "/no/such/dev";
  machine.nvml_library = "libno-such-library.so";
  machine.amd_libraries = {};
  return machine;
}

Words opened(const char* list) {
  const ManualClock clock;
  const auto meters = open_meters(list, clock, bare_machine());
  EXPECT_TRUE(meters.ok()) << list;
  Words names;
  if (meters.ok()) {
    for (const auto& meter : meters->meters) names.push_back(meter->card().device);
  }
  return names;
}
std::string refusal(const char* list) {
  const ManualClock clock;
  const auto meters = open_meters(list, clock, bare_machine());
  return meters.ok() ? "accepted" : meters.error().message;
}

TEST(DeviceList, ACommaBeforeAKeyAndValueBelongsToTheDeviceBefore) {
  EXPECT_EQ(split_devices("sim:power=50W,seed=2,sim:power=70W,model"),
            (Words{"sim:power=50W,seed=2", "sim:power=70W", "model"}));
  EXPECT_EQ(split_devices("model:tdp=65W,idle=5W ; sim:"), (Words{"model:tdp=65W,idle=5W", "sim:"}));
  EXPECT_EQ(split_devices("replay:a=b.csv,auto"), (Words{"replay:a=b.csv", "auto"}));
  EXPECT_EQ(split_devices("sim:;power=5W"), (Words{"sim:", "power=5W"}));
  EXPECT_EQ(split_devices(" , ;"), Words{});
}

TEST(OpenMeters, NamesTheDevicesInOrder) {
  EXPECT_EQ(opened("sim:power=50W,seed=2,sim:wave=square,model"), (Words{"sim0", "sim1", "model"}));
  EXPECT_EQ(opened("auto"), Words{"model"});
  EXPECT_EQ(opened("auto,sim:"), (Words{"model", "sim0"}));
  EXPECT_EQ(opened("model:tdp=65W"), Words{"model"});
  EXPECT_EQ(opened("none"), Words{});
}

TEST(OpenMeters, SaysWhatIsWrongAndWhatIsNear) {
  EXPECT_EQ(refusal("modl"), "unknown device 'modl' (did you mean 'model'?)");
  EXPECT_EQ(refusal("sim:power=5W,smi:"), "unknown device 'smi' (did you mean 'sim'?)");
  EXPECT_EQ(refusal("toaster"), "unknown device 'toaster' (known: auto, gpu, cpu, dram, machine, model, dram-model, sim, replay, none)");
  EXPECT_EQ(refusal(""), "no device is named");
  EXPECT_EQ(refusal("none,model"), "the device 'none' stands alone");
  EXPECT_EQ(refusal("auto,model"), "the device 'model' is listed twice: its joules would count twice");
  EXPECT_EQ(refusal("auto:fast=1"), "the device 'auto' has no settings");
  EXPECT_EQ(refusal("sim:powr=5W"), "the device 'sim' has no setting 'powr' (did you mean 'power'?)");
}

}  // namespace
}  // namespace frugal
