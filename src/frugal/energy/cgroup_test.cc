// Control groups on trees of our own, and what the models take from them.
#include "frugal/energy/cgroup.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "frugal/energy/cpu_time.h"
#include "frugal/energy/dram_model.h"
#include "frugal/energy/standin_tree.h"

namespace frugal {
namespace {

class Cgroups : public ::testing::Test {
 protected:
  void process(int pid, const std::string& children, const std::string& groups) {
    const std::string folder = "proc/" + std::to_string(pid) + "/";
    tree_.write(folder + "task/" + std::to_string(pid) + "/children", children);
    tree_.write(folder + "cgroup", groups);
    tree_.write(folder + "stat", std::to_string(pid) + " (a) S 1 1 1 0 -1 0 0 0 0 0 9 9 0 0 20 0 1 0 7 0 0");
  }
  void group(const std::string& path, const std::string& processes, double used_s) {
    const std::string folder = "sys/fs/cgroup" + path + "/";
    tree_.write(folder + "cgroup.procs", processes);
    tree_.write(folder + "cpu.stat", "usage_usec " + std::to_string(static_cast<long>(used_s * 1e6)) +
                                         "\nuser_usec 5\nsystem_usec 6");
  }
  CgroupRoots roots() { return {tree_.path("proc").string(), tree_.path("sys/fs/cgroup").string()}; }
  // Own time by the tree is always 3 s: it tells the two ways apart.
  ProcessTreeTime time() {
    return ProcessTreeTime({.proc = roots().proc,
                            .cgroup = roots().cgroup,
                            .of_process = [this](int) { return std::optional(Duration(own_s_)); },
                            .ticks_per_second = 100});
  }
  StandinTree tree_;
  double own_s_ = 3;
};

TEST_F(Cgroups, AProcessThatIsAloneWithItsDescendantsHasTheTimeOfItsGroup) {
  process(10, "11", "0::/job");
  process(11, "", "0::/job/inner");
  group("/job", "10", 100);
  group("/job/inner", "11", 50);
  ProcessTreeTime job = time();
  job.watch(10);
  group("/job", "10", 107.5);
  EXPECT_NEAR(job.elapsed().value(), 7.5, 1e-9);
  tree_.remove("sys/fs/cgroup/job");  // the job has ended
  EXPECT_NEAR(job.elapsed().value(), 7.5, 1e-9);
}

TEST_F(Cgroups, AGroupWithStrangersIsNotTaken) {
  process(10, "", "0::/session");
  group("/session", "10\n77", 100);
  ProcessTreeTime job = time();
  job.watch(10);
  group("/session", "10\n77", 200);
  own_s_ = 5;
  EXPECT_NEAR(job.elapsed().value(), 2, 1e-9);
  group("/session", "10", 200);
  group("/session/other", "77", 100);
  EXPECT_FALSE(CgroupCpuTime::alone(roots(), 10));
}

TEST_F(Cgroups, VersionOneTellsNanoseconds) {
  process(10, "", "4:memory:/a\n2:cpu,cpuacct:/job\n0::/");
  tree_.write("sys/fs/cgroup/cpu,cpuacct/job/cgroup.procs", "10");
  tree_.write("sys/fs/cgroup/cpu,cpuacct/job/cpuacct.usage", "2500000000");
  const auto used = CgroupCpuTime::alone(roots(), 10);
  ASSERT_TRUE(used);
  EXPECT_NEAR(used->used()->value(), 2.5, 1e-9);
}

TEST_F(Cgroups, WhatCannotBeSeenIsNotTaken) {
  process(10, "", "0::/../elsewhere");
  EXPECT_FALSE(CgroupCpuTime::alone(roots(), 10));
  EXPECT_FALSE(CgroupCpuTime::alone(roots(), 99));
  EXPECT_FALSE(CgroupCpuTime::alone(roots(), 0));
  process(12, "", "nonsense\n::\n0::/empty");
  group("/empty", "", 1);
  EXPECT_FALSE(CgroupCpuTime::alone(roots(), 12));
}

TEST_F(Cgroups, TheLowestLimitOfMemoryHolds) {
  process(10, "", "0::/a/b");
  EXPECT_FALSE(memory_limit(roots(), "10"));
  tree_.write("sys/fs/cgroup/a/b/memory.max", "max");
  EXPECT_FALSE(memory_limit(roots(), "10"));
  tree_.write("sys/fs/cgroup/a/memory.max", "4000000000");
  EXPECT_EQ(memory_limit(roots(), "10"), 4e9);
  tree_.write("sys/fs/cgroup/a/b/memory.max", "8000000000");
  EXPECT_EQ(memory_limit(roots(), "10"), 4e9);
}

TEST_F(Cgroups, NoLimitOfVersionOneIsNoLimit) {
  process(10, "", "4:memory:/a");
  tree_.write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712");
  EXPECT_FALSE(memory_limit(roots(), "10"));
  tree_.write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "2000000000");
  EXPECT_EQ(memory_limit(roots(), "10"), 2e9);
}

// The memory model, against its two constants by hand.

class DramModel : public Cgroups {
 protected:
  DramModelMeter meter(const char* text) {
    return DramModelMeter(*parse_dram_model(text), clock_, tree_.machine());
  }
  double joules_after(Meter& meter, double seconds) {
    clock_.advance(Duration(seconds));
    return meter.read().counter->value();
  }
  ManualClock clock_;
};

TEST_F(DramModel, TheMemoryOfTheMachineIsPowered) {
  tree_.write("proc/meminfo", "MemTotal:       62500000 kB\nMemFree:        1000 kB");  // 64 GB
  DramModelMeter model = meter("");
  EXPECT_EQ(model.card().device, "dram-model");
  EXPECT_EQ(model.card().sensor, "dram model (0.3725 W/GB of 64 GB)");
  EXPECT_EQ(model.card().method, Method::Model);
  EXPECT_NEAR(joules_after(model, 10), 0.3725 * 64 * 10, 1e-9);
  EXPECT_NEAR(model.card().max_power->value(), 23.84, 1e-9);
}

TEST_F(DramModel, OrWhatTheControlGroupMayUse) {
  tree_.write("proc/meminfo", "MemTotal:       62500000 kB");
  tree_.write("proc/self/cgroup", "0::/job");
  tree_.write("sys/fs/cgroup/job/memory.max", "8000000000");
  DramModelMeter model = meter("of=machine");
  EXPECT_EQ(model.card().sensor, "dram model (0.3725 W/GB of 8 GB, the limit of the control group)");
  EXPECT_NEAR(joules_after(model, 10), 29.8, 1e-9);
}

TEST_F(DramModel, ResidentMemoryIsThatOfTheTree) {
  const double page = static_cast<double>(sysconf(_SC_PAGESIZE));
  process(10, "11", "");
  process(11, "", "");
  tree_.write("proc/10/statm", "900000 100000 5 1 0 1 0");
  tree_.write("proc/11/statm", "900000 50000 5 1 0 1 0");
  DramModelMeter model = meter("of=resident");
  EXPECT_EQ(joules_after(model, 5), 0);
  model.watch(10);
  EXPECT_NEAR(joules_after(model, 10), 3.75e-4 * (150000 * page / 1e6) * 10, 1e-9);
  tree_.remove("proc/11");
  const double before = joules_after(model, 0);
  EXPECT_NEAR(joules_after(model, 10) - before, 3.75e-4 * (100000 * page / 1e6) * 10, 1e-9);
}

TEST_F(DramModel, UnknownMemoryIsAGap) {
  DramModelMeter model = meter("");
  EXPECT_FALSE(model.read().counter);
  EXPECT_EQ(model.card().sensor, "dram model (0.3725 W/GB of unknown memory)");
}

TEST_F(DramModel, SaysWhatIsWrong) {
  EXPECT_EQ(parse_dram_model("of=machin").error().message,
            "the device 'dram-model': of=machin is unknown (did you mean 'machine'?)");
}

}  // namespace
}  // namespace frugal
