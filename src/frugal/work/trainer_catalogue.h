// The words of the built-in trainer that a study file may use: what `frugal` checks before anything starts,
// and what the trainer itself accepts. The only list of them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace frugal {

struct TrainerCatalogue {
  std::vector<std::string> keys;  // of `workload:`
  std::vector<std::string> tasks;
  std::vector<std::string> models;
  std::vector<std::string> datasets;
  std::vector<std::string> metrics;  // the first is the default
  std::vector<std::string> factors;  // parameters of a space that have an effect
  std::vector<std::string> optimizers;
  // The words of each factor that is chosen by name; the first is the default.
  std::vector<std::pair<std::string, std::vector<std::string>>> words;
};

const TrainerCatalogue& trainer_catalogue();

// The words a factor may have; null for a number.
const std::vector<std::string>* factor_words(const std::string& factor);

// Why this model cannot be trained on this dataset; nothing when it can, or when only the files can tell
// (datasets csv and tensors, model torchscript).
std::optional<std::string> mismatch(const std::string& model, const std::string& dataset);

// Whether those who published a dataset set files for testing apart (workload.test: official).
bool has_official_test(const std::string& dataset);

// The task that a dataset is for; of csv and tensors the one that is more usual.
std::string usual_task(const std::string& dataset);
// Metrics of a task; the first is the default.
const std::vector<std::string>& task_metrics(const std::string& task);
// Why this task is not one of this dataset, or the metric not one of the task.
std::optional<std::string> task_mismatch(const std::string& task, const std::string& dataset,
                                         const std::string& metric);

// True for "auto", "cpu", "cuda" and "cuda:N".
bool is_device(const std::string& device);

// True for metrics of which more is better (accuracy), false for loss and perplexity.
bool maximised(const std::string& metric);

}  // namespace frugal
