#include "frugal/energy/amd_library.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "frugal/energy/dynamic_library.h"
#include "frugal/energy/shared_library.h"

namespace frugal {
namespace {

constexpr double kMicro = 1e-6;
constexpr std::uint64_t kNotFilled = ~std::uint64_t{0};  // of a metrics table that lacks the field
constexpr std::size_t kText = 256;

template <class... Parameters, class... Arguments>
AmdCode ask(int (*function)(Parameters...), Arguments... arguments) {
  return function == nullptr ? kAmdNoFunction : function(arguments...);
}

// What both libraries count with: ticks of `resolution_uj` microjoules.
AmdCode read_energy(AmdCode code, std::uint64_t ticks, float resolution_uj, Joules& energy) {
  if (code != kAmdSuccess) return code;
  if (ticks == kNotFilled || !(resolution_uj > 0)) return kAmdNoFunction;
  energy = Joules(static_cast<double>(ticks) * static_cast<double>(resolution_uj) * kMicro);
  return kAmdSuccess;
}

std::string words(AmdCode code, AmdCode told, const char* text) {
  if (code == kAmdNoFunction) return "this library cannot tell";
  if (told == kAmdSuccess && text != nullptr && text[0] != '\0') return text;
  return "code " + std::to_string(code);
}

// rocm_smi.h
class RocmSmi final : public AmdApi {
 public:
  static Result<std::unique_ptr<AmdApi>> load(DynamicLibrary library) {
    auto smi = std::make_unique<RocmSmi>(std::move(library));
    const AmdCode code = ask(smi->init_, std::uint64_t{0});
    if (code == kAmdSuccess) {
      smi->ready_ = true;
      return std::unique_ptr<AmdApi>(std::move(smi));
    }
    return Error{ErrorCode::NeedRights, smi->error_text(code) + " (rsmi_init, " + smi->library_.path() + ")"};
  }
  explicit RocmSmi(DynamicLibrary library) : library_(std::move(library)) {
    library_.find("rsmi_init", init_);
    library_.find("rsmi_shut_down", shut_down_);
    library_.find("rsmi_status_string", status_string_);
    library_.find("rsmi_num_monitor_devices", count_);
    library_.find("rsmi_dev_name_get", name_);
    library_.find("rsmi_dev_unique_id_get", unique_id_);
    library_.find("rsmi_dev_pci_id_get", pci_id_);
    library_.find("rsmi_dev_energy_count_get", energy_);
    library_.find("rsmi_dev_power_get", power_);
    library_.find("rsmi_dev_power_ave_get", power_average_);
    library_.find("rsmi_dev_power_cap_get", power_cap_);
  }
  RocmSmi(const RocmSmi&) = delete;
  RocmSmi& operator=(const RocmSmi&) = delete;
  ~RocmSmi() override {
    if (ready_) ask(shut_down_);
  }

