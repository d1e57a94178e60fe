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

// Why this model cannot be trained on this dataset; nothing when it can.
std::optional<std::string> mismatch(const std::string& model, const std::string& dataset);

// True for "auto", "cpu", "cuda" and "cuda:N".
bool is_device(const std::string& device);

// True for metrics of which more is better (accuracy), false for loss and perplexity.
bool maximised(const std::string& metric);

}  // namespace frugal
