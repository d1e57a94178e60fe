#include "frugal/energy/open.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "frugal/base/nearest.h"
#include "frugal/energy/model_meter.h"
#include "frugal/energy/sim_meter.h"

namespace frugal {
namespace {

using Meters = std::vector<std::unique_ptr<Meter>>;

struct Opening {
  const Clock& clock;
  const Machine& machine;
  Meters meters = {};
  int simulated = 0;
};

bool has_device(const Opening& opening, std::string_view device) {
  return std::any_of(opening.meters.begin(), opening.meters.end(),
                     [&](const auto& meter) { return meter->card().device == device; });
}

Status open_model(std::string_view settings, Opening& opening) {
  if (has_device(opening, "model"))
    return bad_input("the device 'model' is listed twice: its joules would count twice");
  const Result<ModelSpec> spec = parse_model(settings, known_cpu(opening.machine.cpu_time.proc));
  if (!spec) return spec.error();
  opening.meters.push_back(std::make_unique<ModelMeter>(*spec, opening.clock, opening.machine.cpu_time));
  return {};
}

Status open_auto(std::string_view settings, Opening& opening) {
  if (!settings.empty()) return bad_input("the device 'auto' has no settings");
  return open_model("", opening);
}

Status open_sim(std::string_view settings, Opening& opening) {
  const Result<SimSpec> spec = parse_sim(settings);
  if (!spec) return spec.error();
  const std::string name = "sim" + std::to_string(opening.simulated++);
  opening.meters.push_back(std::make_unique<SimMeter>(*spec, name, opening.clock));
  return {};
}

struct DeviceKind {
  const char* word;
  Status (*open)(std::string_view settings, Opening& opening);
};
constexpr std::array<DeviceKind, 3> kKinds{{{"auto", open_auto}, {"model", open_model}, {"sim", open_sim}}};
constexpr std::string_view kNone = "none";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// "key=value": an '=' that no ':' precedes.
bool is_setting(std::string_view part) {
  const std::size_t equals = part.find('=');
  return equals != std::string_view::npos && part.find(':') > equals;
}

Status open_one(std::string_view device, Opening& opening) {
  const std::size_t colon = std::min(device.find(':'), device.size());
  const std::string word(trimmed(device.substr(0, colon)));
  const std::string_view settings = device.substr(std::min(colon + 1, device.size()));
  std::vector<std::string> known;
  for (const DeviceKind& kind : kKinds) {
    if (word == kind.word) return kind.open(settings, opening);
    known.emplace_back(kind.word);
  }
  if (word == kNone) return bad_input("the device 'none' stands alone");
  known.emplace_back(kNone);
  return bad_input("unknown device '" + word + "'" + did_you_mean(word, known));
}

}  // namespace

std::vector<std::string> split_devices(std::string_view devices) {
  std::vector<std::string> found;
  bool joins = false;  // the separator before this part was a comma
  while (!devices.empty()) {
    const std::size_t cut = std::min(devices.find_first_of(",;"), devices.size());
    const std::string_view part = trimmed(devices.substr(0, cut));
    if (joins && !found.empty() && is_setting(part)) {
      found.back() += "," + std::string(part);
    } else if (!part.empty()) {
      found.emplace_back(part);
    }
    joins = cut < devices.size() && devices[cut] == ',';
    devices.remove_prefix(std::min(cut + 1, devices.size()));
  }
  return found;
}

Result<Meters> open_meters(std::string_view devices, const Clock& clock, const Machine& machine) {
  const std::vector<std::string> list = split_devices(devices);
  if (list.empty()) return bad_input("no device is named", "write 'auto', or 'none' to go without energy");
  if (list.size() == 1 && list.front() == kNone) return Meters{};
  Opening opening{.clock = clock, .machine = machine};
  for (const std::string& device : list) {
    if (const Status status = open_one(device, opening); !status) return status.error();
  }
  return std::move(opening.meters);
}

}  // namespace frugal
