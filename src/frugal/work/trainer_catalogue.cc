#include "frugal/work/trainer_catalogue.h"

namespace frugal {

const TrainerCatalogue& trainer_catalogue() {
  static const TrainerCatalogue catalogue{
      .keys = {"task", "model", "dataset", "data_dir", "metric", "device", "threads", "subset", "validation",
               "test", "split_seed", "device_memory_mb", "tasks", "window", "resample", "pretrained",
               "freeze"},
      .tasks = {"image-classification", "classification", "regression", "language-model"},
      .models = {"mlp", "lenet", "mnist-cnn", "small-cnn", "resnet8", "resnet18", "resnet20", "resnet50",
                 "vgg16", "mobilenetv2", "vit-small", "siamese", "forward-forward", "lstm", "transformer-lm"},
      .datasets = {"digits", "mnist", "fashion-mnist", "cifar10", "cifar100", "household", "wikitext2"},
      .metrics = {"accuracy", "f1", "loss", "r2", "perplexity"},
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
                {"internal", {"none", "qat", "ptq", "jit"}},
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
  if (model == "torchscript" || dataset == "tensors") return std::nullopt;
  const bool text = model == "transformer-lm";
  if (text != (dataset == "wikitext2"))
    return "model " + model + " and dataset " + dataset + " do not fit; " +
           (text ? "use dataset wikitext2" : "use model transformer-lm for a text");
  const bool table = dataset == "household" || dataset == "csv";
  if (table && model != "mlp" && model != "lstm")
    return "model " + model + " needs images, " + dataset + " has none; use model lstm or mlp";
  if (!table && model == "lstm")
    return "model lstm needs a series, " + dataset + " has none; use dataset household";
  if (model == "vgg16" && (dataset == "mnist" || dataset == "fashion-mnist"))
    return "model vgg16 needs images of 32×32, " + dataset + " has 28×28; use model mnist-cnn or resnet18";
  // Halving an 8×8 image as often as these do leaves nothing to convolve, and a 1×1 stage has no batch
  // statistics for a batch of 1.
  const bool large = model == "lenet" || model == "resnet18" || model == "resnet50" || model == "vgg16" ||
                     model == "mobilenetv2";
  if (dataset != "digits" || !large) return std::nullopt;
  return "model " + model +
         " needs images of 32×32, digits has 8×8; use model mlp or resnet8 for digits, or dataset cifar10";
}

bool has_official_test(const std::string& dataset) {
  return dataset == "mnist" || dataset == "fashion-mnist" || dataset == "cifar10" || dataset == "cifar100" ||
         dataset == "wikitext2";
}

std::string usual_task(const std::string& dataset) {
  if (dataset == "household") return "regression";
  if (dataset == "wikitext2") return "language-model";
  return dataset == "csv" || dataset == "tensors" ? "classification" : "image-classification";
}

const std::vector<std::string>& task_metrics(const std::string& task) {
  static const std::vector<std::string> classes = {"accuracy", "f1", "loss"};
  static const std::vector<std::string> numbers = {"r2", "loss"};
  static const std::vector<std::string> words = {"perplexity", "loss"};
  if (task == "regression") return numbers;
  return task == "language-model" ? words : classes;
}

std::optional<std::string> task_mismatch(const std::string& task, const std::string& dataset,
                                         const std::string& metric) {
  const std::string usual = usual_task(dataset);
  const bool free = dataset == "csv" || dataset == "tensors";
  const bool fits = task == usual || (free && task != "language-model");
  if (!fits) return "dataset " + dataset + " is for task " + usual + ", not " + task;
  const std::vector<std::string>& metrics = task_metrics(task);
  for (const std::string& known : metrics) {
    if (known == metric) return std::nullopt;
  }
  std::string list;
  for (const std::string& known : metrics) list += (list.empty() ? "" : ", ") + known;
  return "metric " + metric + " is none of task " + task + " (" + list + ")";
}

bool is_device(const std::string& device) {
  if (device == "auto" || device == "cpu" || device == "cuda") return true;
  const std::string number = device.starts_with("cuda:") ? device.substr(5) : "";
  return !number.empty() && number.size() <= 2 && number.find_first_not_of("0123456789") == std::string::npos;
}

bool maximised(const std::string& metric) { return metric != "loss" && metric != "perplexity"; }

}  // namespace frugal
