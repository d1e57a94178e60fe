// The folder beside the store in which a study keeps the states of its trials, one file per Train step.
// Files are written by the worker, atomically; here they are named, found and removed. While a Checkpoints
// object lives, its folder is locked, so that one process at a time runs a study.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/trial/outcome.h"

namespace frugal {

class Checkpoints {
 public:
  // Makes `<store>.checkpoints/<study>/` and locks it. Fails with Retry when another process holds the lock.
  static Result<std::unique_ptr<Checkpoints>> open(const std::string& store, const std::string& study);
  ~Checkpoints();
  Checkpoints(const Checkpoints&) = delete;
  Checkpoints& operator=(const Checkpoints&) = delete;

  std::string path(TrialId trial, int step) const;
  std::string log_path() const;
  // Removes what no later step can start from: all but the best and the latest state of each trial that
  // lives, everything of dropped trials, and files left behind half written.
  void tidy(History history, const Goal& goal) const;

  // The file of the state that a Train step gave, whether it is there or not.
  static std::filesystem::path file(const std::string& store, const std::string& study, TrialId trial,
                                    int step);
  // The folder of a study without locking it.
  static std::filesystem::path folder(const std::string& store, const std::string& study);

 private:
  Checkpoints(std::filesystem::path folder, int lock) : folder_(std::move(folder)), lock_(lock) {}
  std::filesystem::path folder_;
  int lock_;
};

}  // namespace frugal
