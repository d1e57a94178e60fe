// librocm_smi64.so as tests have it: the functions that the product asks, with rocm_smi.h's binary interface.
#include "simulated_dies.h"

using namespace standin;

SMI_EXPORT int rsmi_init(std::uint64_t) { return initialise(); }
SMI_EXPORT int rsmi_shut_down() {
  dies().reset();
  return kSuccess;
}
SMI_EXPORT int rsmi_status_string(int code, const char** text) {
  *text = words_of(code);
  return kSuccess;
}
SMI_EXPORT int rsmi_num_monitor_devices(unsigned* count) {
  if (!dies()) return kNotInitialised;
  *count = static_cast<unsigned>(dies()->gpus.size());
  return kSuccess;
}
SMI_EXPORT int rsmi_dev_name_get(unsigned die, char* text, std::size_t length) {
  if (const int code = fault(die, "name"); code != kSuccess) return code;
  std::snprintf(text, length, "%s", dies()->gpus[die]->name.c_str());
  return kSuccess;
}
SMI_EXPORT int rsmi_dev_unique_id_get(unsigned die, std::uint64_t* id) {
  const int code = fault(die, "uuid");
  if (code == kSuccess) *id = 0x18f68e602b8a7900 + die;
  return code;
}
SMI_EXPORT int rsmi_dev_pci_id_get(unsigned die, std::uint64_t* bdf) {
  const int code = fault(die, "pci");
  if (code == kSuccess) *bdf = (die + 1) << 8;
  return code;
}
SMI_EXPORT int rsmi_dev_energy_count_get(unsigned die, std::uint64_t* ticks, float* resolution_uj,
                                         std::uint64_t* at_ns) {
  return give_energy(die, ticks, resolution_uj, at_ns);
}
SMI_EXPORT int rsmi_dev_power_ave_get(unsigned die, unsigned, std::uint64_t* microwatts) {
  if (const int code = fault(die, "power"); code != kSuccess) return code;
  Gpu& gpu = *dies()->gpus[die];
  const std::optional<double> power = gpu.secondary ? std::optional(0.0) : gpu.power_w(true);
  if (!power) return kUnknown;
  *microwatts = static_cast<std::uint64_t>(*power * 1e6);
  return kSuccess;
}
SMI_EXPORT int rsmi_dev_power_cap_get(unsigned die, unsigned, std::uint64_t* microwatts) {
  const int code = fault(die, "cap");
  if (code == kSuccess)
    *microwatts =
        dies()->gpus[die]->secondary ? 0 : static_cast<std::uint64_t>(dies()->gpus[die]->limit_w * 1e6);
  return code;
}
