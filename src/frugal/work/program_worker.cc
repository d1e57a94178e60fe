#include "frugal/work/program_worker.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "frugal/work/child_process.h"

namespace frugal {
namespace {

using nlohmann::json;

constexpr int kLook_ms = 1000;  // where the file system tells nothing of what was appended
constexpr const char* kSaved = "frugal program: ended\n";

// Kills whatever the program started and left behind: orphans come to this process, its reaper.
void end_descendants() {
  while (true) {
    std::ifstream children("/proc/thread-self/children");
    pid_t pid = 0;
    if (!(children >> pid)) return;
    ::kill(pid, SIGKILL);
    if (::waitpid(pid, nullptr, 0) < 0 && errno != EINTR) return;
  }
}

// The report as it grows. Wakes when something is appended or the program ends.
class GrowingFile {
 public:
  GrowingFile(std::string path, pid_t pid)
      : path_(std::move(path)),
        notices_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
        ending_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {
    ::inotify_add_watch(notices_, path_.c_str(), IN_MODIFY);
  }
  ~GrowingFile() {
    ::close(notices_);
    ::close(ending_);
  }
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;

  void wait() const {
    std::array<pollfd, 2> waiting{{{notices_, POLLIN, 0}, {ending_, POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), kLook_ms);
    std::array<char, 4096> told;
    while (::read(notices_, told.data(), told.size()) > 0) {
    }
  }
  // True when it holds less than was read of it: it was not appended to, but written anew.
  bool shrank() const {
    std::error_code failure;
    const std::uintmax_t size = std::filesystem::file_size(path_, failure);
    return !failure && size < static_cast<std::uintmax_t>(read_);
  }
  // The next whole line; at the end also one without its newline. Empty lines are passed over.
  std::optional<std::string> next_line(bool at_end) {
    std::ifstream file(path_, std::ios::binary);
    file.seekg(read_);
    std::string line;
    while (std::getline(file, line)) {
      if (file.eof() && !at_end) return std::nullopt;
      read_ += static_cast<std::streamoff>(line.size()) + (file.eof() ? 0 : 1);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (!line.empty()) return line;
      if (file.eof()) break;
    }
    return std::nullopt;
  }

 private:
  std::string path_;
  int notices_;
  int ending_;
  std::streamoff read_ = 0;
};

off_t log_size() {
  struct stat log {};
  return ::fstat(STDERR_FILENO, &log) == 0 && S_ISREG(log.st_mode) ? log.st_size : 0;
}

// The last line that was written to the log since it had `begin` bytes: mostly the reason.
std::string last_words(off_t begin) {
  constexpr off_t kTail = 1000;
  const off_t size = log_size();
  if (size <= begin) return "";
  std::ifstream log("/proc/self/fd/2", std::ios::binary);
  log.seekg(std::max(begin, size - kTail));
  std::string last;
  for (std::string line; std::getline(log, line);) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = line;
  }
  return last.empty() ? "" : ": " + last;
}

}  // namespace

std::string program_settings_to_json(const ProgramSettings& settings) {
  return json{{"command", settings.command},
              {"report", settings.report},
              {"metric", settings.metric},
              {"maximise", settings.maximise},
              {"epochs", settings.epochs}}
      .dump();
}

Result<ProgramSettings> program_settings_from_json(std::string_view text) {
  try {
    const json body = json::parse(text);
    return ProgramSettings{body.at("command"), body.at("report"), body.at("metric"), body.at("maximise"),
                           body.at("epochs")};
  } catch (const json::exception& failure) {
    return bad_input(std::string("the settings of a program: ") + failure.what());
  }
}

ProgramWorker::ProgramWorker(ProgramSettings settings, CommandTemplate command)
    : settings_(std::move(settings)), command_(std::move(command)) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

WorkerResult<WorkerCard> ProgramWorker::hello() {
  return WorkerCard{
      "program: " + settings_.command, {"train", "snapshot"}, settings_.metric, settings_.maximise};
}

WorkerResult<Done> ProgramWorker::start(int trial, const Point& point, std::uint64_t seed) {
  trials_[trial] = {point, seed, false};
  return Done{};
}

WorkerResult<Done> ProgramWorker::drop(int trial) {
  trials_.erase(trial);
  return Done{};
}

WorkerResult<Done> ProgramWorker::train(int trial, int, const Point& set, WorkEvents& events) {
  const auto found = trials_.find(trial);
  if (found == trials_.end())
    return WorkerError{WorkerErrorKind::Invalid, "trial " + std::to_string(trial) + " was never started"};
  if (found->second.ended) return Done{};  // no epoch: the trial has no more to give
  for (const auto& [name, value] : set.values()) found->second.point.set(name, value);
  events.phase("train", true);
  WorkerResult<Done> result = run(trial, found->second, events);
  events.phase("train", false);
  found->second.ended = std::holds_alternative<Done>(result);
  return result;
}

std::vector<std::string> ProgramWorker::command_of(int number, const Trial& trial) const {
  std::map<std::string, std::string> values{{"seed", std::to_string(trial.seed)},
                                            {"epochs", std::to_string(settings_.epochs)},
                                            {"trial", std::to_string(number)},
                                            {"point", point_to_json(trial.point).dump()}};
  for (const auto& [name, value] : trial.point.values()) values[name] = value_text(value);
  return command_.fill(values);
}

WorkerResult<Done> ProgramWorker::run(int number, const Trial& trial, WorkEvents& events) {
  const auto failed = [](WorkerErrorKind kind, std::string message) {
    return WorkerResult<Done>(WorkerError{kind, std::move(message)});
  };
  if (!std::ofstream(settings_.report, std::ios::trunc))
    return failed(WorkerErrorKind::Internal, "'" + settings_.report + "' cannot be written");
  const off_t log_begin = log_size();
  Result<std::unique_ptr<ChildProcess>> program = ChildProcess::spawn(
      command_of(number, trial),
      {.extra_descriptors = true, .own_group = false, .variables = {"FRUGAL_REPORT=" + settings_.report}});
  if (!program) return failed(WorkerErrorKind::Invalid, program.error().message);
  GrowingFile file(settings_.report, (*program)->pid());
  ReportReader reader(settings_.metric);
  std::optional<WorkerError> trouble;
  for (bool ended = false; !ended && !trouble;) {
    file.wait();
    ended = (*program)->ended(Duration(0));
    if (file.shrank())
      trouble =
          WorkerError{WorkerErrorKind::Invalid, "the report became shorter: append to it, do not rewrite it"};
    while (!trouble) {
      const std::optional<std::string> line = file.next_line(ended);
      if (!line) break;
      const WorkerResult<EpochReport> epoch = reader.read(*line);
      if (const auto* wrong = std::get_if<WorkerError>(&epoch))
        trouble = *wrong;
      else
        events.epoch(number, std::get<EpochReport>(epoch));
    }
  }
  const std::string how = (*program)->end(Duration(0));
  end_descendants();
  if (trouble) return *trouble;
  if (!(*program)->succeeded())
    return failed(WorkerErrorKind::Internal, "the program " + how + last_words(log_begin));
  if (const std::optional<WorkerError> missing = reader.missing()) return *missing;
  return Done{};
}

WorkerResult<Done> ProgramWorker::save(int, const std::string& path) {
  std::ofstream(path + ".part") << kSaved;
  std::error_code failure;
  std::filesystem::rename(path + ".part", path, failure);
  if (failure) return WorkerError{WorkerErrorKind::Internal, "'" + path + "' cannot be written"};
  return Done{};
}

WorkerResult<Done> ProgramWorker::load(int trial, const std::string& path) {
  std::string line;
  std::ifstream file(path);
  if (!std::getline(file, line) || line + "\n" != kSaved)
    return WorkerError{WorkerErrorKind::Invalid, "'" + path + "' is missing or damaged"};
  trials_[trial].ended = true;
  return Done{};
}

}  // namespace frugal
