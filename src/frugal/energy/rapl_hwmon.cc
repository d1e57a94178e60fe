// RAPL by the hwmon chip amd_energy (kernels 5.8 to 5.12, and as a module of its own since): it widens the
// counters to 64 bits. "Esocket0" is a package, "Ecore000" lies inside one.
#include <utility>

#include "frugal/energy/rapl_zones.h"
#include "frugal/energy/sysfs.h"
#include "frugal/energy/sysfs_meter.h"

namespace frugal {

RaplWay rapl_by_hwmon(const Machine& machine, const Clock& clock, RaplWanted wanted) {
  RaplWay way;
  if (!wanted.wants(RaplDomain::Package)) return way;
  const std::string root = machine.sys + "/class/hwmon/";
  for (const std::string& chip : names_in(root, "hwmon")) {
    if (kernel_text(root + chip + "/name") != "amd_energy") continue;
    for (const std::string& label : names_in(root + chip, "energy")) {
      if (!label.ends_with("_label")) continue;
      const std::string path = root + chip + "/" + label.substr(0, label.size() - 6) + "_input";
      const std::string socket = kernel_text(root + chip + "/" + label).value_or("");
      if (!socket.starts_with("Esocket")) continue;
      const auto number = parse_kernel_number(std::string_view(socket).substr(7));
      const RaplPlace place{.package = static_cast<int>(number.value_or(way.package.meters.size()))};
      Result<OpenNumber> counter = OpenNumber::open(path);
      const std::string trouble = counter ? counter->trouble() : "";
      if (!counter || !trouble.empty()) {
        way.package.missing.push_back({.device = "cpu" + std::to_string(place.package),
                                       .sensor = "amd_energy (hwmon)",
                                       .why = counter ? path + ": " + trouble : counter.error().message});
        continue;
      }
      MeterCard card = rapl_card(RaplDomain::Package, place, place.package, "amd_energy");
      card.max_power = rapl_max_power({}, RaplDomain::Package, place);
      SysfsFiles files;
      files.counter_uj = std::move(*counter);
      way.package.meters.push_back(std::make_unique<SysfsMeter>(std::move(card), std::move(files), clock));
    }
  }
  return way;
}

}  // namespace frugal
