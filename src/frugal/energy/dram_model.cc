#include "frugal/energy/dram_model.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "frugal/base/units_text.h"
#include "frugal/energy/cgroup.h"
#include "frugal/energy/spec.h"
#include "frugal/energy/sysfs.h"

namespace frugal {
namespace {

constexpr double kWattsPerGb = 0.3725;
constexpr double kWattsPerResidentGb = 0.375;
constexpr double kGigabyte = 1e9;
constexpr double kModelError = 0.5;

// "MemTotal:       16384000 kB" of /proc/meminfo.
std::optional<double> memory_bytes(const std::string& proc) {
  const std::string text = kernel_text(proc + "/meminfo").value_or("");
  constexpr std::string_view kKey = "MemTotal:";
  const std::size_t at = text.find(kKey);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t begin = text.find_first_not_of(' ', at + kKey.size());
  const std::size_t end = text.find(' ', begin);
  if (end == std::string::npos) return std::nullopt;
  const auto kilobytes = parse_kernel_number(std::string_view(text).substr(begin, end - begin));
  if (!kilobytes) return std::nullopt;
  return *kilobytes * 1024;
}

// The second number of /proc/PID/statm, in pages.
double resident_bytes(const std::string& proc, int pid) {
  const std::string text = kernel_text(proc + "/" + std::to_string(pid) + "/statm").value_or("");
  const std::size_t begin = text.find(' ');
  if (begin == std::string::npos) return 0;
  const std::size_t end = std::min(text.find(' ', begin + 1), text.size());
  const auto pages = parse_kernel_number(std::string_view(text).substr(begin, end - begin));
  return pages.value_or(0) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

Result<DramModelSpec> parse_dram_model(std::string_view text) {
  static const std::vector<std::string> known{"of"};
  static const std::vector<std::string> choices{"machine", "resident"};
  Result<DeviceSpec> settings = DeviceSpec::parse("dram-model", text, known);
  if (!settings) return settings.error();
  const DramModelSpec spec{.resident = settings->word("of", choices, "machine") == "resident"};
  if (settings->error()) return *settings->error();
  return spec;
}

DramModelMeter::DramModelMeter(const DramModelSpec& spec, const Clock& clock, const Machine& machine)
    : clock_(clock), proc_(machine.proc), resident_(spec.resident), last_(clock.now()) {
  card_.device = "dram-model";
  card_.method = Method::Model;
  card_.relative_error = kModelError;
  card_.caveat = "memory energy is modelled (no counter readable here): ±50 %";
  card_.sensor = "dram model (0.375 W/GB of resident memory)";
  if (resident_) return;
  machine_gb_ = memory_bytes(proc_);
  const auto limit = memory_limit({.proc = proc_, .cgroup = machine.sys + "/fs/cgroup"}, "self");
  const bool limited = machine_gb_ && limit && *limit < *machine_gb_;
  if (limited) machine_gb_ = *limit;
  if (machine_gb_) *machine_gb_ /= kGigabyte;
  card_.sensor = "dram model (0.3725 W/GB of " +
                 (machine_gb_ ? number_text(*machine_gb_) + " GB" : std::string("unknown memory")) +
                 (limited ? ", the limit of the control group)" : ")");
  if (machine_gb_) card_.max_power = Watts(kWattsPerGb * *machine_gb_);
}

std::optional<Watts> DramModelMeter::power() const {
  if (!resident_) return machine_gb_ ? std::optional(Watts(kWattsPerGb * *machine_gb_)) : std::nullopt;
  double bytes = 0;
  if (watched_ > 0) {
    for (const int pid : process_tree(proc_, watched_)) bytes += resident_bytes(proc_, pid);
  }
  return Watts(kWattsPerResidentGb * bytes / kGigabyte);
}

Reading DramModelMeter::read() {
  const Instant now = clock_.now();
  const std::optional<Watts> watts = power();
  if (!watts) return {.at = now};
  counter_ += *watts * (now - last_);
  last_ = now;
  return {.at = now, .counter = counter_};
}

void DramModelMeter::watch(int pid) {
  read();
  watched_ = pid;
}

}  // namespace frugal
