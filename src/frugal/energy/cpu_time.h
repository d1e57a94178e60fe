// CPU time of a process and its descendants, as one number that never falls while the process is watched.
// Linux only: /proc and the CPU clocks of other processes. Not thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "frugal/base/units.h"
#include "frugal/energy/cgroup.h"

namespace frugal {

// CPU time of all threads of a process that is alive or not yet waited for; nothing otherwise.
std::optional<Duration> process_cpu_time(int pid);

// CPUs this process may run on, at least 1.
int usable_cores();

struct CpuTimeSource {
  std::string proc = "/proc";
  std::string cgroup = "/sys/fs/cgroup";
  std::function<std::optional<Duration>(int pid)> of_process = process_cpu_time;  // nanoseconds fine
  double ticks_per_second = 0;  // of /proc; 0: ask the system
};

// The time of the process's control group where nobody else is in that when watch() is called. Otherwise sums
// own time over the living tree (exact) plus the time of children that were waited for (in clock ticks);
// missed then: what a descendant did whose parent died first. A process that ends leaves its time behind.
class ProcessTreeTime {
 public:
  explicit ProcessTreeTime(CpuTimeSource source = {});
  // Starts at zero with `pid` as root; 0: nobody.
  void watch(int pid);
  // CPU time since watch(); never less than before.
  Duration elapsed();

 private:
  struct Stat {
    double waited_s = 0;        // cutime + cstime
    std::string started_ticks;  // tells a process from a later one with the same number
  };
  std::optional<Stat> stat_of(int pid) const;
  double tree_seconds() const;

  CpuTimeSource source_;
  std::optional<CgroupCpuTime> cgroup_ = {};
  Duration cgroup_before_{0};  // what it had used when it began to be watched
  int root_ = 0;
  std::string root_started_;
  double last_s_ = 0;                     // the most the tree was seen to have, since the last lasting drop
  std::optional<double> dropped_s_ = {};  // the tree after a drop that may not last
  double sum_s_ = 0;
};

}  // namespace frugal
