#include "frugal/fetch/verify.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "frugal/fetch/archive.h"
#include "frugal/fetch/digest.h"
#include "frugal/fetch/structure.h"

namespace frugal {
namespace {

namespace fs = std::filesystem;

// The published checksum of the file as it lies there: a .gz that was downloaded and kept.
const Digest* digest_of_kept(const DataSet& set, const std::string& path) {
  if (set.layout != Layout::Keep) return nullptr;
  const std::string name = fs::path(path).filename().string();
  for (const Download& download : set.downloads) {
    if (download.file == name && download.digest) return &*download.digest;
  }
  return nullptr;
}

std::string wrong_digest(const Digest& wanted, const std::string& found) {
  return "its " + digest_name(wanted.kind) + " is " + found + ", not " + wanted.hex + " (" +
         wanted.published_by + ")";
}

FileState wrong(const std::string& path, std::string why) { return {path, Condition::Wrong, std::move(why)}; }

FileState verify_file(const DataSet& set, const DataFile& file, const std::string& path,
                      const std::atomic<bool>* cancel) {
  bool by_digest = false;
  if (const Digest* published = digest_of_kept(set, path)) {
    const Result<std::string> found = file_digest(path, published->kind);
    if (!found) return wrong(path, found.error().message);
    if (*found != published->hex) return wrong(path, wrong_digest(*published, *found));
    by_digest = true;
  }
  Result<PlainReader> reader = PlainReader::open(path);
  if (!reader) return wrong(path, reader.error().message);
  const std::unique_ptr<StructureCheck> structure = check_of(file.structure);
  std::optional<Hasher> hasher;
  if (file.digest) hasher.emplace(file.digest->kind);
  std::array<char, 1 << 16> block{};
  while (cancel == nullptr || !cancel->load()) {
    const Result<std::size_t> got = reader->read(block);
    if (!got) return wrong(path, got.error().message);
    if (*got == 0) break;
    structure->add({block.data(), *got});
    if (hasher) hasher->add({block.data(), *got});
  }
  if (const auto fault = structure->fault()) return wrong(path, *fault);
  if (hasher) {
    if (const std::string found = hasher->hex(); found != file.digest->hex)
      return wrong(path, "its content's " + wrong_digest(*file.digest, found).substr(4));
    by_digest = true;
  }
  return {path, Condition::Good, by_digest ? "checksum and structure" : "structure"};
}

}  // namespace

Condition SetState::condition() const {
  Condition worst = Condition::Good;
  for (const FileState& file : files) worst = std::max(worst, file.condition);
  return worst;
}

std::size_t SetState::good() const {
  return static_cast<std::size_t>(std::count_if(
      files.begin(), files.end(), [](const FileState& file) { return file.condition == Condition::Good; }));
}

std::string folder_of(const DataSet& set, const std::string& data_dir) {
  return set.folder.empty() ? data_dir : (fs::path(data_dir) / set.folder).string();
}

std::string place_of(const DataFile& file, const std::string& folder) {
  std::error_code failure;
  const fs::path plain = fs::path(folder) / file.name;
  if (fs::is_regular_file(plain, failure)) return plain.string();
  const fs::path packed = plain.string() + ".gz";
  return fs::is_regular_file(packed, failure) ? packed.string() : "";
}

SetState verify(const DataSet& set, const std::string& folder, const std::atomic<bool>* cancel) {
  SetState state;
  for (const DataFile& file : set.files) {
    const std::string path = place_of(file, folder);
    if (path.empty()) {
      const bool packed = set.layout != Layout::Unpack;
      state.files.push_back({(fs::path(folder) / (file.name + (packed ? ".gz" : ""))).string(),
                             Condition::Missing, "not there"});
    } else {
      state.files.push_back(verify_file(set, file, path, cancel));
    }
  }
  return state;
}

std::string recognised_by(const DataSet& set) {
  const auto known = [](const auto& thing) { return thing.digest.has_value(); };
  const bool digests = std::all_of(set.downloads.begin(), set.downloads.end(), known) ||
                       std::all_of(set.files.begin(), set.files.end(), known);
  return digests ? "checksum and structure" : "structure";
}

}  // namespace frugal
