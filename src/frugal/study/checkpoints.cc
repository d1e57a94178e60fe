#include "frugal/study/checkpoints.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "frugal/search/trials.h"

namespace frugal {
namespace {

// A study's name as a file name: what could be read as something else becomes %XX.
std::string file_name(const std::string& study) {
  std::string name;
  constexpr const char* kDigits = "0123456789abcdef";
  for (const char c : study) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || (c == '.' && !name.empty());
    if (plain) {
      name += c;
    } else {
      name += '%';
      name += kDigits[byte >> 4U];
      name += kDigits[byte & 15U];
    }
  }
  return name;
}

std::string checkpoint_name(TrialId trial, int step) {
  return "trial-" + std::to_string(trial) + "-step-" + std::to_string(step) + ".ckpt";
}

}  // namespace

std::filesystem::path Checkpoints::folder(const std::string& store, const std::string& study) {
  return std::filesystem::path(store + ".checkpoints") / file_name(study);
}

std::filesystem::path Checkpoints::file(const std::string& store, const std::string& study, TrialId trial,
                                        int step) {
  return folder(store, study) / checkpoint_name(trial, step);
}

Result<std::unique_ptr<Checkpoints>> Checkpoints::open(const std::string& store, const std::string& study) {
  std::error_code failure;
  // Workers run elsewhere in the file system: what they are told is absolute.
  const std::filesystem::path where = std::filesystem::absolute(folder(store, study), failure);
  std::filesystem::create_directories(where, failure);
  if (failure) {
    return bad_input(
        "the folder '" + where.string() + "' for checkpoints cannot be made: " + failure.message(),
        "name a store in a folder that can be written: --store FILE");
  }
  const int lock = ::open((where / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0)
    return bad_input("'" + (where / "lock").string() + "' cannot be written: " + std::strerror(errno));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return Error{ErrorCode::Retry, "the study '" + study + "' is being run by another process",
                 "wait for it, or start a second study under another name: --name N"};
  }
  return std::unique_ptr<Checkpoints>(new Checkpoints(where, lock));
}

Checkpoints::~Checkpoints() { ::close(lock_); }

std::string Checkpoints::path(TrialId trial, int step) const {
  return (folder_ / checkpoint_name(trial, step)).string();
}
std::string Checkpoints::log_path() const { return (folder_ / "worker.log").string(); }

void Checkpoints::tidy(History history, const Goal& goal) const {
  std::set<std::string> wanted{"lock", "worker.log"};
  for (const TrialSummary& trial : summarise(history, goal)) {
    if (trial.dropped) continue;
    if (trial.best) wanted.insert(checkpoint_name(trial.id, trial.best->step));
    if (trial.last_step) wanted.insert(checkpoint_name(trial.id, *trial.last_step));
  }
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, ignored)) {
    if (!wanted.contains(entry.path().filename().string())) std::filesystem::remove(entry.path(), ignored);
  }
}

}  // namespace frugal
