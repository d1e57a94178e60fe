// For the tests of this room: a folder of its own that goes away with the test, and ledgers in it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "frugal/store/sqlite_ledger.h"

namespace frugal {

class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "frugal_store_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Nothing, with a failure noted, when the store cannot be opened.
inline std::unique_ptr<SqliteLedger> opened(const std::string& path, OpenMode mode = OpenMode::ReadWrite) {
  Result<std::unique_ptr<SqliteLedger>> ledger = SqliteLedger::open(path, mode);
  EXPECT_TRUE(ledger.ok()) << ledger.error().message;
  return ledger.ok() ? std::move(ledger).value() : nullptr;
}

inline std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace frugal
