#include "frugal/train/training_data.h"

#include <cmath>

#include "frugal/train/augment.h"
#include "frugal/train/device_images.h"
#include "frugal/train/device_tokens.h"
#include "frugal/train/learner.h"
#include "frugal/train/tensor_files.h"

namespace frugal {
namespace {

constexpr int kHours = 24, kMinutes = 60, kWords = 35;  // of a record

Result<Images> read_images(const TrainerConfig& config, Published set) {
  if (config.dataset == "digits") return read_digits(config.data_dir);
  if (config.dataset == "cifar10") return read_cifar10(config.data_dir, set);
  if (config.dataset == "mnist" || config.dataset == "fashion-mnist")
    return read_mnist(config.data_dir, config.dataset, set);
  if (config.dataset == "household") {
    const int usual = config.resample == "hour" ? kHours : kMinutes;
    return read_household({.data_dir = config.data_dir,
                           .resample = config.resample,
                           .window = config.window > 0 ? config.window : usual});
  }
  const bool regression = config.task_or_usual() == "regression";
  if (config.dataset == "csv")
    return read_table({.path = config.csv, .target = config.target, .regression = regression});
  if (config.dataset == "tensors") return read_tensors(config.tensors[0], config.tensors[1], regression);
  Result<Images> images = read_cifar100(config.data_dir, set);
  if (images.ok()) choose_tasks(*images, config.tasks);
  return images;
}

double usual_validation(const std::string& dataset) {
  return dataset == "digits" || dataset == "csv" || dataset == "tensors" ? 0.2 : 0.1;
}

}  // namespace

Result<SplitRequest> TrainingData::split_request(const Form& form) const {
  SplitRequest request{.validation = config_.validation.value_or(usual_validation(config_.dataset)),
                       .test = 0.0,
                       .subset = config_.subset,
                       .seed = config_.split_seed};
  if (!form.partitioning) return request;
  if (config_.official_test)
    return bad_input("point: partitioning sets a test part aside, and workload.test names the official one",
                     "drop one of the two");
  if (config_.validation)
    return bad_input("point: partitioning and workload.validation both say how the data are split",
                     "drop one of the two");
  request.validation = form.partitioning->validation / 100.0;
  request.test = form.partitioning->test / 100.0;
  return request;
}

Result<std::shared_ptr<const DataParts>> TrainingData::build_text(const Form& form) const {
  if (form.partitioning)
    return bad_input("point: partitioning has no effect with dataset wikitext2, which has its own parts",
                     "drop it");
  if (form.preprocessing != Preprocessing::Standardise)
    return bad_input("point: preprocessing has no effect on words", "drop it");
  if (form.type == at::kHalf)
    return bad_input("point: precision float16 has no effect on words", "use float32, float64 or mixed");
  const Result<Text> text = read_wikitext2(config_.data_dir, config_.official_test);
  if (!text.ok()) return text.error();
  const std::int64_t length = config_.window > 0 ? config_.window : kWords;
  auto parts = std::make_shared<DataParts>();
  for (const bool training : {true, false}) {
    const std::vector<std::int32_t>& words = training ? text->train : text->validation;
    const std::int64_t most = DeviceTokens::records_in(words.size(), length);
    if (most == 0 || (training && config_.subset > most))
      return bad_input("wikitext2: the " + std::string(training ? "training" : "validation") +
                           " part holds " + std::to_string(most) + " records of " + std::to_string(length) +
                           " words",
                       "choose a smaller window or subset");
    const std::int64_t kept =
        std::llround(std::ceil(config_.validation.value_or(1.0) * static_cast<double>(most)));
    (training ? parts->train : parts->validation) = std::make_unique<DeviceTokens>(
        words, text->vocabulary, length, training ? config_.subset : kept, device_);
  }
  if (config_.official_test) {
    const std::int64_t most = DeviceTokens::records_in(text->test.size(), length);
    if (most == 0)
      return bad_input("wikitext2: wiki.test.tokens holds no record of " + std::to_string(length) + " words",
                       "choose a smaller window");
    parts->test = std::make_unique<DeviceTokens>(text->test, text->vocabulary, length, most, device_);
  }
  return std::shared_ptr<const DataParts>(std::move(parts));
}

Status TrainingData::read_files() {
  if (all_) return {};
  Result<Images> read = read_images(config_, Published::Training);
  if (!read.ok()) return std::move(read).error();
  if (config_.official_test) {
    Result<Images> test = read_images(config_, Published::Test);
    if (!test.ok()) return std::move(test).error();
    official_test_ = std::move(*test);
  }
  all_ = std::move(*read);
  return {};
}

Result<std::shared_ptr<const DataParts>> TrainingData::build(const Form& form) {
  if (config_.dataset == "wikitext2") return build_text(form);
  if (Status status = read_files(); !status.ok()) return std::move(status).error();
  const Result<SplitRequest> request = split_request(form);
  if (!request.ok()) return request.error();
  Result<SplitImages> split = split_images(*all_, *request);
  if (!split.ok()) return std::move(split).error();
  DeviceImagesOptions options{.by = channel_scale(split->train, form.preprocessing),
                              .target = target_scale(split->train.targets),
                              .device = device_,
                              .memory_limit = config_.device_memory_mb << 20,
                              .type = form.type};
  auto parts = std::make_shared<DataParts>();
  parts->train = std::make_unique<DeviceImages>(std::move(split->train), options);
  options.memory_limit = 0;
  parts->validation = std::make_unique<DeviceImages>(std::move(split->validation), options);
  if (official_test_) split->test = *official_test_;
  if (split->test.count() > 0) parts->test = std::make_unique<DeviceImages>(std::move(split->test), options);
  return std::shared_ptr<const DataParts>(std::move(parts));
}

Result<std::shared_ptr<const DataParts>> TrainingData::parts(const TrialSettings& settings) {
  const Form form{.preprocessing = settings.preprocessing,
                  .type = stored_type(settings.precision),
                  .partitioning = settings.partitioning};
  std::erase_if(held_, [](const auto& entry) { return entry.second.expired(); });
  for (const auto& [known, parts] : held_) {
    if (known != form) continue;
    last_ = parts.lock();
    return last_;
  }
  last_.reset();  // before the new one is built: both may not fit
  Result<std::shared_ptr<const DataParts>> built = build(form);
  if (!built.ok()) return built;
  held_.emplace_back(form, *built);
  last_ = *built;
  if (const auto wrong = cannot_augment(settings.augmentation, last_->train->shape()))
    return bad_input("point: " + *wrong);
  return last_;
}

}  // namespace frugal
