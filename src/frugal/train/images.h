// Labelled records in memory, read from files that are checked, and split once into parts. Records are images
// of bytes, or rows of numbers, which count as images of one pixel with a channel a column. No torch here.
// The official test files of CIFAR and MNIST are never read.
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
  int classes = 10;         // 1 for a regression
  int coarse_classes = 0;   // of a second label; 0: there is none
  bool regression = false;  // the target is a number
  std::int64_t tokens = 0;  // of a record, each a class; 0: records are no text
  int largest = 255;        // value of a pixel; 0: numbers of any size
  std::int64_t pixels() const { return std::int64_t{channels} * height * width; }
  std::int64_t outputs() const { return std::int64_t{classes} + coarse_classes; }
};

// `pixels` or `values` holds one record after the other, each channel by channel, row by row.
struct Images {
  ImageShape shape;
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> labels;       // 0 for a regression
  std::vector<std::uint8_t> coarse = {};  // second labels, where the shape has some
  std::vector<float> values = {};         // instead of pixels
  std::vector<float> targets = {};        // of a regression
  std::int64_t count() const { return static_cast<std::int64_t>(labels.size()); }
};

struct SplitImages {
  Images train;
  Images validation;
  Images test;  // empty unless the request asks for one
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
  double test = 0.0;        // likewise; never looked at by training or by its validation
  std::int64_t subset = 0;  // training samples to keep, every class in proportion; 0: all
  std::uint64_t seed = 1;
};

// Disjoint, stratified, the same for the same request. The validation and test parts do not depend on
// `subset`. An error when a part would be empty or `subset` is larger than the training part.
Result<SplitImages> split_images(const Images& all, const SplitRequest& request);

}  // namespace frugal
