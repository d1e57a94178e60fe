// Runs a command as if it stood in frugal's place, and measures it: standard streams, signals and the way it
// ends pass through. Not a worker: nothing is said to it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "frugal/base/clock.h"
#include "frugal/base/result.h"
#include "frugal/energy/recorder.h"
#include "frugal/energy/report.h"

namespace frugal {

struct CommandRun {
  int wait_status = 0;  // as waitpid() gives it
  int exec_errno = 0;   // why it could not be started; then nothing else holds
  Duration duration;    // from before it was started until it had ended
  Duration cpu_time;    // of it and the descendants that were waited for
  EnergyReport energy;  // of that time; its only phase is "other"

  // What a shell would call its status: 128 + the signal's number when a signal ended it, 127 or 126 when it
  // is not there or cannot be started.
  int exit_status() const;
  // The signal that ended it, or 0.
  int end_signal() const;
  bool succeeded() const { return wait_status == 0 && exec_errno == 0; }
  // "exit status 3", "killed by signal 9 (Killed)", "not started: No such file or directory".
  std::string how_it_ended() const;
};

struct CommandSettings {
  std::vector<std::string> command;
  bool own_input = true;        // reads frugal's standard input; otherwise /dev/null
  bool ignore_sigpipe = false;  // as the command would have inherited it
  Duration fold{600};           // so often the readings so far become joules and may be forgotten
};

// While one exists, the signals that people send to end or poke a program (HUP INT QUIT TERM USR1 USR2) are
// passed to the running command and do not end frugal. What the terminal sends, the command gets from the
// terminal itself. A signal that was ignored before stays ignored. One at a time in a process; made and
// destroyed by one thread.
class SignalRelay {
 public:
  SignalRelay();
  ~SignalRelay();
  SignalRelay(const SignalRelay&) = delete;
  SignalRelay& operator=(const SignalRelay&) = delete;
  // The last signal that came, 0 when none did.
  int last() const;
};

// Starts the command in frugal's own process group, has the recorder watch it, and returns when it has ended.
// A command that outlives frugal's own sudden end goes on: measuring never kills a training. An error only
// when the system has no process left to give.
// Before readings are forgotten, and once at the end, `readings_done` is called: who keeps traces writes them
// down.
Result<CommandRun> run_command(const CommandSettings& settings, Recorder& recorder,
                               const std::function<void()>& readings_done = {});

}  // namespace frugal
