// Facts of a machine from a tree of files.
#include "frugal/energy/host_facts.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "frugal/energy/standin_tree.h"

namespace frugal {
namespace {

Machine bare(const StandinTree& tree) {
  Machine machine = tree.machine();
  machine.nvml_library = "no-such-library.so";
  machine.amd_libraries = {"no-such-library.so"};
  machine.os_release = tree.path("etc/os-release").string();
  return machine;
}

std::string fact(const HostFacts& facts, const std::string& name) {
  const auto found =
      std::find_if(facts.begin(), facts.end(), [&](const HostFact& f) { return f.name == name; });
  return found == facts.end() ? "absent" : found->value;
}

TEST(HostFacts, AreReadFromTheKernel) {
  const StandinTree tree;
  tree.write("proc/cpuinfo",
             "processor\t: 0\nmodel name\t: Intel(R) Xeon(R) CPU @ 2.20GHz\nflags\t\t: fpu hypervisor sse");
  tree.write("proc/meminfo", "MemTotal:        8388608 kB\nMemFree:         1 kB");
  tree.write("proc/sys/kernel/osrelease", "6.1.0-13-amd64");
  tree.write("etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=12");
  const HostFacts facts = host_facts(bare(tree));
  EXPECT_EQ(fact(facts, "processor"), "Intel(R) Xeon(R) CPU @ 2.20GHz");
  EXPECT_EQ(fact(facts, "virtual machine"), "yes");
  EXPECT_EQ(fact(facts, "memory"), "8 GiB");
  EXPECT_EQ(fact(facts, "kernel"), "Linux 6.1.0-13-amd64");
  EXPECT_EQ(fact(facts, "operating system"), "Debian GNU/Linux 12 (bookworm)");
  EXPECT_GE(std::stoi(fact(facts, "usable CPUs")), 1);
  EXPECT_EQ(fact(facts, "GPUs"), "absent");
}

// The libraries of tests/standin, opened as the drivers' own are. An MI250X is one board with two dies.
TEST(HostFacts, BoardsAndDriversComeFromTheLibraries) {
  const StandinTree tree;
  Machine machine = bare(tree);
  machine.nvml_library = std::string(STANDIN_FOLDER) + "/nvml/libnvidia-ml.so.1";
  tree.write("sys/module/amdgpu/version", "6.7.0");
  setenv(
      "FRUGAL_STANDIN_NVML",
      R"({"gpus":[{"name":"NVIDIA H200"},{"name":"NVIDIA H200"},{"name":"NVIDIA L4"}],"driver":"570.86.10"})",
      1);
  setenv("FRUGAL_STANDIN_AMD",
         R"({"gpus":[{"name":"AMD Instinct MI250X"},{"name":"AMD Instinct MI250X","secondary":true}]})", 1);
  for (const char* library : {"librocm_smi64.so", "libamd_smi.so"}) {
    machine.amd_libraries = {std::string(STANDIN_FOLDER) + "/amd/" + library};
    const HostFacts facts = host_facts(machine);
    EXPECT_EQ(fact(facts, "GPUs"), "AMD Instinct MI250X, 2 × NVIDIA H200, NVIDIA L4");
    EXPECT_EQ(fact(facts, "NVIDIA driver"), "570.86.10");
    EXPECT_EQ(fact(facts, "AMD driver"), "6.7.0");
  }
  unsetenv("FRUGAL_STANDIN_NVML");
  unsetenv("FRUGAL_STANDIN_AMD");
}

TEST(HostFacts, WhatCannotBeReadIsAbsent) {
  const StandinTree tree;
  const HostFacts facts = host_facts(bare(tree));
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0].name, "usable CPUs");
}

}  // namespace
}  // namespace frugal
