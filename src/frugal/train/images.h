// Labelled records in memory, read from files that are checked, and split once into parts. Records are images
// of bytes, or rows of numbers, which count as images of one pixel with a channel a column. No torch here.
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
  // Records in the order of time, of which each shares data with that many after it: parts are then stretches
  // of time with as many records left out between them. 0: any order will do.
  int overlap = 0;
  std::int64_t count() const { return static_cast<std::int64_t>(labels.size()); }
};

struct SplitImages {
  Images train;
  Images validation;
  Images test;  // empty unless the request asks for one
};

// The two sets of files that those who published a data set made of it.
enum class Published { Training, Test };

// data_dir/digits.csv.gz: 64 pixels 0…16 and a label 0…9 a line (UCI digits, Alpaydin and Kaynak 1998).
Result<Images> read_digits(const std::string& data_dir);
// data_dir/cifar-10-batches-bin/data_batch_{1…5}.bin or test_batch.bin: a label byte, then 3×32×32 bytes
// (Krizhevsky 2009).
Result<Images> read_cifar10(const std::string& data_dir, Published set = Published::Training);
// data_dir/cifar-100-binary/train.bin or test.bin: a coarse and a fine label byte, then 3×32×32 bytes; the
// coarse one becomes the second label.
Result<Images> read_cifar100(const std::string& data_dir, Published set = Published::Training);

// The one label or both, in this order: "fine", "coarse". What is not in `tasks` is dropped.
void choose_tasks(Images& images, const std::vector<std::string>& tasks);

// data_dir/FOLDER/train-images-idx3-ubyte and train-labels-idx1-ubyte, or t10k-…, also with .gz (LeCun et al.
// 1998; Xiao et al. 2017). `folder` is mnist or fashion-mnist.
Result<Images> read_mnist(const std::string& data_dir, const std::string& folder,
                          Published set = Published::Training);

struct SeriesRequest {
  std::string data_dir;
  std::string resample = "hour";  // hour | minute
  int window = 24;                // steps that the model sees
};
// Individual household electric power consumption (Hébrail and Bérard 2012): windows of seven columns, and
// the global active power of the step after each. Hours come from data_dir/household/…_hourly.csv where that
// is there, else they are the means of household_power_consumption.txt; "?" is missing. No window spans a
// gap. Minutes begin a window every ten of them. In the order of time.
Result<Images> read_household(const SeriesRequest& request);

struct TableRequest {
  std::string path;    // comma-separated, a line of names first; also with .gz
  std::string target;  // name of the column to predict
  bool regression = false;
};
// Every other column is a number. For classes, the words of the target in alphabetical order.
Result<Images> read_table(const TableRequest& request);

// Words of a text as numbers, the same for all parts.
struct Text {
  std::vector<std::int32_t> train, validation;
  std::vector<std::int32_t> test = {};  // empty unless it was asked for
  int vocabulary = 0;
};
// data_dir/wikitext-2/wiki.{train,valid}.tokens, and wiki.test.tokens on request (Merity et al. 2017): words
// between blanks, a line ends with <eos>; a word that the training part lacks is <unk>.
Result<Text> read_wikitext2(const std::string& data_dir, bool with_test = false);

struct SplitRequest {
  double validation = 0.1;  // fraction of every class
  double test = 0.0;        // likewise; never looked at by training or by its validation
  std::int64_t subset = 0;  // training samples to keep, every class in proportion; 0: all
  std::uint64_t seed = 1;
};

// Disjoint, stratified, the same for the same request; records in the order of time are cut into stretches
// instead: training first, then validation, then test, and a subset is the latest of the training part. The
// validation and test parts do not depend on `subset`. An error when a part would be empty or `subset` is
// larger than the training part.
Result<SplitImages> split_images(const Images& all, const SplitRequest& request);

}  // namespace frugal
