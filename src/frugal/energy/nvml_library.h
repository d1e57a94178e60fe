// NVML behind its port: the library of the installed driver, opened at run time, without NVIDIA's header.
#pragma once

#include <memory>
#include <string>

#include "frugal/base/result.h"
#include "frugal/energy/nvml_api.h"

namespace frugal {

// Opens the library and initialises it. One per name and process: while somebody holds the answer, the next
// call gives the same; the last holder shuts NVML down. May be called from any thread. Error (NeedRights):
// the loader's or NVML's own words; a library without the five functions that everything needs is named as
// too old.
Result<std::shared_ptr<NvmlApi>> open_nvml(const std::string& library = "libnvidia-ml.so.1");

}  // namespace frugal
