#include "frugal/energy/nvml_library.h"

#include <algorithm>
#include <array>
#include <utility>

#include "frugal/energy/dynamic_library.h"
#include "frugal/energy/shared_library.h"

namespace frugal {
namespace {

// The layouts of nvml.h that the calls below exchange; NVIDIA keeps them for a symbol once released.
using RawCode = int;
constexpr RawCode kSuccess = 0;
constexpr RawCode kInsufficientSize = 7;
constexpr std::size_t kText = 96;  // NVML_DEVICE_UUID_V2_BUFFER_SIZE, NVML_DEVICE_NAME_V2_BUFFER_SIZE

struct RawField {
  unsigned field;
  unsigned scope;
  long long timestamp_us;
  long long latency_us;
  unsigned type;
  RawCode code;
  union {
    double as_double;
    unsigned as_unsigned;
    unsigned long as_long;
    unsigned long long as_long_long;
    int as_int;
    long long as_signed;
  } value;
};
static_assert(sizeof(RawField) == 40);

struct RawProcess {  // of nvmlDeviceGetComputeRunningProcesses_v2 and _v3
  unsigned pid;
  unsigned long long memory;
  unsigned gpu_instance;
  unsigned compute_instance;
};
struct RawOldProcess {  // of nvmlDeviceGetComputeRunningProcesses
  unsigned pid;
  unsigned long long memory;
};
struct RawUtilisation {
  unsigned pid;
  unsigned long long at_us;
  unsigned sm;
  unsigned memory;
  unsigned encoder;
  unsigned decoder;
};

struct Functions {
  RawCode (*init)() = nullptr;
  RawCode (*shutdown)() = nullptr;
  const char* (*error_string)(RawCode) = nullptr;
  RawCode (*count)(unsigned*) = nullptr;
  RawCode (*handle)(unsigned, NvmlDevice*) = nullptr;

  RawCode (*driver_version)(char*, unsigned) = nullptr;
  RawCode (*library_version)(char*, unsigned) = nullptr;
  RawCode (*name)(NvmlDevice, char*, unsigned) = nullptr;
  RawCode (*uuid)(NvmlDevice, char*, unsigned) = nullptr;
  RawCode (*architecture)(NvmlDevice, unsigned*) = nullptr;
  RawCode (*mig_mode)(NvmlDevice, unsigned*, unsigned*) = nullptr;
  RawCode (*mig_count)(NvmlDevice, unsigned*) = nullptr;
  RawCode (*mig_handle)(NvmlDevice, unsigned, NvmlDevice*) = nullptr;
  RawCode (*enforced_limit)(NvmlDevice, unsigned*) = nullptr;
  RawCode (*default_limit)(NvmlDevice, unsigned*) = nullptr;
  RawCode (*total_energy)(NvmlDevice, unsigned long long*) = nullptr;
  RawCode (*power_usage)(NvmlDevice, unsigned*) = nullptr;
  RawCode (*field_values)(NvmlDevice, int, RawField*) = nullptr;
  RawCode (*processes)(NvmlDevice, unsigned*, RawProcess*) = nullptr;
  RawCode (*old_processes)(NvmlDevice, unsigned*, RawOldProcess*) = nullptr;
  RawCode (*utilisation)(NvmlDevice, RawUtilisation*, unsigned*, unsigned long long) = nullptr;
};

// The name of the first function that nothing works without and that is absent; nullptr: all are there.
const char* find_needed(const DynamicLibrary& library, Functions& call) {
  if (!library.find("nvmlInit_v2", call.init)) return "nvmlInit_v2";
  if (!library.find("nvmlShutdown", call.shutdown)) return "nvmlShutdown";
  if (!library.find("nvmlErrorString", call.error_string)) return "nvmlErrorString";
  if (!library.find("nvmlDeviceGetCount_v2", call.count)) return "nvmlDeviceGetCount_v2";
  if (!library.find("nvmlDeviceGetHandleByIndex_v2", call.handle)) return "nvmlDeviceGetHandleByIndex_v2";
  return nullptr;
}

void find_others(const DynamicLibrary& library, Functions& call) {
  library.find("nvmlSystemGetDriverVersion", call.driver_version);
  library.find("nvmlSystemGetNVMLVersion", call.library_version);
  library.find("nvmlDeviceGetName", call.name);
  library.find("nvmlDeviceGetUUID", call.uuid);
  library.find("nvmlDeviceGetArchitecture", call.architecture);
  library.find("nvmlDeviceGetMigMode", call.mig_mode);
  library.find("nvmlDeviceGetMaxMigDeviceCount", call.mig_count);
  library.find("nvmlDeviceGetMigDeviceHandleByIndex", call.mig_handle);
  library.find("nvmlDeviceGetEnforcedPowerLimit", call.enforced_limit);
  library.find("nvmlDeviceGetPowerManagementDefaultLimit", call.default_limit);
  library.find("nvmlDeviceGetTotalEnergyConsumption", call.total_energy);
  library.find("nvmlDeviceGetPowerUsage", call.power_usage);
  library.find("nvmlDeviceGetFieldValues", call.field_values);
  if (!library.find("nvmlDeviceGetComputeRunningProcesses_v3", call.processes))
    library.find("nvmlDeviceGetComputeRunningProcesses_v2", call.processes);
  library.find("nvmlDeviceGetComputeRunningProcesses", call.old_processes);
  library.find("nvmlDeviceGetProcessUtilization", call.utilisation);
}

// Calls a function of the table, or tells that the library has none.
template <class... Parameters, class... Arguments>
NvmlCode ask(RawCode (*function)(Parameters...), Arguments... arguments) {
  if (function == nullptr) return NvmlCode::FunctionNotFound;
  return static_cast<NvmlCode>(function(arguments...));
}

template <class Function, class... Device>
NvmlCode ask_text(std::string& text, Function* function, Device... device) {
  std::array<char, kText> buffer{};
  const NvmlCode code = ask(function, device..., buffer.data(), static_cast<unsigned>(buffer.size() - 1));
  if (code == NvmlCode::Success) text = buffer.data();
  return code;
}

// Lists grow between the question for their length and the call: asked again a few times.
// The buffer has twice the room that NVML is told of: drivers R535.43 to .98 wrote longer process records.
template <class Record, class Function>
RawCode ask_list(std::vector<Record>& list, Function function) {
  unsigned count = 0;
  RawCode code = function(static_cast<Record*>(nullptr), &count);
  for (int attempt = 0; attempt < 4 && code == kInsufficientSize; ++attempt) {
    count += 8;
    list.assign(std::size_t{2} * count, Record{});
    code = function(list.data(), &count);
  }
  list.resize(code == kSuccess ? std::min<std::size_t>(count, list.size()) : 0);
  return code;
}

class NvmlLibrary final : public NvmlApi {
 public:
  NvmlLibrary(DynamicLibrary library, const Functions& call) : library_(std::move(library)), call_(call) {}
  NvmlLibrary(const NvmlLibrary&) = delete;
  NvmlLibrary& operator=(const NvmlLibrary&) = delete;
  ~NvmlLibrary() override { call_.shutdown(); }  // NVML counts its initialisations

