// AMD's management libraries behind their port, opened at run time, without AMD's headers.
#pragma once

#include <memory>
#include <string>

#include "frugal/base/result.h"
#include "frugal/energy/amd_api.h"

namespace frugal {

// Opens `library` and initialises it, by what it offers: amdsmi_init makes it amd-smi, rsmi_init rocm-smi.
// One per name and process, shut down with its last holder; from any thread. Error (NeedRights): the loader's
// or the library's own words.
Result<std::shared_ptr<AmdApi>> open_amd(const std::string& library);

}  // namespace frugal
