#include "frugal/energy/node_power.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>
#include <vector>

#include "frugal/energy/rapl.h"
#include "frugal/energy/sysfs.h"
#include "frugal/energy/sysfs_meter.h"

namespace frugal {
namespace {

constexpr double kUnknownError = 0.1;  // of a sensor that does not say how accurate it is
constexpr const char* kBmcRemedy = "sudo setfacl -m u:$USER:rw ";
constexpr const char* kBmcGivesAway =
    "until the next start of the machine every program of yours can command the BMC: switch the machine off, "
    "add "
    "users who may log in to the BMC, change its settings";

// ACPI power meters: in the chip's folder or, before Linux 6.14 or so, in that of its device.
std::string acpi_folder(const Machine& machine, const std::string& chip) {
  const std::string folder = machine.sys + "/class/hwmon/" + chip;
  for (const char* inside : {"", "/device"}) {
    if (kernel_text(folder + inside + "/name") == "power_meter" &&
        kernel_number(folder + inside + "/power1_average"))
      return folder + inside;
  }
  return {};
}

struct AcpiMeter {
  std::string folder;
  std::string part;  // what its firmware says that it meters: "Module Power Socket 0"; often empty
};

std::vector<AcpiMeter> acpi_meters(const Machine& machine) {
  std::vector<AcpiMeter> meters;
  for (const std::string& chip : names_in(machine.sys + "/class/hwmon", "hwmon")) {
    const std::string folder = acpi_folder(machine, chip);
    if (folder.empty() || kernel_number(folder + "/power1_is_battery").value_or(0) != 0) continue;
    meters.push_back({folder, kernel_text(folder + "/power1_oem_info").value_or("")});
  }
  return meters;
}

// "98.5%" of accuracy is an error of 1.5 %.
double acpi_error(const std::string& folder) {
  const std::string text = kernel_text(folder + "/power1_accuracy").value_or("");
  double percent = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), percent);
  return parsed.ec == std::errc{} && percent > 0 && percent < 100 ? 1 - percent / 100 : kUnknownError;
}

std::unique_ptr<Meter> open_power(MeterCard card, const std::string& path, const Clock& clock) {
  Result<OpenNumber> power = OpenNumber::open(path);
  if (!power || !power->trouble().empty()) return nullptr;
  card.method = Method::Integral;
  SysfsFiles files;
  files.power_uw = std::move(*power);
  return std::make_unique<SysfsMeter>(std::move(card), std::move(files), clock);
}

MeterCard acpi_card(const AcpiMeter& meter, std::string device) {
  MeterCard card;
  card.device = std::move(device);
  card.sensor = (meter.part.empty() ? "node input" : meter.part) + " (ACPI power meter)";
  card.window = Duration(kernel_number(meter.folder + "/power1_average_interval").value_or(0) * 1e-3);
  card.period = card.window;
  card.relative_error = acpi_error(meter.folder);
  return card;
}

std::string next_machine(const Found& found) { return "machine" + std::to_string(found.meters.size()); }

void add(Found& found, std::unique_ptr<Meter> meter) {
  if (meter) found.meters.push_back(std::move(meter));
}

void add_acpi(const Machine& machine, const Clock& clock, Found& found) {
  for (const AcpiMeter& meter : acpi_meters(machine)) {
    const bool socket = meter.part.find("Power Socket") != std::string::npos;
    if (socket && !meter.part.starts_with("Module")) continue;  // a part of the module beside it
    MeterCard card = acpi_card(meter, next_machine(found));
    card.whole_machine = true;
    add(found, open_power(std::move(card), meter.folder + "/power1_average", clock));
  }
}

// Further chips that see all of a machine, and the label of the value that does.
struct NodeChip {
  std::string_view chip;
  std::string_view label;
};
constexpr std::array<NodeChip, 2> kNodeChips{
    {{"ibmpowernv", "System"}, {"macsmc_hwmon", "Total System Power"}}};

void add_chips(const Machine& machine, const Clock& clock, Found& found) {
  const std::string root = machine.sys + "/class/hwmon/";
  for (const std::string& name : names_in(root, "hwmon")) {
    const std::string chip = kernel_text(root + name + "/name").value_or("");
    for (const NodeChip& known : kNodeChips) {
      if (chip != known.chip) continue;
      for (const std::string& label : names_in(root + name, "power")) {
        if (!label.ends_with("_label") || kernel_text(root + name + "/" + label) != known.label) continue;
        MeterCard card;
        card.device = next_machine(found);
        card.sensor = std::string(known.label) + " (hwmon " + chip + ")";
        card.relative_error = kUnknownError;
        card.whole_machine = true;
        const std::string stem = root + name + "/" + label.substr(0, label.size() - 6);
        add(found, open_power(std::move(card), stem + "_input", clock));
      }
    }
  }
}

void add_bmc(const Machine& machine, const Clock& clock, const OpenBmc& open_bmc, Found& found) {
  for (const char* name : {"/ipmi0", "/ipmi/0", "/ipmidev/0"}) {
    const std::string path = machine.dev + name;
    Result<std::unique_ptr<Bmc>> bmc = open_bmc(path);
    if (!bmc && bmc.error().code != ErrorCode::NeedRights) continue;  // most machines have none
    Missing missing{.device = "machine", .sensor = "BMC (DCMI)", .why = {}};
    if (!bmc) {
      missing.why = bmc.error().message;
      missing.remedy = kBmcRemedy + path;
      missing.gives_away = kBmcGivesAway;
      found.missing.push_back(std::move(missing));
      return;
    }
    MeterCard card{.device = next_machine(found), .sensor = "node input (BMC, DCMI)"};
    card.relative_error = kUnknownError;
    card.whole_machine = true;
    Result<std::unique_ptr<Meter>> meter = DcmiMeter::open(std::move(card), std::move(*bmc), clock);
    if (meter) return add(found, std::move(*meter));
    missing.why = meter.error().message;
    found.missing.push_back(std::move(missing));
    return;
  }
}

}  // namespace

Found find_node_power(const Machine& machine, const Clock& clock, const OpenBmc& open_bmc,
                      PerfEvents& events) {
  Found found;
  add_acpi(machine, clock, found);
  add_chips(machine, clock, found);
  add_bmc(machine, clock, open_bmc, found);
  Found psys = find_psys(machine, clock, static_cast<int>(found.meters.size()), events);
  for (auto& meter : psys.meters) found.meters.push_back(std::move(meter));
  for (Missing& one : psys.missing) found.missing.push_back(std::move(one));
  return found;
}

Found find_acpi_sockets(const Machine& machine, const Clock& clock) {
  constexpr std::string_view kSocket = "Grace Power Socket ";
  Found found;
  for (const AcpiMeter& meter : acpi_meters(machine)) {
    if (!meter.part.starts_with(kSocket)) continue;
    MeterCard card = acpi_card(meter, "cpu" + meter.part.substr(kSocket.size()));
    card.sensor = meter.part + ", memory included (ACPI power meter)";
    add(found, open_power(std::move(card), meter.folder + "/power1_average", clock));
  }
  return found;
}

}  // namespace frugal
