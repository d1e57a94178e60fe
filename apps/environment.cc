#include "environment.h"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace frugal::app {
namespace {

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read once, before any thread
  if (value == nullptr) return std::nullopt;
  return value;
}

}  // namespace

std::string calibrations_path() {
  if (const auto given = variable("FRUGAL_CALIBRATIONS")) return *given;
  const std::string settings =
      variable("XDG_CONFIG_HOME").value_or(variable("HOME").value_or("") + "/.config");
  return settings + "/frugal/calibrations.json";
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

Result<std::vector<Calibration>> read_calibrations(const std::string& path) {
  std::vector<Calibration> found;
  std::ifstream file(path);
  if (!file) return found;
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
  const auto list = json.is_object() ? json.find("calibrations") : json.end();
  if (!json.is_object() || list == json.end() || !list->is_array())
    return bad_input("'" + path + "' holds no calibrations", "remove it and calibrate again");
  for (const nlohmann::json& one : *list) {
    Result<Calibration> calibration = calibration_from_json(one);
    if (!calibration)
      return bad_input("'" + path + "': " + calibration.error().message, "remove it and calibrate again");
    found.push_back(std::move(*calibration));
  }
  return found;
}

Status write_calibrations(const std::string& path, const std::vector<Calibration>& calibrations) {
  std::error_code failure;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failure);
  nlohmann::json json{{"calibrations", nlohmann::json::array()}};
  for (const Calibration& one : calibrations) json["calibrations"].push_back(calibration_to_json(one));
  const std::string fresh = path + ".part";
  std::ofstream file(fresh);
  file << json.dump(2) << "\n";
  file.close();
  if (file) std::filesystem::rename(fresh, path, failure);
  if (!file || failure) return bad_input("'" + path + "' cannot be written", "name another file with --file");
  return {};
}

Machine machine_from_environment() {
  Machine machine;
  machine.sys = variable("FRUGAL_SYSFS").value_or(machine.sys);
  machine.dev = variable("FRUGAL_DEV").value_or(machine.dev);
  machine.proc = variable("FRUGAL_PROC").value_or(machine.proc);
  machine.cpu_time.proc = machine.proc;
  machine.nvml_library = variable("FRUGAL_NVML").value_or(machine.nvml_library);
  machine.cuda_visible_devices = variable("CUDA_VISIBLE_DEVICES");
  machine.cuda_device_order = variable("CUDA_DEVICE_ORDER");
  machine.rocr_visible_devices = variable("ROCR_VISIBLE_DEVICES");
  machine.hip_visible_devices = variable("HIP_VISIBLE_DEVICES");
  machine.host = host_name();
  Result<std::vector<Calibration>> calibrations = read_calibrations(calibrations_path());
  if (calibrations) {
    machine.calibrations = std::move(*calibrations);
  } else {
    machine.caveats.push_back("no calibration is applied: " + calibrations.error().message);
  }
  return machine;
}

}  // namespace frugal::app
