// The built-in trainer: image classification with libtorch behind the Worker port. No torch type stands here,
// so that whoever includes this compiles without libtorch. One thread; one Worker a process is usual.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/work/worker.h"

namespace frugal {

// The workload of a study file, as the trainer needs it. Every field but model and dataset has a default.
struct TrainerConfig {
  std::string task = {};    // empty: that of the dataset
  std::string model;        // a word of trainer_catalogue(), or torchscript
  std::string script = {};  // file of torchscript
  std::string dataset;      // a word of trainer_catalogue(), or csv or tensors
  std::string csv = {};     // file of csv, and the column to predict
  std::string target = {};
  std::vector<std::string> tensors = {};  // files of inputs and targets
  std::string data_dir = "data";
  std::string metric = {};                    // empty: that of the task
  std::string device = "auto";                // auto | cpu | cuda | cuda:N
  int threads = 0;                            // 0: every core this process may use
  std::int64_t subset = 0;                    // training samples to keep, stratified; 0: all
  std::optional<double> validation = {};      // fraction kept for validation; absent: usual of the dataset
  bool official_test = false;                 // the test part is the published test files
  std::uint64_t split_seed = 1;               // of the split and the subset; not the study's seed
  std::int64_t device_memory_mb = 0;          // for the training set on the device; 0: it fits
  std::vector<std::string> tasks = {"fine"};  // of cifar100: fine, coarse, or both
  int window = 0;                             // steps or words of a record; 0: usual of the dataset
  std::string resample = "hour";              // of household: hour | minute
  std::string pretrained = {};                // checkpoint to begin from
  bool freeze_backbone = false;               // train the last layer alone

  std::string task_or_usual() const;
  std::string metric_or_usual() const;
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
