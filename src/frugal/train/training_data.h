// The parts of a workload's data set, on the device as each trial wants them: by preprocessing, precision and
// partitioning. The files are read once; a form that no trial holds is given up when another is asked for.
#pragma once

#include <memory>
#include <vector>

#include "frugal/train/device_set.h"
#include "frugal/train/trainer.h"
#include "frugal/train/trial_settings.h"

namespace frugal {

struct DataParts {
  std::unique_ptr<DeviceSet> train;
  std::unique_ptr<DeviceSet> validation;
  std::unique_ptr<DeviceSet> test;  // null where there is none
};

class TrainingData {
 public:
  TrainingData(const TrainerConfig& config, at::Device device) : config_(config), device_(device) {}

  // The parts for these settings; an error when a file is missing or damaged, or a factor does not fit.
  Result<std::shared_ptr<const DataParts>> parts(const TrialSettings& settings);

 private:
  struct Form {
    Preprocessing preprocessing;
    at::ScalarType type;
    std::optional<Partitioning> partitioning;
    friend bool operator==(const Form&, const Form&) = default;
  };
  Result<std::shared_ptr<const DataParts>> build(const Form& form);
  Result<std::shared_ptr<const DataParts>> build_text(const Form& form) const;
  Status read_files();
  Result<SplitRequest> split_request(const Form& form) const;

  TrainerConfig config_;
  at::Device device_;
  std::optional<Images> all_;
  std::optional<Images> official_test_;  // where it was asked for
  std::vector<std::pair<Form, std::weak_ptr<const DataParts>>> held_;
  std::shared_ptr<const DataParts> last_;  // so that one trial after the other finds it
};

}  // namespace frugal
