#include "frugal/work/trainer_catalogue.h"

namespace frugal {

const TrainerCatalogue& trainer_catalogue() {
  static const TrainerCatalogue kCatalogue{
      .keys = {"task", "model", "dataset", "data_dir", "metric", "device", "threads", "subset", "validation", "split_seed",
               "device_memory_mb"},
      .tasks = {"image-classification"},
      .models = {"mlp", "resnet8", "resnet18", "resnet50"},
      .datasets = {"digits", "cifar10", "cifar100"},
      .metrics = {"accuracy", "loss"},
      .factors = {"batch_size", "learning_rate", "optimizer", "momentum", "nesterov", "weight_decay", "label_smoothing",
                  "gradient_clip"},
      .optimizers = {"sgd", "adam", "adamw"},
  };
  return kCatalogue;
}

bool maximised(const std::string& metric) { return metric != "loss" && metric != "perplexity"; }

}  // namespace frugal
