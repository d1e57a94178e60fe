#include "frugal/energy/cpu_time.h"

#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <utility>

namespace frugal {
namespace {

constexpr double kLateTicks =
    3;  // a parent's sum is cut to whole ticks, so the tree may seem to lose that much
// Fields of /proc/PID/stat behind the command, which ends with the last ')': proc(5) counts from 3 there.
constexpr std::size_t kCutime = 16 - 3;
constexpr std::size_t kCstime = 17 - 3;
constexpr std::size_t kStartTime = 22 - 3;

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

double number_or_zero(const std::string& text) {
  std::istringstream in(text);
  double value = 0;
  in >> value;
  return in ? value : 0;
}

}  // namespace

std::optional<Duration> process_cpu_time(int pid) {
  clockid_t clock{};
  timespec time{};
  if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0)
    return std::nullopt;
  return Duration(static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9);
}

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)));
}

ProcessTreeTime::ProcessTreeTime(CpuTimeSource source) : source_(std::move(source)) {
  if (source_.ticks_per_second <= 0) source_.ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  if (source_.ticks_per_second <= 0) source_.ticks_per_second = 100;
}

std::optional<ProcessTreeTime::Stat> ProcessTreeTime::stat_of(int pid) const {
  const std::string text = file_text(source_.proc + "/" + std::to_string(pid) + "/stat");
  const std::size_t command_end = text.rfind(')');
  if (command_end == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(command_end + 1));
  std::vector<std::string> fields;
  for (std::string field; fields.size() <= kStartTime && rest >> field;) fields.push_back(field);
  if (fields.size() <= kStartTime) return std::nullopt;
  const double ticks = number_or_zero(fields[kCutime]) + number_or_zero(fields[kCstime]);
  return Stat{ticks / source_.ticks_per_second, fields[kStartTime]};
}

double ProcessTreeTime::tree_seconds() const {
  double sum = 0;
  for (const int pid : process_tree(source_.proc, root_)) {
    const std::optional<Stat> stat = stat_of(pid);
    if (pid == root_ && stat && !root_started_.empty() && stat->started_ticks != root_started_) return 0;
    if (const std::optional<Duration> own = source_.of_process(pid)) sum += own->value();
    if (stat) sum += stat->waited_s;
  }
  return sum;
}

void ProcessTreeTime::watch(int pid) {
  root_ = pid;
  root_started_.clear();
  sum_s_ = 0;
  last_s_ = 0;
  dropped_s_.reset();
  cgroup_.reset();
  if (root_ <= 0) return;
  cgroup_ = CgroupCpuTime::alone({.proc = source_.proc, .cgroup = source_.cgroup}, root_);
  if (cgroup_) cgroup_before_ = cgroup_->used().value_or(Duration(0));
  if (const std::optional<Stat> stat = stat_of(root_)) root_started_ = stat->started_ticks;
  last_s_ = tree_seconds();
}

Duration ProcessTreeTime::elapsed() {
  if (root_ <= 0) return Duration(sum_s_);
  if (cgroup_) {
    // A group that is gone keeps what it had.
    if (const auto used = cgroup_->used()) sum_s_ = std::max(sum_s_, (*used - cgroup_before_).value());
    return Duration(sum_s_);
  }
  const double now = tree_seconds();
  if (now >= last_s_ - kLateTicks / source_.ticks_per_second) {
    dropped_s_.reset();
    sum_s_ += std::max(0.0, now - last_s_);
    last_s_ = std::max(last_s_, now);
  } else if (!dropped_s_) {
    // A child that is being waited for is, for a moment, in neither its own clock nor its parent's sum.
    dropped_s_ = now;
  } else {
    sum_s_ += std::max(0.0, now - *dropped_s_);
    last_s_ = now;
    dropped_s_.reset();
  }
  return Duration(sum_s_);
}

}  // namespace frugal
