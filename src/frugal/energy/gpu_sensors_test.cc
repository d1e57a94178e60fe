// The table of sensors against the figures of arXiv 2312.02741.
#include "frugal/energy/gpu_sensors.h"

#include <gtest/gtest.h>

namespace frugal {
namespace {

struct Expected {
  NvmlArchitecture architecture;
  const char* name;
  double period_ms;
  double window_ms;
  bool usage_is_average;
  bool has_counter;
};

void expect_sensor(const Expected& e) {
  const GpuSensor sensor = gpu_sensor(e.architecture, e.name);
  EXPECT_TRUE(sensor.known) << e.name;
  EXPECT_DOUBLE_EQ(sensor.instant.period.value() * 1e3, e.period_ms) << e.name;
  EXPECT_DOUBLE_EQ(sensor.instant.window.value() * 1e3, e.window_ms) << e.name;
  EXPECT_EQ(sensor.usage_is_average, e.usage_is_average) << e.name;
  EXPECT_EQ(sensor.has_counter, e.has_counter) << e.name;
}

const std::vector<Expected> kBoards{
    {NvmlArchitecture::Pascal, "NVIDIA GeForce GTX 1080 Ti", 20, 10, false, false},
    {NvmlArchitecture::Volta, "Tesla V100-SXM2-16GB", 20, 10, false, true},
    {NvmlArchitecture::Turing, "NVIDIA GeForce RTX 2080 Ti", 100, 100, false, true},
    {NvmlArchitecture::Ampere, "NVIDIA GeForce RTX 3090", 100, 100, true, true},
    {NvmlArchitecture::Ampere, "NVIDIA RTX A6000", 100, 100, true, true},
    {NvmlArchitecture::Ampere, "NVIDIA A100-SXM4-80GB", 100, 25, false, true},
    {NvmlArchitecture::Ada, "NVIDIA GeForce RTX 4090", 100, 100, true, true},
    {NvmlArchitecture::Hopper, "NVIDIA H100 PCIe", 100, 25, true, true},
    {NvmlArchitecture::Hopper, "NVIDIA GH200 480GB", 100, 20, true, true},
};

TEST(GpuSensors, AreThoseOfTheTable) {
  for (const Expected& board : kBoards) expect_sensor(board);
}

TEST(GpuSensors, TheNameDecidesWhereTheLibraryDoesNotTellTheArchitecture) {
  for (Expected board : kBoards) {
    board.architecture = NvmlArchitecture::Unknown;
    expect_sensor(board);
  }
}

TEST(GpuSensors, ABoardThatIsNotInTheTableSaysSoAndIsTakenForTheWorst) {
  for (const auto architecture : {NvmlArchitecture::Blackwell, NvmlArchitecture::Maxwell,
                                  static_cast<NvmlArchitecture>(77), NvmlArchitecture::Unknown}) {
    const GpuSensor sensor = gpu_sensor(architecture, "NVIDIA Something 9000");
    EXPECT_FALSE(sensor.known);
    EXPECT_TRUE(sensor.instant.part_time());
  }
}

TEST(GpuSensors, AnAverageIsOverASecond) {
  const SensorTime time = average_time(gpu_sensor(NvmlArchitecture::Ada, "NVIDIA GeForce RTX 4090"));
  EXPECT_DOUBLE_EQ(time.window.value(), 1.0);
  EXPECT_DOUBLE_EQ(time.period.value(), 0.1);
  EXPECT_FALSE(time.part_time());
}

}  // namespace
}  // namespace frugal
