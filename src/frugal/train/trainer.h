// The built-in trainer: image classification with libtorch behind the Worker port. No torch type stands here,
// so that whoever includes this compiles without libtorch. One thread; one Worker a process is usual.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "frugal/base/result.h"
#include "frugal/work/worker.h"

namespace frugal {

// The workload of a study file, as the trainer needs it. Every field but model and dataset has a default.
struct TrainerConfig {
  std::string task = "image-classification";
  std::string model;    // words of trainer_catalogue()
  std::string dataset;  // likewise
  std::string data_dir = "data";
  std::string metric = "accuracy";
  std::string device = "auto";            // auto | cpu | cuda | cuda:N
  int threads = 0;                        // 0: every core this process may use
  std::int64_t subset = 0;                // training samples to keep, stratified; 0: all
  std::optional<double> validation = {};  // fraction kept for validation; else 0.2 (digits) or 0.1 (CIFAR)
  std::uint64_t split_seed = 1;           // of the split and the subset; not the study's seed
  std::int64_t device_memory_mb = 0;      // for the training set on the device; 0: it fits
};

// Reads the JSON object of --workload. An unknown key, a wrong type or a value out of range is an error that
// names the key, the value and the nearest valid one.
Result<TrainerConfig> trainer_config_from_json(std::string_view json);

// A worker for `config`; an error when the device is not there. The data are read by hello() or the first
// start(), so that trouble with them reaches the study as a worker error.
Result<std::unique_ptr<Worker>> make_trainer(const TrainerConfig& config);

// "frugal-trainer 0.1.0 (libtorch 1.13.1)"
std::string trainer_version();

}  // namespace frugal
