#include "frugal/energy/gpu_devices.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "frugal/energy/find_amd.h"
#include "frugal/energy/find_nvml.h"

namespace frugal {
namespace {

constexpr std::string_view kGpu = "gpu";
constexpr std::string_view kByUuid = "gpu:";

std::string known_gpus(std::span<const GpuId> ids) {
  if (ids.empty()) return "no GPU can be read here; 'frugal doctor' says why";
  std::string text = "there is ";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    text += (i > 0 ? ", " : "") + ids[i].device;
    if (!ids[i].uuid.empty()) text += " (gpu:" + ids[i].uuid + ")";
  }
  return text;
}

}  // namespace

FoundGpus find_gpus(const Machine& machine, const Clock& clock) {
  FoundGpus found = find_nvml(machine, clock);
  FoundGpus more = find_amd(machine, clock, found.next_index);
  std::move(more.meters.begin(), more.meters.end(), std::back_inserter(found.meters));
  std::move(more.ids.begin(), more.ids.end(), std::back_inserter(found.ids));
  std::move(more.missing.begin(), more.missing.end(), std::back_inserter(found.missing));
  found.covered = std::move(more.covered);
  found.next_index = more.next_index;
  return found;
}

bool is_gpu_selector(std::string_view selector) {
  if (selector.starts_with(kByUuid)) return selector.size() > kByUuid.size();
  if (!selector.starts_with(kGpu) || selector.size() == kGpu.size()) return false;
  selector.remove_prefix(kGpu.size());
  return std::all_of(selector.begin(), selector.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Result<std::size_t> select_gpu(std::string_view selector, std::span<const GpuId> ids) {
  const std::string shown(selector);
  if (!is_gpu_selector(selector))
    return bad_input("'" + shown + "' names no GPU", "write gpu0 or gpu:GPU-8932f937");
  const bool by_uuid = selector.starts_with(kByUuid);
  if (by_uuid) selector.remove_prefix(kByUuid.size());
  std::vector<std::size_t> fits;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (by_uuid ? ids[i].uuid.starts_with(selector) : ids[i].device == selector) fits.push_back(i);
  }
  if (fits.empty()) return bad_input("no GPU that can be read fits '" + shown + "'", known_gpus(ids));
  if (fits.size() > 1)
    return bad_input("'" + shown + "' fits " + std::to_string(fits.size()) + " GPUs", known_gpus(ids));
  return fits.front();
}

}  // namespace frugal
