#include "frugal/work/trainer_catalogue.h"

namespace frugal {

const TrainerCatalogue& trainer_catalogue() {
  static const TrainerCatalogue catalogue{
      .keys = {"task", "model", "dataset", "data_dir", "metric", "device", "threads", "subset", "validation",
               "split_seed", "device_memory_mb"},
      .tasks = {"image-classification"},
      .models = {"mlp", "resnet8", "resnet18", "resnet50"},
      .datasets = {"digits", "cifar10", "cifar100"},
      .metrics = {"accuracy", "loss"},
      .factors = {"batch_size", "learning_rate", "optimizer", "momentum", "nesterov", "weight_decay",
                  "label_smoothing", "gradient_clip"},
      .optimizers = {"sgd", "adam", "adamw"},
  };
  return catalogue;
}

std::optional<std::string> mismatch(const std::string& model, const std::string& dataset) {
  // Five halvings of an 8×8 image leave nothing to convolve, and a 1×1 stage has no batch statistics for a
  // batch of 1.
  if (dataset != "digits" || model == "mlp" || model == "resnet8") return std::nullopt;
  return "model " + model +
         " needs images of 32×32, digits has 8×8; use model mlp or resnet8 for digits, or dataset cifar10";
}

bool is_device(const std::string& device) {
  if (device == "auto" || device == "cpu" || device == "cuda") return true;
  const std::string number = device.starts_with("cuda:") ? device.substr(5) : "";
  return !number.empty() && number.size() <= 2 && number.find_first_not_of("0123456789") == std::string::npos;
}

bool maximised(const std::string& metric) { return metric != "loss" && metric != "perplexity"; }

}  // namespace frugal
