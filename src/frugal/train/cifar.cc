#include <cstdio>
#include <filesystem>
#include <fstream>

#include "frugal/train/images.h"

namespace frugal {
namespace {

constexpr ImageShape kCifar{.channels = 3, .height = 32, .width = 32, .classes = 10};

struct CifarFormat {
  std::size_t label_bytes = 1;  // the last one is the label that counts
  int classes = 10;
  int coarse_classes = 0;  // of the first label byte, where there are two
  std::string where;       // to download from
};

Result<std::uint64_t> checked_size(const std::string& path, std::size_t record, const std::string& hint) {
  std::error_code error;
  const std::uint64_t bytes = std::filesystem::file_size(path, error);
  if (error) return bad_input(path + ": cannot be read (" + error.message() + ")", hint);
  if (bytes == 0) return bad_input(path + ": the file is empty", hint);
  if (bytes % record != 0)
    return bad_input(path + ": " + std::to_string(bytes) + " bytes are not a multiple of the record of " +
                         std::to_string(record) + " bytes: truncated, or a foreign file",
                     hint);
  return bytes;
}

Status append_file(const std::string& path, const CifarFormat& format, Images& out) {
  const std::string hint = "download " + format.where + " again and unpack it into data_dir";
  const std::size_t pixels = static_cast<std::size_t>(kCifar.pixels());
  const std::size_t record = format.label_bytes + pixels;
  const Result<std::uint64_t> size = checked_size(path, record, hint);
  if (!size.ok()) return size.error();
  std::vector<char> bytes(*size);
  std::ifstream file(path, std::ios::binary);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size())))
    return bad_input(path + ": cannot be read to its end", hint);
  for (std::size_t at = 0; at < bytes.size(); at += record) {
    const int label = static_cast<unsigned char>(bytes[at + format.label_bytes - 1]);
    if (label >= format.classes)
      return bad_input(path + ", record " + std::to_string(at / record + 1) + ": label " +
                           std::to_string(label) + " is not from 0 to " + std::to_string(format.classes - 1) +
                           ": not a file of this data set",
                       hint);
    out.labels.push_back(static_cast<std::uint8_t>(label));
    if (format.coarse_classes > 0) {
      const int coarse = static_cast<unsigned char>(bytes[at]);
      if (coarse >= format.coarse_classes)
        return bad_input(path + ", record " + std::to_string(at / record + 1) + ": coarse label " +
                             std::to_string(coarse) + " is not from 0 to " +
                             std::to_string(format.coarse_classes - 1) + ": not a file of this data set",
                         hint);
      out.coarse.push_back(static_cast<std::uint8_t>(coarse));
    }
    const char* first = bytes.data() + at + format.label_bytes;
    out.pixels.insert(out.pixels.end(), first, first + pixels);
  }
  return {};
}

}  // namespace

Result<Images> read_cifar10(const std::string& data_dir, Published set) {
  const CifarFormat format{
      .label_bytes = 1, .classes = 10, .coarse_classes = 0, .where = "cifar-10-binary.tar.gz"};
  Images images{.shape = kCifar, .pixels = {}, .labels = {}};
  std::vector<std::string> files = {"test_batch"};
  if (set == Published::Training)
    files = {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"};
  for (const std::string& file : files) {
    const std::string path = data_dir + "/cifar-10-batches-bin/" + file + ".bin";
    if (Status status = append_file(path, format, images); !status.ok()) return std::move(status).error();
  }
  return images;
}

Result<Images> read_cifar100(const std::string& data_dir, Published set) {
  const CifarFormat format{
      .label_bytes = 2, .classes = 100, .coarse_classes = 20, .where = "cifar-100-binary.tar.gz"};
  Images images{.shape = kCifar, .pixels = {}, .labels = {}};
  images.shape.classes = 100;
  images.shape.coarse_classes = 20;
  const std::string path =
      data_dir + "/cifar-100-binary/" + (set == Published::Test ? "test.bin" : "train.bin");
  if (Status status = append_file(path, format, images); !status.ok()) return std::move(status).error();
  return images;
}

}  // namespace frugal
