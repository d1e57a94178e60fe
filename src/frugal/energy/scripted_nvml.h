// The fake of the NVML port: boards that answer what a test wrote into them.
// Life cycle: a handle is the address of a board, so the boards must not move once handles are given.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "frugal/energy/nvml_api.h"

namespace frugal {

struct ScriptedBoard {
  std::string name = "NVIDIA A100-SXM4-80GB";
  std::string uuid = "GPU-11111111-0000-0000-0000-000000000000";
  NvmlArchitecture architecture = NvmlArchitecture::Ampere;
  std::vector<std::string> mig = {};
  unsigned limit_mw = 400'000;
  unsigned default_limit_mw = 400'000;
  unsigned long long energy_mj = 1'000'000;
  unsigned usage_mw = 70'000;
  std::map<unsigned, unsigned> fields_mw = {{kNvmlPowerInstant, 80'000}, {kNvmlPowerAverage, 75'000}};
  std::vector<int> pids = {};
  std::vector<NvmlUtilisation> steps = {};
  // Calls that fail, by the name of the function of the port; "*": all.
  std::map<std::string, NvmlCode> fails = {};
};

class ScriptedNvml final : public NvmlApi {
 public:
  std::deque<ScriptedBoard> boards;
  NvmlCode count_code = NvmlCode::Success;
  int power_calls = 0;

  std::string error_text(NvmlCode code) override {
    switch (code) {
      case NvmlCode::NotSupported:
        return "Not Supported";
      case NvmlCode::GpuIsLost:
        return "GPU is lost";
      case NvmlCode::NoPermission:
        return "Insufficient Permissions";
      default:
        return "code " + std::to_string(static_cast<int>(code));
    }
  }
  std::string driver_version() override { return "550.54.15"; }
  std::string library_version() override { return "12.550.54.15"; }
  NvmlCode device_count(unsigned& count) override {
    count = static_cast<unsigned>(boards.size());
    return count_code;
  }
  NvmlCode device(unsigned index, NvmlDevice& device) override {
    if (index >= boards.size()) return NvmlCode::InvalidArgument;
    return give(&boards[index], "device", static_cast<NvmlDevice>(&boards[index]), device);
  }
  NvmlCode name(NvmlDevice d, std::string& name) override { return give(d, "name", board(d).name, name); }
  NvmlCode uuid(NvmlDevice d, std::string& uuid) override { return give(d, "uuid", board(d).uuid, uuid); }
  NvmlCode architecture(NvmlDevice d, NvmlArchitecture& architecture) override {
    return give(d, "architecture", board(d).architecture, architecture);
  }
  NvmlCode mig_enabled(NvmlDevice d, bool& enabled) override {
    return give(d, "mig_enabled", !board(d).mig.empty(), enabled);
  }
  NvmlCode mig_uuids(NvmlDevice d, std::vector<std::string>& uuids) override {
    return give(d, "mig_uuids", board(d).mig, uuids);
  }
  NvmlCode enforced_power_limit(NvmlDevice d, unsigned& mw) override {
    return give(d, "enforced_power_limit", board(d).limit_mw, mw);
  }
  NvmlCode default_power_limit(NvmlDevice d, unsigned& mw) override {
    return give(d, "default_power_limit", board(d).default_limit_mw, mw);
  }
  NvmlCode total_energy(NvmlDevice d, unsigned long long& mj) override {
    return give(d, "total_energy", board(d).energy_mj, mj);
  }
  NvmlCode power_usage(NvmlDevice d, unsigned& mw) override {
    ++power_calls;
    return give(d, "power_usage", board(d).usage_mw, mw);
  }
  NvmlCode power_field(NvmlDevice d, unsigned field, unsigned& mw) override {
    ++power_calls;
    const auto value = board(d).fields_mw.find(field);
    if (value == board(d).fields_mw.end()) return NvmlCode::NotSupported;
    return give(d, "power_field", value->second, mw);
  }
  NvmlCode compute_processes(NvmlDevice d, std::vector<int>& pids) override {
    return give(d, "compute_processes", board(d).pids, pids);
  }
  NvmlCode utilisation(NvmlDevice d, std::uint64_t since_us, std::vector<NvmlUtilisation>& steps) override {
    std::vector<NvmlUtilisation> later;
    for (const NvmlUtilisation& step : board(d).steps) {
      if (step.at_us > since_us) later.push_back(step);
    }
    return give(d, "utilisation", later, steps);
  }

 private:
  static ScriptedBoard& board(NvmlDevice device) { return *static_cast<ScriptedBoard*>(device); }
  template <class Value>
  static NvmlCode give(NvmlDevice device, const char* call, const Value& value, Value& to) {
    for (const char* name : {call, "*"}) {
      const auto told = board(device).fails.find(name);
      if (told != board(device).fails.end()) return told->second;
    }
    to = value;
    return NvmlCode::Success;
  }
};

}  // namespace frugal
