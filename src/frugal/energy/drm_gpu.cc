#include "frugal/energy/drm_gpu.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "frugal/energy/sysfs.h"
#include "frugal/energy/sysfs_meter.h"

namespace frugal {
namespace {

constexpr double kCounterError = 0.05;
constexpr double kPowerError = 0.1;
constexpr double kPeakOverCap = 2;  // a cap is kept as a mean over milliseconds to seconds

struct Card {
  std::string name;       // "card1"
  std::string device;     // its folder of the PCI device
  std::string chip = {};  // its hwmon folder
  std::string driver = {};
  std::string address = {};
  std::string serial = {};
};

std::string property(const std::string& uevent, const std::string& key) {
  const std::string wanted = "\n" + key + "=";
  const std::string text = "\n" + uevent;
  const std::size_t at = text.find(wanted);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + wanted.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

// In lower case and without leading zeros: domains have four digits or more.
std::string plain_address(const std::string& address) {
  std::string plain;
  for (const char c : address) {
    if (c != '0' || !plain.empty()) plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return plain;
}

bool is_card(const std::string& name) {
  return name.size() > 4 &&
         std::all_of(name.begin() + 4, name.end(), [](unsigned char c) { return std::isdigit(c); });
}

// The chip of the whole device: i915 has further ones for its tiles, "i915_gt0".
std::string chip_of(const std::string& device, const std::string& driver) {
  for (const std::string& name : names_in(device + "/hwmon", "hwmon")) {
    std::string chip = device + "/hwmon/" + name;
    if (kernel_text(chip + "/name") == driver) return chip;
  }
  return {};
}

std::vector<Card> cards_of(const Machine& machine, std::span<const std::string> covered) {
  static constexpr std::array<std::string_view, 3> kDrivers{"amdgpu", "i915", "xe"};
  std::vector<Card> cards;
  for (const std::string& name : names_in(machine.sys + "/class/drm", "card")) {
    if (!is_card(name)) continue;
    Card card{.name = name, .device = machine.sys + "/class/drm/" + name + "/device"};
    const std::string uevent = kernel_text(card.device + "/uevent").value_or("");
    card.driver = property(uevent, "DRIVER");
    card.address = property(uevent, "PCI_SLOT_NAME");
    card.serial = kernel_text(card.device + "/serial_number").value_or("");
    if (std::find(kDrivers.begin(), kDrivers.end(), card.driver) == kDrivers.end()) continue;
    const auto is_this = [&](const std::string& other) {
      return plain_address(other) == plain_address(card.address);
    };
    if (!card.address.empty() && std::any_of(covered.begin(), covered.end(), is_this)) continue;
    const bool seen = std::any_of(cards.begin(), cards.end(), [&](const Card& one) {
      return !card.address.empty() && one.address == card.address;
    });
    card.chip = chip_of(card.device, card.driver);
    if (!seen && !card.chip.empty()) cards.push_back(std::move(card));
  }
  return cards;
}

// The tables that amdgpu offers say in their third byte whether they are of a card (1) or an APU (2, 3)
// (struct metrics_table_header of the kernel's kgd_pp_interface.h).
bool is_apu(const Card& card) {
  std::ifstream metrics(card.device + "/gpu_metrics", std::ios::binary);
  std::array<char, 4> header{};
  return card.driver == "amdgpu" && metrics.read(header.data(), header.size()) && header[2] >= 2;
}

// The file of a counter of the whole card: xe labels its counters "card" and "pkg", one inside the other.
std::string counter_file(const Card& card) {
  std::string chosen;
  for (const std::string& name : names_in(card.chip, "energy")) {
    if (!name.ends_with("_input")) continue;
    const std::string stem = name.substr(0, name.size() - 6);
    if (kernel_text(card.chip + "/" + stem + "_label") == "card") return card.chip + "/" + name;
    if (chosen.empty()) chosen = card.chip + "/" + name;
  }
  return chosen;
}

struct Opened {
  SysfsFiles files = {};
  std::string field;
  std::string why;  // nothing could be opened
};

Opened open_files(const Card& card) {
  Opened opened;
  std::vector<std::string> powers{card.chip + "/power1_average", card.chip + "/power1_input"};
  const std::string counter = counter_file(card);
  const auto take = [&](const std::string& path, std::optional<OpenNumber>& into) {
    Result<OpenNumber> file = OpenNumber::open(path);
    const std::string trouble = file ? file->trouble() : "";
    if (file && trouble.empty()) {
      into = std::move(*file);
    } else if (opened.why.empty() || file) {
      opened.why = file ? path + ": " + trouble : file.error().message;
    }
  };
  if (!counter.empty()) take(counter, opened.files.counter_uj);
  for (const std::string& path : powers) {
    if (!opened.files.power_uw) take(path, opened.files.power_uw);
    if (opened.files.power_uw && opened.field.empty()) opened.field = path.substr(card.chip.size() + 1);
  }
  return opened;
}

MeterCard card_of(const Card& card, const Opened& opened, int index) {
  const bool counter = opened.files.counter_uj.has_value();
  const bool apu = is_apu(card);
  MeterCard meter;
  meter.device = "gpu" + std::to_string(index);
  meter.sensor = card.driver + " " + (counter ? "energy counter" : opened.field) + " (" + card.name +
                 (card.address.empty() ? "" : ", " + card.address) + (apu ? ", an APU: CPU included)" : ")");
  meter.method = counter ? Method::Counter : Method::Integral;
  meter.relative_error = counter ? kCounterError : kPowerError;
  meter.whole_machine = apu;
  if (counter && opened.files.power_uw) meter.power = PowerCard{.field = opened.field};
  double cap_uw = 0;
  for (const char* file : {"/power1_cap", "/power1_rated_max", "/power1_max"})
    cap_uw = std::max(cap_uw, kernel_number(card.chip + file).value_or(0));
  if (cap_uw > 0) meter.max_power = Watts(kPeakOverCap * cap_uw * 1e-6);
  return meter;
}

}  // namespace

Found find_drm_gpus(const Machine& machine, const Clock& clock, int first_index,
                    std::span<const std::string> covered) {
  Found found;
  std::vector<std::string> serials;  // of boards that are read
  int index = first_index;
  for (const Card& card : cards_of(machine, covered)) {
    if (!card.serial.empty() && std::find(serials.begin(), serials.end(), card.serial) != serials.end())
      continue;
    Opened opened = open_files(card);
    if (!opened.files.counter_uj && !opened.files.power_uw) {
      found.missing.push_back(
          {.device = "gpu" + std::to_string(index++), .sensor = card.driver + " (hwmon)", .why = opened.why});
      continue;
    }
    if (!card.serial.empty()) serials.push_back(card.serial);
    MeterCard meter = card_of(card, opened, index++);
    found.meters.push_back(std::make_unique<SysfsMeter>(std::move(meter), std::move(opened.files), clock));
  }
  return found;
}

}  // namespace frugal
