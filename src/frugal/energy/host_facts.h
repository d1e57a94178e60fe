// What machine this is, for who wants to run a study again: read once, from the kernel and the GPU libraries.
// The name of the host is no such fact: reports are published. What cannot be read is left out.
#pragma once

#include <string>
#include <vector>

#include "frugal/energy/machine.h"

namespace frugal {

struct HostFact {
  std::string name;   // "processor", "memory"
  std::string value;  // for people
  bool operator==(const HostFact&) const = default;
};
using HostFacts = std::vector<HostFact>;

// processor, virtual machine, usable CPUs, memory, operating system, kernel, GPUs, NVIDIA driver, AMD driver;
// GPUs are all boards of the machine.
HostFacts host_facts(const Machine& machine);

}  // namespace frugal
