// A stand-in for the folders of the kernel, for tests: files written where nobody else looks, kept up to date
// in place (a meter that keeps a file open sees it), and RAPL zones of powercap whose true power is a Wave.
//
// In a test, with a ManualClock:
//   StandinTree tree;                                        // a folder of its own, removed at the end
//   Powercap powercap(tree);
//   powercap.add({.folder = "intel-rapl:0", .name = "package-0", .power = {.low = Watts(50), .high =
//   Watts(50)}}); clock.advance(Duration(1)); powercap.update(clock.now() - start); find_rapl(tree.machine(),
//   clock);                        // cpu0, 50 W
// With the real clock, for tests of the command: the program standin_powercap (tests/standin_powercap), which calls
// update() every few milliseconds.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "frugal/energy/machine.h"
#include "frugal/energy/wave.h"

namespace frugal {

class StandinTree {
 public:
  StandinTree() {
    static std::atomic<int> count{0};
    root_ = std::filesystem::temp_directory_path() /
            ("frugal_standin_" + std::to_string(getpid()) + "_" + std::to_string(count++));
    std::filesystem::remove_all(root_);
    for (const char* folder : {"sys", "dev", "proc"}) std::filesystem::create_directories(root_ / folder);
  }
  // An existing or new folder that stays: its "sys" is the root of /sys.
  explicit StandinTree(std::filesystem::path root) : root_(std::move(root)), keeps_(true) {
    for (const char* folder : {"sys", "dev", "proc"}) std::filesystem::create_directories(root_ / folder);
  }
  StandinTree(const StandinTree&) = delete;
  StandinTree& operator=(const StandinTree&) = delete;
  ~StandinTree() {
    std::error_code ignored;
    if (!keeps_) std::filesystem::remove_all(root_, ignored);
  }

  std::filesystem::path path(const std::string& file) const { return root_ / file; }
  // Writes "sys/class/…" with what stands above it; an existing file keeps its identity, so that who has it
  // open reads the new text.
  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories(path(file).parent_path());
    const int out = open(path(file).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    const std::string line = text + "\n";
    const bool written = pwrite(out, line.data(), line.size(), 0) == static_cast<ssize_t>(line.size()) &&
                         ftruncate(out, static_cast<off_t>(line.size())) == 0;
    if (!written) std::abort();
    close(out);
  }
  // What a device that is gone leaves: an open file that gives nothing.
  void empty(const std::string& file) const { std::filesystem::resize_file(path(file), 0); }
  void remove(const std::string& file) const { std::filesystem::remove_all(path(file)); }
  void link(const std::string& file, const std::string& to) const {
    std::filesystem::create_directories(path(file).parent_path());
    std::filesystem::create_symlink(path(to), path(file));
  }
  Machine machine() const {
    Machine machine;
    machine.sys = path("sys").string();
    machine.dev = path("dev").string();
    machine.proc = path("proc").string();
    machine.cpu_time.proc = machine.proc;
    machine.cpu_time.cgroup = machine.sys + "/fs/cgroup";
    return machine;
  }

 private:
  std::filesystem::path root_;
  bool keeps_ = false;
};

struct PowercapZone {
  std::string folder = "intel-rapl:0";
  std::string name = "package-0";
  WaveSettings power = {};
  Joules start{1000};
  double highest_uj = 262143328850;  // max_energy_range_uj
  double limit_uw = 125e6;           // constraint_0_power_limit_uw; 0: no such file
  double tick_uj = 61.03515625;      // 2^-14 J
};

class Powercap {
 public:
  explicit Powercap(const StandinTree& tree) : tree_(tree) {}

  void add(const PowercapZone& zone) {
    const std::string folder = "sys/class/powercap/" + zone.folder;
    tree_.write(folder + "/name", zone.name);
    if (zone.highest_uj > 0) tree_.write(folder + "/max_energy_range_uj", whole(zone.highest_uj));
    if (zone.limit_uw > 0) {
      tree_.write(folder + "/constraint_0_name", "long_term");
      tree_.write(folder + "/constraint_0_power_limit_uw", whole(zone.limit_uw));
    }
    zones_.push_back({zone, Wave(zone.power)});
    update(now_);
  }
  // What each counter holds that long after the start.
  void update(Duration since_start) {
    now_ = since_start;
    for (const Driven& zone : zones_) {
      const double joules = (zone.zone.start + zone.wave.energy_until(now_)).value();
      double count = std::floor(joules * 1e6 / zone.zone.tick_uj) * zone.zone.tick_uj;
      if (zone.zone.highest_uj > 0) count = std::fmod(count, zone.zone.highest_uj + zone.zone.tick_uj);
      tree_.write("sys/class/powercap/" + zone.zone.folder + "/energy_uj", whole(count));
    }
  }
  Joules true_energy(std::size_t zone, Duration from, Duration to) const {
    return zones_[zone].wave.energy_until(to) - zones_[zone].wave.energy_until(from);
  }

 private:
  struct Driven {
    PowercapZone zone;
    Wave wave;
  };
  static std::string whole(double number) { return std::to_string(static_cast<std::uint64_t>(number)); }

  const StandinTree& tree_;
  std::vector<Driven> zones_;
  Duration now_{0};
};

}  // namespace frugal
