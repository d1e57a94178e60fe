// Layout: 8 bytes magic, u64 header bytes, u64 floats, header (with blanks up to a multiple of 8), floats,
// u64 checksum of all before. Little endian.
#include "frugal/train/checkpoint.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

namespace frugal {
namespace {

static_assert(std::endian::native == std::endian::little,
              "checkpoints are written as the machine holds them");
constexpr std::string_view kMagic = "frugalC1";

struct Prefix {
  char magic[8];
  std::uint64_t header_bytes;
  std::uint64_t floats;
};

// Four lanes of (h ^ word) * odd, rotated: every step is a bijection of the lane, so that one changed word
// always changes the sum. About ten times as fast as a CRC, which a 90 MB checkpoint notices.
class Checksum {
 public:
  void add(const void* data, std::size_t bytes) {
    const char* at = static_cast<const char*>(data);
    for (; bytes >= 32; at += 32, bytes -= 32) {
      for (std::size_t lane = 0; lane < 4; ++lane) mix(lane, load(at + 8 * lane, 8));
    }
    for (std::size_t lane = 0; bytes > 0; ++lane) {
      const std::size_t n = bytes < 8 ? bytes : 8;
      mix(lane, load(at, n));
      at += n;
      bytes -= n;
    }
  }
  std::uint64_t value() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t lane : lanes_) sum = std::rotl((sum ^ lane) * kOdd, 29);
    return sum;
  }

 private:
  static constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
  static std::uint64_t load(const char* at, std::size_t bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, bytes);
    return word;
  }
  void mix(std::size_t lane, std::uint64_t word) {
    lanes_[lane] = std::rotl((lanes_[lane] ^ word) * kOdd, 31);
  }
  std::uint64_t lanes_[4] = {1, 2, 3, 4};
};

Error damaged(const std::string& path, const std::string& what) {
  return bad_input("checkpoint " + path + " is damaged: " + what,
                   "train this trial again, or load an older checkpoint");
}

std::string header_text(const CheckpointHeader& header) {
  nlohmann::ordered_json json = {{"model", header.model},     {"dataset", header.dataset},
                                 {"seed", header.seed},       {"epoch", header.epoch},
                                 {"updates", header.updates}, {"shape", header.shape}};
  json["point"] = point_to_json(header.point);
  std::string text = json.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

Result<CheckpointHeader> parse_header(const std::string& path, const std::string& text) {
  const auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  try {
    CheckpointHeader header;
    json.at("model").get_to(header.model);
    json.at("dataset").get_to(header.dataset);
    json.at("seed").get_to(header.seed);
    json.at("epoch").get_to(header.epoch);
    json.at("updates").get_to(header.updates);
    if (json.contains("shape")) json.at("shape").get_to(header.shape);
    Result<Point> point = point_from_json(json.at("point"));
    if (!point.ok()) return damaged(path, point.error().message);
    header.point = std::move(*point);
    return header;
  } catch (const nlohmann::json::exception& e) {
    return damaged(path, std::string("its header cannot be read (") + e.what() + ")");
  }
}

bool write_all(int file, const void* data, std::size_t bytes) {
  const char* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(file, at, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += written;
    bytes -= static_cast<std::size_t>(written);
  }
  return true;
}

// Writes all parts; 0, or the errno of what failed. The room is asked for first: a full disk is found before
// 90 MB are written, and ext4, which chooses the place of a file when it is written out, does not have to do
// so for all of it while the file is renamed.
int write_file(const std::string& path, const Prefix& prefix, const std::string& header,
               std::span<const float> state) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return errno;
  Checksum sum;
  sum.add(&prefix, sizeof prefix);
  sum.add(header.data(), header.size());
  sum.add(state.data(), state.size_bytes());
  const std::uint64_t seal = sum.value();
  const std::size_t bytes = sizeof prefix + header.size() + state.size_bytes() + sizeof seal;
  int failed = ::fallocate(file, 0, 0, static_cast<off_t>(bytes)) == 0 ? 0 : errno;
  if (failed != ENOSPC && failed != EDQUOT && failed != EFBIG) failed = 0;  // others: not on this file system
  if (failed == 0 &&
      !(write_all(file, &prefix, sizeof prefix) && write_all(file, header.data(), header.size()) &&
        write_all(file, state.data(), state.size_bytes()) && write_all(file, &seal, sizeof seal)))
    failed = errno;
  if (::close(file) != 0 && failed == 0) failed = errno;
  return failed;
}

