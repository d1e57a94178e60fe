// Labelled images as bytes in memory, read from files that are checked, and split once into a training and a
// validation part. No torch here. The official test files of CIFAR are never read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "frugal/base/result.h"

namespace frugal {

struct ImageShape {
  int channels = 1;
  int height = 8;
  int width = 8;
  int classes = 10;
  std::int64_t pixels() const { return std::int64_t{channels} * height * width; }
};

// `pixels` holds one record after the other, each channel by channel, row by row.
struct Images {
  ImageShape shape;
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> labels;
  std::int64_t count() const { return static_cast<std::int64_t>(labels.size()); }
};

struct SplitImages {
  Images train;
  Images validation;
};

// data_dir/digits.csv.gz: 64 pixels 0…16 and a label 0…9 a line (UCI digits, Alpaydin and Kaynak 1998).
Result<Images> read_digits(const std::string& data_dir);
// data_dir/cifar-10-batches-bin/data_batch_{1…5}.bin: a label byte, then 3×32×32 bytes (Krizhevsky 2009).
Result<Images> read_cifar10(const std::string& data_dir);
// data_dir/cifar-100-binary/train.bin: a coarse and a fine label byte, then 3×32×32 bytes; the fine one
// counts.
Result<Images> read_cifar100(const std::string& data_dir);

struct SplitRequest {
  double validation = 0.1;  // fraction of every class
  std::int64_t subset = 0;  // training samples to keep, every class in proportion; 0: all
  std::uint64_t seed = 1;
};

// Disjoint, stratified, the same for the same request. The validation part does not depend on `subset`.
// An error when a part would be empty or `subset` is larger than the training part.
Result<SplitImages> split_images(Images all, const SplitRequest& request);

}  // namespace frugal
