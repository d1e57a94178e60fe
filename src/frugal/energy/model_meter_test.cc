// The CPU-load model against joules worked out by hand from scripted CPU times, and once against this
// process.
#include "frugal/energy/model_meter.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "frugal/energy/trace.h"

namespace frugal {
namespace {

// A /proc of its own, with scripted CPU clocks.
class FakeProc : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::temp_directory_path() / ("frugal_proc_" + std::to_string(getpid()));
    std::filesystem::create_directories(root_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void process(int pid, double cpu_s, const std::string& children = "", int waited_ticks = 0,
               int started = 7) {
    cpu_[pid] = cpu_s;
    const std::filesystem::path task = root_ / std::to_string(pid) / "task" / std::to_string(pid);
    std::filesystem::create_directories(task);
    std::ofstream(task / "children") << children;
    std::ofstream(root_ / std::to_string(pid) / "stat")
        << pid << " (a) b) S 1 1 1 0 -1 0 0 0 0 0 9 9 " << waited_ticks << " 0 20 0 1 0 " << started
        << " 0 0\n";
  }
  void gone(int pid) {
    cpu_.erase(pid);
    std::filesystem::remove_all(root_ / std::to_string(pid));
  }
  CpuTimeSource source() {
    return {.proc = root_.string(),
            .cgroup = (root_ / "cgroup").string(),
            .of_process = [this](int pid) -> std::optional<Duration> {
              const auto found = cpu_.find(pid);
              if (found == cpu_.end()) return std::nullopt;
              return Duration(found->second);
            },
            .ticks_per_second = 100};
  }
  ModelMeter meter(const std::string& text) { return ModelMeter(*parse_model(text), clock_, source()); }
  double joules_after(ModelMeter& meter, double seconds) {
    clock_.advance(Duration(seconds));
    return meter.read().counter->value();
  }

  std::filesystem::path root_;
  std::map<int, double> cpu_;
  ManualClock clock_;
};

constexpr const char* kTwoCores = "tdp=65W,idle=5W,cores=2";

TEST_F(FakeProc, NobodyWatchedCostsIdlePower) {
  ModelMeter model = meter(kTwoCores);
  EXPECT_NEAR(joules_after(model, 10), 50, 1e-9);
}

TEST_F(FakeProc, ABusyCoreOfTwoCostsHalfTheDynamicPower) {
  process(10, 100);  // what it used before it was watched does not count
  ModelMeter model = meter(kTwoCores);
  model.watch(10);
  process(10, 104);
  EXPECT_NEAR(joules_after(model, 4), 4 * (5 + 60 * 0.5), 1e-9);
}

TEST_F(FakeProc, TheExponentBendsTheLoad) {
  process(10, 0);
  ModelMeter model = meter("tdp=65W,idle=5W,cores=2,exponent=2");
  model.watch(10);
  process(10, 1);
  EXPECT_NEAR(joules_after(model, 1), 5 + 60 * 0.25, 1e-9);
}

TEST_F(FakeProc, TheLoadNeverExceedsTheCoresAndLateCpuTimeIsNotLost) {
  process(10, 0);
  ModelMeter model = meter(kTwoCores);
  model.watch(10);
  process(10, 3);  // three CPU seconds in one second of two cores
  EXPECT_NEAR(joules_after(model, 1), 65, 1e-9);
  EXPECT_NEAR(joules_after(model, 1), 65 + 5 + 30, 1e-9);
}

TEST_F(FakeProc, DescendantsCountFromTheirFirstSecond) {
  process(10, 1);
  ModelMeter model = meter(kTwoCores);
  model.watch(10);
  process(10, 1, "11 ");
  process(11, 0.5, "12 ");
  process(12, 0.5);
  EXPECT_NEAR(joules_after(model, 1), 5 + 60 * 0.5, 1e-9);
}

TEST_F(FakeProc, AChildThatWasWaitedForIsCountedOnce) {
  process(10, 0, "11");
  process(11, 0);
  ModelMeter model = meter(kTwoCores);
  model.watch(10);
  process(11, 1.004);
  EXPECT_NEAR(joules_after(model, 2), 10 + 60 * 0.502, 1e-9);
  process(10, 0, "", 100);  // its 1.004 s are now 100 ticks of its parent
  gone(11);
  EXPECT_NEAR(joules_after(model, 2), 20 + 60 * 0.502, 1e-9);
  process(10, 1, "", 100);
  EXPECT_NEAR(joules_after(model, 2), 30 + 60 * (0.502 + 0.498), 1e-9);
}

TEST_F(FakeProc, AChildThatIsForAMomentInNeitherPlaceIsCountedOnce) {
  process(10, 0, "11");
  process(11, 0);
  ModelMeter model = meter(kTwoCores);
  model.watch(10);
  process(11, 2);
  EXPECT_NEAR(joules_after(model, 2), 10 + 60, 1e-9);
  process(10, 0);
  gone(11);
  EXPECT_NEAR(joules_after(model, 1), 15 + 60, 1e-9);
  process(10, 0, "", 200);
  EXPECT_NEAR(joules_after(model, 1), 20 + 60, 1e-9);
}

TEST_F(FakeProc, AProcessThatDiedLeavesWhatItHadAndTheCounterNeverFalls) {
  process(10, 0);
  ModelMeter model = meter(kTwoCores);
  model.watch(10);
  process(10, 1);
  EXPECT_NEAR(joules_after(model, 1), 35, 1e-9);
  gone(10);
  for (int i = 1; i <= 4; ++i) EXPECT_NEAR(joules_after(model, 1), 35 + 5 * i, 1e-9);
}

TEST_F(FakeProc, AnotherProcessWithTheSameNumberIsNotWatched) {
  process(10, 1);
  ModelMeter model = meter(kTwoCores);
  model.watch(10);
  process(10, 50, "", 0, 99);
  EXPECT_NEAR(joules_after(model, 1), 5, 1e-9);
}

TEST_F(FakeProc, ShortWindowsAreExactInCpuTime) {
  process(10, 0);
  ModelMeter model = meter(kTwoCores);
  model.watch(10);
  Trace trace{.card = model.card(), .readings = {model.read()}, .interval = Duration(0.1)};
  process(10, 0.005);
  clock_.advance(Duration(0.005));
  trace.readings.push_back(model.read());
  const auto figure = integrate(trace, {trace.readings[0].at, trace.readings[1].at});
  ASSERT_TRUE(figure);
  EXPECT_NEAR(figure->value.value(), 0.005 * 35, 1e-9);
  EXPECT_EQ(figure->method, Method::Model);
  EXPECT_NEAR(figure->low.value(), 0.005 * 35 / 2, 1e-9);
  EXPECT_NEAR(figure->high.value(), 0.005 * 35 * 1.5, 1e-9);
}

TEST(ModelCard, SaysWhatWasAssumedAndWhatWasGiven) {
  const ManualClock clock;
  const auto sensor = [&](const char* text) { return ModelMeter(*parse_model(text), clock).card().sensor; };
  EXPECT_EQ(sensor("cores=2"), "cpu model (2 cores, TDP 20 W assumed)");
  EXPECT_EQ(sensor("cores=1,tdp=65W"), "cpu model (1 core, TDP 65 W given)");
  const MeterCard card = ModelMeter(*parse_model(""), clock).card();
  EXPECT_EQ(card.device, "model");
  EXPECT_EQ(card.caveat, "cpu energy is modelled (no counter readable here): ±50 %");
  EXPECT_DOUBLE_EQ(card.relative_error, 0.5);
  EXPECT_DOUBLE_EQ(card.max_power->value(), 10.0 * usable_cores());
}

TEST(ModelSpecText, SaysWhatIsWrong) {
  const auto refusal = [](const char* text) {
    const auto parsed = parse_model(text);
    return parsed.ok() ? std::string("accepted") : parsed.error().message;
  };
  EXPECT_EQ(refusal("tpd=65W"), "the device 'model' has no setting 'tpd' (did you mean 'tdp'?)");
  EXPECT_EQ(refusal("tdp=65W,idle=70W"), "the device 'model': idle is above the TDP of 65 W");
  EXPECT_EQ(refusal("tdp=0"), "the device 'model': tdp must be more than 0 W");
  EXPECT_EQ(refusal("cores=1.5"), "the device 'model': cores=1.5 is not a whole number");
  EXPECT_EQ(refusal("cores=0"), "the device 'model': cores=0 is not a number (1 to 65536)");
}

void burn(double cpu_s) {
  const double until = process_cpu_time(getpid())->value() + cpu_s;
  while (process_cpu_time(getpid())->value() < until) {
  }
}

TEST(RealCpuTime, ThisProcessIsSeenWithMicrosecondResolution) {
  ProcessTreeTime time;
  time.watch(getpid());
  burn(0.02);
  const double seen = time.elapsed().value();
  EXPECT_GE(seen, 0.02);
  EXPECT_LT(seen, 0.04);
}

TEST(RealCpuTime, AChildIsSeenAfterItEnded) {
  ProcessTreeTime time;
  time.watch(getpid());
  std::FILE* child = popen("i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done; cat /proc/$$/stat", "r");
  ASSERT_NE(child, nullptr);
  char stat[512] = {};
  ASSERT_NE(std::fgets(stat, sizeof stat, child), nullptr);
  pclose(child);
  std::istringstream fields(std::string(stat).substr(std::string(stat).rfind(')') + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  ASSERT_GT(user + system, 0);
  EXPECT_GE(time.elapsed().value(), (user + system) / 100 - 0.03);
}

TEST(RealCpuTime, OfAProcessThatDoesNotExistIsAbsent) {
  EXPECT_FALSE(process_cpu_time(0));
  EXPECT_FALSE(process_cpu_time(-5));
  EXPECT_FALSE(process_cpu_time(4'194'304));
}

}  // namespace
}  // namespace frugal
