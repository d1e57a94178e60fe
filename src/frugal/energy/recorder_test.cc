// The recorder by hand with a manual clock, and its thread with a real one (clean under the thread
// sanitizer).
#include "frugal/energy/recorder.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <stdexcept>
#include <thread>

#include "frugal/energy/allocation_count.h"
#include "frugal/energy/scripted_meter.h"
#include "frugal/energy/sim_meter.h"

namespace frugal {
namespace {

std::unique_ptr<Meter> sim(const std::string& text, const std::string& name, const Clock& clock) {
  return std::make_unique<SimMeter>(*parse_sim(text), name, clock);
}
std::vector<std::unique_ptr<Meter>> one(std::unique_ptr<Meter> meter) {
  std::vector<std::unique_ptr<Meter>> meters;
  meters.push_back(std::move(meter));
  return meters;
}

class ThrowingMeter final : public Meter {
 public:
  const MeterCard& card() const override { return card_; }
  Reading read() override { throw std::runtime_error("the driver is gone"); }

 private:
  MeterCard card_{.device = "broken", .sensor = "broken"};
};

TEST(RecorderByHand, FourDevicesOf200WattsFor6SecondsAre4800Joules) {
  ManualClock clock;
  std::vector<std::unique_ptr<Meter>> meters;
  for (int i = 0; i < 4; ++i) meters.push_back(sim("power=200W", "sim" + std::to_string(i), clock));
  Recorder recorder(std::move(meters), clock);
  const Instant begin = recorder.mark();
  clock.advance(Duration(6));
  const Instant end = recorder.mark();
  std::vector<EnergyFigure> figures;
  for (const DeviceFigure& device : recorder.energy({begin, end})) figures.push_back(device.figure);
  ASSERT_EQ(figures.size(), 4u);
  EXPECT_NEAR(sum_of_devices(figures)->value.value(), 4800, 1e-6);
}

TEST(RecorderByHand, MarksMakeTheEdgesOfACounterExact) {
  ManualClock clock;
  Recorder recorder(one(sim("wave=square,wave_period=1s", "sim0", clock)), clock);
  clock.advance(Duration(0.4));
  const Instant begin = recorder.mark();
  clock.advance(Duration(0.2));
  const Instant end = recorder.mark();
  clock.advance(Duration(5));
  recorder.poll();
  const auto figures = recorder.energy({begin, end});
  ASSERT_EQ(figures.size(), 1u);
  EXPECT_EQ(figures[0].device, "sim0");
  EXPECT_NEAR(figures[0].figure.value.value(), 25 + 5, 1e-6);
  EXPECT_DOUBLE_EQ(figures[0].figure.coverage, 1);
}

TEST(RecorderByHand, AMeterThatFailsOrThrowsLeavesTheOthersAlone) {
  ManualClock clock;
  std::vector<std::unique_ptr<Meter>> meters;
  meters.push_back(std::make_unique<ThrowingMeter>());
  meters.push_back(sim("fail_from=0s", "sim0", clock));
  meters.push_back(sim("", "sim1", clock));
  Recorder recorder(std::move(meters), clock);
  const Instant begin = recorder.mark();
  clock.advance(Duration(1));
  const auto figures = recorder.energy({begin, recorder.mark()});
  ASSERT_EQ(figures.size(), 1u);
  EXPECT_EQ(figures[0].device, "sim1");
  EXPECT_NEAR(figures[0].figure.value.value(), 100, 1e-9);
}

TEST(RecorderByHand, ADeviceLostInTheMiddleLowersCoverage) {
  ManualClock clock;
  Recorder recorder(one(sim("fail_from=5s", "sim0", clock)), clock);
  const Instant begin = recorder.mark();
  for (int i = 0; i < 100; ++i) {
    clock.advance(Duration(0.1));
    recorder.poll();
  }
  const auto figures = recorder.energy({begin, recorder.mark()});
  ASSERT_EQ(figures.size(), 1u);
  EXPECT_NEAR(figures[0].figure.coverage, 0.49, 1e-6);
  EXPECT_NEAR(figures[0].figure.value.value(), 490, 1e-6);
  EXPECT_GT(figures[0].figure.high.value(), 1000);
}

TEST(RecorderByHand, ForgettingKeepsWhatLaterWindowsNeed) {
  ManualClock clock;
  Recorder recorder(one(sim("wave=sine,wave_period=1s,period=100ms", "sim0", clock)), clock);
  Instant middle;
  for (int i = 0; i < 2000; ++i) {
    clock.advance(Duration(0.01));
    recorder.poll();
    if (i == 1500) middle = recorder.mark();
  }
  const Window late{middle, clock.now()};
  const double before = recorder.energy(late)[0].figure.value.value();
  recorder.forget_before(middle);
  EXPECT_LT(recorder.traces()[0].readings.size(), 700u);
  EXPECT_DOUBLE_EQ(recorder.energy(late)[0].figure.value.value(), before);
}

TEST(RecorderByHand, FoldingOldWindowsBoundsTheMemoryOfAWeek) {
  ManualClock clock;
  ReadingLog log(16);
  for (int i = 0; i < 7 * 24 * 36000; ++i) {  // a week at 100 ms, an hour kept in the end
    clock.advance(Duration(0.1));
    log.add({.at = clock.now(), .counter = Joules(i)});
    if (log.view().size() == 400) log.forget(390);
  }
  EXPECT_LE(log.room(), 1024u);
  EXPECT_EQ(log.back().at, clock.now());
  const std::span<const Reading> kept = log.view();
  for (std::size_t i = 1; i < kept.size(); ++i) EXPECT_NEAR((kept[i].at - kept[i - 1].at).value(), 0.1, 1e-9);
}

TEST(RecorderByHand, PollingAllocatesNothingAndCostsLessThanAThousandthOfACore) {
  ManualClock clock;
  std::vector<std::unique_ptr<Meter>> meters;
  for (int i = 0; i < 8; ++i)
    meters.push_back(sim("wave=sine,period=20ms,tick=1mJ", "sim" + std::to_string(i), clock));
  Recorder recorder(std::move(meters), clock);
  const std::size_t before = allocations();
  const std::clock_t cpu_before = std::clock();
  Instant folded = clock.now();
  for (int i = 0; i < 50'000; ++i) {
    clock.advance(Duration(0.1));
    recorder.poll();
    if (i % 100 == 0) {
      recorder.forget_before(folded);
      folded = clock.now();
    }
  }
  EXPECT_EQ(allocations(), before);
  const double cpu_s = static_cast<double>(std::clock() - cpu_before) / CLOCKS_PER_SEC;
  EXPECT_LT(cpu_s / (50'000 * 0.1), 0.001);
}

TEST(RecorderByHand, TheSumOfPartsLeavesTheWholeMachineOut) {
  ManualClock clock;
  std::vector<std::unique_ptr<Meter>> meters;
  for (const char* device : {"machine0", "gpu0", "gpu1"}) {
    MeterCard card{.device = device, .sensor = device, .method = Method::Counter};
    card.whole_machine = card.device == "machine0";
    const double joules = card.whole_machine ? 1000 : 300;
    meters.push_back(std::make_unique<ScriptedMeter>(
        card, std::vector<Reading>{{.counter = Joules(0)}, {.counter = Joules(joules)}}, clock));
  }
  const Instant begin = clock.now();
  Recorder recorder(std::move(meters), clock);
  clock.advance(Duration(1));
  recorder.poll();
  const auto figures = recorder.energy({begin, clock.now()});
  ASSERT_EQ(figures.size(), 3u);
  EXPECT_DOUBLE_EQ(sum_of_parts(recorder.cards(), figures)->value.value(), 600);
  // Alone, it is the best that is known of the total; a second one sees the same joules.
  std::vector<MeterCard> whole(2, recorder.cards()[0]);
  whole[1].device = "machine1";
  EXPECT_DOUBLE_EQ(sum_of_parts(whole, {figures[0], {"machine1", figures[0].figure}})->value.value(), 1000);
}

TEST(RecorderByHand, WithoutMetersThereIsNoEnergy) {
  ManualClock clock;
  Recorder recorder({}, clock);
  recorder.start(Duration(0.001));
  const Instant begin = recorder.mark();
  clock.advance(Duration(1));
  EXPECT_TRUE(recorder.energy({begin, recorder.mark()}).empty());
}

TEST(RecorderThread, SamplesMarksAndAnswersFromSeveralThreadsAtOnce) {
  const SteadyClock clock;
  std::vector<std::unique_ptr<Meter>> meters;
  meters.push_back(sim("power=100W,fail=0.05", "sim0", clock));
  meters.push_back(sim("power=50W,sensor=power", "sim1", clock));
  Recorder recorder(std::move(meters), clock);
  recorder.start(Duration(0.001));
  const Instant begin = recorder.mark();
  std::atomic<bool> done = false;
  std::thread asker([&] {
    while (!done) {
      (void)recorder.energy({begin, clock.now()});
      (void)recorder.traces();
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  });
  std::thread forgetter([&] {
    while (!done) {
      recorder.forget_before(begin);
      recorder.watch(1);
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
  });
  for (int i = 0; i < 100; ++i) {
    recorder.mark();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  const Instant end = recorder.mark();
  done = true;
  asker.join();
  forgetter.join();
  recorder.stop();
  recorder.poll();
  const auto figures = recorder.energy({begin, end});
  ASSERT_EQ(figures.size(), 2u);
  const double seconds = (end - begin).value();
  // A busy machine may stall the thread for so long that it is a gap: what counts is what was measured.
  const double counted = seconds * figures[0].figure.coverage;
  const double polled = seconds * figures[1].figure.coverage;
  EXPECT_GT(polled, 0);
  EXPECT_NEAR(figures[0].figure.value.value(), 100 * counted, 0.05 * 100 * counted);
  EXPECT_NEAR(figures[1].figure.value.value(), 50 * polled, 0.05 * 50 * polled);
}

TEST(RecorderThread, StopsPromptlyAndStartsAgain) {
  const SteadyClock clock;
  Recorder recorder(one(sim("", "sim0", clock)), clock);
  recorder.start(Duration(3600));
  const auto start = std::chrono::steady_clock::now();
  recorder.stop();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_LT(took.count(), 0.5);
  const std::size_t before = recorder.traces()[0].readings.size();
  recorder.start(Duration(0.001));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  recorder.stop();
  EXPECT_GT(recorder.traces()[0].readings.size(), before + 5);
}

TEST(RecorderThread, EndsWithTheRecorder) {
  const SteadyClock clock;
  const auto start = std::chrono::steady_clock::now();
  {
    Recorder recorder(one(sim("", "sim0", clock)), clock);
    recorder.start(Duration(600));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_LT(took.count(), 0.5);
}

}  // namespace
}  // namespace frugal
