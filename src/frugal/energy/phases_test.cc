// Phases add up to the total, and reports add up over answers.
#include "frugal/energy/phases.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "frugal/energy/scripted_meter.h"
#include "frugal/energy/sim_meter.h"

namespace frugal {
namespace {

class Phases : public ::testing::Test {
 protected:
  Recorder& recorder(const std::vector<std::string>& specs) {
    std::vector<std::unique_ptr<Meter>> meters;
    for (const std::string& text : specs) {
      meters.push_back(
          std::make_unique<SimMeter>(*parse_sim(text), "sim" + std::to_string(meters.size()), clock_));
      sims_.push_back(static_cast<SimMeter*>(meters.back().get()));
    }
    recorder_.emplace(std::move(meters), clock_);
    return *recorder_;
  }
  void pass(double seconds, double poll = 0.1) {
    for (double left = seconds; left > 1e-9; left -= poll) {
      clock_.advance(Duration(std::min(left, poll)));
      recorder_->poll();
    }
  }
  static double sum(const EnergyReport& report) {
    double joules = 0;
    for (const auto& [phase, figure] : report.by_phase) joules += figure.value.value();
    return joules;
  }

  ManualClock clock_;
  std::optional<Recorder> recorder_;
  std::vector<SimMeter*> sims_;
};

TEST_F(Phases, EachGetsItsJoulesAndTheRestIsOther) {
  PhaseAccount account(recorder({"power=100W", "power=50W"}));
  pass(1);
  ASSERT_TRUE(account.begin("train").ok());
  pass(3);
  ASSERT_TRUE(account.end("train").ok());
  pass(0.5);
  ASSERT_TRUE(account.begin("evaluate").ok());
  pass(2);
  ASSERT_TRUE(account.end("evaluate").ok());
  ASSERT_TRUE(account.begin("tidy up").ok());
  pass(1);
  ASSERT_TRUE(account.end("tidy up").ok());
  const EnergyReport report = account.report();
  ASSERT_TRUE(report.total);
  EXPECT_NEAR(report.total->value.value(), 150 * 7.5, 1e-6);
  EXPECT_NEAR(report.by_phase.at("train").value.value(), 450, 1e-6);
  EXPECT_NEAR(report.by_phase.at("evaluate").value.value(), 300, 1e-6);
  EXPECT_NEAR(report.by_phase.at("other").value.value(), 375, 1e-6);
  EXPECT_NEAR(report.by_device.at("sim0").value.value(), 750, 1e-6);
  EXPECT_NEAR(report.by_device.at("sim1").value.value(), 375, 1e-6);
  EXPECT_NEAR(report.durations.at("train").value(), 3, 1e-9);
  EXPECT_NEAR(report.durations.at("other").value(), 2.5, 1e-9);
  EXPECT_NEAR(report.by_phase.at("train").duration.value(), 3, 1e-9);
  EXPECT_EQ(report.by_phase.size(), 3u);
}

TEST_F(Phases, TheWholeMachineIsShownAndNotAdded) {
  const auto meter = [&](const char* device, double joules) -> std::unique_ptr<Meter> {
    MeterCard card{.device = device, .sensor = device, .method = Method::Counter};
    card.whole_machine = joules > 900;
    return std::make_unique<ScriptedMeter>(
        card,
        std::vector<Reading>{{.counter = Joules(0)}, {.counter = Joules(0)}, {.counter = Joules(joules)}},
        clock_);
  };
  std::vector<std::unique_ptr<Meter>> meters;
  meters.push_back(meter("gpu0", 300));
  meters.push_back(meter("machine0", 1000));
  Recorder recorder(std::move(meters), clock_);
  PhaseAccount account(recorder);
  clock_.advance(Duration(2));
  const EnergyReport report = account.report();
  EXPECT_DOUBLE_EQ(report.total->value.value(), 300);
  EXPECT_DOUBLE_EQ(report.by_phase.at("other").value.value(), 300);
  EXPECT_DOUBLE_EQ(report.by_device.at("machine0").value.value(), 1000);
  EXPECT_DOUBLE_EQ(report.by_device.at("gpu0").value.value(), 300);
}

TEST_F(Phases, AddUpToTheTotalOnASlowFailingSensorToo) {
  PhaseAccount account(recorder(
      {"wave=random,wave_period=130ms,period=100ms,fail=0.05", "wave=sine,sensor=power,period=70ms"}));
  for (int i = 0; i < 40; ++i) {
    const char* name = i % 3 == 0 ? "train" : i % 3 == 1 ? "evaluate" : "explore";
    ASSERT_TRUE(account.begin(name).ok());
    pass(0.017 + 0.031 * (i % 7), 0.013);
    ASSERT_TRUE(account.end(name).ok());
    pass(0.011 * (i % 4), 0.013);
  }
  const EnergyReport report = account.report();
  ASSERT_TRUE(report.total);
  EXPECT_NEAR(sum(report), report.total->value.value(), 1e-6);
  EXPECT_NEAR(report.duration().value(), report.total->duration.value(), 1e-9);
  const Window all{account.since(), clock_.now()};
  const double truth = (sims_[0]->true_energy(all) + sims_[1]->true_energy(all)).value();
  EXPECT_NEAR(report.total->value.value() / truth, 1, 0.02);
}

TEST_F(Phases, TakesAddUpAndAnOpenPhaseStaysOpen) {
  PhaseAccount account(recorder({"power=80W"}));
  ASSERT_TRUE(account.begin("train").ok());
  EnergyReport all;
  for (int i = 0; i < 5; ++i) {
    pass(1.1);
    add(all, account.take());
    recorder_->forget_before(account.needed_from());
  }
  ASSERT_TRUE(account.end("train").ok());
  add(all, account.take());
  EXPECT_NEAR(all.total->value.value(), 440, 1e-6);
  EXPECT_NEAR(all.by_phase.at("train").value.value(), 440, 1e-6);
  EXPECT_NEAR(all.total->duration.value(), 5.5, 1e-6);
  EXPECT_NEAR(all.total->coverage, 1, 1e-9);
  EXPECT_EQ(all.by_phase.count("other"), 0u);
}

TEST_F(Phases, TakesInStepWithTheLoadCountNothingTwice) {
  // Each take ends where the power steps, between two ticks of the sensor: a naive account is 8 % too high.
  for (const double step : {0.35, 1.05, 0.05}) {
    sims_.clear();
    PhaseAccount account(recorder({"wave=square,wave_period=700ms,low=50,high=250,period=100ms"}));
    const Instant begin = account.since();
    EnergyReport all;
    for (int i = 0; i < 200; ++i) {
      pass(step);
      const EnergyReport part = account.take();
      recorder_->forget_before(account.needed_from());
      ASSERT_TRUE(!part.total || part.total->value.value() >= 0);
      EXPECT_TRUE(!part.total || part.total->low <= part.total->value);
      add(all, part);
    }
    const double truth = sims_[0]->true_energy({begin, clock_.now()}).value();
    EXPECT_NEAR(all.total->value.value(), truth, 250 * 0.15) << step;  // the two ends, not every take
    EXPECT_NEAR(sum(all), all.total->value.value(), 1e-6);
  }
}

TEST_F(Phases, MismatchedEdgesAreErrorsThatChangeNothing) {
  PhaseAccount account(recorder({"power=10W"}));
  EXPECT_EQ(account.end("train").error().message, "the phase 'train' cannot end: no phase is open");
  ASSERT_TRUE(account.begin("train").ok());
  EXPECT_EQ(account.begin("evaluate").error().message,
            "the phase 'evaluate' cannot begin: 'train' is still open");
  EXPECT_EQ(account.end("evaluate").error().message,
            "the phase 'evaluate' cannot end: 'train' is the open one");
  EXPECT_EQ(account.begin("").error().message, "a phase needs a name");
  pass(1);
  ASSERT_TRUE(account.end("train").ok());
  EXPECT_NEAR(account.report().by_phase.at("train").value.value(), 10, 1e-6);
}

TEST_F(Phases, ADeviceThatWasNeverReadLowersTheCoverageOfTheTotal) {
  PhaseAccount account(recorder({"power=100W", "power=50W,fail_from=0s,max_power=60W"}));
  pass(2);
  const EnergyReport report = account.report();
  ASSERT_TRUE(report.total);
  EXPECT_NEAR(report.total->value.value(), 200, 1e-6);
  EXPECT_DOUBLE_EQ(report.total->coverage, 0);
  EXPECT_GE(report.total->high.value(), 200 + 120);
  EXPECT_EQ(report.by_device.count("sim1"), 0u);
}

TEST_F(Phases, WithoutMetersThereAreDurationsButNoJoules) {
  PhaseAccount account(recorder({}));
  ASSERT_TRUE(account.begin("load").ok());
  pass(2);
  const EnergyReport report = account.take();
  EXPECT_FALSE(report.total);
  EXPECT_TRUE(report.by_phase.empty());
  EXPECT_NEAR(report.durations.at("load").value(), 2, 1e-9);
}

EnergyReport reported(double joules, double seconds) {
  const EnergyFigure figure{.value = Joules(joules),
                            .low = Joules(joules),
                            .high = Joules(joules),
                            .coverage = 1,
                            .method = Method::Counter,
                            .sensor = "s",
                            .duration = Duration(seconds)};
  return {.total = figure,
          .by_phase = {{"train", figure}},
          .by_device = {{"gpu0", figure}},
          .durations = {{"train", Duration(seconds)}}};
}

TEST(Reports, AddFigureByFigure) {
  EnergyReport sum;
  add(sum, reported(100, 2));
  add(sum, reported(50, 1));
  EXPECT_DOUBLE_EQ(sum.total->value.value(), 150);
  EXPECT_DOUBLE_EQ(sum.by_phase.at("train").value.value(), 150);
  EXPECT_DOUBLE_EQ(sum.by_device.at("gpu0").duration.value(), 3);
  EXPECT_DOUBLE_EQ(sum.durations.at("train").value(), 3);
}

TEST(Reports, ATimeWithoutFiguresLowersTheCoverageOfTheSum) {
  const EnergyReport blind{.durations = {{"train", Duration(2)}}};
  for (const bool blind_first : {true, false}) {
    EnergyReport sum = blind_first ? blind : reported(100, 2);
    add(sum, blind_first ? reported(100, 2) : blind);
    EXPECT_DOUBLE_EQ(sum.total->value.value(), 100);
    EXPECT_DOUBLE_EQ(sum.total->coverage, 0.5);
    EXPECT_DOUBLE_EQ(sum.total->high.value(), 200);
    EXPECT_DOUBLE_EQ(sum.by_phase.at("train").coverage, 0.5);
  }
}

TEST(Reports, ReadBackFromTheirJson) {
  const EnergyReport before = reported(12.5, 3);
  const nlohmann::json json = phases_to_json(before);
  const auto after = phases_from_json(nlohmann::json::parse(json.dump()));
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(phases_to_json(*after), json);
  EXPECT_EQ(after->total->value, Joules(12.5));
  EXPECT_EQ(after->by_phase.at("train").duration, Duration(3));
  EXPECT_EQ(phases_to_json({}).dump(), R"({"by_device":{},"by_phase":{}})");
  EXPECT_TRUE(phases_from_json(nlohmann::json::object()).ok());
}

TEST(Reports, RefuseBrokenJson) {
  const auto message = [](const char* text) {
    const auto read = phases_from_json(nlohmann::json::parse(text));
    return read.ok() ? std::string("accepted") : read.error().message;
  };
  EXPECT_EQ(message("[]"), "an energy report is not an object: []");
  EXPECT_EQ(message(R"({"total":3})"), "total: an energy figure is not an object: 3");
  EXPECT_EQ(message(R"({"by_phase":{"train":{}}})"), "by_phase.train: an energy figure lacks 'energy_j'");
  EXPECT_EQ(message(R"({"by_device":[]})"), "an energy report has 'by_device' that is not an object");
  EXPECT_EQ(message(R"({"phase_duration_s":{"train":-1}})"),
            "an energy report has 'phase_duration_s' that does not map phases to seconds");
}

}  // namespace
}  // namespace frugal
