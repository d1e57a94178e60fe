#include "frugal/energy/rapl_zones.h"

#include <algorithm>
#include <cstdio>

#include "frugal/energy/sysfs.h"

namespace frugal {
namespace {

constexpr double kRaplError = 0.03;
constexpr double kRaplPeriodS = 1e-3;
constexpr double kPeakOverLimit = 3;    // a limit is a mean over milliseconds to seconds, and may be raised
constexpr double kUnlimitedW = 1000;    // boards write 4095 W for "no limit"
constexpr double kLeastMaximumW = 150;  // small limits are exceeded by more
constexpr int kMostConstraints = 4;

// "package-0" or "package-1-die-1" and nothing behind it.
std::optional<RaplPlace> place_of(const std::string& name) {
  RaplPlace place;
  int end = 0;
  if (std::sscanf(name.c_str(), "package-%d-die-%d%n", &place.package, &place.die, &end) == 2) {
    place.has_die = true;
  } else if (std::sscanf(name.c_str(), "package-%d%n", &place.package, &end) != 1) {
    return std::nullopt;
  }
  if (static_cast<std::size_t>(end) != name.size()) return std::nullopt;
  return place;
}

struct Folder {
  std::string name;
  std::string path;
  std::string label;  // what the zone calls itself
};

// Zones of one control type, parents before their children.
std::vector<Folder> folders_of(const Machine& machine, const std::string& control,
                               std::vector<Missing>& broken) {
  const std::string root = machine.sys + "/class/powercap/";
  std::vector<Folder> folders;
  std::vector<Missing> nameless;
  for (const std::string& name : names_in(root, control + ":")) {
    const std::string path = root + name;
    if (const auto label = kernel_text(path + "/name")) {
      folders.push_back({name, path, *label});
    } else {
      nameless.push_back(
          {.device = "cpu", .sensor = "RAPL (powercap)", .why = path + " has no name that can be read"});
    }
  }
  if (!folders.empty()) broken.insert(broken.end(), nameless.begin(), nameless.end());
  return folders;
}

std::vector<RaplZone> packages_in(const std::vector<Folder>& folders, bool amd) {
  std::vector<RaplZone> zones;
  for (const Folder& folder : folders) {
    std::optional<RaplPlace> place = place_of(folder.label);
    if (!place) continue;
    if (amd) place = RaplPlace{.package = place->package};
    const bool known =
        std::any_of(zones.begin(), zones.end(), [&](const RaplZone& zone) { return zone.place == *place; });
    if (!known) zones.push_back({.path = folder.path, .domain = RaplDomain::Package, .place = *place});
  }
  std::sort(zones.begin(), zones.end(),
            [](const RaplZone& a, const RaplZone& b) { return a.place < b.place; });
  for (std::size_t i = 0; i < zones.size(); ++i) zones[i].index = static_cast<int>(i);
  return zones;
}

// "dram" below a package, and "psys" at the top.
void add_others(const std::vector<Folder>& folders, std::vector<RaplZone>& zones) {
  const std::size_t packages = zones.size();
  bool has_psys = false;
  for (const Folder& folder : folders) {
    if (folder.label == "psys" && !has_psys) {
      has_psys = true;
      zones.push_back({.path = folder.path, .domain = RaplDomain::Psys});
    }
    if (folder.label != "dram") continue;
    for (std::size_t i = 0; i < packages; ++i) {
      if (!folder.path.starts_with(zones[i].path + ":")) continue;
      zones.push_back({folder.path, RaplDomain::Dram, zones[i].place, zones[i].index});
    }
  }
}

std::string cpu_description(const Machine& machine) {
  return kernel_text(machine.proc + "/cpuinfo").value_or("");
}

}  // namespace

std::string RaplPlace::text() const {
  const std::string text = "package-" + std::to_string(package);
  return has_die ? text + "-die-" + std::to_string(die) : text;
}

std::vector<RaplZone> powercap_zones(const Machine& machine, std::vector<Missing>& broken) {
  const std::vector<Folder> folders = folders_of(machine, "intel-rapl", broken);
  std::vector<RaplZone> zones = packages_in(folders, is_amd(machine));
  if (zones.empty()) {
    const std::vector<Folder> mapped = folders_of(machine, "intel-rapl-mmio", broken);
    zones = packages_in(mapped, false);
    add_others(mapped, zones);
  }
  add_others(folders, zones);
  return zones;
}

Watts rapl_max_power(const std::vector<RaplZone>& zones, RaplDomain domain, const RaplPlace& place) {
  const auto zone = std::find_if(zones.begin(), zones.end(), [&](const RaplZone& one) {
    return one.domain == domain && (domain == RaplDomain::Psys || one.place == place);
  });
  double limit_w = 0;
  for (int i = 0; zone != zones.end() && i < kMostConstraints; ++i) {
    const std::string constraint = zone->path + "/constraint_" + std::to_string(i);
    for (const char* file : {"_power_limit_uw", "_max_power_uw"})
      limit_w = std::max(limit_w, kernel_number(constraint + file).value_or(0) * 1e-6);
  }
  if (limit_w <= 0 || limit_w > kUnlimitedW) return Watts(kUnlimitedW);
  return Watts(std::max(kLeastMaximumW, kPeakOverLimit * limit_w));
}

const char* rapl_device(RaplDomain domain) {
  if (domain == RaplDomain::Psys) return "machine";
  return domain == RaplDomain::Package ? "cpu" : "dram";
}

MeterCard rapl_card(RaplDomain domain, const RaplPlace& place, int index, const std::string& way) {
  const std::string what = domain == RaplDomain::Package ? place.text()
                           : domain == RaplDomain::Dram  ? "dram of " + place.text()
                                                         : "psys, the whole platform";
  return {.device = rapl_device(domain) + std::to_string(index),
          .sensor = "RAPL " + what + " (" + way + ")",
          .method = Method::Counter,
          .period = Duration(kRaplPeriodS),
          .window = Duration(kRaplPeriodS),
          .relative_error = kRaplError,
          .whole_machine = domain == RaplDomain::Psys};
}

bool is_amd(const Machine& machine) {
  return cpu_description(machine).find("AuthenticAMD") != std::string::npos;
}

bool is_virtual(const Machine& machine) {
  return cpu_description(machine).find(" hypervisor") != std::string::npos;
}

}  // namespace frugal
