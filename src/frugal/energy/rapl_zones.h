// What the ways to RAPL share: powercap's tree as a list of zones, the card of a RAPL meter, and what one way
// offers. Not for other rooms: they ask rapl.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "frugal/energy/found.h"
#include "frugal/energy/machine.h"
#include "frugal/energy/perf_events.h"

namespace frugal {

enum class RaplDomain { Package, Dram, Psys };

// Which package, and which die of it where dies count for themselves.
struct RaplPlace {
  int package = 0;
  int die = 0;
  bool has_die = false;
  std::string text() const;  // "package-0", "package-0-die-1"
  bool operator==(const RaplPlace& other) const { return package == other.package && die == other.die; }
  bool operator<(const RaplPlace& other) const {
    return package != other.package ? package < other.package : die < other.die;
  }
};

struct RaplZone {
  std::string path;  // the folder
  RaplDomain domain = RaplDomain::Package;
  RaplPlace place = {};
  int index = 0;  // of its package among all: the number in "cpu1", "dram1"
};

// The zones of powercap that count: each package once, its DRAM, psys; `broken` gets those without a name,
// unless none has one.
std::vector<RaplZone> powercap_zones(const Machine& machine, std::vector<Missing>& broken);

// Above this no difference of the counter is believed: a multiple of the zone's largest power limit, or what
// no package reaches where the limit is missing or switched off.
Watts rapl_max_power(const std::vector<RaplZone>& zones, RaplDomain domain, const RaplPlace& place);

MeterCard rapl_card(RaplDomain domain, const RaplPlace& place, int index, const std::string& way);
const char* rapl_device(RaplDomain domain);  // "cpu", "dram", "machine"

// Some kernels (6.9, 6.10) show a package of AMD once for every die of it: there a package counts once.
bool is_amd(const Machine& machine);
bool is_virtual(const Machine& machine);

struct RaplDomainFound {
  std::vector<std::unique_ptr<Meter>> meters = {};
  std::vector<Missing> missing = {};
};
struct RaplWay {
  RaplDomainFound package = {};
  RaplDomainFound dram = {};
  RaplDomainFound psys = {};
  RaplDomainFound& of(RaplDomain domain) {
    return domain == RaplDomain::Package ? package : domain == RaplDomain::Dram ? dram : psys;
  }
};

// What to open: packages and DRAM, or psys alone, as "machine<psys>".
struct RaplWanted {
  std::optional<int> psys = {};
  bool wants(RaplDomain domain) const { return (domain == RaplDomain::Psys) == psys.has_value(); }
};

RaplWay rapl_by_perf(const Machine& machine, const Clock& clock, PerfEvents& events, RaplWanted wanted);
RaplWay rapl_by_powercap(const Machine& machine, const Clock& clock, RaplWanted wanted);
RaplWay rapl_by_hwmon(const Machine& machine, const Clock& clock, RaplWanted wanted);

}  // namespace frugal
