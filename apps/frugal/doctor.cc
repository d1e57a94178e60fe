// frugal doctor: what this machine can train and measure with, what is missing, and the line that would mend
// it.
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "frugal/base/clock.h"
#include "frugal/base/units_text.h"
#include "frugal/command.h"
#include "frugal/energy/open.h"

namespace frugal::app {
namespace {

struct Finding {
  std::string what;
  bool good = false;
  std::string detail;
  std::string remedy = {};
};

Finding trainer_finding() {
  const std::string trainer = sibling("frugal-trainer");
  if (std::filesystem::exists(trainer)) return {"built-in trainer", true, trainer};
  return {"built-in trainer", false, "frugal-trainer is not beside frugal", "make build"};
}

// Without OpenBLAS, Debian's libtorch multiplies matrices with the reference BLAS, about 30 times slower.
Finding blas_finding() {
  std::error_code failure;
  const std::array<const char*, 4> links{
      "/etc/alternatives/libblas.so.3-x86_64-linux-gnu", "/etc/alternatives/libblas.so.3-aarch64-linux-gnu",
      "/usr/lib/x86_64-linux-gnu/libblas.so.3", "/usr/lib/aarch64-linux-gnu/libblas.so.3"};
  for (const char* link : links) {
    const std::filesystem::path target = std::filesystem::canonical(link, failure);
    if (failure) continue;
    const std::string name = target.string();
    const bool fast = name.find("openblas") != std::string::npos || name.find("mkl") != std::string::npos ||
                      name.find("blis") != std::string::npos;
    if (fast) return {"BLAS", true, name};
    return {"BLAS", false, name + " is the reference BLAS: matrix products are about 30 times slower",
            "apt-get install libopenblas0-pthread"};
  }
  return {"BLAS", true, "no system libblas.so.3; libtorch brings its own"};
}

std::vector<Finding> findings() {
  std::vector<Finding> list{trainer_finding(), blas_finding()};
  const SteadyClock clock;
  const auto meters = open_meters("auto", clock);
  if (!meters) {
    list.push_back({"meter", false, meters.error().message, meters.error().hint});
    return list;
  }
  for (const auto& meter : *meters) {
    const MeterCard& card = meter->card();
    list.push_back({"meter " + card.device, true,
                    fmt::format("{}; {}; expected error ±{} %", card.sensor, method_text(card.method),
                                number_text(100 * card.relative_error, 3))});
  }
  return list;
}

int run_it(const CommonOptions& common) {
  const std::vector<Finding> list = findings();
  if (common.format == "json") {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (const Finding& f : list)
      json.push_back({{"what", f.what}, {"ok", f.good}, {"detail", f.detail}, {"remedy", f.remedy}});
    fmt::print("{}\n", json.dump(2));
  } else {
    for (const Finding& f : list) {
      fmt::print("{:<4} {:<18} {}\n", f.good ? "ok" : "!!", f.what, f.detail);
      if (!f.remedy.empty()) fmt::print("     try: {}\n", f.remedy);
    }
    fmt::print(
        "this version reads no hardware counter yet (NVML, RAPL): joules of 'auto' are modelled from CPU "
        "time\n");
  }
  return kDone;
}

}  // namespace

Command doctor_command() {
  return {"doctor", "What can be trained and measured here, and what is missing", "frugal doctor",
          [](CLI::App& command, CommonOptions& common) {
            add_format(command, common, {"text", "json"});
            return [&common] { return run_it(common); };
          }};
}

}  // namespace frugal::app
