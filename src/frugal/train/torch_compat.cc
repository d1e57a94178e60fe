#include "frugal/train/torch_compat.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <malloc.h>
#include <sched.h>
#include <torch/version.h>

#include <mutex>
#include <new>

// Debian's libtorch calls a threaded OpenBLAS, which keeps a thread count of its own; null with any other
// BLAS.
extern "C" void openblas_set_num_threads(int threads) __attribute__((weak));

namespace frugal {
namespace {

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

// Activations are freed and allocated again every step. Kept in the heap they stay mapped; handed back to the
// kernel each would be zeroed and faulted in again, page by page.
void keep_freed_memory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
}

}  // namespace

Result<at::Device> open_device(const std::string& name) {
  if (name == "cpu" || (name == "auto" && !at::hasCUDA())) return at::Device(at::kCPU);
  const std::string hint = "use device auto or cpu, or a libtorch with CUDA on a machine with a GPU";
  if (!at::hasCUDA()) return bad_input("device " + name + ": this libtorch sees no CUDA device", hint);
  try {
    const at::Device device(name == "auto" || name == "cuda" ? "cuda:0" : name);
    at::zeros({1}, at::TensorOptions().device(device));
    synchronise(device);
    return device;
  } catch (const std::exception& error) {
    return bad_input("device " + name + " cannot be used: " + short_message(error), hint);
  }
}

void synchronise(at::Device device) {
  if (device.is_cuda()) at::detail::getCUDAHooks().deviceSynchronize(device.index());
}

void prepare_process(int threads) {
  const int wanted = threads > 0 ? threads : usable_cores();
  static std::once_flag once;
  std::call_once(once, [] {
    keep_freed_memory();
    at::set_num_interop_threads(1);
  });
  at::set_num_threads(wanted);
  if (openblas_set_num_threads != nullptr) openblas_set_num_threads(wanted);
  at::globalContext().setDeterministicCuDNN(true);
}

int threads_in_use() { return at::get_num_threads(); }

std::string libtorch_version() { return TORCH_VERSION; }

bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  const std::string text = error.what();
  return text.find("out of memory") != std::string::npos ||
         text.find("can't allocate memory") != std::string::npos ||
         text.find("not enough memory") != std::string::npos;
}

std::string short_message(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  const std::string text = torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

Autocast::Autocast(bool on, at::Device device) : on_(on), device_(device) {
  if (on_) set(true);
}

Autocast::~Autocast() {
  if (!on_) return;
  set(false);
  at::autocast::clear_cache();
}

void Autocast::set(bool on) const {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  at::autocast::set_autocast_enabled(device_.type(), on);
#else
  device_.is_cuda() ? at::autocast::set_enabled(on) : at::autocast::set_cpu_enabled(on);
#endif
}

void seed_default_generators(std::uint64_t seed, at::Device device) {
  at::Generator host = at::globalContext().defaultGenerator(at::kCPU);
  host.set_current_seed(seed);
  if (!device.is_cuda()) return;
  at::Generator there = at::globalContext().defaultGenerator(device);
  there.set_current_seed(seed);
}

at::Generator new_generator(at::Device device) {
  return at::globalContext().defaultGenerator(device).clone();
}

}  // namespace frugal
