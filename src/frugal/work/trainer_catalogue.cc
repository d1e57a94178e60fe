#include "frugal/work/trainer_catalogue.h"

namespace frugal {

const TrainerCatalogue& trainer_catalogue() {
  static const TrainerCatalogue catalogue{
      .keys = {"task", "model", "dataset", "data_dir", "metric", "device", "threads", "subset", "validation",
               "split_seed", "device_memory_mb"},
      .tasks = {"image-classification"},
      .models = {"mlp", "lenet", "mnist-cnn", "small-cnn", "resnet8", "resnet18", "resnet20", "resnet50",
                 "vgg16", "mobilenetv2"},
      .datasets = {"digits", "cifar10", "cifar100"},
      .metrics = {"accuracy", "f1", "loss"},
      .factors = {"batch_size", "learning_rate", "optimizer", "momentum", "nesterov", "weight_decay",
                  "label_smoothing", "gradient_clip", "dropout", "schedule", "decay_steps", "gamma",
                  "preprocessing", "augmentation", "precision", "internal", "partitioning", "epochs",
                  "patience"},
      .optimizers = {"sgd", "adam", "adamw", "nesterov", "rmsprop"},
      .words = {{"optimizer", {"sgd", "adam", "adamw", "nesterov", "rmsprop"}},
                {"schedule", {"constant", "exponential", "polynomial", "cosine", "step", "one-cycle"}},
                {"preprocessing", {"standardise", "none", "robust", "min-max"}},
                {"augmentation", {"none", "randaugment", "mixup", "cutmix", "flip-crop"}},
                {"precision", {"float32", "float16", "float64", "mixed"}},
                {"internal", {"none", "qat", "ptq"}},
                {"partitioning", {"80-10-10", "60-20-20", "70-15-15", "90-5-5"}}},
  };
  return catalogue;
}

const std::vector<std::string>* factor_words(const std::string& factor) {
  for (const auto& [name, words] : trainer_catalogue().words) {
    if (name == factor) return &words;
  }
  return nullptr;
}

std::optional<std::string> mismatch(const std::string& model, const std::string& dataset) {
  // Halving an 8×8 image as often as these do leaves nothing to convolve, and a 1×1 stage has no batch
  // statistics for a batch of 1.
  const bool small = model == "mlp" || model == "mnist-cnn" || model == "small-cnn" || model == "resnet8" ||
                     model == "resnet20";
  if (dataset != "digits" || small) return std::nullopt;
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
