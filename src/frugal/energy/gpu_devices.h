// GPUs as people name them, and the meters that were found for them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frugal/base/clock.h"
#include "frugal/base/result.h"
#include "frugal/energy/found.h"
#include "frugal/energy/machine.h"

namespace frugal {

// A board that has a meter. Boards are numbered as the training sees them: NVIDIA's in the order of
// CUDA_VISIBLE_DEVICES, then AMD's; a board without a working sensor keeps its number and has no meter.
struct GpuId {
  std::string device;  // "gpu0"
  std::string uuid;    // "GPU-8932f937-d72c-…"; empty where the library does not tell
  std::string name;    // "NVIDIA A100-SXM4-80GB"
};

struct FoundGpus {
  std::vector<std::unique_ptr<Meter>> meters = {};
  std::vector<GpuId> ids = {};  // of the meters, in their order
  std::vector<Missing> missing = {};
  // PCI addresses of AMD's dies that the library accounts for, metered or hidden: find_drm_gpus() leaves them
  // out.
  std::vector<std::string> covered = {};
  int next_index = 0;  // the number that the next vendor's first board gets
};

// Of every vendor whose library is installed. `clock` must outlive the meters.
FoundGpus find_gpus(const Machine& machine, const Clock& clock);

// Whether `selector` is of the form that select_gpu() reads: "gpu", "gpu0", "gpu:GPU-8932".
bool is_gpu_selector(std::string_view selector);

// The position in `ids` of "gpu0" (a number) or "gpu:GPU-8932" (a UUID, or as much of its beginning as fits
// one board alone). FixInput when none or several fit, with what there is as the hint.
Result<std::size_t> select_gpu(std::string_view selector, std::span<const GpuId> ids);

}  // namespace frugal
