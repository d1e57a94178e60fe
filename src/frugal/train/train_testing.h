// Shared by this room's tests: tiny data sets written to a temporary folder, and a recorder of a worker's
// events.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "frugal/base/rng.h"
#include "frugal/train/trainer.h"

namespace frugal::testing_train {

// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "frugal_train_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path(const std::string& name = "") const { return name.empty() ? path_ : path_ + "/" + name; }

 private:
  std::string path_;
};

inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

inline void write_gzip(const std::string& path, const std::string& text) {
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
}

// `rows` easy digits: the label's own block of pixels is bright.
inline std::string digit_rows(int rows) {
  Rng rng(7);
  std::string text;
  for (int row = 0; row < rows; ++row) {
    const int label = row % 10;
    for (int pixel = 0; pixel < 64; ++pixel) {
      const auto noise = static_cast<int>(rng.below(6));
      text += std::to_string(pixel / 6 == label ? 10 + noise : noise) + ",";
    }
    text += std::to_string(label) + "\n";
  }
  return text;
}

// Records of 3×32×32 with labels in turn; a class has its own brightness.
inline std::string cifar_records(int count, int classes, bool coarse) {
  Rng rng(11);
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    const int label = i % classes;
    if (coarse) bytes += static_cast<char>(label / 5);
    bytes += static_cast<char>(label);
    for (int pixel = 0; pixel < 3072; ++pixel)
      bytes += static_cast<char>(20 * (label % 10) + static_cast<int>(rng.below(40)));
  }
  return bytes;
}

inline void write_cifar10(const Folder& folder, int records_a_file) {
  for (int part = 1; part <= 5; ++part)
    write_bytes(folder.path("cifar-10-batches-bin/data_batch_" + std::to_string(part) + ".bin"),
                cifar_records(records_a_file, 10, false));
}

// Test files: `count` records of each set, a set of tokens that has one word more than that for training.
inline void write_cifar_tests(const Folder& folder, int count) {
  write_bytes(folder.path("cifar-10-batches-bin/test_batch.bin"), cifar_records(count, 10, false));
  write_bytes(folder.path("cifar-100-binary/test.bin"), cifar_records(count, 100, true));
}

// `count` images of 28×28 in the idx format, labels in turn; a class has its own bright rows.
inline void write_mnist(const Folder& folder, const std::string& name, int count, bool packed,
                        const std::string& set = "train") {
  Rng rng(13);
  const auto number = [](std::uint32_t n) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(n >> shift & 255);
    return bytes;
  };
  std::string images = number(0x803) + number(static_cast<std::uint32_t>(count)) + number(28) + number(28);
  std::string labels = number(0x801) + number(static_cast<std::uint32_t>(count));
  for (int i = 0; i < count; ++i) {
    labels += static_cast<char>(i % 10);
    for (int pixel = 0; pixel < 784; ++pixel)
      images += static_cast<char>((pixel / 56 == i % 10 ? 200 : 0) + static_cast<int>(rng.below(50)));
  }
  const std::string base = folder.path(name + "/" + set + "-");
  const std::string end = packed ? ".gz" : "";
  std::filesystem::create_directories(folder.path(name));
  (packed ? write_gzip : write_bytes)(base + "images-idx3-ubyte" + end, images);
  (packed ? write_gzip : write_bytes)(base + "labels-idx1-ubyte" + end, labels);
}

// Where the real digits.csv.gz lies; empty when it is not there.
inline std::string digits_folder() {
  const char* given = std::getenv("FRUGAL_DATA_DIR");
  std::vector<std::string> candidates;
  if (given != nullptr) candidates.emplace_back(given);
  candidates.push_back((std::filesystem::path(__FILE__).parent_path() / "../../../data").string());
  candidates.emplace_back("data");
  for (const std::string& folder : candidates) {
    if (std::filesystem::exists(folder + "/digits.csv.gz")) return folder;
  }
  return "";
}

// Remembers what a worker said, as "train{", "train}" and epochs.
class Recorder final : public WorkEvents {
 public:
  void epoch(int, const EpochReport& report) override {
    epochs.push_back(report);
    order.push_back("epoch");
  }
  void phase(const std::string& name, bool begin) override { order.push_back(name + (begin ? "{" : "}")); }
  std::vector<EpochReport> epochs;
  std::vector<std::string> order;
};

template <class T>
T must(WorkerResult<T> result) {
  if (auto* error = std::get_if<WorkerError>(&result)) throw std::runtime_error(error->message);
  return std::move(std::get<T>(result));
}

template <class T>
WorkerError failure(const WorkerResult<T>& result) {
  if (const auto* error = std::get_if<WorkerError>(&result)) return *error;
  throw std::runtime_error("an error was expected");
}

inline std::unique_ptr<Worker> trainer(TrainerConfig config) {
  Result<std::unique_ptr<Worker>> made = make_trainer(config);
  if (!made.ok()) throw std::runtime_error(made.error().message);
  return std::move(*made);
}

}  // namespace frugal::testing_train
