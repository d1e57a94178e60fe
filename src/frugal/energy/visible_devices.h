// Which boards (of AMD: dies) a training may use, from CUDA_VISIBLE_DEVICES and its ROCm kin, read as those
// runtimes read them. Pure: from text and a list of boards to positions in that list. Reads no environment
// and no device.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace frugal {

// A board in the vendor library's order, as far as the lists can name it.
struct BoardName {
  std::string uuid;                         // "GPU-8932f937-d72c-…"
  std::vector<std::string> mig_uuids = {};  // "MIG-…" of its instances
};

struct VisibleDevices {
  std::vector<std::size_t> boards;  // in the order in which the runtime numbers them; each board once
  bool by_index = false;            // the list names boards by number
  std::string stopped_at = {};      // the first invalid entry: it and what follows is not visible
};

// CUDA Programming Guide, "CUDA environment variables"; where that is silent, as PyTorch found CUDA to behave
// (torch/cuda/__init__.py): unset is every board; the first entry decides between numbers, GPU- and
// MIG-UUIDs, and an entry of another kind ends the list, as do a negative number, one out of range, and a
// UUID prefix that fits no board or several; text behind a number is ignored ("1gpu2" is 1); an entry that
// comes twice makes the whole list empty; of MIG instances the first alone is used ("MIG-GPU-<uuid>/1/2" is
// the old form).
VisibleDevices cuda_visible(const std::optional<std::string>& list, std::span<const BoardName> boards);

// ROCR_VISIBLE_DEVICES chooses among all dies, as the ROCm runtime reads it (ROCR-Runtime,
// core/runtime/amd_filter_device.cpp): numbers and UUIDs may mix, letters of UUIDs count alike in both cases,
// the first invalid or repeated entry ends the list, empty is none. HIP_VISIBLE_DEVICES (where unset,
// CUDA_VISIBLE_DEVICES, which HIP takes for the same) then chooses by number among those, by the same rules.
VisibleDevices rocm_visible(const std::optional<std::string>& rocr, const std::optional<std::string>& hip,
                            std::span<const BoardName> dies);

}  // namespace frugal
