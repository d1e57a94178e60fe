// libamd_smi.so as tests have it: the functions that the product asks, with amdsmi.h's binary interface. Each
// die is a socket of its own, as on the boards that this stands for.
#include "simulated_dies.h"

using namespace standin;

namespace {

std::size_t number_of(void* handle) { return reinterpret_cast<std::size_t>(handle) - 1; }
void* handle_of(std::size_t die) { return reinterpret_cast<void*>(die + 1); }

}  // namespace

SMI_EXPORT int amdsmi_init(std::uint64_t) { return initialise(); }
SMI_EXPORT int amdsmi_shut_down() {
  dies().reset();
  return kSuccess;
}
SMI_EXPORT int amdsmi_status_code_to_string(int code, const char** text) {
  *text = words_of(code);
  return kSuccess;
}
SMI_EXPORT int amdsmi_get_socket_handles(unsigned* count, void** sockets) {
  if (!dies()) return kNotInitialised;
  const std::size_t all = dies()->gpus.size();
  for (std::size_t i = 0; sockets != nullptr && i < std::min<std::size_t>(*count, all); ++i)
    sockets[i] = handle_of(i);
  *count = static_cast<unsigned>(all);
  return kSuccess;
}
SMI_EXPORT int amdsmi_get_processor_handles(void* socket, unsigned* count, void** processors) {
  if (!dies()) return kNotInitialised;
  if (processors != nullptr && *count > 0) processors[0] = socket;
  *count = 1;
  return kSuccess;
}
SMI_EXPORT int amdsmi_get_gpu_asic_info(void* handle, void* record) {
  const std::size_t die = number_of(handle);
  if (const int code = fault(die, "name"); code != kSuccess) return code;
  std::snprintf(static_cast<char*>(record), 256, "%s", dies()->gpus[die]->name.c_str());
  return kSuccess;
}
SMI_EXPORT int amdsmi_get_gpu_bdf_id(void* handle, std::uint64_t* bdf) {
  const int code = fault(number_of(handle), "pci");
  if (code == kSuccess) *bdf = (number_of(handle) + 1) << 8;
  return code;
}
SMI_EXPORT int amdsmi_get_energy_count(void* handle, std::uint64_t* ticks, float* resolution_uj,
                                       std::uint64_t* at_ns) {
  return give_energy(number_of(handle), ticks, resolution_uj, at_ns);
}
