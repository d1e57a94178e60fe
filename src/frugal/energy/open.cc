#include "frugal/energy/open.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "frugal/base/nearest.h"
#include "frugal/energy/dram_model.h"
#include "frugal/energy/model_meter.h"
#include "frugal/energy/replay_meter.h"
#include "frugal/energy/sim_meter.h"
#include "frugal/energy/survey.h"

namespace frugal {
namespace {

struct Opening {
  const Clock& clock;
  const Machine& machine;
  OpenedMeters opened = {};
  std::optional<Survey> surveyed = {};  // made once, where a sensor of the machine is asked for
  int simulated = 0;

  Survey& survey() {
    if (!surveyed) surveyed = frugal::survey(machine, clock);
    return *surveyed;
  }
};

bool has_device(const Opening& opening, std::string_view device) {
  return std::any_of(opening.opened.meters.begin(), opening.opened.meters.end(),
                     [&](const auto& meter) { return meter->card().device == device; });
}

// Joules of one device must not count twice.
Status add(std::unique_ptr<Meter> meter, Opening& opening) {
  const std::string device = meter->card().device;
  if (has_device(opening, device))
    return bad_input("the device '" + device + "' is listed twice: its joules would count twice");
  for (const Calibration& calibration : opening.machine.calibrations)
    meter = calibrated(std::move(meter), calibration, opening.machine.host);
  opening.opened.meters.push_back(std::move(meter));
  return {};
}

Status open_model(std::string_view, std::string_view settings, Opening& opening) {
  const Result<ModelSpec> spec = parse_model(settings, known_cpu(opening.machine.cpu_time.proc));
  if (!spec) return spec.error();
  return add(std::make_unique<ModelMeter>(*spec, opening.clock, opening.machine.cpu_time), opening);
}

Status open_dram_model(std::string_view, std::string_view settings, Opening& opening) {
  const Result<DramModelSpec> spec = parse_dram_model(settings);
  if (!spec) return spec.error();
  return add(std::make_unique<DramModelMeter>(*spec, opening.clock, opening.machine), opening);
}

Status open_sim(std::string_view, std::string_view settings, Opening& opening) {
  const Result<SimSpec> spec = parse_sim(settings);
  if (!spec) return spec.error();
  const std::string name = "sim" + std::to_string(opening.simulated++);
  return add(std::make_unique<SimMeter>(*spec, name, opening.clock), opening);
}

Status open_recorded(std::string_view, std::string_view file, Opening& opening) {
  if (file.empty()) return bad_input("the device 'replay' needs a file", "write replay:trace.csv");
  auto meters = open_replay(std::string(file), opening.clock);
  if (!meters) return meters.error();
  for (auto& meter : *meters) {
    if (const Status status = add(std::move(meter), opening); !status) return status;
  }
  return {};
}

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Takes the meters out of the survey that `chosen` wants; how many.
template <class Chosen>
Result<int> take(Opening& opening, Chosen chosen) {
  int taken = 0;
  for (std::unique_ptr<Meter>& meter : opening.survey().meters) {
    if (!meter || !chosen(meter->card())) continue;
    if (const Status status = add(std::move(meter), opening); !status) return status.error();
    ++taken;
  }
  return taken;
}

Status open_auto(std::string_view, std::string_view settings, Opening& opening) {
  if (!settings.empty()) return bad_input("the device 'auto' has no settings");
  const Result<int> taken = take(opening, [](const MeterCard& card) { return !card.whole_machine; });
  if (!taken) return taken.error();
  const auto& meters = opening.opened.meters;
  const auto is = [&](std::string_view kind) {
    return std::any_of(meters.begin(), meters.end(),
                       [&](const auto& meter) { return meter->card().device.starts_with(kind); });
  };
  if (!is("gpu") && has_graphics_board(opening.machine)) {
    for (const Missing& one : opening.survey().missing) {
      if (one.device.starts_with("gpu"))
        opening.opened.caveats.push_back("the GPU is not measured: " + one.why + " (frugal doctor)");
    }
  }
  return is("cpu") ? Status() : open_model("model", "", opening);
}

// Why there is no such sensor here, with the line that would help.
Error not_here(const std::string& device, std::string_view kind, const Opening& opening) {
  Error error{ErrorCode::NeedRights, "the device '" + device + "' cannot be read here",
              "frugal doctor says what can"};
  bool explained = false;
  for (const Missing& one : opening.surveyed->missing) {
    if (!one.device.starts_with(kind)) continue;
    explained = true;
    error.message += "; " + one.sensor + ": " + one.why;
    if (!one.remedy.empty()) error.hint = one.remedy;
  }
  if (!explained) error.message += ": the machine shows no such sensor";
  return error;
}

Status open_gpu(std::string_view device, Opening& opening) {
  const Survey& survey = opening.survey();
  const Result<std::size_t> chosen = select_gpu(device, survey.gpus);
  if (!chosen && survey.gpus.empty()) return not_here(std::string(device), "gpu", opening);
  if (!chosen) return chosen.error();
  const std::string name = survey.gpus[*chosen].device;
  const Result<int> taken = take(opening, [&](const MeterCard& card) { return card.device == name; });
  if (!taken) return taken.error();
  if (*taken == 0)
    return bad_input("the device '" + name + "' is listed twice: its joules would count twice");
  return {};
}

// "cpu", "cpu1", "dram", "machine0" …
Status open_sensor(std::string_view word, std::string_view settings, Opening& opening) {
  const std::string kind(word.substr(0, word.find_first_of("0123456789")));
  if (kind == "gpu" && (word != "gpu" || !settings.empty()))
    return open_gpu(std::string(word) + (settings.empty() ? "" : ":" + std::string(settings)), opening);
  if (!settings.empty()) return bad_input("the device '" + kind + "' has no settings");
  if (has_device(opening, word))
    return bad_input("the device '" + std::string(word) + "' is listed twice: its joules would count twice");
  const Result<int> taken = take(opening, [&](const MeterCard& card) {
    return word == kind
               ? card.device.starts_with(kind) && is_digits(std::string_view(card.device).substr(kind.size()))
               : card.device == word;
  });
  if (!taken) return taken.error();
  if (*taken == 0) return not_here(std::string(word), kind, opening);
  return {};
}

struct DeviceKind {
  const char* word;
  bool numbered;  // "gpu0" as well as "gpu"
  Status (*open)(std::string_view word, std::string_view settings, Opening& opening);
};
constexpr std::array<DeviceKind, 9> kKinds{{{"auto", false, open_auto},
                                            {"gpu", true, open_sensor},
                                            {"cpu", true, open_sensor},
                                            {"dram", true, open_sensor},
                                            {"machine", true, open_sensor},
                                            {"model", false, open_model},
                                            {"dram-model", false, open_dram_model},
                                            {"sim", false, open_sim},
                                            {"replay", false, open_recorded}}};

bool is_of(const DeviceKind& kind, std::string_view word) {
  if (word == kind.word) return true;
  return kind.numbered && word.starts_with(kind.word) &&
         is_digits(word.substr(std::string_view(kind.word).size()));
}
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
    if (is_of(kind, word)) return kind.open(word, settings, opening);
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

Result<OpenedMeters> open_meters(std::string_view devices, const Clock& clock, const Machine& machine) {
  const std::vector<std::string> list = split_devices(devices);
  if (list.empty()) return bad_input("no device is named", "write 'auto', or 'none' to go without energy");
  if (list.size() == 1 && list.front() == kNone) return OpenedMeters{};
  Opening opening{.clock = clock, .machine = machine};
  opening.opened.caveats = machine.caveats;
  for (const std::string& device : list) {
    if (const Status status = open_one(device, opening); !status) return status.error();
  }
  return std::move(opening.opened);
}

}  // namespace frugal
