#include "frugal/energy/host_facts.h"

#include <map>
#include <memory>

#include "frugal/base/units_text.h"
#include "frugal/energy/amd_library.h"
#include "frugal/energy/cpu_table.h"
#include "frugal/energy/find_amd.h"
#include "frugal/energy/nvml_library.h"
#include "frugal/energy/sysfs.h"

namespace frugal {
namespace {

// The value of a line PRETTY_NAME="…".
std::string pretty_name(const std::string& os_release) {
  const std::string key = "PRETTY_NAME=";
  const std::size_t at = ("\n" + os_release).find("\n" + key);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + key.size();
  std::string name = os_release.substr(begin, os_release.find('\n', begin) - begin);
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
  return name;
}

std::string memory_text(const std::string& meminfo) {
  const std::string total = proc_field(meminfo, "MemTotal");  // "8043156 kB"
  const std::optional<double> kibibytes = parse_kernel_number(total.substr(0, total.find(' ')));
  return kibibytes ? number_text(*kibibytes / (1024.0 * 1024.0), 3) + " GiB" : std::string();
}

using Counts = std::map<std::string, int>;

// Boards by name; the answer is the driver's version.
std::string count_nvidia(const Machine& machine, Counts& boards) {
  const Result<std::shared_ptr<NvmlApi>> nvml = open_nvml(machine.nvml_library);
  unsigned count = 0;
  if (!nvml || (*nvml)->device_count(count) != NvmlCode::Success || count == 0) return {};
  for (unsigned i = 0; i < count; ++i) {
    NvmlDevice device = nullptr;
    std::string name = "NVIDIA GPU";
    if ((*nvml)->device(i, device) == NvmlCode::Success) (*nvml)->name(device, name);
    ++boards[name];
  }
  return (*nvml)->driver_version();
}

std::string count_amd(const Machine& machine, Counts& boards) {
  for (const std::string& library : machine.amd_libraries) {
    const Result<std::shared_ptr<AmdApi>> amd = open_amd(library);
    unsigned dies = 0;
    if (!amd || (*amd)->die_count(dies) != kAmdSuccess || dies == 0) continue;
    for (const AmdBoard& board : boards_of(**amd, dies)) ++boards[board.name];
    return kernel_text(machine.sys + "/module/amdgpu/version").value_or("");
  }
  return {};
}

std::string boards_text(const Counts& boards) {
  std::string text;
  for (const auto& [name, count] : boards)
    text += (text.empty() ? "" : ", ") + (count > 1 ? std::to_string(count) + " × " : std::string()) + name;
  return text;
}

}  // namespace

HostFacts host_facts(const Machine& machine) {
  const std::string cpuinfo = kernel_text(machine.proc + "/cpuinfo").value_or("");
  const bool is_virtual = (proc_field(cpuinfo, "flags") + " ").find(" hypervisor ") != std::string::npos;
  Counts boards;
  const std::string nvidia = count_nvidia(machine, boards);
  const std::string amd = count_amd(machine, boards);
  const std::string kernel = kernel_text(machine.proc + "/sys/kernel/osrelease").value_or("");
  HostFacts facts;
  const auto add = [&facts](const char* name, const std::string& value) {
    if (!value.empty()) facts.push_back({name, value});
  };
  add("processor", proc_field(cpuinfo, "model name"));
  add("virtual machine", is_virtual ? "yes" : "");
  add("usable CPUs", std::to_string(usable_cores()));
  add("memory", memory_text(kernel_text(machine.proc + "/meminfo").value_or("")));
  add("operating system", pretty_name(kernel_text(machine.os_release).value_or("")));
  add("kernel", kernel.empty() ? "" : "Linux " + kernel);
  add("GPUs", boards_text(boards));
  add("NVIDIA driver", nvidia);
  add("AMD driver", amd);
  return facts;
}

}  // namespace frugal