  std::string library() override { return "rocm-smi"; }
  std::string error_text(AmdCode code) override {
    const char* text = nullptr;
    const AmdCode told = ask(status_string_, code, &text);
    return words(code, told, text);
  }
  AmdCode die_count(unsigned& count) override { return ask(count_, &count); }
  AmdCode name(unsigned die, std::string& name) override {
    std::array<char, kText> text{};
    const AmdCode code = ask(name_, die, text.data(), text.size() - 1);
    if (code == kAmdSuccess) name = text.data();
    return code;
  }
  AmdCode unique_id(unsigned die, std::uint64_t& id) override { return ask(unique_id_, die, &id); }
  AmdCode pci_id(unsigned die, std::uint64_t& bdf) override { return ask(pci_id_, die, &bdf); }
  AmdCode energy(unsigned die, Joules& energy) override {
    std::uint64_t ticks = 0;
    float resolution_uj = 0;
    std::uint64_t at_ns = 0;
    const AmdCode code = ask(energy_, die, &ticks, &resolution_uj, &at_ns);
    return read_energy(code, ticks, resolution_uj, energy);
  }
  AmdCode power(unsigned die, Watts& power, AmdPower& kind) override {
    constexpr unsigned kCurrent = 1;  // RSMI_CURRENT_POWER
    std::uint64_t microwatts = 0;
    unsigned type = 0;
    AmdCode code = ask(power_, die, &microwatts, &type);
    if (code != kAmdSuccess) {
      type = 0;
      code = ask(power_average_, die, 0U, &microwatts);
    }
    if (code != kAmdSuccess) return code;
    power = Watts(static_cast<double>(microwatts) * kMicro);
    kind = type == kCurrent ? AmdPower::Current : AmdPower::Average;
    return kAmdSuccess;
  }
  AmdCode power_cap(unsigned die, Watts& cap) override {
    std::uint64_t microwatts = 0;
    const AmdCode code = ask(power_cap_, die, 0U, &microwatts);
    if (code == kAmdSuccess) cap = Watts(static_cast<double>(microwatts) * kMicro);
    return code;
  }

 private:
  DynamicLibrary library_;
  bool ready_ = false;
  int (*init_)(std::uint64_t) = nullptr;
  int (*shut_down_)() = nullptr;
  int (*status_string_)(int, const char**) = nullptr;
  int (*count_)(unsigned*) = nullptr;
  int (*name_)(unsigned, char*, std::size_t) = nullptr;
  int (*unique_id_)(unsigned, std::uint64_t*) = nullptr;
  int (*pci_id_)(unsigned, std::uint64_t*) = nullptr;
  int (*energy_)(unsigned, std::uint64_t*, float*, std::uint64_t*) = nullptr;
  int (*power_)(unsigned, std::uint64_t*, unsigned*) = nullptr;
  int (*power_average_)(unsigned, unsigned, std::uint64_t*) = nullptr;
  int (*power_cap_)(unsigned, unsigned, std::uint64_t*) = nullptr;
};

// amdsmi.h. Its records of power and of power caps changed their layout with every major release and are not
// asked for; of the record of the chip only its first field, the name, is read.
class AmdSmi final : public AmdApi {
 public:
  using Handle = void*;
  static Result<std::unique_ptr<AmdApi>> load(DynamicLibrary library) {
    constexpr std::uint64_t kGpus = 1 << 1;  // AMDSMI_INIT_AMD_GPUS
    auto smi = std::make_unique<AmdSmi>(std::move(library));
    AmdCode code = ask(smi->init_, kGpus);
    smi->ready_ = code == kAmdSuccess;
    if (smi->ready_) code = smi->find_dies();
    if (code == kAmdSuccess) return std::unique_ptr<AmdApi>(std::move(smi));
    return Error{ErrorCode::NeedRights,
                 smi->error_text(code) + " (amdsmi_init, " + smi->library_.path() + ")"};
  }
  explicit AmdSmi(DynamicLibrary library) : library_(std::move(library)) {
    library_.find("amdsmi_init", init_);
    library_.find("amdsmi_shut_down", shut_down_);
    library_.find("amdsmi_status_code_to_string", status_string_);
    library_.find("amdsmi_get_socket_handles", sockets_);
    library_.find("amdsmi_get_processor_handles", processors_);
    library_.find("amdsmi_get_gpu_asic_info", chip_);
    if (!library_.find("amdsmi_get_gpu_bdf_id", pci_id_)) library_.find("amdsmi_get_gpu_pci_id", pci_id_);
    library_.find("amdsmi_get_energy_count", energy_);
  }
  AmdSmi(const AmdSmi&) = delete;
  AmdSmi& operator=(const AmdSmi&) = delete;
  ~AmdSmi() override {
    if (ready_) ask(shut_down_);
  }

