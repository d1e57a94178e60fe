// Meters of the whole node, on trees and with a scripted BMC.
#include "frugal/energy/node_power.h"

#include <gtest/gtest.h>

#include <deque>

#include "frugal/energy/standin_tree.h"

namespace frugal {
namespace {

using Words = std::vector<std::string>;

// What a BMC says in an answer to Get Power Reading, byte by byte after DCMI 1.5, table 6-16.
BmcAnswer reading(unsigned watts, std::uint8_t state = 0x40) {
  BmcAnswer answer{.size = 19};
  answer.bytes = {0x00, 0xDC, static_cast<std::uint8_t>(watts & 255U),
                  static_cast<std::uint8_t>(watts >> 8U)};
  answer.bytes[18] = state;
  return answer;
}
BmcAnswer refusal(std::uint8_t code) {
  BmcAnswer answer{.size = 1};
  answer.bytes[0] = code;
  return answer;
}

// Answers of a script; what has been asked is kept. An empty place in the script is an answer that never
// comes.
struct Script {
  std::deque<std::optional<BmcAnswer>> answers;
  std::vector<std::vector<std::uint8_t>> asked;
  long held_back = 0;  // answers that wait to be collected
  int waits = 0;
  std::vector<BmcAnswer> ready;
};
class ScriptedBmc final : public Bmc {
 public:
  explicit ScriptedBmc(Script& script) : script_(script) {}
  bool ask(long question, std::uint8_t function, std::uint8_t command,
           std::span<const std::uint8_t> data) override {
    std::vector<std::uint8_t> bytes{function, command};
    bytes.insert(bytes.end(), data.begin(), data.end());
    script_.asked.push_back(bytes);
    if (script_.answers.empty()) return true;
    if (auto answer = script_.answers.front()) {
      answer->question = question;
      script_.ready.push_back(*answer);
    }
    script_.answers.pop_front();
    return true;
  }
  std::optional<BmcAnswer> answer() override {
    if (script_.ready.empty() || script_.held_back > 0) return std::nullopt;
    const BmcAnswer first = script_.ready.front();
    script_.ready.erase(script_.ready.begin());
    return first;
  }
  void wait(Duration) override {
    ++script_.waits;
    if (script_.held_back > 0) --script_.held_back;
  }

 private:
  Script& script_;
};

class NodePower : public ::testing::Test {
 protected:
  Found find() {
    const OpenBmc open = [this](const std::string& path) -> Result<std::unique_ptr<Bmc>> {
      if (path != tree_.path("dev/ipmi0")) return Error{ErrorCode::GiveUp, "none"};
      if (no_rights_) return Error{ErrorCode::NeedRights, path + ": Permission denied"};
      if (!has_bmc_) return Error{ErrorCode::GiveUp, path + ": No such file or directory"};
      return std::unique_ptr<Bmc>(std::make_unique<ScriptedBmc>(script_));
    };
    return find_node_power(tree_.machine(), clock_, open);
  }
  void chip(int number, const Words& files, const std::string& inside = "") {
    const std::string folder = "sys/class/hwmon/hwmon" + std::to_string(number) + inside + "/";
    for (const std::string& file : files)
      tree_.write(folder + file.substr(0, file.find('=')), file.substr(file.find('=') + 1));
  }
  static Words sensors(const Found& found) {
    Words sensors;
    for (const auto& meter : found.meters) {
      EXPECT_EQ(meter->card().whole_machine, meter->card().device.starts_with("machine"));
      sensors.push_back(meter->card().device + ": " + meter->card().sensor);
    }
    return sensors;
  }

