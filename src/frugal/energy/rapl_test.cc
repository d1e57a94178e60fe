// RAPL on trees of our own: joules against the waves that drive the counters, one way for every package, no
// joule twice, and what is said where nothing can be read.
#include "frugal/energy/rapl.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "frugal/energy/standin_tree.h"
#include "frugal/energy/sysfs_meter.h"
#include "frugal/energy/trace.h"

namespace frugal {
namespace {

using Words = std::vector<std::string>;

// Counts what it is told to; a CPU that is not listed is refused.
class FakePerf final : public PerfEvents {
 public:
  struct Opened {
    std::uint32_t type;
    std::uint64_t config;
    int cpu;
  };
  int open(std::uint32_t type, std::uint64_t config, int cpu) override {
    if (refusal != 0) return -refusal;
    opened.push_back({type, config, cpu});
    return static_cast<int>(opened.size()) + 99;
  }
  std::optional<std::uint64_t> read(int descriptor) override {
    if (lost) return std::nullopt;
    return counts[descriptor - 100];
  }
  void close(int descriptor) override { closed.insert(descriptor); }

  int refusal = 0;
  bool lost = false;
  std::vector<Opened> opened;
  std::set<int> closed;
  std::map<int, std::uint64_t> counts;
};

class Rapl : public ::testing::Test {
 protected:
  static constexpr const char* kPmu = "sys/bus/event_source/devices/power/";

  void cpu(const std::string& vendor, const std::string& flags = "fpu msr") {
    tree_.write("proc/cpuinfo", "processor\t: 0\nvendor_id\t: " + vendor + "\nflags\t\t: " + flags + " sse");
  }
  void pmu(const std::string& cpumask, const Words& events) {
    tree_.write(std::string(kPmu) + "type", "9");
    tree_.write(std::string(kPmu) + "cpumask", cpumask);
    const std::map<std::string, std::string> codes{
        {"energy-cores", "0x01"}, {"energy-pkg", "0x02"}, {"energy-ram", "0x03"}, {"energy-psys", "0x05"}};
    for (const std::string& event : events) {
      tree_.write(kPmu + ("events/" + event), "event=" + codes.at(event));
      tree_.write(kPmu + ("events/" + event) + ".unit", "Joules");
      tree_.write(kPmu + ("events/" + event) + ".scale", "2.3283064365386962890625e-10");
    }
  }
  void topology(int cpu, int package, int die) {
    const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
    tree_.write(folder + "physical_package_id", std::to_string(package));
    tree_.write(folder + "die_id", std::to_string(die));
  }
  PowercapZone zone(const std::string& folder, const std::string& name, double watts = 50) {
    return {.folder = folder, .name = name, .power = {.low = Watts(watts), .high = Watts(watts)}};
  }
  Found find() { return find_rapl(tree_.machine(), clock_, perf_); }
  static Words names(const Found& found) {
    Words names;
    for (const auto& meter : found.meters) names.push_back(meter->card().device);
    return names;
  }
  static Words sensors(const Found& found) {
    Words sensors;
    for (const auto& meter : found.meters) sensors.push_back(meter->card().sensor);
    return sensors;
  }
  // Reads for that many steps; the joules of the whole time by the meter's own card.
  std::optional<EnergyFigure> measure(Meter& meter, int steps, Duration step) {
    Trace trace{.card = meter.card(), .readings = {meter.read()}, .interval = step};
    for (int i = 0; i < steps; ++i) {
      clock_.advance(step);
      powercap_.update(clock_.now() - start_);
      trace.readings.push_back(meter.read());
    }
    last_ = trace;
    return integrate(trace, {trace.readings.front().at, trace.readings.back().at});
  }

