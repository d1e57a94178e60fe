#include <filesystem>

#include "frugal/train/gzip.h"
#include "frugal/train/images.h"

namespace frugal {
namespace {

constexpr std::size_t kImageHeader = 16;
constexpr std::size_t kLabelHeader = 8;
constexpr std::uint32_t kImageMagic = 0x803;
constexpr std::uint32_t kLabelMagic = 0x801;
constexpr int kClasses = 10;

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

struct IdxFile {
  std::string path;
  std::string bytes;
};

Result<IdxFile> read_idx(const std::string& path, std::uint32_t magic, std::size_t header,
                         const std::string& hint) {
  const std::string found = std::filesystem::exists(path) ? path : path + ".gz";
  if (!std::filesystem::exists(found)) return bad_input(path + ": is not there, nor with .gz", hint);
  Result<std::string> bytes = read_maybe_gzip(found, hint);
  if (!bytes.ok()) return std::move(bytes).error();
  if (bytes->size() < header || big_endian(*bytes, 0) != magic)
    return bad_input(found + ": does not begin like such an idx file", hint);
  return IdxFile{.path = found, .bytes = std::move(*bytes)};
}

Status check_size(const IdxFile& file, std::uint64_t wanted, const std::string& hint) {
  if (file.bytes.size() == wanted) return {};
  return bad_input(file.path + ": its header tells of " + std::to_string(wanted) + " bytes, it has " +
                       std::to_string(file.bytes.size()) + ": truncated, or a foreign file",
                   hint);
}

}  // namespace

Result<Images> read_mnist(const std::string& data_dir, const std::string& folder, Published set) {
  const std::string hint = "download the idx files of " + folder + " into data_dir/" + folder;
  const std::string base = data_dir + "/" + folder + (set == Published::Test ? "/t10k-" : "/train-");
  const Result<IdxFile> images = read_idx(base + "images-idx3-ubyte", kImageMagic, kImageHeader, hint);
  if (!images.ok()) return images.error();
  const Result<IdxFile> labels = read_idx(base + "labels-idx1-ubyte", kLabelMagic, kLabelHeader, hint);
  if (!labels.ok()) return labels.error();
  const std::uint64_t count = big_endian(images->bytes, 4), height = big_endian(images->bytes, 8),
                      width = big_endian(images->bytes, 12);
  if (height != 28 || width != 28 || count == 0)
    return bad_input(images->path + ": holds " + std::to_string(count) + " images of " +
                         std::to_string(height) + "×" + std::to_string(width) + ", not of 28×28",
                     hint);
  if (Status size = check_size(*images, kImageHeader + count * height * width, hint); !size.ok())
    return std::move(size).error();
  if (Status size = check_size(*labels, kLabelHeader + count, hint); !size.ok())
    return std::move(size).error();
  Images out{
      .shape = {.channels = 1, .height = 28, .width = 28, .classes = kClasses}, .pixels = {}, .labels = {}};
  out.pixels.assign(images->bytes.begin() + kImageHeader, images->bytes.end());
  out.labels.assign(labels->bytes.begin() + kLabelHeader, labels->bytes.end());
  for (std::size_t i = 0; i < out.labels.size(); ++i) {
    if (out.labels[i] >= kClasses)
      return bad_input(labels->path + ", record " + std::to_string(i + 1) + ": label " +
                           std::to_string(out.labels[i]) + " is not from 0 to 9: not a file of this data set",
                       hint);
  }
  return out;
}

}  // namespace frugal
