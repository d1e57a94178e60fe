// Checksums of bytes and of files (OpenSSL's EVP).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "frugal/base/result.h"
#include "frugal/fetch/data_set.h"

namespace frugal {

std::string digest_name(DigestKind kind);  // "md5", "sha256"

// Takes bytes as they come. One thread.
class Hasher {
 public:
  explicit Hasher(DigestKind kind);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();

  void add(std::string_view bytes);
  // Lower-case hexadecimal of all that was added; nothing may be added afterwards. Empty when this OpenSSL
  // does not offer the kind (md5 under a FIPS policy).
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The checksum of a file's bytes. An error when it cannot be read, or the kind is not offered.
Result<std::string> file_digest(const std::string& path, DigestKind kind);

}  // namespace frugal