  StandinTree tree_;
  ManualClock clock_;
  Script script_;
  bool has_bmc_ = false;
  bool no_rights_ = false;
};

TEST_F(NodePower, AMachineWithoutSuchSensorsMissesNothing) {
  const Found found = find();
  EXPECT_TRUE(found.meters.empty());
  EXPECT_TRUE(found.missing.empty());
}

TEST_F(NodePower, AnAcpiPowerMeterTellsItsIntervalAndItsAccuracy) {
  chip(2, {"name=power_meter", "power1_average=412000000", "power1_average_interval=1000",
           "power1_accuracy=98.5%"});
  const Found found = find();
  ASSERT_EQ(sensors(found), Words{"machine0: node input (ACPI power meter)"});
  const MeterCard& card = found.meters[0]->card();
  EXPECT_EQ(card.method, Method::Integral);
  EXPECT_DOUBLE_EQ(card.window.value(), 1);
  EXPECT_NEAR(card.relative_error, 0.015, 1e-12);
  EXPECT_DOUBLE_EQ(found.meters[0]->read().power->value(), 412);
}

TEST_F(NodePower, OlderKernelsHaveItBesideTheDevice) {
  chip(0, {"name=power_meter", "power1_average=90000000"}, "/device");
  const Found found = find();
  ASSERT_EQ(found.meters.size(), 1U);
  EXPECT_DOUBLE_EQ(found.meters[0]->read().power->value(), 90);
}

TEST_F(NodePower, BatteriesSuppliesAndPartsAreNotTheNode) {
  chip(0, {"name=power_meter", "power1_average=9000000", "power1_is_battery=1"});
  chip(1, {"name=corsairpsu", "power1_input=300000000"});
  chip(2, {"name=BAT0", "power1_input=9000000"});
  chip(3, {"name=power_meter", "power1_average=70000000", "power1_oem_info=CPU Power Socket 0"});
  chip(4, {"name=power_meter", "power1_average=90000000", "power1_oem_info=Grace Power Socket 0",
           "power1_average_interval=50"});
  chip(5, {"name=power_meter", "power1_average=400000000", "power1_oem_info=Module Power Socket 0"});
  chip(6, {"name=power_meter", "power1_average=20000000", "power1_oem_info=SysIO Power Socket 0"});
  EXPECT_EQ(sensors(find()), Words{"machine0: Module Power Socket 0 (ACPI power meter)"});
  const Found sockets = find_acpi_sockets(tree_.machine(), clock_);
  ASSERT_EQ(sensors(sockets), Words{"cpu0: Grace Power Socket 0, memory included (ACPI power meter)"});
  EXPECT_DOUBLE_EQ(sockets.meters[0]->read().power->value(), 90);
  EXPECT_DOUBLE_EQ(sockets.meters[0]->card().window.value(), 0.05);
}

TEST_F(NodePower, ChipsThatSeeTheWholeMachineAreKnownByName) {
  chip(0, {"name=ibmpowernv", "power1_label=Proc0", "power1_input=100000000", "power2_label=System",
           "power2_input=700000000"});
  const Found found = find();
  ASSERT_EQ(sensors(found), Words{"machine0: System (hwmon ibmpowernv)"});
  EXPECT_DOUBLE_EQ(found.meters[0]->read().power->value(), 700);
}

TEST_F(NodePower, EveryViewOfTheNodeHasItsOwnName) {
  chip(0, {"name=power_meter", "power1_average=412000000"});
  has_bmc_ = true;
  script_.answers = {reading(420)};
  Powercap powercap(tree_);
  powercap.add({.folder = "intel-rapl:1", .name = "psys"});
  EXPECT_EQ(sensors(find()),
            (Words{"machine0: node input (ACPI power meter)", "machine1: node input (BMC, DCMI)",
                   "machine2: RAPL psys, the whole platform (powercap)"}));
}

TEST_F(NodePower, TheBmcIsAskedByDcmi) {
  has_bmc_ = true;
  script_.answers = {reading(0x1A4)};
  script_.held_back = 30;
  const Found found = find();
  ASSERT_EQ(found.meters.size(), 1U);
  EXPECT_EQ(script_.waits, 30);
  EXPECT_EQ(script_.asked.at(0), (std::vector<std::uint8_t>{0x2C, 0x02, 0xDC, 0x01, 0x00, 0x00}));
  EXPECT_DOUBLE_EQ(found.meters[0]->read().power->value(), 420);
}

TEST_F(NodePower, TheBmcIsAskedOnceASecondAndNeverWaitedFor) {
  has_bmc_ = true;
  script_.answers = {reading(400), reading(500), std::nullopt, std::nullopt,
                     std::nullopt, std::nullopt, reading(600), reading(610)};
  const Found found = find();
  Meter& meter = *found.meters[0];
  std::vector<double> seen;
  for (int i = 0; i <= 80; ++i) {
    const Reading one = meter.read();
    if (i % 10 == 0) seen.push_back(one.power ? one.power->value() : -1);
    clock_.advance(Duration(0.1));
  }
  // asked at 1 s, 2 s, …: 500 comes with the read after; then nothing, and after three seconds a gap
  EXPECT_EQ(seen, (std::vector<double>{400, 400, 500, 500, 500, -1, -1, 600, 610}));
  EXPECT_EQ(script_.asked.size(), 9U);
  EXPECT_EQ(script_.waits, 0);
}

TEST_F(NodePower, AnAnswerToAnEarlierQuestionIsNotTaken) {
  has_bmc_ = true;
  script_.answers = {reading(400)};
  const Found found = find();
  BmcAnswer late = reading(999);
  late.question = 77;
  script_.ready.push_back(late);
  EXPECT_DOUBLE_EQ(found.meters[0]->read().power->value(), 400);
}

TEST_F(NodePower, WhatTheBmcCannotDoIsSaid) {
  has_bmc_ = true;
  const auto why = [&](std::deque<std::optional<BmcAnswer>> answers) {
    script_ = {};
    script_.answers = std::move(answers);
    const Found found = find();
    EXPECT_TRUE(found.meters.empty());
    return found.missing.at(0).why;
  };
  EXPECT_EQ(why({refusal(0xC1)}), "the BMC refuses DCMI Get Power Reading with the completion code 0xc1");
  EXPECT_EQ(why({reading(5, 0)}), "the BMC says that it measures no power now");
  EXPECT_EQ(why({refusal(0)}), "the BMC answers DCMI Get Power Reading with something else");
  EXPECT_EQ(why({}), "the BMC does not answer within a second");
}

TEST_F(NodePower, WithoutRightsTheRemedySaysWhatItGivesAway) {
  no_rights_ = true;
  const Found found = find();
  ASSERT_EQ(found.missing.size(), 1U);
  EXPECT_EQ(found.missing[0].why, tree_.path("dev/ipmi0").string() + ": Permission denied");
  EXPECT_EQ(found.missing[0].remedy, "sudo setfacl -m u:$USER:rw " + tree_.path("dev/ipmi0").string());
  EXPECT_NE(found.missing[0].gives_away.find("switch the machine off"), std::string::npos);
}

TEST(KernelBmc, ThatIsNotThereIsSaid) {
  const auto bmc = open_kernel_bmc("/nowhere/ipmi0");
  ASSERT_FALSE(bmc.ok());
  EXPECT_EQ(bmc.error().message, "/nowhere/ipmi0: No such file or directory");
}

}  // namespace
}  // namespace frugal
