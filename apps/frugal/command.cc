#include "frugal/command.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "frugal/base/nearest.h"

namespace frugal::app {

int fail(const Error& error) {
  std::fprintf(stderr, "frugal: %s%s\n",
               error.code == ErrorCode::Interrupted ? "" : "error: ", error.message.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "  try: %s\n", error.hint.c_str());
  switch (error.code) {
    case ErrorCode::FixInput:
      return kUsage;
    case ErrorCode::NeedRights:
      return kNoMeter;
    case ErrorCode::StoreBroken:
      return kStoreBroken;
    case ErrorCode::Interrupted:
      return kInterrupted;
    case ErrorCode::Retry:
    case ErrorCode::TrialFailed:
    case ErrorCode::GiveUp:
      break;
  }
  return kTrialFailed;
}

void add_store(CLI::App& command, CommonOptions& common) {
  command.add_option("--store", common.store, "The file that remembers studies")
      ->capture_default_str()
      ->type_name("FILE");
}

void add_format(CLI::App& command, CommonOptions& common, const std::vector<std::string>& words) {
  common.format = words.front();
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : "|") + word;
  command.add_option("--format", common.format, "What to write")
      ->check(CLI::IsMember(words))
      ->type_name(list)
      ->default_str(words.front());
}

Result<StudyResult> read_result(const std::string& store, const std::string& study) {
  const Result<std::unique_ptr<SqliteLedger>> ledger = SqliteLedger::open(store, OpenMode::ReadOnly);
  if (!ledger) return ledger.error();
  const Result<std::vector<StudyBrief>> briefs = (*ledger)->list();
  if (!briefs) return briefs.error();
  if (briefs->empty())
    return bad_input("the store '" + store + "' holds no study", "start one with: frugal run STUDY.yaml");
  Result<std::optional<StudyRecord>> record = (*ledger)->read(study.empty() ? briefs->back().name : study);
  if (!record) return record.error();
  if (*record) return result_of(std::move(**record));
  std::vector<std::string> names;
  for (const StudyBrief& brief : *briefs) names.push_back(brief.name);
  return bad_input("there is no study '" + study + "' in '" + store + "'" + did_you_mean(study, names),
                   "see them all with: frugal list --store " + store);
}

Result<std::string> read_bytes(const std::string& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    return bad_input("'" + file + "' is a folder, not a file");
  std::ifstream in(file, std::ios::binary);
  if (!in) return bad_input("'" + file + "' cannot be read: " + std::strerror(errno));
  std::string bytes;
  const auto size = std::filesystem::file_size(file, ignored);
  if (!ignored) bytes.reserve(size);
  for (std::array<char, 1 << 16> part{}; in.read(part.data(), part.size()), in.gcount() > 0;)
    bytes.append(part.data(), static_cast<std::size_t>(in.gcount()));
  return bytes;
}

Result<Output> Output::open(const std::string& file) {
  Output output;
  output.file_ = file;
  if (file.empty()) return output;
  std::FILE* stream = std::fopen(file.c_str(), "wb");
  if (stream == nullptr) return bad_input("'" + file + "' cannot be written: " + std::strerror(errno));
  output.stream_ = std::shared_ptr<std::FILE>(stream, [](std::FILE* f) { std::fclose(f); });
  return output;
}

Status Output::write(const std::string& text) {
  std::FILE* stream = stream_ ? stream_.get() : stdout;
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stream) == text.size() && std::fflush(stream) == 0;
  // A reader that has seen enough (`frugal report | head`) is no error.
  if (written || (!stream_ && errno == EPIPE)) return {};
  return Error{ErrorCode::Retry, (file_.empty() ? std::string("standard output") : "'" + file_ + "'") +
                                     " could not be written: " + std::strerror(errno)};
}

std::string own_path() {
  std::error_code failure;
  return std::filesystem::read_symlink("/proc/self/exe", failure).string();
}

std::string sibling(const std::string& name) {
  return (std::filesystem::path(own_path()).parent_path() / name).string();
}

namespace {
bool sigpipe_ignored_before = false;  // set once, before any thread
}

void ignore_sigpipe() { sigpipe_ignored_before = std::signal(SIGPIPE, SIG_IGN) == SIG_IGN; }
bool sigpipe_was_ignored() { return sigpipe_ignored_before; }

}  // namespace frugal::app