  std::string library() override { return "amd-smi"; }
  std::string error_text(AmdCode code) override {
    const char* text = nullptr;
    const AmdCode told = ask(status_string_, code, &text);
    return words(code, told, text);
  }
  AmdCode die_count(unsigned& count) override {
    count = static_cast<unsigned>(dies_.size());
    return kAmdSuccess;
  }
  AmdCode name(unsigned die, std::string& name) override {
    constexpr std::size_t kLargestRecord = 8192;  // many times that of any release
    std::vector<char> chip(kLargestRecord, '\0');
    const AmdCode code = ask(chip_, dies_.at(die), static_cast<void*>(chip.data()));
    if (code == kAmdSuccess) name = std::string(chip.data(), strnlen(chip.data(), kText));
    return code;
  }
  AmdCode unique_id(unsigned, std::uint64_t&) override { return kAmdNoFunction; }
  AmdCode pci_id(unsigned die, std::uint64_t& bdf) override { return ask(pci_id_, dies_.at(die), &bdf); }
  AmdCode energy(unsigned die, Joules& energy) override {
    std::uint64_t ticks = 0;
    float resolution_uj = 0;
    std::uint64_t at_ns = 0;
    const AmdCode code = ask(energy_, dies_[die], &ticks, &resolution_uj, &at_ns);
    return read_energy(code, ticks, resolution_uj, energy);
  }
  AmdCode power(unsigned, Watts&, AmdPower&) override { return kAmdNoFunction; }
  AmdCode power_cap(unsigned, Watts&) override { return kAmdNoFunction; }

 private:
  AmdCode find_dies() {
    std::vector<Handle> sockets;
    const AmdCode code = list(sockets, [&](unsigned* count, Handle* to) { return ask(sockets_, count, to); });
    if (code != kAmdSuccess) return code;
    for (Handle socket : sockets) {
      std::vector<Handle> dies;
      const AmdCode of_socket =
          list(dies, [&](unsigned* count, Handle* to) { return ask(processors_, socket, count, to); });
      if (of_socket != kAmdSuccess) return of_socket;
      dies_.insert(dies_.end(), dies.begin(), dies.end());
    }
    return kAmdSuccess;
  }
  template <class Function>
  static AmdCode list(std::vector<Handle>& handles, Function function) {
    unsigned count = 0;
    AmdCode code = function(&count, static_cast<Handle*>(nullptr));
    if (code != kAmdSuccess) return code;
    handles.assign(count, nullptr);
    if (count > 0) code = function(&count, handles.data());
    handles.resize(std::min<std::size_t>(count, handles.size()));
    return code;
  }

  DynamicLibrary library_;
  bool ready_ = false;
  std::vector<Handle> dies_;
  int (*init_)(std::uint64_t) = nullptr;
  int (*shut_down_)() = nullptr;
  int (*status_string_)(int, const char**) = nullptr;
  int (*sockets_)(unsigned*, Handle*) = nullptr;
  int (*processors_)(Handle, unsigned*, Handle*) = nullptr;
  int (*chip_)(Handle, void*) = nullptr;
  int (*pci_id_)(Handle, std::uint64_t*) = nullptr;
  int (*energy_)(Handle, std::uint64_t*, float*, std::uint64_t*) = nullptr;
};

Result<std::unique_ptr<AmdApi>> load(const std::string& name) {
  Result<DynamicLibrary> library = DynamicLibrary::open(name);
  if (!library) return library.error();
  int (*init)(std::uint64_t) = nullptr;
  if (library->find("amdsmi_init", init)) return AmdSmi::load(*std::move(library));
  if (library->find("rsmi_init", init)) return RocmSmi::load(*std::move(library));
  return Error{ErrorCode::NeedRights, library->path() + " has neither amdsmi_init nor rsmi_init"};
}

}  // namespace

Result<std::shared_ptr<AmdApi>> open_amd(const std::string& library) {
  static auto* const open = new SharedLibraries<AmdApi>();  // outlives every meter
  return open->open(library, load);
}

}  // namespace frugal
