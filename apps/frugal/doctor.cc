// frugal doctor: what can be measured and trained here, what cannot and why, and the line that would mend it.
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "environment.h"
#include "frugal/base/clock.h"
#include "frugal/base/units_text.h"
#include "frugal/command.h"
#include "frugal/energy/cpu_time.h"
#include "frugal/energy/model_meter.h"
#include "frugal/energy/survey.h"

namespace frugal::app {
namespace {

using nlohmann::ordered_json;

// How the built-in trainer will run.
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

// libtorch starts with one thread where nothing sets it; the trainer sets it to the usable cores or
// `workload.threads`.
Finding threads_finding() {
  const int cores = usable_cores();
  const char* omp = std::getenv("OMP_NUM_THREADS");  // NOLINT(concurrency-mt-unsafe)
  std::string detail = fmt::format("the trainer uses {} (set workload.threads to change it)",
                                   cores == 1 ? "1 thread" : fmt::format("{} threads", cores));
  if (omp != nullptr) detail += fmt::format("; OMP_NUM_THREADS={} is set for other programs", omp);
  return {"threads", true, std::move(detail)};
}

struct Diagnosis {
  Survey survey;
  bool cpu_is_modelled = false;
  MeterCard model;
  std::vector<Finding> training;
};

Diagnosis examine() {
  static const SteadyClock clock;
  const Machine machine = machine_from_environment();
  Diagnosis found{frugal::survey(machine, clock),
                  true,
                  ModelMeter(*parse_model("", known_cpu(machine.cpu_time.proc)), clock).card(),
                  {trainer_finding(), blas_finding(), threads_finding()}};
  for (const auto& meter : found.survey.meters) {
    if (meter->card().device.starts_with("cpu")) found.cpu_is_modelled = false;
  }
  return found;
}

std::string sees(const MeterCard& card) {
  if (card.method == Method::Model) return "computed when read";
  std::string text =
      card.period > Duration(0) ? "a value every " + to_text(card.period) : "a value whenever it is read";
  if (card.method != Method::Integral) return text;
  if (card.window <= Duration(0)) return text + ", of an instant";
  return text + ", the mean of " + to_text(card.window);
}

void print_meter(const MeterCard& card, const char* mark) {
  fmt::print("{:<4} {:<9} {}\n", mark, card.device, card.sensor);
  fmt::print("{:14} {}; {}; expected error ±{} %{}\n", "", method_text(card.method), sees(card),
             number_text(100 * card.relative_error, 3),
             card.whole_machine ? "; shown beside the others, never added" : "");
  if (card.power) fmt::print("{:14} checked against its power ({})\n", "", card.power->field);
  if (card.caveat) fmt::print("{:14} note: {}\n", "", *card.caveat);
}

void print_text(const Diagnosis& found) {
  fmt::print("What is measured here with --devices auto\n");
  for (const auto& meter : found.survey.meters) {
    if (!meter->card().whole_machine) print_meter(meter->card(), "ok");
  }
  if (found.cpu_is_modelled) print_meter(found.model, "~~");
  bool heading = false;
  for (const auto& meter : found.survey.meters) {
    if (!meter->card().whole_machine) continue;
    if (!heading) fmt::print("\nAlso there, with --devices auto,machine\n");
    heading = true;
    print_meter(meter->card(), "ok");
  }
  if (!found.survey.missing.empty()) fmt::print("\nWhat cannot be measured, and why\n");
  for (const Missing& one : found.survey.missing) {
    fmt::print("--   {:<9} {}: {}\n", one.device, one.sensor, one.why);
    if (!one.remedy.empty()) fmt::print("{:14} try: {}\n", "", one.remedy);
    if (!one.gives_away.empty()) fmt::print("{:14} but: {}\n", "", one.gives_away);
  }
  fmt::print("\nTraining\n");
  for (const Finding& f : found.training) {
    fmt::print("{:<4} {:<17} {}\n", f.good ? "ok" : "!!", f.what, f.detail);
    if (!f.remedy.empty()) fmt::print("{:22} try: {}\n", "", f.remedy);
  }
}

ordered_json meter_json(const MeterCard& card, bool automatic) {
  ordered_json json{{"device", card.device},
                    {"sensor", card.sensor},
                    {"method", method_text(card.method)},
                    {"period_s", card.period.value()},
                    {"window_s", card.window.value()},
                    {"relative_error", card.relative_error},
                    {"whole_machine", card.whole_machine},
                    {"auto", automatic}};
  json["caveat"] = card.caveat ? ordered_json(*card.caveat) : ordered_json(nullptr);
  return json;
}

ordered_json as_json(const Diagnosis& found) {
  ordered_json json{{"meters", ordered_json::array()},
                    {"missing", ordered_json::array()},
                    {"training", ordered_json::array()}};
  for (const auto& meter : found.survey.meters)
    json["meters"].push_back(meter_json(meter->card(), !meter->card().whole_machine));
  if (found.cpu_is_modelled) json["meters"].push_back(meter_json(found.model, true));
  for (const Missing& one : found.survey.missing) {
    json["missing"].push_back({{"device", one.device},
                               {"sensor", one.sensor},
                               {"why", one.why},
                               {"remedy", one.remedy},
                               {"gives_away", one.gives_away}});
  }
  for (const Finding& f : found.training)
    json["training"].push_back(
        {{"what", f.what}, {"ok", f.good}, {"detail", f.detail}, {"remedy", f.remedy}});
  return json;
}

int run_it(const CommonOptions& common) {
  const Diagnosis found = examine();
  if (common.format == "json") {
    fmt::print("{}\n", as_json(found).dump(2));
  } else {
    print_text(found);
  }
  return kDone;
}

}  // namespace

Command doctor_command() {
  return {"doctor", "What can be measured here, what cannot, and the line that would fix it", "frugal doctor",
          [](CLI::App& command, CommonOptions& common) {
            add_format(command, common, {"text", "json"});
            return [&common] { return run_it(common); };
          }};
}

}  // namespace frugal::app
