#include "frugal/fetch/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace frugal {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kBlock = 1 << 16;

struct CloseReader {
  void operator()(struct archive* reader) const { archive_read_free(reader); }
};
struct CloseWriter {
  void operator()(struct archive* writer) const { archive_write_free(writer); }
};

std::string fault_text(struct archive* reader) {
  const char* text = archive_error_string(reader);
  return text == nullptr ? "damaged" : text;
}

Error damaged(const std::string& path, struct archive* reader) {
  return bad_input("'" + path + "' cannot be unpacked: " + fault_text(reader));
}

// The path of an entry below the folder, or an error that says what is wrong with it.
Result<fs::path> safe_path(const std::string& archive_path, archive_entry* entry) {
  const char* name = archive_entry_pathname(entry);
  const auto refused = [&](const std::string& why) {
    return bad_input("'" + archive_path + "' is refused: its entry '" + (name == nullptr ? "" : name) + "' " +
                     why);
  };
  if (name == nullptr || *name == '\0') return refused("has no name");
  const fs::path path(name);
  if (path.is_absolute()) return refused("is an absolute path");
  for (const fs::path& piece : path) {
    if (piece == "..") return refused("leads out of the folder");
  }
  if (archive_entry_hardlink(entry) != nullptr || archive_entry_symlink(entry) != nullptr)
    return refused("is a link");
  const auto type = archive_entry_filetype(entry);
  if (type != AE_IFREG && type != AE_IFDIR) return refused("is no plain file");
  return path;
}

// One file of the archive to disk; takes its bytes off `left`.
Status write_entry(struct archive* reader, const std::string& archive_path, const fs::path& to,
                   std::uint64_t& left) {
  const int fd = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) return bad_input("'" + to.string() + "' cannot be written: " + std::strerror(errno));
  Status status;
  const void* block = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  while (status.ok()) {
    const int code = archive_read_data_block(reader, &block, &size, &offset);
    if (code == ARCHIVE_EOF) break;
    if (code != ARCHIVE_OK) {
      status = damaged(archive_path, reader);
    } else if (size > left) {
      status = bad_input("'" + archive_path + "' is refused: it unpacks to far more than the data set");
    } else if (::pwrite(fd, block, size, offset) != static_cast<ssize_t>(size)) {
      status =
          bad_input("'" + to.string() + "' cannot be written: " + std::strerror(errno == 0 ? ENOSPC : errno),
                    "make room, or choose another folder with --data-dir");
    }
    left -= std::min<std::uint64_t>(size, left);
  }
  if (::close(fd) != 0 && status.ok())
    status = bad_input("'" + to.string() + "' cannot be written: " + std::strerror(errno));
  return status;
}

}  // namespace

Status unpack_archive(const std::string& path, const std::string& folder, const UnpackLimits& limits) {
  const std::unique_ptr<struct archive, CloseReader> reader(archive_read_new());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_format_tar(reader.get());
  archive_read_support_format_zip(reader.get());
  if (archive_read_open_filename(reader.get(), path.c_str(), kBlock) != ARCHIVE_OK)
    return damaged(path, reader.get());
  std::uint64_t left = limits.bytes;
  while (true) {
    if (limits.cancel != nullptr && limits.cancel->load())
      return Error{ErrorCode::Interrupted, "interrupted"};
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(reader.get(), &entry);
    if (code == ARCHIVE_EOF) return {};
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return damaged(path, reader.get());
    const Result<fs::path> inside = safe_path(path, entry);
    if (!inside) return inside.error();
    const fs::path to = fs::path(folder) / *inside;
    std::error_code failure;
    fs::create_directories(archive_entry_filetype(entry) == AE_IFDIR ? to : to.parent_path(), failure);
    if (failure) return bad_input("'" + to.string() + "' cannot be made: " + failure.message());
    if (archive_entry_filetype(entry) == AE_IFDIR) continue;
    errno = 0;
    if (Status status = write_entry(reader.get(), path, to, left); !status) return status;
  }
}

void PlainReader::Close::operator()(struct archive* reader) const { archive_read_free(reader); }

Result<PlainReader> PlainReader::open(const std::string& path) {
  PlainReader plain;
  plain.path_ = path;
  plain.reader_.reset(archive_read_new());
  archive_read_support_filter_gzip(plain.reader_.get());
  archive_read_support_format_raw(plain.reader_.get());
  archive_read_support_format_empty(plain.reader_.get());
  archive_entry* entry = nullptr;
  if (archive_read_open_filename(plain.reader_.get(), path.c_str(), kBlock) != ARCHIVE_OK)
    return bad_input("'" + path + "' cannot be read: " + fault_text(plain.reader_.get()));
  const int code = archive_read_next_header(plain.reader_.get(), &entry);
  if (code != ARCHIVE_OK && code != ARCHIVE_EOF)
    return bad_input("'" + path + "' cannot be read: " + fault_text(plain.reader_.get()));
  plain.empty_ = code == ARCHIVE_EOF;
  return plain;
}

Result<std::size_t> PlainReader::read(std::span<char> out) {
  if (empty_) return std::size_t{0};
  const la_ssize_t got = archive_read_data(reader_.get(), out.data(), out.size());
  if (got < 0) return bad_input("'" + path_ + "' cannot be read to its end: " + fault_text(reader_.get()));
  return static_cast<std::size_t>(got);
}

Status write_gzip(const std::string& from, const std::string& to) {
  Result<PlainReader> reader = PlainReader::open(from);
  if (!reader) return reader.error();
  const std::unique_ptr<struct archive, CloseWriter> writer(archive_write_new());
  archive_write_add_filter_gzip(writer.get());
  archive_write_set_filter_option(writer.get(), "gzip", "timestamp", nullptr);
  archive_write_set_format_raw(writer.get());
  archive_write_set_bytes_in_last_block(writer.get(), 1);
  const auto fault = [&] { return bad_input("'" + to + "' cannot be written: " + fault_text(writer.get())); };
  if (archive_write_open_filename(writer.get(), to.c_str()) != ARCHIVE_OK) return fault();
  struct FreeEntry {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
  };
  const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  if (archive_write_header(writer.get(), entry.get()) != ARCHIVE_OK) return fault();
  std::array<char, kBlock> block{};
  while (true) {
    const Result<std::size_t> got = reader->read(block);
    if (!got) return got.error();
    if (*got == 0) break;
    if (archive_write_data(writer.get(), block.data(), *got) != static_cast<la_ssize_t>(*got)) return fault();
  }
  if (archive_write_close(writer.get()) != ARCHIVE_OK) return fault();
  return {};
}

}  // namespace frugal
