// The table of CPUs against names as kernels print them, and the model that uses it.
#include "frugal/energy/cpu_table.h"

#include <gtest/gtest.h>

#include <set>

#include "frugal/energy/model_meter.h"
#include "frugal/energy/standin_tree.h"

namespace frugal {
namespace {

std::string found(const char* name) {
  const CpuModel* cpu = find_cpu(name);
  return cpu == nullptr ? "none" : std::string(cpu->name);
}

TEST(CpuTable, KnowsNamesAsKernelsPrintThem) {
  EXPECT_EQ(found("Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz"), "Xeon Gold 6148");
  EXPECT_EQ(found("Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz"), "Xeon E5-2680 v4");
  EXPECT_EQ(found("Intel(R) Xeon(R) Platinum 8480+"), "Xeon Platinum 8480+");
  EXPECT_EQ(found("INTEL(R) XEON(R) PLATINUM 8592+"), "Xeon Platinum 8592+");
  EXPECT_EQ(found("Intel(R) Xeon(R) 6980P"), "Xeon 6980P");
  EXPECT_EQ(found("12th Gen Intel(R) Core(TM) i9-12900K"), "Core i9-12900K");
  EXPECT_EQ(found("Intel(R) Core(TM) i7-8700 CPU @ 3.20GHz"), "Core i7-8700");
  EXPECT_EQ(found("Intel(R) Core(TM) i7-8700K CPU @ 3.70GHz"), "Core i7-8700K");
  EXPECT_EQ(found("AMD EPYC 7763 64-Core Processor"), "EPYC 7763");
  EXPECT_EQ(found("AMD EPYC 7402P 24-Core Processor"), "EPYC 7402");
  EXPECT_EQ(found("AMD Ryzen 9 5950X 16-Core Processor"), "Ryzen 9 5950X");
  EXPECT_EQ(found("AMD Ryzen Threadripper PRO 5975WX 32-Cores"), "Ryzen Threadripper PRO 5975WX");
}

TEST(CpuTable, AnUnknownCpuIsUnknown) {
  for (const char* name : {"Intel(R) Xeon(R) Processor", "Intel(R) Xeon(R) Platinum 8175M CPU @ 2.50GHz",
                           "AMD EPYC 7R13 Processor", "AMD EPYC", "AMD Ryzen 9 5950", "", "Neoverse-N1",
                           "Intel(R) Xeon(R) Gold 6148F CPU @ 2.40GHz"})
    EXPECT_EQ(found(name), "none") << name;
}

TEST(CpuTable, RowsAreSaneAndOfOneName) {
  std::set<std::string_view> names;
  for (const CpuModel& cpu : cpu_table()) {
    EXPECT_TRUE(names.insert(cpu.name).second) << cpu.name;
    EXPECT_EQ(find_cpu(cpu.name), &cpu) << cpu.name;  // no row hides another
    EXPECT_GE(cpu.tdp_w, 15) << cpu.name;
    EXPECT_LE(cpu.tdp_w, 500) << cpu.name;
    EXPECT_GE(cpu.threads, cpu.cores) << cpu.name;
    EXPECT_LE(cpu.threads, 2 * cpu.cores) << cpu.name;
    EXPECT_LE(cpu.tdp_w / cpu.cores, 35) << cpu.name;
    EXPECT_GE(cpu.tdp_w / cpu.cores, 1.9) << cpu.name;
  }
  EXPECT_GE(names.size(), 60U);
}

class ModelOfAKnownCpu : public ::testing::Test {
 protected:
  void cpuinfo(const std::string& name, int siblings, const std::string& flags) {
    tree_.write("proc/cpuinfo",
                "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel\t\t: 1\nmodel name\t: " + name +
                    "\nsiblings\t: " + std::to_string(siblings) + "\nflags\t\t: " + flags);
  }
  MeterCard card(const char* text) {
    const auto spec = parse_model(text, known_cpu(tree_.path("proc").string()));
    return ModelMeter(*spec, clock_, tree_.machine().cpu_time).card();
  }
  StandinTree tree_;
  ManualClock clock_;
};

TEST_F(ModelOfAKnownCpu, AWholeSocketHasItsTdp) {
  cpuinfo("AMD Ryzen 9 5950X 16-Core Processor", 32, "fpu ht");
  EXPECT_EQ(card("cores=32").sensor, "cpu model (32 cores, TDP 105 W: Ryzen 9 5950X, table of 2026-11)");
  EXPECT_DOUBLE_EQ(card("cores=32").max_power->value(), 105);
}

TEST_F(ModelOfAKnownCpu, TheCpusOfAVirtualMachineAreThreadsOfTheRealSocket) {
  cpuinfo("AMD EPYC 7763 64-Core Processor", 8, "fpu ht hypervisor lahf_lm");
  EXPECT_EQ(card("cores=8").sensor,
            "cpu model (8 cores, TDP 17.5 W: 8/128 of the 280 W of EPYC 7763, table of 2026-11)");
  EXPECT_EQ(card("cores=8").method, Method::Model);
  EXPECT_DOUBLE_EQ(card("cores=8").relative_error, 0.5);
}

TEST_F(ModelOfAKnownCpu, TwoSocketsHaveTwiceTheTdpAndSecondThreadsMayBeOff) {
  cpuinfo("AMD EPYC 7763 64-Core Processor", 128, "fpu ht");
  EXPECT_DOUBLE_EQ(card("cores=256").max_power->value(), 560);
  cpuinfo("AMD EPYC 7763 64-Core Processor", 64, "fpu ht");
  EXPECT_DOUBLE_EQ(card("cores=64").max_power->value(), 280);
}

TEST_F(ModelOfAKnownCpu, WhatIsGivenHolds) {
  cpuinfo("AMD EPYC 7763 64-Core Processor", 128, "fpu ht");
  EXPECT_EQ(card("cores=2,tdp=65W").sensor, "cpu model (2 cores, TDP 65 W given)");
  EXPECT_TRUE(parse_model("idle=100W,cores=128", known_cpu(tree_.path("proc").string())).ok());
  EXPECT_FALSE(parse_model("idle=300W,cores=128", known_cpu(tree_.path("proc").string())).ok());
}

TEST_F(ModelOfAKnownCpu, AnUnknownOneIsAssumedAsEver) {
  cpuinfo("Intel(R) Xeon(R) Processor", 2, "fpu hypervisor");
  EXPECT_EQ(card("cores=2").sensor, "cpu model (2 cores, TDP 20 W assumed)");
  tree_.remove("proc/cpuinfo");
  EXPECT_EQ(card("cores=2").sensor, "cpu model (2 cores, TDP 20 W assumed)");
}

}  // namespace
}  // namespace frugal
