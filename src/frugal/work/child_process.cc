#include "frugal/work/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <utility>

namespace frugal {
namespace {

struct Pipe {
  int read_fd = -1;
  int write_fd = -1;
  ~Pipe() {
    if (read_fd >= 0) ::close(read_fd);
    if (write_fd >= 0) ::close(write_fd);
  }
  bool open() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) return false;
    read_fd = fds[0];
    write_fd = fds[1];
    return true;
  }
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> environment(const std::string& fds, const std::vector<std::string>& variables) {
  std::vector<std::string> texts;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with("FRUGAL_FDS=")) texts.emplace_back(*entry);
  }
  if (!fds.empty()) texts.push_back("FRUGAL_FDS=" + fds);
  texts.insert(texts.end(), variables.begin(), variables.end());
  return texts;
}

// Everything the child does between fork and exec; only async-signal-safe calls.
struct ChildSetup {
  int input = -1;
  int output = -1;
  int error = -1;
  int failure = -1;  // errno of a failed exec is written there
  bool extra = false;
  bool own_group = true;
  pid_t parent = 0;

  [[noreturn]] void run(char* const* argv, char* const* env) const {
    if (own_group) ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    std::signal(SIGPIPE, SIG_DFL);
    std::signal(SIGINT, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (error >= 0) ::dup2(error, STDERR_FILENO);
    if (extra) {
      ::fcntl(input, F_SETFD, 0);
      ::fcntl(output, F_SETFD, 0);
      const int nothing = ::open("/dev/null", O_RDONLY);
      ::dup2(nothing, STDIN_FILENO);
      ::dup2(STDERR_FILENO, STDOUT_FILENO);
    } else {
      ::dup2(input, STDIN_FILENO);
      ::dup2(output, STDOUT_FILENO);
    }
    ::execvpe(argv[0], argv, env);
    const int why = errno;
    (void)!::write(failure, &why, sizeof why);
    ::_exit(127);
  }
};

std::string signal_text(int signal) {
  const char* name = ::sigdescr_np(signal);
  return "was killed by signal " + std::to_string(signal) +
         (name != nullptr ? " (" + std::string(name) + ")" : "");
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::spawn(const std::vector<std::string>& command,
                                                          const SpawnOptions& options) {
  Pipe to_child;
  Pipe from_child;
  Pipe failure;
  if (command.empty()) return bad_input("the command to start is empty");
  if (!to_child.open() || !from_child.open() || !failure.open()) {
    return Error{ErrorCode::Retry, std::string("no pipe could be made: ") + std::strerror(errno)};
  }
  int error_fd = -1;
  if (options.error_file) {
    error_fd = ::open(options.error_file->c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (error_fd < 0)
      return bad_input("'" + *options.error_file + "' cannot be written: " + std::strerror(errno));
  }
  std::vector<std::string> arguments = command;
  std::vector<std::string> variables = environment(
      options.extra_descriptors ? std::to_string(to_child.read_fd) + "," + std::to_string(from_child.write_fd)
                                : std::string(),
      options.variables);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> env = pointers(variables);
  const ChildSetup setup{to_child.read_fd,          from_child.write_fd, error_fd,  failure.write_fd,
                         options.extra_descriptors, options.own_group,   ::getpid()};
  const pid_t pid = ::fork();
  if (pid == 0) setup.run(argv.data(), env.data());
  if (error_fd >= 0) ::close(error_fd);
  if (pid < 0)
    return Error{ErrorCode::Retry, std::string("no process could be made: ") + std::strerror(errno)};
  if (options.own_group) ::setpgid(pid, pid);
  ::close(std::exchange(failure.write_fd, -1));
  int why = 0;
  if (::read(failure.read_fd, &why, sizeof why) == static_cast<ssize_t>(sizeof why)) {
    ::waitpid(pid, nullptr, 0);
    return bad_input("'" + command.front() + "' cannot be started: " + std::strerror(why));
  }
  LineChannel channel(std::exchange(from_child.read_fd, -1), std::exchange(to_child.write_fd, -1), true);
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid, options.own_group, std::move(channel)));
}

ChildProcess::~ChildProcess() { end(Duration(0)); }

bool ChildProcess::reap(bool wait) {
  if (status_) return true;
  int status = 0;
  pid_t got = 0;
  do {
    got = ::waitpid(pid_, &status, wait ? 0 : WNOHANG);
  } while (got < 0 && errno == EINTR);
  if (got == 0) return false;
  status_ = got == pid_ ? status : 0;
  return true;
}

bool ChildProcess::ended(Duration grace) {
  constexpr double kLook = 0.005;
  for (double waited = 0; !reap(false); waited += kLook) {
    if (waited >= grace.value()) return false;
    const timespec pause{0, static_cast<long>(kLook * 1e9)};
    ::nanosleep(&pause, nullptr);
  }
  return true;
}

std::string ChildProcess::end(Duration grace) {
  ended(grace);
  // The group may outlive its leader: a worker's own helpers go with it.
  if (own_group_ || !status_) ::kill(own_group_ ? -pid_ : pid_, SIGKILL);
  reap(true);
  if (WIFSIGNALED(*status_)) return signal_text(WTERMSIG(*status_));
  return "exited with status " + std::to_string(WEXITSTATUS(*status_));
}

}  // namespace frugal
