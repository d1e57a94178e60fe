// RAPL by perf events: the PMU "power" counts each domain on one CPU of every package (or die), which its
// cpumask names (arch/x86/events/rapl.c of the kernel).
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "frugal/energy/rapl_zones.h"
#include "frugal/energy/sysfs.h"

namespace frugal {
namespace {

constexpr const char* kWay = "perf events";
constexpr const char* kRemedy =
    "sudo setcap cap_perfmon+ep \"$(readlink -f \"$(command -v frugal)\")\"  # or, until the next start of "
    "the "
    "machine: sudo sysctl kernel.perf_event_paranoid=0";
constexpr const char* kGivesAway =
    "setcap: whoever may execute this file can watch the performance and energy counters of the whole "
    "machine "
    "through it; sysctl: every local user can, with any program; from energy readings keys of other users' "
    "programs have been recovered (PLATYPUS, CVE-2020-8694)";

struct Event {
  std::uint32_t type = 0;
  std::uint64_t config = 0;
  double joules_per_count = 0;
};

struct Spot {
  int cpu = 0;
  RaplPlace place = {};
};

// "0,18" and "0-1,4": as the kernel writes sets of CPUs.
std::vector<int> cpu_list(std::string_view text) {
  std::vector<int> cpus;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    int first = 0;
    const char* end = part.data() + part.size();
    const auto [rest, failure] = std::from_chars(part.data(), end, first);
    if (failure != std::errc{}) continue;
    int last = first;
    if (rest != end && *rest == '-') std::from_chars(rest + 1, end, last);
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
  }
  return cpus;
}

// The CPUs that count, one a place.
std::vector<Spot> spots(const Machine& machine, const std::string& pmu) {
  const bool amd = is_amd(machine);
  std::vector<Spot> found;
  for (const int cpu : cpu_list(kernel_text(pmu + "/cpumask").value_or("0"))) {
    const std::string topology = machine.sys + "/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
    const auto package = kernel_number(topology + "physical_package_id");
    const auto die = amd ? std::nullopt : kernel_number(topology + "die_id");
    Spot spot{.cpu = cpu, .place = {.package = static_cast<int>(package.value_or(found.size()))}};
    if (die) spot.place.die = static_cast<int>(*die);
    const auto same = [&](const Spot& other) { return other.place == spot.place; };
    if (std::none_of(found.begin(), found.end(), same)) found.push_back(spot);
  }
  for (Spot& spot : found) {
    spot.place.has_die = std::any_of(found.begin(), found.end(), [&](const Spot& other) {
      return other.place.package == spot.place.package && other.place.die != spot.place.die;
    });
  }
  std::sort(found.begin(), found.end(), [](const Spot& a, const Spot& b) { return a.place < b.place; });
  return found;
}

// "event=0x02", with its scale in joules; nothing where the PMU has no such event.
std::optional<Event> event_of(const std::string& pmu, const std::string& name) {
  const auto type = kernel_number(pmu + "/type");
  const auto code = kernel_text(pmu + "/events/" + name);
  const auto scale = kernel_text(pmu + "/events/" + name + ".scale");
  const auto unit = kernel_text(pmu + "/events/" + name + ".unit");
  constexpr std::string_view kBefore = "event=0x";
  if (!type || !code || !scale || !code->starts_with(kBefore) || unit.value_or("Joules") != "Joules")
    return std::nullopt;
  Event event{.type = static_cast<std::uint32_t>(*type)};
  const char* digits = code->data() + kBefore.size();
  const bool has_code =
      std::from_chars(digits, code->data() + code->size(), event.config, 16).ec == std::errc{};
  const char* end = scale->data() + scale->size();
  const bool has_scale = std::from_chars(scale->data(), end, event.joules_per_count).ec == std::errc{};
  if (!has_code || !has_scale || !(event.joules_per_count > 0)) return std::nullopt;
  return event;
}

Missing refused(RaplDomain domain, int index, int reason, const Machine& machine) {
  Missing one{.device = rapl_device(domain) + std::to_string(index),
              .sensor = "RAPL (perf events)",
              .why = "perf_event_open: " + system_reason(reason)};
  if (reason != EACCES && reason != EPERM) return one;
  if (const auto level = kernel_text(machine.proc + "/sys/kernel/perf_event_paranoid"))
    one.why += " (kernel.perf_event_paranoid is " + *level + ", without CAP_PERFMON)";
  one.remedy = kRemedy;
  one.gives_away = kGivesAway;
  return one;
}

}  // namespace

RaplWay rapl_by_perf(const Machine& machine, const Clock& clock, PerfEvents& events, RaplWanted wanted) {
  RaplWay way;
  const std::string pmu = machine.sys + "/bus/event_source/devices/power";
  const std::vector<Spot> places = spots(machine, pmu);
  std::vector<Missing> unused;
  const std::vector<RaplZone> zones = powercap_zones(machine, unused);
  constexpr std::array<std::pair<RaplDomain, const char*>, 3> kEvents{{{RaplDomain::Package, "energy-pkg"},
                                                                       {RaplDomain::Dram, "energy-ram"},
                                                                       {RaplDomain::Psys, "energy-psys"}}};
  for (const auto& [domain, name] : kEvents) {
    if (!wanted.wants(domain)) continue;
    const std::optional<Event> event = event_of(pmu, name);
    const std::size_t count = !event ? 0 : domain == RaplDomain::Psys ? 1 : places.size();
    RaplDomainFound& found = way.of(domain);
    for (std::size_t i = 0; i < count; ++i) {
      const int index = wanted.psys.value_or(static_cast<int>(i));
      const int descriptor = events.open(event->type, event->config, places[i].cpu);
      if (descriptor < 0) {
        found.missing.push_back(refused(domain, index, -descriptor, machine));
        continue;
      }
      MeterCard card = rapl_card(domain, places[i].place, index, kWay);
      card.max_power = rapl_max_power(zones, domain, places[i].place);
      found.meters.push_back(
          std::make_unique<PerfMeter>(std::move(card), descriptor, event->joules_per_count, events, clock));
    }
  }
  return way;
}

}  // namespace frugal
