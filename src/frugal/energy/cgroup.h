// Control groups of Linux, versions 1 and 2, so far as the models need them: who is in one, the CPU time it
// has used, the memory it may use. And the living descendants of a process.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "frugal/base/units.h"

namespace frugal {

// A process and its living descendants, at most 4096; `root` comes first, alive or not.
std::vector<int> process_tree(const std::string& proc, int root);

struct CgroupRoots {
  std::string proc = "/proc";
  std::string cgroup = "/sys/fs/cgroup";
};

// CPU time of a control group since it was made, by all that are or were in it.
class CgroupCpuTime {
 public:
  // The group of `pid`, if nobody else is in it but descendants of `pid`; nothing otherwise. Then its time is
  // theirs, also of those whose parent has ended.
  static std::optional<CgroupCpuTime> alone(const CgroupRoots& roots, int pid);
  // Nothing once the group is gone.
  std::optional<Duration> used() const;

 private:
  std::string file_;
  bool microseconds_ = false;  // "usage_usec N" of version 2; else nanoseconds
};

// Bytes that the group of a process ("self", "123") may use, by the lowest limit from it to the root; nothing
// without a limit.
std::optional<double> memory_limit(const CgroupRoots& roots, const std::string& process);

}  // namespace frugal
