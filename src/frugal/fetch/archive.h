// Archives (tar.gz, zip) and gzip, through libarchive. An archive is taken for hostile: no entry leaves the
// folder it is unpacked into, only plain files come out, and not more than a limit of bytes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "frugal/base/result.h"

struct archive;  // of libarchive

namespace frugal {

struct UnpackLimits {
  std::uint64_t bytes = 4'000'000'000;  // of all files together
  const std::atomic<bool>* cancel = nullptr;
};

// Unpacks a tar (plain or gzip) or zip into `folder`, which is there and empty. An error (FixInput) for an
// archive that is damaged, or that holds an absolute path, a path with '..', a link or a device; what was
// unpacked until then stays in the folder. Interrupted when cancelled.
Status unpack_archive(const std::string& path, const std::string& folder, const UnpackLimits& limits);

// The bytes of a file as they are, or of a gzip file unpacked. One thread.
class PlainReader {
 public:
  static Result<PlainReader> open(const std::string& path);
  // How many bytes were put into `out`; 0 at the end. An error when the file is damaged or ends too early.
  Result<std::size_t> read(std::span<char> out);

 private:
  struct Close {
    void operator()(struct archive* reader) const;
  };
  std::string path_;
  std::unique_ptr<struct archive, Close> reader_;
  bool empty_ = false;
};

// Writes the bytes of `from` (unpacked, if it is gzip) as a gzip file without name and date: same bytes in,
// same out.
Status write_gzip(const std::string& from, const std::string& to);

}  // namespace frugal