  std::string error_text(NvmlCode code) override {
    const char* text = call_.error_string(static_cast<RawCode>(code));
    return text != nullptr ? text : "NVML code " + std::to_string(static_cast<RawCode>(code));
  }
  std::string driver_version() override {
    std::string text;
    ask_text(text, call_.driver_version);
    return text;
  }
  std::string library_version() override {
    std::string text;
    ask_text(text, call_.library_version);
    return text;
  }
  NvmlCode device_count(unsigned& count) override { return ask(call_.count, &count); }
  NvmlCode device(unsigned index, NvmlDevice& device) override { return ask(call_.handle, index, &device); }
  NvmlCode name(NvmlDevice device, std::string& name) override { return ask_text(name, call_.name, device); }
  NvmlCode uuid(NvmlDevice device, std::string& uuid) override { return ask_text(uuid, call_.uuid, device); }
  NvmlCode architecture(NvmlDevice device, NvmlArchitecture& architecture) override {
    unsigned value = 0;
    const NvmlCode code = ask(call_.architecture, device, &value);
    if (code == NvmlCode::Success) architecture = static_cast<NvmlArchitecture>(value);
    return code;
  }
  NvmlCode mig_enabled(NvmlDevice device, bool& enabled) override {
    unsigned current = 0;
    unsigned pending = 0;
    const NvmlCode code = ask(call_.mig_mode, device, &current, &pending);
    if (code == NvmlCode::Success) enabled = current != 0;
    return code;
  }
  NvmlCode mig_uuids(NvmlDevice device, std::vector<std::string>& uuids) override;
  NvmlCode enforced_power_limit(NvmlDevice device, unsigned& milliwatts) override {
    return ask(call_.enforced_limit, device, &milliwatts);
  }
  NvmlCode default_power_limit(NvmlDevice device, unsigned& milliwatts) override {
    return ask(call_.default_limit, device, &milliwatts);
  }
  NvmlCode total_energy(NvmlDevice device, unsigned long long& millijoules) override {
    return ask(call_.total_energy, device, &millijoules);
  }
  NvmlCode power_usage(NvmlDevice device, unsigned& milliwatts) override {
    return ask(call_.power_usage, device, &milliwatts);
  }
  NvmlCode power_field(NvmlDevice device, unsigned field, unsigned& milliwatts) override;
  NvmlCode compute_processes(NvmlDevice device, std::vector<int>& pids) override;
  NvmlCode utilisation(NvmlDevice device, std::uint64_t since_us,
                       std::vector<NvmlUtilisation>& steps) override;

