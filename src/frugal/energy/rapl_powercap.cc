// RAPL by /sys/class/powercap (Documentation/power/powercap/powercap.rst of the kernel).
#include <utility>
#include <vector>

#include "frugal/energy/rapl_zones.h"
#include "frugal/energy/sysfs.h"
#include "frugal/energy/sysfs_meter.h"

namespace frugal {
namespace {

constexpr const char* kWay = "powercap";
// One line: a group, its members from their next login on, and the rule that survives a restart.
constexpr const char* kRemedy =
    "sudo sh -c 'groupadd -f energy; usermod -aG energy \"$SUDO_USER\"; echo "
    "\"SUBSYSTEM==\\\"powercap\\\", ACTION==\\\"add|change\\\", RUN+=\\\"/bin/chgrp energy "
    "/sys%p/energy_uj\\\", "
    "RUN+=\\\"/bin/chmod g+r /sys%p/energy_uj\\\"\" > /etc/udev/rules.d/70-energy.rules; udevadm control "
    "--reload; udevadm trigger --subsystem-match=powercap'";
constexpr const char* kGivesAway =
    "every member of the group 'energy', with every program it runs, can read how much energy the CPU uses "
    "at "
    "any time; from such readings keys of other users' programs have been recovered (PLATYPUS, "
    "CVE-2020-8694)";

Missing missing(const RaplZone& zone, const Error& error) {
  Missing one{.device = rapl_device(zone.domain) + std::to_string(zone.index),
              .sensor = "RAPL (powercap)",
              .why = error.message};
  if (error.code == ErrorCode::NeedRights) {
    one.remedy = kRemedy;
    one.gives_away = kGivesAway;
  }
  return one;
}

Result<OpenNumber> counter_of(const RaplZone& zone) {
  const std::string path = zone.path + "/energy_uj";
  Result<OpenNumber> counter = OpenNumber::open(path);
  if (!counter) return counter;
  if (const std::string trouble = counter->trouble(); !trouble.empty())
    return Error{ErrorCode::GiveUp, path + ": " + trouble};
  if (counter->read() == 0)
    return Error{ErrorCode::GiveUp, path + " stands at 0, as where a hypervisor hides the counter"};
  return counter;
}

}  // namespace

RaplWay rapl_by_powercap(const Machine& machine, const Clock& clock, RaplWanted wanted) {
  RaplWay way;
  std::vector<Missing> nameless;
  const std::vector<RaplZone> zones = powercap_zones(machine, nameless);
  if (!wanted.psys) way.package.missing = std::move(nameless);
  for (const RaplZone& zone : zones) {
    if (!wanted.wants(zone.domain)) continue;
    RaplDomainFound& found = way.of(zone.domain);
    Result<OpenNumber> counter = counter_of(zone);
    if (!counter) {
      found.missing.push_back(missing(zone, counter.error()));
      continue;
    }
    MeterCard card = rapl_card(zone.domain, zone.place, wanted.psys.value_or(zone.index), kWay);
    card.max_power = rapl_max_power(zones, zone.domain, zone.place);
    // The file holds the highest value; the counter goes on with 0 one step behind it.
    if (const auto highest = kernel_number(zone.path + "/max_energy_range_uj"); highest && *highest > 0)
      card.counter_range = Joules((*highest + 1) * 1e-6);
    SysfsFiles files;
    files.counter_uj = std::move(*counter);
    found.meters.push_back(std::make_unique<SysfsMeter>(std::move(card), std::move(files), clock));
  }
  return way;
}

}  // namespace frugal
