// standin_powercap: RAPL zones of known power while a command runs, for tests of the command on machines
// without RAPL. Nothing that it shows is a measurement.
//
//   standin_powercap DIR FOLDER NAME SPEC [FOLDER NAME SPEC …] -- COMMAND…
//   standin_powercap tree intel-rapl:0 package-0 power=50W intel-rapl:0:0 dram power=8W -- frugal measure --
//   sleep 1
//
// FOLDER and NAME are those of powercap, SPEC is one of the device sim: (wave, low, high, wave_period, start,
// wrap). The tree stands in DIR/sys, DIR/dev, DIR/proc, its counters move every 2 ms with the monotonic
// clock, and COMMAND runs with FRUGAL_SYSFS=DIR/sys. Its exit status is passed on. Afterwards DIR/truth holds
// a line a zone: "intel-rapl:0 12.345 J 1.234 s", from the start of COMMAND to its end.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "frugal/base/clock.h"
#include "frugal/energy/sim_meter.h"
#include "frugal/energy/standin_tree.h"

namespace frugal {
namespace {

constexpr double kStartJ = 1000;  // a counter that stands at 0 is taken for one that is hidden

struct Arguments {
  std::string folder;
  std::vector<PowercapZone> zones;
  char** command = nullptr;
};

int refuse(const std::string& why) {
  std::fprintf(stderr, "standin_powercap: %s\n", why.c_str());
  return 2;
}

int read_arguments(int argc, char** argv, Arguments& arguments) {
  if (argc < 2) return refuse("DIR FOLDER NAME SPEC … -- COMMAND…");
  arguments.folder = argv[1];
  int at = 2;
  for (; at + 2 < argc && std::strcmp(argv[at], "--") != 0; at += 3) {
    const Result<SimSpec> spec = parse_sim(argv[at + 2]);
    if (!spec) return refuse(spec.error().message);
    PowercapZone zone{.folder = argv[at], .name = argv[at + 1], .power = spec->wave};
    zone.start = spec->start.value() > 0 ? spec->start : Joules(kStartJ);
    if (spec->wrap) zone.highest_uj = spec->wrap->value() * 1e6 - 1;
    arguments.zones.push_back(zone);
  }
  if (arguments.zones.empty() || at + 1 >= argc || std::strcmp(argv[at], "--") != 0)
    return refuse("DIR FOLDER NAME SPEC … -- COMMAND…");
  arguments.command = argv + at + 1;
  return 0;
}

int status_of(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) return 127;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void write_truth(const StandinTree& tree, const Powercap& powercap, const Arguments& arguments, Duration from,
                 Duration to) {
  std::FILE* truth = std::fopen(tree.path("truth").c_str(), "w");
  if (truth == nullptr) return;
  for (std::size_t i = 0; i < arguments.zones.size(); ++i) {
    std::fprintf(truth, "%s %.3f J %.3f s\n", arguments.zones[i].folder.c_str(),
                 powercap.true_energy(i, from, to).value(), (to - from).value());
  }
  std::fclose(truth);
}

int run(int argc, char** argv) {
  Arguments arguments;
  if (const int wrong = read_arguments(argc, argv, arguments)) return wrong;
  const StandinTree tree{std::filesystem::absolute(arguments.folder)};
  Powercap powercap(tree);
  for (const PowercapZone& zone : arguments.zones) powercap.add(zone);
  const SteadyClock clock;
  const Instant start = clock.now();
  std::atomic<bool> over{false};
  std::thread driver([&] {
    for (; !over; usleep(2000)) powercap.update(clock.now() - start);
  });
  setenv("FRUGAL_SYSFS", tree.path("sys").c_str(), 1);
  const Duration from = clock.now() - start;
  pid_t child = 0;
  const int failure =
      posix_spawnp(&child, arguments.command[0], nullptr, nullptr, arguments.command, environ);
  const int status = failure == 0 ? status_of(child) : 127;
  const Duration to = clock.now() - start;
  over = true;
  driver.join();
  if (failure != 0) refuse(std::string(arguments.command[0]) + ": " + std::strerror(failure));
  write_truth(tree, powercap, arguments, from, to);
  return status;
}

}  // namespace
}  // namespace frugal

int main(int argc, char** argv) { return frugal::run(argc, argv); }