 private:
  DynamicLibrary library_;
  Functions call_;
};

NvmlCode NvmlLibrary::mig_uuids(NvmlDevice device, std::vector<std::string>& uuids) {
  unsigned count = 0;
  const NvmlCode code = ask(call_.mig_count, device, &count);
  if (code != NvmlCode::Success) return code;
  uuids.clear();
  for (unsigned i = 0; i < count; ++i) {
    NvmlDevice instance = nullptr;
    std::string text;
    if (ask(call_.mig_handle, device, i, &instance) != NvmlCode::Success)
      continue;  // a slot without instance
    if (uuid(instance, text) == NvmlCode::Success) uuids.push_back(std::move(text));
  }
  return NvmlCode::Success;
}

NvmlCode NvmlLibrary::power_field(NvmlDevice device, unsigned field, unsigned& milliwatts) {
  constexpr unsigned kLong = 2;
  constexpr unsigned kLongLong = 3;
  RawField asked{};
  asked.field = field;
  asked.code = static_cast<RawCode>(NvmlCode::Unknown);
  const NvmlCode code = ask(call_.field_values, device, 1, &asked);
  if (code != NvmlCode::Success) return code;
  if (asked.code != kSuccess) return static_cast<NvmlCode>(asked.code);
  const bool wide = asked.type == kLong || asked.type == kLongLong;
  milliwatts = wide ? static_cast<unsigned>(asked.value.as_long_long) : asked.value.as_unsigned;
  return NvmlCode::Success;
}

NvmlCode NvmlLibrary::compute_processes(NvmlDevice device, std::vector<int>& pids) {
  RawCode code = static_cast<RawCode>(NvmlCode::FunctionNotFound);
  const auto keep = [&](const auto& list) {
    pids.clear();
    for (const auto& process : list) pids.push_back(static_cast<int>(process.pid));
  };
  if (call_.processes != nullptr) {
    std::vector<RawProcess> list;
    code =
        ask_list(list, [&](RawProcess* to, unsigned* count) { return call_.processes(device, count, to); });
    keep(list);
  } else if (call_.old_processes != nullptr) {
    std::vector<RawOldProcess> list;
    code = ask_list(
        list, [&](RawOldProcess* to, unsigned* count) { return call_.old_processes(device, count, to); });
    keep(list);
  }
  return static_cast<NvmlCode>(code);
}

NvmlCode NvmlLibrary::utilisation(NvmlDevice device, std::uint64_t since_us,
                                  std::vector<NvmlUtilisation>& steps) {
  if (call_.utilisation == nullptr) return NvmlCode::FunctionNotFound;
  std::vector<RawUtilisation> list;
  const RawCode code = ask_list(list, [&](RawUtilisation* to, unsigned* count) {
    return call_.utilisation(device, to, count, since_us);
  });
  steps.clear();
  for (const RawUtilisation& step : list) {
    if (step.at_us == 0) continue;  // NVML fills slots that it did not use with zeros
    steps.push_back(
        {.pid = static_cast<int>(step.pid), .sm_percent = static_cast<double>(step.sm), .at_us = step.at_us});
  }
  return static_cast<NvmlCode>(code);
}

Result<std::unique_ptr<NvmlApi>> load(const std::string& name) {
  Result<DynamicLibrary> library = DynamicLibrary::open(name);
  if (!library) return library.error();
  Functions call;
  if (const char* absent = find_needed(*library, call)) {
    return Error{ErrorCode::NeedRights, library->path() + " is too old: it has no " + absent,
                 "install a newer NVIDIA driver"};
  }
  find_others(*library, call);
  if (const RawCode code = call.init(); code != kSuccess) {
    const char* words = call.error_string(code);
    return Error{ErrorCode::NeedRights, std::string(words != nullptr ? words : "an unknown error") +
                                            " (nvmlInit, code " + std::to_string(code) + ", " +
                                            library->path() + ")"};
  }
  return std::unique_ptr<NvmlApi>(std::make_unique<NvmlLibrary>(*std::move(library), call));
}

}  // namespace

Result<std::shared_ptr<NvmlApi>> open_nvml(const std::string& library) {
  static auto* const open = new SharedLibraries<NvmlApi>();  // outlives every meter
  return open->open(library, load);
}

}  // namespace frugal
