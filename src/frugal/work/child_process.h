// A child process in a process group of its own, spoken to in lines. It dies with its parent: the kernel
// kills it when the thread that spawned it ends, and the destructor kills whatever is left of its group.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/base/units.h"
#include "frugal/work/line_channel.h"

namespace frugal {

struct SpawnOptions {
  // Talk over extra descriptors named in FRUGAL_FDS, so that what the child prints disturbs nothing (its
  // output then goes where its errors go); else over its standard input and output.
  bool extra_descriptors = false;
  std::optional<std::string> error_file = {};  // its standard error is appended there; none: inherited
  bool own_group = true;                       // else it stays in its parent's group, and ends with that
  std::vector<std::string> variables = {};     // "NAME=value", added to the environment
};

class ChildProcess {
 public:
  // Fails with FixInput when the program cannot be started, naming it.
  static Result<std::unique_ptr<ChildProcess>> spawn(const std::vector<std::string>& command,
                                                     const SpawnOptions& options);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  LineChannel& channel() { return channel_; }
  pid_t pid() const { return pid_; }
  // Whether it ends by itself within `grace`.
  bool ended(Duration grace);
  // True once it has ended with status 0.
  bool succeeded() const { return status_ == 0; }
  // Waits at most `grace` for it to end by itself, then kills its group (or, without a group of its own, it
  // alone). Returns how it ended: "exited with status 1", "was killed by signal 9 (Killed)".
  std::string end(Duration grace);

 private:
  ChildProcess(pid_t pid, bool own_group, LineChannel channel)
      : pid_(pid), own_group_(own_group), channel_(std::move(channel)) {}
  bool reap(bool wait);

  pid_t pid_;
  bool own_group_;
  LineChannel channel_;
  std::optional<int> status_;
};

}  // namespace frugal
