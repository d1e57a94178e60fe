#include "frugal/work/command_run.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "frugal/energy/phases.h"

namespace frugal {
namespace {

constexpr std::array<int, 6> kRelayed{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

// What the signal handler knows: lock-free atomics only.
std::atomic<pid_t> running{0};
std::atomic<int> last_signal{0};
std::array<struct sigaction, kRelayed.size()> before;
std::atomic<bool> relaying{false};

void relay(int signal, siginfo_t* from, void*) {
  const int kept = errno;
  last_signal = signal;
  const pid_t pid = running;
  const bool from_a_process = from == nullptr || from->si_code <= 0;
  if (from_a_process && pid > 0) ::kill(pid, signal);
  errno = kept;
}

[[noreturn]] void become(const CommandSettings& settings, char* const* argv, int failure) {
  if (!settings.own_input) {
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
  }
  std::signal(SIGPIPE, settings.ignore_sigpipe ? SIG_IGN : SIG_DFL);
  ::execvp(argv[0], argv);
  const int why = errno;
  (void)!::write(failure, &why, sizeof why);
  ::_exit(127);
}

Duration seconds(const timeval& time) {
  return Duration(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6);
}

// The errno with which the exec failed; 0 when it did not. Reads until the exec has closed the other end.
int exec_failure(int descriptor) {
  int why = 0;
  ssize_t got = 0;
  do {
    got = ::read(descriptor, &why, sizeof why);
  } while (got < 0 && errno == EINTR);
  ::close(descriptor);
  return got == static_cast<ssize_t>(sizeof why) ? why : 0;
}

// Waits until the child has ended or `most` has passed; whether it has ended. Its CPU time can be read until
// it is waited for, so it is left waiting.
bool ended_within(pid_t pid, int pidfd, Duration most) {
  siginfo_t ended{};
  if (pidfd >= 0) {
    pollfd waiting{pidfd, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(most.value() * 1e3)) <= 0) return false;  // time, or a signal
  }
  return ::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT) == 0;
}

// Starts the command; the process, or an Error. `exec_errno` is set when the system cannot execute it.
Result<pid_t> start(const CommandSettings& settings, int& exec_errno) {
  std::vector<std::string> words = settings.command;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::array<int, 2> failure{};
  if (::pipe2(failure.data(), O_CLOEXEC) != 0)
    return Error{ErrorCode::Retry, std::string("no pipe could be made: ") + std::strerror(errno)};
  // A signal that comes while the process is being made is delivered once it can be passed on.
  sigset_t relayed;
  sigset_t mask;
  sigemptyset(&relayed);
  for (const int signal : kRelayed) sigaddset(&relayed, signal);
  ::pthread_sigmask(SIG_BLOCK, &relayed, &mask);
  const pid_t pid = ::fork();
  if (pid == 0) {
    // What is caught in frugal ends the command, as it would have before it had become one.
    for (std::size_t i = 0; i < kRelayed.size(); ++i) {
      if (relaying) ::sigaction(kRelayed[i], &before[i], nullptr);
    }
    ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    become(settings, argv.data(), failure[1]);
  }
  running = std::max(pid, 0);
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  ::close(failure[1]);
  if (pid < 0) {
    ::close(failure[0]);
    return Error{ErrorCode::Retry, std::string("no process could be made: ") + std::strerror(errno)};
  }
  exec_errno = exec_failure(failure[0]);
  return pid;
}

}  // namespace

int CommandRun::end_signal() const { return WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0; }

int CommandRun::exit_status() const {
  if (exec_errno != 0) return exec_errno == ENOENT ? 127 : 126;
  return end_signal() != 0 ? 128 + end_signal() : WEXITSTATUS(wait_status);
}

std::string CommandRun::how_it_ended() const {
  if (exec_errno != 0) return std::string("not started: ") + std::strerror(exec_errno);
  if (end_signal() == 0) return "exit status " + std::to_string(exit_status());
  const char* name = ::sigdescr_np(end_signal());
  return "killed by signal " + std::to_string(end_signal()) +
         (name != nullptr ? " (" + std::string(name) + ")" : "");
}

SignalRelay::SignalRelay() {
  last_signal = 0;
  for (std::size_t i = 0; i < kRelayed.size(); ++i) {
    ::sigaction(kRelayed[i], nullptr, &before[i]);
    if (before[i].sa_handler == SIG_IGN) continue;
    struct sigaction action = {};
    action.sa_sigaction = relay;
    action.sa_flags = SA_SIGINFO;
    ::sigaction(kRelayed[i], &action, nullptr);
  }
  relaying = true;
}

SignalRelay::~SignalRelay() {
  relaying = false;
  for (std::size_t i = 0; i < kRelayed.size(); ++i) ::sigaction(kRelayed[i], &before[i], nullptr);
}

int SignalRelay::last() const { return last_signal; }

Result<CommandRun> run_command(const CommandSettings& settings, Recorder& recorder,
                               const std::function<void()>& readings_done) {
  if (settings.command.empty()) return bad_input("no command was given", "frugal measure -- python train.py");
  CommandRun run;
  PhaseAccount account(recorder);
  const Result<pid_t> pid = start(settings, run.exec_errno);
  if (!pid) return pid.error();
  recorder.watch(*pid);
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0));
  const auto book = [&] {
    add(run.energy, account.take());
    if (readings_done) readings_done();
    recorder.forget_before(account.needed_from());
  };
  while (!ended_within(*pid, pidfd, settings.fold)) {
    if (account.report().duration() >= settings.fold) book();
  }
  book();
  running = 0;
  if (pidfd >= 0) ::close(pidfd);
  rusage usage{};
  while (::wait4(*pid, &run.wait_status, 0, &usage) < 0 && errno == EINTR) {
  }
  recorder.watch(0);
  run.cpu_time = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  run.duration = run.energy.duration();
  return run;
}

}  // namespace frugal
