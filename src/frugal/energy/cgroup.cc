#include "frugal/energy/cgroup.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "frugal/energy/sysfs.h"

namespace frugal {
namespace {

constexpr std::size_t kMaxProcesses = 4096;
constexpr double kMostMemory = 1e18;  // version 1 writes a number near 2^63 for "no limit"

struct Line {
  std::string controllers;  // empty: version 2
  std::string path;
};

// "4:memory:/a/b" of /proc/PID/cgroup; groups outside of what this process can see are left out.
std::vector<Line> lines_of(const CgroupRoots& roots, const std::string& process) {
  std::istringstream text(kernel_text(roots.proc + "/" + process + "/cgroup").value_or(""));
  std::vector<Line> lines;
  for (std::string line; std::getline(text, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    Line one{line.substr(first + 1, second - first - 1), line.substr(second + 1)};
    if (one.path.find("..") == std::string::npos) lines.push_back(std::move(one));
  }
  return lines;
}

bool has(const std::string& controllers, const std::string& name) {
  return ("," + controllers + ",").find("," + name + ",") != std::string::npos;
}

// Folders in which a group of this controller may lie: version 2 is mounted at the root, or as "unified".
std::vector<std::string> mounts(const CgroupRoots& roots, const Line& line, const std::string& controller) {
  if (line.controllers.empty()) return {roots.cgroup, roots.cgroup + "/unified"};
  if (!has(line.controllers, controller)) return {};
  return {roots.cgroup + "/" + controller, roots.cgroup + "/" + line.controllers};
}

// Every process of a group and of the groups in it.
std::vector<int> members(const std::string& folder) {
  std::vector<int> found;
  const auto add = [&](const std::filesystem::path& group) {
    std::ifstream processes(group / "cgroup.procs");
    for (int pid = 0; found.size() <= kMaxProcesses && processes >> pid;) found.push_back(pid);
  };
  add(folder);
  std::error_code failure;
  std::filesystem::recursive_directory_iterator inside(folder, failure);
  while (!failure && inside != std::filesystem::recursive_directory_iterator()) {
    if (inside->is_directory(failure) && !failure) add(inside->path());
    inside.increment(failure);
  }
  return found;
}

bool holds_only(const std::string& folder, const std::vector<int>& tree) {
  const std::vector<int> inside = members(folder);
  const auto is_ours = [&](int pid) { return std::find(tree.begin(), tree.end(), pid) != tree.end(); };
  return std::find(inside.begin(), inside.end(), tree.front()) != inside.end() &&
         std::all_of(inside.begin(), inside.end(), is_ours);
}

}  // namespace

std::vector<int> process_tree(const std::string& proc, int root) {
  std::vector<int> found{root};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::string tasks = proc + "/" + std::to_string(found[i]) + "/task";
    for (const std::string& task : names_in(tasks)) {
      std::ifstream children(tasks + "/" + task + "/children");
      for (int child = 0; found.size() < kMaxProcesses && children >> child;) {
        if (std::find(found.begin(), found.end(), child) == found.end()) found.push_back(child);
      }
    }
  }
  return found;
}

std::optional<CgroupCpuTime> CgroupCpuTime::alone(const CgroupRoots& roots, int pid) {
  if (pid <= 0) return std::nullopt;
  const std::vector<int> tree = process_tree(roots.proc, pid);
  for (const Line& line : lines_of(roots, std::to_string(pid))) {
    for (const std::string& mount : mounts(roots, line, "cpuacct")) {
      const std::string folder = mount + line.path;
      CgroupCpuTime time;
      time.microseconds_ = line.controllers.empty();
      time.file_ = folder + (time.microseconds_ ? "/cpu.stat" : "/cpuacct.usage");
      if (time.used() && holds_only(folder, tree)) return time;
    }
  }
  return std::nullopt;
}

std::optional<Duration> CgroupCpuTime::used() const {
  const std::optional<std::string> text = kernel_text(file_);
  if (!text) return std::nullopt;
  if (!microseconds_) {
    const auto nanoseconds = parse_kernel_number(*text);
    return nanoseconds ? std::optional(Duration(*nanoseconds * 1e-9)) : std::nullopt;
  }
  constexpr std::string_view kKey = "usage_usec ";
  if (!text->starts_with(kKey)) return std::nullopt;
  const std::size_t end = std::min(text->find('\n'), text->size());
  const auto microseconds =
      parse_kernel_number(std::string_view(*text).substr(kKey.size(), end - kKey.size()));
  return microseconds ? std::optional(Duration(*microseconds * 1e-6)) : std::nullopt;
}

std::optional<double> memory_limit(const CgroupRoots& roots, const std::string& process) {
  std::optional<double> lowest;
  for (const Line& line : lines_of(roots, process)) {
    const char* file = line.controllers.empty() ? "/memory.max" : "/memory.limit_in_bytes";
    for (const std::string& mount : mounts(roots, line, "memory")) {
      for (std::string path = line.path == "/" ? "" : line.path;; path.erase(path.rfind('/'))) {
        const auto limit = kernel_number(mount + path + file);
        if (limit && *limit < kMostMemory) lowest = std::min(lowest.value_or(*limit), *limit);
        if (path.rfind('/') == std::string::npos) break;
      }
    }
  }
  return lowest;
}

}  // namespace frugal
