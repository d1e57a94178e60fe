// The readers of files that are no images of CIFAR or digits, on small files in the official formats.
#include <torch/csrc/jit/serialization/pickle.h>

#include <algorithm>

#include "frugal/train/images.h"
#include "frugal/train/tensor_files.h"
#include "frugal/train/train_testing.h"

namespace frugal {
namespace {

using namespace testing_train;

template <class T>
std::string fault(const Result<T>& result) {
  return result.ok() ? "no error" : result.error().message;
}

TEST(Mnist, ReadsBothSetsPlainAndPacked) {
  const Folder folder;
  write_mnist(folder, "mnist", 30, false);
  write_mnist(folder, "fashion-mnist", 20, true);
  const auto plain = read_mnist(folder.path(), "mnist");
  ASSERT_TRUE(plain.ok()) << plain.error().message;
  EXPECT_EQ(plain->count(), 30);
  EXPECT_EQ(plain->shape.pixels(), 784);
  EXPECT_EQ(plain->labels[17], 7);
  const auto packed = read_mnist(folder.path(), "fashion-mnist");
  ASSERT_TRUE(packed.ok()) << packed.error().message;
  EXPECT_EQ(packed->count(), 20);
  EXPECT_EQ(fault(read_mnist(folder.path(), "mnist", Published::Test)),
            folder.path("mnist/t10k-images-idx3-ubyte: is not there, nor with .gz"));
  write_mnist(folder, "mnist", 10, true, "t10k");
  const auto test = read_mnist(folder.path(), "mnist", Published::Test);
  ASSERT_TRUE(test.ok()) << test.error().message;
  EXPECT_EQ(test->count(), 10);
}

TEST(Mnist, RefusesMissingTruncatedAndForeignFiles) {
  const Folder folder;
  const std::string images = folder.path("mnist/train-images-idx3-ubyte"),
                    labels = folder.path("mnist/train-labels-idx1-ubyte");
  EXPECT_EQ(fault(read_mnist(folder.path(), "mnist")), images + ": is not there, nor with .gz");
  write_mnist(folder, "mnist", 30, false);
  std::filesystem::resize_file(images, 1000);
  EXPECT_EQ(fault(read_mnist(folder.path(), "mnist")),
            images + ": its header tells of 23536 bytes, it has 1000: truncated, or a foreign file");
  write_bytes(images, "no idx file at all");
  EXPECT_EQ(fault(read_mnist(folder.path(), "mnist")), images + ": does not begin like such an idx file");
  write_mnist(folder, "mnist", 30, false);
  std::fstream(labels, std::ios::in | std::ios::out | std::ios::binary).seekp(8 + 4).put(11);
  EXPECT_EQ(fault(read_mnist(folder.path(), "mnist")),
            labels + ", record 5: label 11 is not from 0 to 9: not a file of this data set");
}

// Minutes 17:24 … of a day: power is the minute's number, and "?" where it is missing.
std::string household_rows(int minutes, int missing_from, int missing_to) {
  std::string text =
      "Date;Time;Global_active_power;Global_reactive_power;Voltage;Global_intensity;Sub_metering_1;"
      "Sub_metering_2;Sub_metering_3\n";
  for (int i = 0; i < minutes; ++i) {
    const int minute = 17 * 60 + 24 + i;
    const auto two = [](int n) { return std::string(n < 10 ? "0" : "") + std::to_string(n); };
    text += std::to_string(16 + minute / 1440) + "/12/2006;" + two(minute / 60 % 24) + ":" +
            two(minute % 60) + ":00;";
    const bool gone = i >= missing_from && i < missing_to;
    text += gone ? "?;?;?;?;?;?;\n" : std::to_string(i) + ".000;0.1;240;4;0;1;17\n";
  }
  return text;
}

TEST(Household, MinutesBecomeWindowsThatSpanNoGap) {
  const Folder folder;
  write_bytes(folder.path("household/household_power_consumption.txt"), household_rows(200, 100, 105));
  const auto read = read_household({.data_dir = folder.path(), .resample = "minute", .window = 20});
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->shape.channels, 7);
  EXPECT_EQ(read->shape.width, 20);
  std::vector<float> targets = read->targets;
  // Windows begin every ten minutes; those of 0…70 and 110…170 are whole with the minute after them.
  EXPECT_EQ(targets, (std::vector<float>{20, 30, 40, 50, 60, 70, 80, 90, 130, 140, 150, 160, 170, 180, 190}));
  EXPECT_EQ(read->values[0], 0.0F);    // power, first step
  EXPECT_EQ(read->values[19], 19.0F);  // power, last step
  EXPECT_EQ(read->values[6 * 20], 17.0F);
  EXPECT_GE(read->overlap, 3);
}

TEST(Household, HoursAreMeansOfWhatIsThere) {
  const Folder folder;
  write_bytes(folder.path("household/household_power_consumption.txt"), household_rows(36 + 60 * 4, 40, 50));
  const auto read = read_household({.data_dir = folder.path(), .resample = "hour", .window = 2});
  ASSERT_TRUE(read.ok()) << read.error().message;
  // Hour 17 holds minutes 0…35, hour 18 36…95 without 40…49, hour 19 96…155.
  ASSERT_EQ(read->count(), 3);
  EXPECT_FLOAT_EQ(read->values[0], 17.5F);
  EXPECT_FLOAT_EQ(read->values[1], (65.5F * 60 - 44.5F * 10) / 50);
  EXPECT_FLOAT_EQ(read->targets[0], 125.5F);
}

TEST(Household, RefusesForeignAndTruncatedFiles) {
  const Folder folder;
  const std::string path = folder.path("household/household_power_consumption.txt");
  const SeriesRequest request{.data_dir = folder.path(), .resample = "minute", .window = 20};
  EXPECT_EQ(fault(read_household(request)), path + ": cannot be opened");
  write_bytes(path, "a,b,c\n1,2,3\n");
  EXPECT_EQ(fault(read_household(request)), path + ", line 1: is not the header of this data set");
  const std::string rows = household_rows(50, 0, 0);
  write_bytes(path, rows.substr(0, rows.size() - 12));
  EXPECT_EQ(fault(read_household(request)),
            path + ", line 51: has 5 columns, not 9: truncated, or a foreign file");
  write_bytes(path, household_rows(30, 10, 20));
  EXPECT_EQ(fault(read_household(request)), "household: no stretch of 21 rows is without a gap");
}

TEST(Household, PartsOfTimeShareNoMinute) {
  const Folder folder;
  write_bytes(folder.path("household/household_power_consumption.txt"), household_rows(1000, 0, 0));
  const auto all = read_household({.data_dir = folder.path(), .resample = "minute", .window = 20});
  ASSERT_TRUE(all.ok()) << all.error().message;
  const auto split = split_images(*all, {.validation = 0.2, .test = 0.2, .subset = 0, .seed = 1});
  ASSERT_TRUE(split.ok()) << split.error().message;
  const auto last = [](const Images& part) { return part.targets.back(); };
  const auto first = [](const Images& part) { return part.values.front(); };
  EXPECT_LT(last(split->train), first(split->validation));
  EXPECT_LT(last(split->validation), first(split->test));
  EXPECT_GT(split->train.count(), 50);
}

TEST(WikiText, NumbersWordsAndEndsOfLines) {
  const Folder folder;
  write_bytes(folder.path("wikitext-2/wiki.train.tokens"), " = A = \n the <unk> the \n");
  write_bytes(folder.path("wikitext-2/wiki.valid.tokens"), " the cat \n");
  const auto text = read_wikitext2(folder.path());
  ASSERT_TRUE(text.ok()) << text.error().message;
  EXPECT_EQ(text->vocabulary, 5);
  EXPECT_EQ(text->train, (std::vector<std::int32_t>{0, 1, 0, 2, 3, 4, 3, 2}));
  EXPECT_EQ(text->validation, (std::vector<std::int32_t>{3, 4, 2}));
  EXPECT_TRUE(text->test.empty());
  EXPECT_EQ(fault(read_wikitext2(folder.path(), true)),
            folder.path("wikitext-2/wiki.test.tokens: cannot be opened"));
  write_bytes(folder.path("wikitext-2/wiki.test.tokens"), "a hat =\n");
  EXPECT_EQ(read_wikitext2(folder.path(), true)->test, (std::vector<std::int32_t>{4, 4, 0, 2}));
  write_bytes(folder.path("wikitext-2/wiki.train.tokens"), "the dog\n");
  EXPECT_EQ(fault(read_wikitext2(folder.path())),
            folder.path("wikitext-2/wiki.valid.tokens") +
                ": has words that wiki.train.tokens lacks, and that has no <unk>");
}

TEST(Table, ReadsClassesAndNumbers) {
  const Folder folder;
  const std::string path = folder.path("t.csv");
  write_bytes(path, "a,kind,\"b, c\"\n1,dog,2.5\n-3,\"cat\",4\r\n5,dog,6e1\n");
  const auto classes = read_table({.path = path, .target = "kind"});
  ASSERT_TRUE(classes.ok()) << classes.error().message;
  EXPECT_EQ(classes->shape.classes, 2);
  EXPECT_EQ(classes->labels, (std::vector<std::uint8_t>{1, 0, 1}));
  EXPECT_EQ(classes->values, (std::vector<float>{1, 2.5, -3, 4, 5, 60}));
  EXPECT_EQ(fault(read_table({.path = path, .target = "b, c", .regression = true})),
            path + ":2: column 'kind': 'dog' is not a number");
  EXPECT_EQ(fault(read_table({.path = path, .target = "kin"})),
            path + ": has no column 'kin' (did you mean 'kind'?)");
  write_bytes(path, "a,b\n1,2\n3\n");
  EXPECT_EQ(fault(read_table({.path = path, .target = "b", .regression = true})),
            path + ":3: 1 cells, but the header has 2 columns");
  write_bytes(path, "a,b\n1,2\n,3\n");
  EXPECT_EQ(fault(read_table({.path = path, .target = "b", .regression = true})),
            path + ":3: column 'a': is empty where a number is wanted");
}

void save_tensor(const std::string& path, const at::Tensor& tensor) {
  const std::vector<char> bytes = torch::jit::pickle_save(tensor);
  write_bytes(path, std::string(bytes.begin(), bytes.end()));
}

TEST(TensorFiles, ReadWhatTorchSaved) {
  const Folder folder;
  const std::string x = folder.path("x.pt"), y = folder.path("y.pt");
  save_tensor(x, at::arange(24, at::kFloat).view({4, 6}));
  save_tensor(y, at::tensor(std::vector<std::int64_t>{0, 2, 1, 2}));
  const auto classes = read_tensors(x, y, false);
  ASSERT_TRUE(classes.ok()) << classes.error().message;
  EXPECT_EQ(classes->shape.channels, 6);
  EXPECT_EQ(classes->shape.classes, 3);
  EXPECT_EQ(classes->values[7], 7.0F);
  EXPECT_EQ(classes->labels, (std::vector<std::uint8_t>{0, 2, 1, 2}));
  save_tensor(y, at::rand({3}));
  EXPECT_EQ(fault(read_tensors(x, y, true)), y + ": has 3 targets for 4 inputs");
  save_tensor(y, at::rand({4}));
  EXPECT_EQ(fault(read_tensors(x, y, false)), y + ": holds numbers, not classes");
  EXPECT_TRUE(read_tensors(x, y, true).ok());
  write_bytes(y, "nonsense");
  EXPECT_EQ(fault(read_tensors(x, y, true)).find(y + ": cannot be read as a tensor: "), 0U);
}

TEST(WikiText, RefusesMissingAndEmptyFiles) {
  const Folder folder;
  const std::string train = folder.path("wikitext-2/wiki.train.tokens"),
                    valid = folder.path("wikitext-2/wiki.valid.tokens");
  EXPECT_EQ(fault(read_wikitext2(folder.path())), train + ": cannot be opened");
  write_bytes(train, "");
  EXPECT_EQ(fault(read_wikitext2(folder.path())), train + ": holds no words");
  write_bytes(train, "a b\n");
  EXPECT_EQ(fault(read_wikitext2(folder.path())), valid + ": cannot be opened");
  write_bytes(valid, "");
  EXPECT_EQ(fault(read_wikitext2(folder.path())), valid + ": holds no words");
}

TEST(Table, RefusesMissingAndEmptyFiles) {
  const Folder folder;
  const std::string path = folder.path("t.csv");
  EXPECT_EQ(fault(read_table({.path = path, .target = "a"})), path + ": cannot be opened");
  write_bytes(path, "a,b\n");
  EXPECT_EQ(fault(read_table({.path = path, .target = "a"})), path + ": the file holds no rows");
  write_bytes(path, "a\nx\ny\n");
  EXPECT_EQ(fault(read_table({.path = path, .target = "a"})), path + ": has no column beside the target");
}

TEST(TensorFiles, RefuseMissingFilesAndLabelsOfNoClass) {
  const Folder folder;
  const std::string x = folder.path("x.pt"), y = folder.path("y.pt");
  EXPECT_EQ(fault(read_tensors(x, y, false)), x + ": cannot be opened");
  save_tensor(x, at::rand({3, 6}));
  EXPECT_EQ(fault(read_tensors(x, y, false)), y + ": cannot be opened");
  save_tensor(y, at::tensor(std::vector<std::int64_t>{0, -1, 1}));
  EXPECT_EQ(fault(read_tensors(x, y, false)), y + ": its classes go from -1 to 1, not from 0 to at most 255");
  save_tensor(y, at::tensor(std::vector<std::int64_t>{0, 1, 1000}));
  EXPECT_EQ(fault(read_tensors(x, y, false)),
            y + ": its classes go from 0 to 1000, not from 0 to at most 255");
  save_tensor(x, at::rand({3}));
  EXPECT_EQ(fault(read_tensors(x, y, false)), x + ": has the sizes [3], not [n, columns] or images");
}

}  // namespace
}  // namespace frugal
