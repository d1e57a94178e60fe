// The GPUs of this machine: what their sensors say must agree with itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "frugal/energy/gpu_devices.h"
#include "frugal/energy/recorder.h"

namespace frugal {
namespace {

std::string reasons_of(const FoundGpus& found) {
  std::string all;
  for (const Missing& missing : found.missing) all += missing.sensor + ": " + missing.why + "\n";
  return all;
}

// A counter's joules over 5 s against the integral of the power beside it: two paths through the driver. They
// may differ by the board's gain and by what a part-time sensor does not see, not by a unit or a board.
TEST(HardwareGpu, CounterAndPowerAgree) {
  const SteadyClock clock;
  FoundGpus found = find_gpus({}, clock);
  if (found.meters.empty()) GTEST_SKIP() << reasons_of(found);
  std::vector<MeterCard> cards;
  for (const auto& meter : found.meters) cards.push_back(meter->card());
  Recorder recorder(std::move(found.meters), clock);
  recorder.start(Duration(0.02));
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const Instant begin = recorder.mark();
  std::this_thread::sleep_for(std::chrono::seconds(5));
  const Instant end = recorder.mark();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  recorder.stop();
  const auto figures = recorder.energy({begin, end});
  const auto traces = recorder.traces();
  ASSERT_EQ(figures.size(), cards.size());
  for (std::size_t i = 0; i < cards.size(); ++i) {
    SCOPED_TRACE(cards[i].sensor);
    EXPECT_GT(figures[i].figure.value.value(), 0);
    EXPECT_GT(figures[i].figure.coverage, 0.95);
    double watts = 0;
    int count = 0;
    for (const Reading& reading : traces[i].readings) {
      if (reading.at < begin || reading.at > end || !reading.power) continue;
      watts += reading.power->value();
      ++count;
    }
    if (cards[i].power) {
      ASSERT_GT(count, 0);
      EXPECT_NEAR(figures[i].figure.value.value() / (end - begin).value(), watts / count,
                  0.3 * watts / count);
    }
  }
}

// What a poll costs with the real driver is printed, not judged: it depends on the board and on what it does.
TEST(HardwareGpu, TellsWhatAReadCosts) {
  const SteadyClock clock;
  const FoundGpus found = find_gpus({}, clock);
  if (found.meters.empty()) GTEST_SKIP() << reasons_of(found);
  for (const auto& meter : found.meters) {
    std::vector<double> costs_us;
    for (int i = 0; i < 200; ++i) {
      const Instant begin = clock.now();
      const Reading reading = meter->read();
      costs_us.push_back((clock.now() - begin).value() * 1e6);
      EXPECT_TRUE(reading.counter || reading.power);
    }
    std::sort(costs_us.begin(), costs_us.end());
    RecordProperty("median_read_us_" + meter->card().device, std::to_string(costs_us[100]));
    std::printf("%s: a read takes %.1f us (median), %.1f us (slowest of 200)\n", meter->card().sensor.c_str(),
                costs_us[100], costs_us.back());
  }
}

}  // namespace
}  // namespace frugal
