// What differs between libtorch 1.13 and 2.x and between CPU and CUDA: devices, threads, versions, errors.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/ivalue.h>

#include <exception>
#include <string>
#include <utility>

#include "frugal/base/result.h"

namespace frugal {

// "auto" takes the first CUDA device that works, else the CPU. Anything else that is not there is an error.
Result<at::Device> open_device(const std::string& name);

// Optional values as libtorch has them: std::optional since 2.4, c10::optional before.
template <class T>
using Optional = decltype(std::declval<c10::IValue&>().template toOptional<T>());

// Returns when everything queued on `device` is done.
void synchronise(at::Device device);

// Threads of one operation; 0: every core this process may use. Also switches to repeatable algorithms.
void prepare_process(int threads);
int threads_in_use();

std::string libtorch_version();

// True for std::bad_alloc, CUDA's out of memory and the CPU allocator's refusal.
bool is_out_of_memory(const std::exception& error);

// The first line of a libtorch message, without its stack.
std::string short_message(const std::exception& error);

// While it lives and `on`, operations choose their precision: bfloat16 on the CPU, float16 on CUDA.
class Autocast {
 public:
  Autocast(bool on, at::Device device);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  void set(bool on) const;
  bool on_;
  at::Device device_;
};

// Seeds the generators that scripts draw from.
void seed_default_generators(std::uint64_t seed, at::Device device);

// A generator of its own on `device`.
at::Generator new_generator(at::Device device);

}  // namespace frugal
