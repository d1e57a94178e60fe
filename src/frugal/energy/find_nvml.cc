#include "frugal/energy/find_nvml.h"

#include <algorithm>
#include <utility>

#include "frugal/energy/nvml_library.h"
#include "frugal/energy/nvml_meter.h"
#include "frugal/energy/visible_devices.h"

namespace frugal {
namespace {

struct Boards {
  std::vector<NvmlBoard> boards;
  std::vector<BoardName> names;
  std::vector<std::string> troubles;  // by board; empty: none
};

Missing missing(std::string device, std::string why, std::string remedy = {}) {
  return {.device = std::move(device), .sensor = "NVML", .why = std::move(why), .remedy = std::move(remedy)};
}

Boards all_boards(NvmlApi& nvml, unsigned count) {
  Boards all;
  for (unsigned index = 0; index < count; ++index) {
    NvmlBoard board{.index = index, .name = "NVIDIA GPU " + std::to_string(index)};
    BoardName name;
    std::string trouble;
    if (const NvmlCode code = nvml.device(index, board.handle); code != NvmlCode::Success) {
      trouble = nvml.error_text(code);
    } else {
      nvml.name(board.handle, board.name);
      nvml.uuid(board.handle, board.uuid);
      nvml.architecture(board.handle, board.architecture);
      nvml.mig_enabled(board.handle, board.mig);
      if (board.mig) nvml.mig_uuids(board.handle, name.mig_uuids);
    }
    name.uuid = board.uuid;
    all.boards.push_back(std::move(board));
    all.names.push_back(std::move(name));
    all.troubles.push_back(std::move(trouble));
  }
  return all;
}

std::string counted(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

void tell_hidden(const Machine& machine, const VisibleDevices& visible, std::size_t count, FoundGpus& found) {
  if (visible.boards.size() == count) return;
  std::string why = counted(count - visible.boards.size(), "NVIDIA GPU") + " of " + std::to_string(count) +
                    " hidden by CUDA_VISIBLE_DEVICES='" + machine.cuda_visible_devices.value_or("") + "'";
  if (!visible.stopped_at.empty()) why += ", which CUDA reads up to '" + visible.stopped_at + "'";
  found.missing.push_back(missing("gpu", std::move(why)));
}

// CUDA numbers boards by speed unless told otherwise, NVML by their place on the bus: the same where all
// boards are alike.
bool order_is_ambiguous(const Machine& machine, const VisibleDevices& visible, const Boards& all) {
  if (!machine.cuda_visible_devices || !visible.by_index || visible.boards.empty()) return false;
  if (machine.cuda_device_order == "PCI_BUS_ID") return false;
  return std::any_of(all.boards.begin(), all.boards.end(),
                     [&](const NvmlBoard& board) { return board.name != all.boards.front().name; });
}

}  // namespace

FoundGpus find_nvml(const Machine& machine, const Clock& clock, int first_index) {
  const Result<std::shared_ptr<NvmlApi>> nvml = open_nvml(machine.nvml_library);
  if (nvml) return find_nvml(*nvml, machine, clock, first_index);
  FoundGpus found;
  found.next_index = first_index;
  found.missing.push_back(missing("gpu", nvml.error().message, nvml.error().hint));
  return found;
}

FoundGpus find_nvml(const std::shared_ptr<NvmlApi>& nvml, const Machine& machine, const Clock& clock,
                    int first_index) {
  FoundGpus found;
  found.next_index = first_index;
  unsigned count = 0;
  if (const NvmlCode code = nvml->device_count(count); code != NvmlCode::Success) {
    found.missing.push_back(missing("gpu", "the NVIDIA boards cannot be counted: " + nvml->error_text(code)));
    return found;
  }
  if (count == 0) found.missing.push_back(missing("gpu", "NVML works and finds no NVIDIA board"));
  const Boards all = all_boards(*nvml, count);
  const VisibleDevices visible = cuda_visible(machine.cuda_visible_devices, all.names);
  tell_hidden(machine, visible, count, found);
  const bool ambiguous = order_is_ambiguous(machine, visible, all);
  for (const std::size_t position : visible.boards) {
    NvmlBoard board = all.boards[position];
    board.bus_order_assumed = ambiguous;
    const std::string device = "gpu" + std::to_string(found.next_index++);
    if (!all.troubles[position].empty()) {
      found.missing.push_back(missing(device, board.name + ": " + all.troubles[position]));
      continue;
    }
    auto meter = NvmlMeter::open(nvml, board, device, clock);
    if (!meter) {
      found.missing.push_back(missing(device, meter.error().message));
      continue;
    }
    found.meters.push_back(*std::move(meter));
    found.ids.push_back({.device = device, .uuid = board.uuid, .name = board.name});
  }
  return found;
}

}  // namespace frugal
