#include "frugal/train/training_data.h"

#include "frugal/train/augment.h"
#include "frugal/train/device_images.h"
#include "frugal/train/learner.h"

namespace frugal {
namespace {

Result<Images> read_images(const TrainerConfig& config) {
  if (config.dataset == "digits") return read_digits(config.data_dir);
  if (config.dataset == "cifar10") return read_cifar10(config.data_dir);
  return read_cifar100(config.data_dir);
}

double usual_validation(const std::string& dataset) { return dataset == "digits" ? 0.2 : 0.1; }

}  // namespace

Result<SplitRequest> TrainingData::split_request(const Form& form) const {
  SplitRequest request{.validation = config_.validation.value_or(usual_validation(config_.dataset)),
                       .test = 0.0,
                       .subset = config_.subset,
                       .seed = config_.split_seed};
  if (!form.partitioning) return request;
  if (config_.validation)
    return bad_input("point: partitioning and workload.validation both say how the data are split",
                     "drop one of the two");
  request.validation = form.partitioning->validation / 100.0;
  request.test = form.partitioning->test / 100.0;
  return request;
}

Result<std::shared_ptr<const DataParts>> TrainingData::build(const Form& form) {
  if (!all_) {
    Result<Images> read = read_images(config_);
    if (!read.ok()) return std::move(read).error();
    all_ = std::move(*read);
  }
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
