#include "frugal/energy/rapl.h"

#include <iterator>
#include <utility>

#include "frugal/energy/node_power.h"
#include "frugal/energy/rapl_zones.h"
#include "frugal/energy/sysfs.h"

namespace frugal {
namespace {

// The domain by the way that reads most of it, the earlier one of equals; where none does, every reason.
RaplDomainFound best_of(std::vector<RaplWay>& ways, RaplDomain domain) {
  RaplWay* best = nullptr;
  for (RaplWay& way : ways) {
    if (best == nullptr || way.of(domain).meters.size() > best->of(domain).meters.size()) best = &way;
  }
  if (best != nullptr && !best->of(domain).meters.empty()) return std::move(best->of(domain));
  RaplDomainFound none;
  for (RaplWay& way : ways) {
    auto& reasons = way.of(domain).missing;
    none.missing.insert(none.missing.end(), std::make_move_iterator(reasons.begin()),
                        std::make_move_iterator(reasons.end()));
  }
  return none;
}

std::vector<RaplWay> every_way(const Machine& machine, const Clock& clock, PerfEvents& events,
                               RaplWanted wanted) {
  std::vector<RaplWay> ways;
  ways.push_back(rapl_by_perf(machine, clock, events, wanted));
  ways.push_back(rapl_by_powercap(machine, clock, wanted));
  ways.push_back(rapl_by_hwmon(machine, clock, wanted));
  return ways;
}

// Why there is not even a counter that could be refused.
Missing nothing_shown(const Machine& machine) {
  Missing one{.device = "cpu", .sensor = "RAPL", .why = {}};
  if (is_virtual(machine)) {
    one.why = "this is a virtual machine, and its hypervisor hides the energy counters of the CPU";
    return one;
  }
  const std::string description = kernel_text(machine.proc + "/cpuinfo").value_or("");
  const bool intel = description.find("GenuineIntel") != std::string::npos;
  if (!intel && !is_amd(machine)) {
    one.why = "RAPL is of CPUs of Intel and AMD; this is another one";
    return one;
  }
  const bool masked = !names_in(machine.sys + "/class/powercap", "intel-rapl:").empty();
  one.why = masked ? "/sys/class/powercap is masked, as container engines do"
                   : "the kernel shows neither perf events of the PMU 'power' nor powercap zones";
  one.remedy =
      masked ? "docker run --security-opt systempaths=unconfined …" : "sudo modprobe -a rapl intel_rapl_msr";
  one.gives_away =
      masked ? "the container sees all that the engine masks in /proc and /sys, the energy counters "
               "among it (PLATYPUS, CVE-2020-8694)"
             : "";
  return one;
}

void append(Found& found, RaplDomainFound domain) {
  for (auto& meter : domain.meters) found.meters.push_back(std::move(meter));
  for (Missing& one : domain.missing) found.missing.push_back(std::move(one));
}

}  // namespace

Found find_rapl(const Machine& machine, const Clock& clock, PerfEvents& events) {
  std::vector<RaplWay> ways = every_way(machine, clock, events, {});
  RaplDomainFound package = best_of(ways, RaplDomain::Package);
  RaplDomainFound dram = best_of(ways, RaplDomain::Dram);
  Found found;
  if (package.meters.empty() && package.missing.empty()) {
    found = find_acpi_sockets(machine, clock);
    if (!found.meters.empty()) return found;
    found.missing.push_back(nothing_shown(machine));
    return found;
  }
  if (!package.meters.empty() && dram.meters.empty() && dram.missing.empty()) {
    dram.missing.push_back(
        {.device = "dram", .sensor = "RAPL", .why = "this CPU has no energy counter of the memory"});
  }
  append(found, std::move(package));
  append(found, std::move(dram));
  return found;
}

Found find_psys(const Machine& machine, const Clock& clock, int index, PerfEvents& events) {
  std::vector<RaplWay> ways = every_way(machine, clock, events, {.psys = index});
  Found found;
  append(found, best_of(ways, RaplDomain::Psys));
  return found;
}

}  // namespace frugal
