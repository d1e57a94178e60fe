// A phase of a worker as a scope: its edges are told once the device has done what was asked of it, so that
// the joules between them are those of the work between them.
#pragma once

#include <c10/core/Device.h>

#include <string>

#include "frugal/train/torch_compat.h"
#include "frugal/work/worker.h"

namespace frugal {

// Marks a phase from construction to destruction, also when the work in it fails.
class Phase {
 public:
  Phase(WorkEvents& events, const char* name, at::Device device)
      : events_(events), name_(name), device_(device) {
    events_.phase(name_, true);
  }
  // Not in the destructor's silence: the end of work that went well must be reported or fail loudly.
  void end() {
    synchronise(device_);
    open_ = false;
    events_.phase(name_, false);
  }
  ~Phase() {
    if (!open_) return;
    try {
      end();
    } catch (...) {  // the error that ended the phase is on its way and says more
    }
  }
  Phase(const Phase&) = delete;
  Phase& operator=(const Phase&) = delete;

 private:
  WorkEvents& events_;
  std::string name_;
  at::Device device_;
  bool open_ = true;
};

}  // namespace frugal