  StandinTree tree_;
  Powercap powercap_{tree_};
  FakePerf perf_;
  ManualClock clock_;
  const Instant start_ = clock_.now();
  Trace last_;
};

TEST_F(Rapl, TheJoulesOfAZoneAreThoseOfTheWaveThatDrivesIt) {
  powercap_.add(
      {.folder = "intel-rapl:0",
       .name = "package-0",
       .power = {
           .shape = WaveShape::Random, .low = Watts(20), .high = Watts(120), .period = Duration(0.05)}});
  const Found found = find();
  ASSERT_EQ(names(found), Words{"cpu0"});
  const auto figure = measure(*found.meters[0], 200, Duration(0.1));
  const double truth = powercap_.true_energy(0, Duration(0), Duration(20)).value();
  EXPECT_NEAR(figure->value.value(), truth, 0.2);
  EXPECT_DOUBLE_EQ(figure->coverage, 1);
  EXPECT_EQ(figure->method, Method::Counter);
  EXPECT_EQ(figure->sensor, "RAPL package-0 (powercap)");
  EXPECT_NEAR(figure->high.value(), 1.03 * truth, 1);
}

TEST_F(Rapl, AWrapAddsWhatWasUsedAndNothingElse) {
  for (const double highest : {262143328850.0, 65532610987.0}) {
    const PowercapZone wrapping{.folder = "intel-rapl:" + std::to_string(highest > 1e11 ? 0 : 1),
                                .name = highest > 1e11 ? "package-0" : "package-1",
                                .power = {.low = Watts(100), .high = Watts(100)},
                                .start = Joules(highest * 1e-6 - (highest > 1e11 ? 450 : 1450)),
                                .highest_uj = highest};
    powercap_.add(wrapping);
  }
  const Found found = find();
  ASSERT_EQ(found.meters.size(), 2U);
  EXPECT_NEAR(found.meters[1]->card().counter_range->value(), 65532.610988, 1e-6);
  EXPECT_NEAR(measure(*found.meters[0], 100, Duration(0.1))->value.value(), 1000, 0.1);
  EXPECT_NEAR(measure(*found.meters[1], 100, Duration(0.1))->value.value(), 1000, 0.1);
}

TEST_F(Rapl, PackagesCountOnceDramBesideThemPsysCoreUncoreAndMmioNever) {
  powercap_.add(zone("intel-rapl:1", "package-1"));
  powercap_.add(zone("intel-rapl:0", "package-0"));
  powercap_.add(zone("intel-rapl:0:0", "core"));
  powercap_.add(zone("intel-rapl:0:1", "uncore"));
  powercap_.add(zone("intel-rapl:1:0", "dram", 8));
  powercap_.add(zone("intel-rapl:2", "psys", 200));
  powercap_.add(zone("intel-rapl-mmio:0", "package-0"));
  const Found found = find();
  EXPECT_EQ(names(found), (Words{"cpu0", "cpu1", "dram1"}));
  EXPECT_EQ(sensors(found), (Words{"RAPL package-0 (powercap)", "RAPL package-1 (powercap)",
                                   "RAPL dram of package-1 (powercap)"}));
  EXPECT_TRUE(found.missing.empty());
  for (const auto& meter : found.meters) EXPECT_FALSE(meter->card().whole_machine);
}

TEST_F(Rapl, MmioAloneIsTheSamePackage) {
  powercap_.add(zone("intel-rapl-mmio:0", "package-0"));
  EXPECT_EQ(names(find()), Words{"cpu0"});
}

TEST_F(Rapl, EveryDieOfAPackageThatCountsForItselfIsRead) {
  cpu("GenuineIntel");
  powercap_.add(zone("intel-rapl:0", "package-0-die-0"));
  powercap_.add(zone("intel-rapl:1", "package-0-die-1"));
  powercap_.add(zone("intel-rapl:1:0", "dram"));
  const Found found = find();
  EXPECT_EQ(names(found), (Words{"cpu0", "cpu1", "dram1"}));
  EXPECT_EQ(found.meters[2]->card().sensor, "RAPL dram of package-0-die-1 (powercap)");
}

TEST_F(Rapl, APackageOfAmdThatAKernelShowsOncePerDieCountsOnce) {
  cpu("AuthenticAMD");
  powercap_.add(zone("intel-rapl:0", "package-0-die-0"));
  powercap_.add(zone("intel-rapl:1", "package-0-die-1"));
  EXPECT_EQ(sensors(find()), Words{"RAPL package-0 (powercap)"});
  pmu("0,8,16", {"energy-pkg"});
  topology(0, 0, 0);
  topology(8, 0, 1);
  topology(16, 1, 0);
  EXPECT_EQ(sensors(find()), (Words{"RAPL package-0 (perf events)", "RAPL package-1 (perf events)"}));
}

TEST_F(Rapl, TenPackagesAreInOrder) {
  for (int i = 0; i < 12; ++i)
    powercap_.add(zone("intel-rapl:" + std::to_string(i), "package-" + std::to_string(11 - i)));
  const Words found = sensors(find());
  ASSERT_EQ(found.size(), 12U);
  EXPECT_EQ(found[2], "RAPL package-2 (powercap)");
  EXPECT_EQ(found[10], "RAPL package-10 (powercap)");
}

TEST_F(Rapl, ZonesWithMissingFilesAreSaidAndTheOthersRead) {
  powercap_.add(zone("intel-rapl:0", "package-0"));
  powercap_.add(zone("intel-rapl:1", "package-1"));
  powercap_.add(zone("intel-rapl:2", "package-2"));
  powercap_.add(zone("intel-rapl:3", "package-3"));
  tree_.remove("sys/class/powercap/intel-rapl:0/energy_uj");
  tree_.remove("sys/class/powercap/intel-rapl:1/name");
  tree_.remove("sys/class/powercap/intel-rapl:2/max_energy_range_uj");
  tree_.write("sys/class/powercap/intel-rapl:3/energy_uj", "0");
  const Found found = find();
  EXPECT_EQ(names(found), Words{"cpu1"});  // package-2 is the second that has a name
  EXPECT_FALSE(found.meters[0]->card().counter_range);
  ASSERT_EQ(found.missing.size(), 4U);
  const std::string root = tree_.path("sys/class/powercap").string();
  EXPECT_EQ(found.missing[0].why, root + "/intel-rapl:1 has no name that can be read");
  EXPECT_EQ(found.missing[1].device, "cpu0");
  EXPECT_EQ(found.missing[1].why, root + "/intel-rapl:0/energy_uj: No such file or directory");
  EXPECT_EQ(found.missing[2].why,
            root + "/intel-rapl:3/energy_uj stands at 0, as where a hypervisor hides the counter");
  EXPECT_EQ(found.missing[3].why, "this CPU has no energy counter of the memory");
}

TEST_F(Rapl, TheLargestPowerIsAMultipleOfTheLimitUnlessThatSaysUnlimited) {
  PowercapZone limited = zone("intel-rapl:0", "package-0");
  powercap_.add(limited);
  tree_.write("sys/class/powercap/intel-rapl:0/constraint_1_power_limit_uw", "253000000");
  PowercapZone unlimited = zone("intel-rapl:1", "package-1");
  powercap_.add(unlimited);
  tree_.write("sys/class/powercap/intel-rapl:1/constraint_1_power_limit_uw", "4095875000");
  PowercapZone unknown = zone("intel-rapl:2", "package-2");
  unknown.limit_uw = 0;
  powercap_.add(unknown);
  PowercapZone small = zone("intel-rapl:3", "package-3");
  small.limit_uw = 15e6;
  powercap_.add(small);
  const Found found = find();
  ASSERT_EQ(found.meters.size(), 4U);
  EXPECT_DOUBLE_EQ(found.meters[0]->card().max_power->value(), 759);
  EXPECT_DOUBLE_EQ(found.meters[1]->card().max_power->value(), 1000);
  EXPECT_DOUBLE_EQ(found.meters[2]->card().max_power->value(), 1000);
  EXPECT_DOUBLE_EQ(found.meters[3]->card().max_power->value(), 150);
}

TEST_F(Rapl, PerfEventsComeFirstWithTheKernelsScale) {
  powercap_.add(zone("intel-rapl:0", "package-0"));
  pmu("0,18", {"energy-cores", "energy-pkg", "energy-ram", "energy-psys"});
  topology(0, 0, 0);
  topology(18, 1, 0);
  {
    const Found found = find();
    EXPECT_EQ(names(found), (Words{"cpu0", "cpu1", "dram0", "dram1"}));
    EXPECT_EQ(found.meters[1]->card().sensor, "RAPL package-1 (perf events)");
    EXPECT_DOUBLE_EQ(found.meters[0]->card().max_power->value(), 375);  // of powercap, though not read there
    ASSERT_EQ(perf_.opened.size(), 4U);
    EXPECT_EQ(perf_.opened[1].type, 9U);
    EXPECT_EQ(perf_.opened[1].config, 2U);
    EXPECT_EQ(perf_.opened[1].cpu, 18);
    EXPECT_EQ(perf_.opened[3].config, 3U);
    perf_.counts[1] = 10ULL << 32;  // in 2^-32 J
    EXPECT_DOUBLE_EQ(found.meters[1]->read().counter->value(), 10);
    perf_.lost = true;
    EXPECT_FALSE(found.meters[1]->read().counter);
  }
  EXPECT_EQ(perf_.closed, (std::set<int>{100, 101, 102, 103}));
}

TEST_F(Rapl, WherePerfEventsAreRefusedPowercapIsReadAndNothingIsMissing) {
  pmu("0", {"energy-pkg"});
  perf_.refusal = EACCES;
  powercap_.add(zone("intel-rapl:0", "package-0"));
  powercap_.add(zone("intel-rapl:0:0", "dram"));
  const Found found = find();
  EXPECT_EQ(sensors(found), (Words{"RAPL package-0 (powercap)", "RAPL dram of package-0 (powercap)"}));
  EXPECT_TRUE(found.missing.empty());
}

TEST_F(Rapl, DramMayComeAnotherWayThanThePackage) {
  pmu("0", {"energy-pkg"});
  powercap_.add(zone("intel-rapl:0", "package-0"));
  powercap_.add(zone("intel-rapl:0:0", "dram"));
  EXPECT_EQ(sensors(find()), (Words{"RAPL package-0 (perf events)", "RAPL dram of package-0 (powercap)"}));
}

TEST_F(Rapl, ARefusalCarriesTheKernelsReasonTheRemedyAndWhatItGivesAway) {
  pmu("0", {"energy-pkg"});
  perf_.refusal = EACCES;
  tree_.write("proc/sys/kernel/perf_event_paranoid", "4");
  const Found found = find();
  EXPECT_TRUE(found.meters.empty());
  ASSERT_EQ(found.missing.size(), 1U);
  EXPECT_EQ(found.missing[0].device, "cpu0");
  EXPECT_EQ(found.missing[0].sensor, "RAPL (perf events)");
  EXPECT_EQ(found.missing[0].why,
            "perf_event_open: Permission denied (kernel.perf_event_paranoid is 4, without CAP_PERFMON)");
  EXPECT_EQ(
      found.missing[0].remedy,
      "sudo setcap cap_perfmon+ep \"$(readlink -f \"$(command -v frugal)\")\"  # or, until the next start of "
      "the machine: sudo sysctl kernel.perf_event_paranoid=0");
  EXPECT_NE(found.missing[0].gives_away.find("PLATYPUS, CVE-2020-8694"), std::string::npos);
}

TEST_F(Rapl, AVirtualMachineSaysThatTheHypervisorHidesIt) {
  cpu("GenuineIntel", "fpu hypervisor");
  const Found found = find();
  ASSERT_EQ(found.missing.size(), 1U);
  EXPECT_EQ(found.missing[0].why,
            "this is a virtual machine, and its hypervisor hides the energy counters of the CPU");
  EXPECT_EQ(found.missing[0].remedy, "");
}

TEST_F(Rapl, WhatElseHidesTheCountersIsTold) {
  cpu("GenuineIntel");
  EXPECT_EQ(find().missing.at(0).remedy, "sudo modprobe -a rapl intel_rapl_msr");
  std::filesystem::create_directories(tree_.path("sys/class/powercap/intel-rapl:0"));
  EXPECT_EQ(find().missing.at(0).why, "/sys/class/powercap is masked, as container engines do");
  cpu("CPU implementer 0x41");
  EXPECT_EQ(find().missing.at(0).why, "RAPL is of CPUs of Intel and AMD; this is another one");
}

TEST_F(Rapl, AmdEnergyIsTheThirdWaySocketsOnly) {
  cpu("AuthenticAMD");
  const std::string chip = "sys/class/hwmon/hwmon3/";
  tree_.write(chip + "name", "amd_energy");
  tree_.write(chip + "energy1_label", "Ecore000");
  tree_.write(chip + "energy1_input", "1000000");
  tree_.write(chip + "energy129_label", "Esocket0");
  tree_.write(chip + "energy129_input", "5000000");
  tree_.write(chip + "energy130_label", "Esocket1");
  tree_.write(chip + "energy130_input", "6000000");
  const Found found = find();
  EXPECT_EQ(sensors(found), (Words{"RAPL package-0 (amd_energy)", "RAPL package-1 (amd_energy)"}));
  EXPECT_DOUBLE_EQ(found.meters[1]->read().counter->value(), 6);
}

TEST_F(Rapl, PsysIsOfTheWholeMachine) {
  powercap_.add(zone("intel-rapl:0", "package-0"));
  EXPECT_TRUE(find_psys(tree_.machine(), clock_, 0, perf_).meters.empty());
  EXPECT_TRUE(find_psys(tree_.machine(), clock_, 0, perf_).missing.empty());
  powercap_.add(zone("intel-rapl:1", "psys", 200));
  const Found found = find_psys(tree_.machine(), clock_, 2, perf_);
  ASSERT_EQ(names(found), Words{"machine2"});
  EXPECT_EQ(found.meters[0]->card().sensor, "RAPL psys, the whole platform (powercap)");
  EXPECT_TRUE(found.meters[0]->card().whole_machine);
}

// What may happen to a counter while it is read. The clock stops while a machine is suspended.

TEST_F(Rapl, ASuspendThatKeepsTheCounterAddsNoUnbelievableJoules) {
  powercap_.add(zone("intel-rapl:0", "package-0"));
  const Found found = find();
  measure(*found.meters[0], 10, Duration(0.1));
  Trace trace = last_;
  const double before = powercap_.true_energy(0, Duration(0), Duration(1)).value();
  powercap_.update(Duration(61));  // a minute of 50 W in which the clock stood still
  for (int i = 1; i <= 10; ++i) {
    clock_.advance(Duration(0.1));
    powercap_.update(Duration(61 + 0.1 * i));
    trace.readings.push_back(found.meters[0]->read());
  }
  const auto figure = integrate(trace, {trace.readings.front().at, trace.readings.back().at});
  EXPECT_NEAR(figure->value.value(), before + 45, 0.5);  // one interval of ten is a gap
  EXPECT_NEAR(figure->coverage, 0.95, 0.01);
}

TEST_F(Rapl, ACounterThatBeginsAnewIsAGapAndNoWrap) {
  powercap_.add(zone("intel-rapl:0", "package-0"));
  const Found found = find();
  measure(*found.meters[0], 10, Duration(0.1));
  Trace trace = last_;
  for (int i = 1; i <= 10; ++i) {
    clock_.advance(Duration(0.1));
    tree_.write("sys/class/powercap/intel-rapl:0/energy_uj", std::to_string(5'000'000 * i));
    trace.readings.push_back(found.meters[0]->read());
  }
  const auto figure = integrate(trace, {trace.readings.front().at, trace.readings.back().at});
  EXPECT_NEAR(figure->value.value(), 50 + 45, 0.5);
  EXPECT_NEAR(figure->coverage, 0.95, 0.01);
}

TEST_F(Rapl, ADeviceThatIsLostLeavesGapsAndOneThatComesBackIsReadOn) {
  powercap_.add(zone("intel-rapl:0", "package-0"));
  const Found found = find();
  Meter& meter = *found.meters[0];
  const std::string file = "sys/class/powercap/intel-rapl:0/energy_uj";
  EXPECT_TRUE(meter.read().counter);
  tree_.empty(file);
  EXPECT_FALSE(meter.read().counter);
  for (const char* text : {"", "-5", "12x", "0x10", "99999999999999999999999999", "nan"}) {
    tree_.write(file, text);
    EXPECT_FALSE(meter.read().counter) << text;
  }
  tree_.write(file, "262143328851");  // above the range
  EXPECT_FALSE(meter.read().counter);
  tree_.write(file, "262143328850");
  EXPECT_NEAR(meter.read().counter->value(), 262143.328850, 1e-6);
}

TEST_F(Rapl, RightsThatAreTakenAwayWhileItIsReadChangeNothing) {
  powercap_.add(zone("intel-rapl:0", "package-0"));
  const Found found = find();
  std::filesystem::permissions(tree_.path("sys/class/powercap/intel-rapl:0/energy_uj"),
                               std::filesystem::perms::none);
  EXPECT_TRUE(found.meters[0]->read().counter);
}

}  // namespace
}  // namespace frugal
