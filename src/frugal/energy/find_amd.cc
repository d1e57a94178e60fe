#include "frugal/energy/find_amd.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <utility>

#include "frugal/energy/amd_library.h"
#include "frugal/energy/visible_devices.h"

namespace frugal {
namespace {

Missing missing(std::string device, std::string why) {
  return {.device = std::move(device), .sensor = "AMD SMI", .why = std::move(why)};
}

bool is_secondary(AmdApi& amd, unsigned die) {
  Joules energy;
  if (amd.energy(die, energy) != kAmdSuccess || energy.value() != 0) return false;
  Watts power;
  AmdPower kind = AmdPower::Average;
  return amd.power(die, power, kind) != kAmdSuccess || power.value() == 0;
}

// At least `digits` hexadecimal ones. The standard library alone: frugal-trainer is built without fmt.
std::string hex(std::uint64_t number, std::size_t digits) {
  char text[16];
  const auto end = std::to_chars(std::begin(text), std::end(text), number, 16).ptr;
  const std::string shown(std::begin(text), end);
  return shown.size() < digits ? std::string(digits - shown.size(), '0') + shown : shown;
}

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

// "0000:c1:00.0"; empty where the library does not tell.
std::string pci_of(AmdApi& amd, unsigned die) {
  std::uint64_t bdf = 0;
  if (amd.pci_id(die, bdf) != kAmdSuccess) return {};
  return hex(bdf >> 32, 4) + ":" + hex((bdf >> 8) & 0xff, 2) + ":" + hex((bdf >> 3) & 0x1f, 2) + "." +
         hex(bdf & 7, 1);
}

// "GPU-18f68e602b8a790f", from the library or, where it does not tell, from the kernel; empty where neither
// does.
std::string uuid_of(AmdApi& amd, unsigned die, const std::string& sys) {
  std::uint64_t id = 0;
  if (amd.unique_id(die, id) == kAmdSuccess && id != 0) return "GPU-" + hex(id, 16);
  std::ifstream file(sys + "/bus/pci/devices/" + pci_of(amd, die) + "/unique_id");
  std::string text;
  return file >> text ? "GPU-" + text : std::string();
}

void tell_hidden(const Machine& machine, const VisibleDevices& visible, std::size_t count, FoundGpus& found) {
  if (visible.boards.size() == count) return;
  const std::size_t hidden = count - visible.boards.size();
  std::string why = std::to_string(hidden) + (hidden == 1 ? " AMD die" : " AMD dies") + " of " +
                    std::to_string(count) + " hidden by";
  if (machine.rocr_visible_devices) why += " ROCR_VISIBLE_DEVICES='" + *machine.rocr_visible_devices + "'";
  if (machine.hip_visible_devices) {
    why += " HIP_VISIBLE_DEVICES='" + *machine.hip_visible_devices + "'";
  } else if (machine.cuda_visible_devices) {
    why += " CUDA_VISIBLE_DEVICES='" + *machine.cuda_visible_devices + "'";
  }
  found.missing.push_back(missing("gpu", std::move(why)));
}

// Boards in the order in which the runtime numbers their dies, each once.
std::vector<AmdBoard> visible_boards(const std::vector<AmdBoard>& boards, const VisibleDevices& visible) {
  std::vector<AmdBoard> chosen;
  const auto sees = [&](unsigned die) {
    return std::find(visible.boards.begin(), visible.boards.end(), die) != visible.boards.end();
  };
  for (const std::size_t die : visible.boards) {
    for (AmdBoard board : boards) {
      if (board.die != die && board.secondary != die) continue;
      const bool known = std::any_of(chosen.begin(), chosen.end(),
                                     [&](const AmdBoard& other) { return other.die == board.die; });
      board.half_visible = board.secondary && sees(board.die) != sees(*board.secondary);
      if (!known) chosen.push_back(std::move(board));
    }
  }
  return chosen;
}

}  // namespace

std::vector<AmdBoard> boards_of(AmdApi& amd, unsigned dies) {
  std::vector<AmdBoard> boards;
  std::optional<unsigned> waiting;  // a secondary without a die before it
  for (unsigned die = 0; die < dies; ++die) {
    if (is_secondary(amd, die)) {
      if (!boards.empty() && !boards.back().secondary && boards.back().die + 1 == die) {
        boards.back().secondary = die;
      } else {
        waiting = die;
      }
      continue;
    }
    AmdBoard board{.die = die, .secondary = waiting, .name = "AMD GPU " + std::to_string(die)};
    waiting.reset();
    amd.name(die, board.name);
    boards.push_back(std::move(board));
  }
  if (waiting) boards.push_back({.die = *waiting, .name = "AMD GPU " + std::to_string(*waiting)});
  return boards;
}

FoundGpus find_amd(const Machine& machine, const Clock& clock, int first_index) {
  std::vector<std::string> reasons;
  for (const std::string& library : machine.amd_libraries) {
    const Result<std::shared_ptr<AmdApi>> amd = open_amd(library);
    unsigned dies = 0;
    if (amd && (*amd)->die_count(dies) == kAmdSuccess && dies > 0)
      return find_amd(*amd, machine, clock, first_index);
    const std::string why = amd ? library + " works and finds no AMD board" : amd.error().message;
    if (!why.ends_with("No such file or directory")) reasons.push_back(why);
  }
  FoundGpus found;
  found.next_index = first_index;
  std::string why = joined(reasons, "; ");
  if (reasons.empty()) why = "none of " + joined(machine.amd_libraries, ", ") + " is installed";
  found.missing.push_back(missing("gpu", std::move(why)));
  return found;
}

FoundGpus find_amd(const std::shared_ptr<AmdApi>& amd, const Machine& machine, const Clock& clock,
                   int first_index) {
  FoundGpus found;
  found.next_index = first_index;
  unsigned count = 0;
  if (const AmdCode code = amd->die_count(count); code != kAmdSuccess) {
    found.missing.push_back(missing("gpu", "the AMD boards cannot be counted: " + amd->error_text(code)));
    return found;
  }
  std::vector<BoardName> names;
  for (unsigned die = 0; die < count; ++die) names.push_back({.uuid = uuid_of(*amd, die, machine.sys)});
  const VisibleDevices visible = rocm_visible(
      machine.rocr_visible_devices,
      machine.hip_visible_devices ? machine.hip_visible_devices : machine.cuda_visible_devices, names);
  tell_hidden(machine, visible, count, found);
  std::vector<bool> unread(count, false);
  for (const AmdBoard& board : visible_boards(boards_of(*amd, count), visible)) {
    const std::string device = "gpu" + std::to_string(found.next_index++);
    auto meter = AmdMeter::open(amd, board, device, clock);
    if (!meter) {
      found.missing.push_back(missing(device, meter.error().message));
      unread[board.die] = true;  // the kernel may know more
      continue;
    }
    found.meters.push_back(*std::move(meter));
    found.ids.push_back({.device = device, .uuid = names[board.die].uuid, .name = board.name});
  }
  for (unsigned die = 0; die < count; ++die) {
    if (std::string pci = pci_of(*amd, die); !unread[die] && !pci.empty())
      found.covered.push_back(std::move(pci));
  }
  return found;
}

}  // namespace frugal