// A file in memory, read only; nothing when it cannot be opened. An empty file has no bytes.
struct Mapped {
  std::span<const char> bytes;
  std::shared_ptr<const void> owner;
};
std::optional<Mapped> mapped(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  struct stat about {};
  const bool known = ::fstat(file, &about) == 0 && S_ISREG(about.st_mode);
  const auto size = known ? static_cast<std::size_t>(about.st_size) : 0;
  void* at = size > 0 ? ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0) : nullptr;
  ::close(file);
  if (!known || at == MAP_FAILED) return std::nullopt;
  if (size == 0) return Mapped{};
  return Mapped{{static_cast<const char*>(at), size}, std::shared_ptr<const void>(at, [size](const void* p) {
                  ::munmap(const_cast<void*>(p), size);
                })};
}

}  // namespace

Status write_checkpoint(const std::string& path, const CheckpointHeader& header,
                        std::span<const float> state) {
  const std::string text = header_text(header);
  Prefix prefix{.magic = {}, .header_bytes = text.size(), .floats = state.size()};
  std::memcpy(prefix.magic, kMagic.data(), kMagic.size());
  const std::string temporary = path + ".part";
  int failed = write_file(temporary, prefix, text, state);
  if (failed == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) failed = errno;
  if (failed == 0) return {};
  std::remove(temporary.c_str());
  return bad_input("checkpoint " + path + " cannot be written: " + std::strerror(failed),
                   "choose a folder that exists and has room");
}

Result<Checkpoint> read_checkpoint(const std::string& path) {
  const std::optional<Mapped> file = mapped(path);
  if (!file)
    return bad_input("checkpoint " + path + " cannot be opened", "check the path; save the trial first");
  const std::uint64_t size = file->bytes.size();
  Prefix prefix{};
  std::uint64_t seal = 0;
  if (size < sizeof prefix + sizeof seal)
    return damaged(path, "it has only " + std::to_string(size) + " bytes");
  const char* at = file->bytes.data();
  std::memcpy(&prefix, at, sizeof prefix);
  if (std::memcmp(prefix.magic, kMagic.data(), kMagic.size()) != 0)
    return damaged(path, "it does not begin like a checkpoint");
  const std::uint64_t body = size - sizeof prefix - sizeof seal;
  if (prefix.header_bytes > body || prefix.floats > body / sizeof(float) ||
      prefix.header_bytes + prefix.floats * sizeof(float) != body)
    return damaged(path, "it has " + std::to_string(size) + " bytes, its beginning tells of another length");
  if (prefix.header_bytes % sizeof(float) != 0) return damaged(path, "it was made by another version");
  std::memcpy(&seal, at + size - sizeof seal, sizeof seal);
  const char* state = at + sizeof prefix + prefix.header_bytes;
  Checksum sum;
  sum.add(at, sizeof prefix);
  sum.add(at + sizeof prefix, prefix.header_bytes);
  sum.add(state, prefix.floats * sizeof(float));
  if (sum.value() != seal) return damaged(path, "its checksum does not match");
  Result<CheckpointHeader> header = parse_header(path, std::string(at + sizeof prefix, prefix.header_bytes));
  if (!header.ok()) return std::move(header).error();
  return Checkpoint{.header = std::move(*header),
                    .state = {reinterpret_cast<const float*>(state), prefix.floats},
                    .owner = file->owner};
}

}  // namespace frugal
