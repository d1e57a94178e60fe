#include "frugal/energy/survey.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "frugal/energy/drm_gpu.h"
#include "frugal/energy/node_power.h"
#include "frugal/energy/rapl.h"
#include "frugal/energy/sysfs.h"

namespace frugal {
namespace {

template <class Some>
void take(Some found, Survey& survey) {
  std::move(found.meters.begin(), found.meters.end(), std::back_inserter(survey.meters));
  std::move(found.missing.begin(), found.missing.end(), std::back_inserter(survey.missing));
}

}  // namespace

Survey survey(const Machine& machine, const Clock& clock) {
  Survey all;
  FoundGpus gpus = find_gpus(machine, clock);
  all.gpus = gpus.ids;
  const int next = gpus.next_index;
  const std::vector<std::string> covered = gpus.covered;
  take(std::move(gpus), all);
  Found drm = find_drm_gpus(machine, clock, next, covered);
  for (const auto& meter : drm.meters)
    all.gpus.push_back({.device = meter->card().device, .uuid = {}, .name = meter->card().sensor});
  take(std::move(drm), all);
  take(find_rapl(machine, clock), all);
  take(find_node_power(machine, clock), all);
  return all;
}

bool has_graphics_board(const Machine& machine) {
  const std::string root = machine.sys + "/bus/pci/devices/";
  const std::vector<std::string> devices = names_in(root, "");
  return std::any_of(devices.begin(), devices.end(), [&](const std::string& device) {
    const std::string vendor = kernel_text(root + device + "/vendor").value_or("");
    const bool display = kernel_text(root + device + "/class").value_or("").starts_with("0x03");
    return display && (vendor == "0x10de" || vendor == "0x1002");
  });
}

}  // namespace frugal
