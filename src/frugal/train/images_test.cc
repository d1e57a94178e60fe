#include "frugal/train/images.h"

#include <algorithm>
#include <set>

#include "frugal/train/train_testing.h"

namespace frugal {
namespace {

using namespace testing_train;

template <class T>
std::string fault(const Result<T>& result) {
  return result.ok() ? "no error" : result.error().message;
}

TEST(Digits, ReadsPixelsAndLabels) {
  const Folder folder;
  write_gzip(folder.path("digits.csv.gz"), digit_rows(30));
  const auto images = read_digits(folder.path());
  ASSERT_TRUE(images.ok()) << images.error().message;
  EXPECT_EQ(images->count(), 30);
  EXPECT_EQ(images->pixels.size(), 30U * 64U);
  EXPECT_EQ(images->labels[13], 3);
  EXPECT_GE(images->pixels[13 * 64 + 18], 10);
}

TEST(Digits, RefusesWhatIsNotThere) {
  const Folder folder;
  const std::string path = folder.path("digits.csv.gz");
  EXPECT_EQ(fault(read_digits(folder.path())), path + ": cannot be opened");
  write_gzip(path, digit_rows(3) + "1,2,3\n");
  EXPECT_EQ(fault(read_digits(folder.path())),
            path + ", line 4: column 3 of 65 is not a whole number from 0 to 16: '3'");
  std::string row = digit_rows(1);
  row.replace(row.size() - 2, 1, "12");
  write_gzip(path, row);
  EXPECT_EQ(fault(read_digits(folder.path())),
            path + ", line 1: column 65 of 65 is not a whole number from 0 to 9: '12'");
  write_gzip(path, "");
  EXPECT_EQ(fault(read_digits(folder.path())), path + ": the file holds no rows");
}

TEST(Digits, RefusesATruncatedFile) {
  const Folder folder;
  const std::string path = folder.path("digits.csv.gz");
  write_gzip(path, digit_rows(200));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  EXPECT_EQ(fault(read_digits(folder.path())), path + ": the gzip data are damaged or end too early");
}

TEST(Cifar, ReadsBothFormats) {
  const Folder folder;
  write_cifar10(folder, 20);
  write_bytes(folder.path("cifar-100-binary/train.bin"), cifar_records(200, 100, true));
  const auto ten = read_cifar10(folder.path());
  ASSERT_TRUE(ten.ok()) << ten.error().message;
  EXPECT_EQ(ten->count(), 100);
  EXPECT_EQ(ten->shape.classes, 10);
  EXPECT_EQ(ten->labels[27], 7);
  const auto hundred = read_cifar100(folder.path());
  ASSERT_TRUE(hundred.ok()) << hundred.error().message;
  EXPECT_EQ(hundred->shape.classes, 100);
  EXPECT_EQ(hundred->labels[142], 42);  // the fine label, not the coarse one
}

TEST(Cifar, ThePublishedTestFilesAreTheirOwn) {
  const Folder folder;
  write_cifar_tests(folder, 30);
  const auto ten = read_cifar10(folder.path(), Published::Test);
  ASSERT_TRUE(ten.ok()) << ten.error().message;
  EXPECT_EQ(ten->count(), 30);
  EXPECT_EQ(ten->labels[27], 7);
  const auto hundred = read_cifar100(folder.path(), Published::Test);
  ASSERT_TRUE(hundred.ok()) << hundred.error().message;
  EXPECT_EQ(hundred->labels[29], 29);
  EXPECT_EQ(hundred->coarse[29], 5);
  EXPECT_FALSE(read_cifar10(folder.path()).ok()) << "the files for training are not there";
}

TEST(Cifar, RefusesMissingTruncatedAndForeignFiles) {
  const Folder folder;
  const std::string first = folder.path("cifar-10-batches-bin/data_batch_1.bin");
  EXPECT_EQ(fault(read_cifar10(folder.path())), first + ": cannot be read (No such file or directory)");
  write_cifar10(folder, 4);
  std::filesystem::resize_file(first, 3073 * 4 - 5);
  EXPECT_EQ(
      fault(read_cifar10(folder.path())),
      first + ": 12287 bytes are not a multiple of the record of 3073 bytes: truncated, or a foreign file");
  write_bytes(first, cifar_records(4, 100, false).replace(3073 * 2, 1, 1, static_cast<char>(200)));
  EXPECT_EQ(fault(read_cifar10(folder.path())),
            first + ", record 3: label 200 is not from 0 to 9: not a file of this data set");
  write_bytes(first, "");
  EXPECT_EQ(fault(read_cifar10(folder.path())), first + ": the file is empty");
}

TEST(Cifar, RefusesLabelsOfNoClassInBothColumns) {
  const Folder folder;
  const std::string file = folder.path("cifar-100-binary/train.bin");
  EXPECT_EQ(fault(read_cifar100(folder.path())), file + ": cannot be read (No such file or directory)");
  const std::string good = cifar_records(4, 100, true);
  std::string bad = good;
  bad[3074 + 1] = static_cast<char>(100);  // the fine label of the second record
  write_bytes(file, bad);
  EXPECT_EQ(fault(read_cifar100(folder.path())).find(file + ", record 2: label 100 is not from 0 to 99"), 0U);
  bad = good;
  bad[3074] = static_cast<char>(20);  // its coarse one
  write_bytes(file, bad);
  EXPECT_EQ(fault(read_cifar100(folder.path())).find(file + ", record 2: "), 0U)
      << fault(read_cifar100(folder.path()));
}

TEST(Cifar, ReadsTheRealFiles) {
  const char* folder = std::getenv("FRUGAL_TEST_DATA");
  if (folder == nullptr) GTEST_SKIP() << "FRUGAL_TEST_DATA names no folder with the real CIFAR-10";
  const auto images = read_cifar10(folder);
  ASSERT_TRUE(images.ok()) << images.error().message;
  EXPECT_EQ(images->count(), 50000);
  EXPECT_EQ(std::count(images->labels.begin(), images->labels.end(), 3), 5000);
  const auto test = read_cifar10(folder, Published::Test);
  ASSERT_TRUE(test.ok()) << test.error().message;
  EXPECT_EQ(test->count(), 10000);
  EXPECT_EQ(std::count(test->labels.begin(), test->labels.end(), 3), 1000);
}

// Records told apart by a number in their first two pixels.
Images numbered(int count) {
  Images images;
  for (int i = 0; i < count; ++i) {
    images.pixels.resize(images.pixels.size() + 64);
    images.pixels[static_cast<std::size_t>(i) * 64] = static_cast<std::uint8_t>(i % 256);
    images.pixels[static_cast<std::size_t>(i) * 64 + 1] = static_cast<std::uint8_t>(i / 256);
    images.labels.push_back(static_cast<std::uint8_t>(i % 3 == 0 ? 0 : i % 10));
  }
  return images;
}

std::vector<int> numbers(const Images& images) {
  std::vector<int> out;
  for (std::size_t i = 0; i < images.labels.size(); ++i)
    out.push_back(images.pixels[i * 64] + 256 * images.pixels[i * 64 + 1]);
  return out;
}

TEST(Split, IsDisjointCompleteStratifiedAndRepeatable) {
  const Images all = numbered(1000);
  const auto split = split_images(all, {.validation = 0.2, .subset = 0, .seed = 1});
  ASSERT_TRUE(split.ok());
  std::vector<int> both = numbers(split->train);
  for (const int n : numbers(split->validation)) both.push_back(n);
  EXPECT_EQ(std::set<int>(both.begin(), both.end()).size(), 1000U);
  EXPECT_EQ(both.size(), 1000U);
  for (std::uint8_t c = 0; c < 10; ++c) {
    const auto whole = std::count(all.labels.begin(), all.labels.end(), c);
    const auto kept = std::count(split->validation.labels.begin(), split->validation.labels.end(), c);
    EXPECT_NEAR(static_cast<double>(kept), 0.2 * static_cast<double>(whole), 1.0) << int{c};
  }
  const auto again = split_images(all, {.validation = 0.2, .subset = 0, .seed = 1});
  EXPECT_EQ(numbers(again->train), numbers(split->train));
  const auto other = split_images(all, {.validation = 0.2, .subset = 0, .seed = 2});
  EXPECT_NE(numbers(other->train), numbers(split->train));
}

TEST(Split, ASubsetLeavesTheValidationPartAlone) {
  const Images all = numbered(1000);
  const auto whole = split_images(all, {.validation = 0.2, .subset = 0, .seed = 1});
  const auto part = split_images(all, {.validation = 0.2, .subset = 123, .seed = 1});
  ASSERT_TRUE(part.ok());
  EXPECT_EQ(part->train.count(), 123);
  EXPECT_EQ(numbers(part->validation), numbers(whole->validation));
  const std::vector<int> train = numbers(whole->train);
  for (const int n : numbers(part->train))
    EXPECT_TRUE(std::binary_search(train.begin(), train.end(), n)) << n;
}

// The three parts of every partitioning share no record, together are all records, and hold every class in
// proportion; neither the subset nor anything later moves a record between them.
TEST(Split, NothingLeaksBetweenThreeParts) {
  const Images all = numbered(1000);
  for (const auto& [validation, test] : {std::pair(0.2, 0.2), {0.15, 0.15}, {0.1, 0.1}, {0.05, 0.05}}) {
    const SplitRequest request{.validation = validation, .test = test, .subset = 0, .seed = 4};
    const auto split = split_images(all, request);
    ASSERT_TRUE(split.ok());
    std::set<int> seen;
    for (const Images* part : {&split->train, &split->validation, &split->test}) {
      for (const int n : numbers(*part)) EXPECT_TRUE(seen.insert(n).second) << n;
    }
    EXPECT_EQ(seen.size(), 1000U);
    EXPECT_NEAR(static_cast<double>(split->test.count()), 1000.0 * test, 1.0);
    for (std::uint8_t c = 0; c < 10; ++c) {
      const auto whole = std::count(all.labels.begin(), all.labels.end(), c);
      const auto kept = std::count(split->test.labels.begin(), split->test.labels.end(), c);
      EXPECT_NEAR(static_cast<double>(kept), test * static_cast<double>(whole), 1.0) << int{c};
    }
    SplitRequest smaller = request;
    smaller.subset = 100;
    const auto part = split_images(all, smaller);
    EXPECT_EQ(numbers(part->test), numbers(split->test));
    EXPECT_EQ(numbers(part->validation), numbers(split->validation));
  }
}

TEST(Split, RefusesEmptyPartsAndTooLargeSubsets) {
  EXPECT_EQ(fault(split_images(numbered(10), {.validation = 0.01, .subset = 0, .seed = 1})),
            "workload.validation 0.01 leaves a part of the 10 records empty");
  EXPECT_EQ(fault(split_images(numbered(100), {.validation = 0.2, .subset = 81, .seed = 1})),
            "workload.subset 81 is more than the 80 records of the training part");
}

}  // namespace
}  // namespace frugal
