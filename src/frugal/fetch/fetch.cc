#include "frugal/fetch/fetch.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <vector>

#include "frugal/fetch/archive.h"
#include "frugal/fetch/digest.h"

namespace frugal {
namespace {

namespace fs = std::filesystem;

Error cannot(const std::string& what, const fs::path& path, const std::error_code& failure) {
  return bad_input("'" + path.string() + "' cannot be " + what + ": " + failure.message(),
                   "choose another folder with --data-dir");
}

fs::path absolute_of(const fs::path& path) {
  const fs::path plain = fs::absolute(path).lexically_normal();
  return plain.has_filename() ? plain : plain.parent_path();
}

// data_dir/.fetch-NAME: where everything happens before it is moved into place. It goes away again, and with
// it a data_dir that was made for nothing, unless a download is in it that can go on.
class Workshop {
 public:
  static Result<std::unique_ptr<Workshop>> open(const DataSet& set, const std::string& data_dir);
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;
  ~Workshop();

  fs::path path(const std::string& name) const { return folder_ / name; }
  void keep_downloads() { keep_ = true; }

 private:
  Workshop() = default;
  fs::path folder_;
  fs::path made_;  // the topmost folder that had to be made for data_dir
  int lock_ = -1;
  bool keep_ = false;
};

Result<std::unique_ptr<Workshop>> Workshop::open(const DataSet& set, const std::string& data_dir) {
  std::unique_ptr<Workshop> shop(new Workshop);
  std::error_code failure;
  for (fs::path path = absolute_of(data_dir); !path.empty() && !fs::exists(path, failure);
       path = path.parent_path())
    shop->made_ = path;
  const fs::path folder = fs::path(data_dir) / (".fetch-" + set.name);
  fs::create_directories(folder, failure);
  if (failure) return cannot("made", folder, failure);
  const int lock = ::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return cannot("written", folder / "lock", std::error_code(errno, std::generic_category()));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return Error{ErrorCode::Retry,
                 "another frugal fetches " + set.name + " into '" + data_dir + "' just now"};
  }
  shop->lock_ = lock;
  shop->folder_ = folder;
  return shop;
}

Workshop::~Workshop() {
  if (lock_ < 0) return;
  std::error_code ignored;
  for (const char* name : {"unpacked", "ready"}) fs::remove_all(folder_ / name, ignored);
  if (!keep_) fs::remove_all(folder_, ignored);
  fs::remove(folder_ / "lock", ignored);
  fs::remove(folder_, ignored);  // only when it is empty
  ::close(lock_);
  for (fs::path path = absolute_of(folder_).parent_path(); !made_.empty(); path = path.parent_path()) {
    if (!fs::remove(path, ignored) || path == made_) break;
  }
}

bool is_archive(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string magic(4, '\0');
  file.read(magic.data(), 4);
  return magic == "PK\x03\x04" || path.ends_with(".tar.gz") || path.ends_with(".tgz") ||
         path.ends_with(".tar");
}

Status compare_digest(const Download& download, const std::string& path, const std::string& shown) {
  if (!download.digest) return {};
  const Result<std::string> found = file_digest(path, download.digest->kind);
  if (!found) return found.error();
  if (*found == download.digest->hex) return {};
  return bad_input("'" + shown + "' is not the right file: its " + digest_name(download.digest->kind) +
                   " is " + *found + ", not " + download.digest->hex + " (" + download.digest->published_by +
                   ")");
}

// Carries one fetch through. Each step takes what the one before left.
class Fetch {
 public:
  Fetch(const DataSet& set, const FetchRequest& request, const DownloadSettings& settings,
        FetchObserver& observer, Workshop& shop)
      : set_(set), request_(request), settings_(settings), observer_(observer), shop_(shop) {}

  // Puts verified data files into the workshop's folder "ready".
  Status prepare();
  // Moves them to where they belong.
  Status place(const SetState& before) const;

 private:
  Status take_downloads();
  Status take_data_files(const fs::path& folder);
  Status take_only_file(const fs::path& from);
  Status take_from();
  Status make_ready(const std::vector<std::string>& downloads);
  Status unpack(const std::string& archive);
  Status check_ready() const;
  std::string address_of(const Download& download) const;
  std::string by_hand(const Download& download) const;
  bool cancelled() const { return settings_.http.cancel != nullptr && settings_.http.cancel->load(); }

  const DataSet& set_;
  const FetchRequest& request_;
  const DownloadSettings& settings_;
  FetchObserver& observer_;
  Workshop& shop_;
};

std::string Fetch::address_of(const Download& download) const {
  if (request_.mirror.empty()) return download.address;
  return request_.mirror + (request_.mirror.ends_with('/') ? "" : "/") + download.file;
}

std::string Fetch::by_hand(const Download& download) const {
  const bool many = set_.downloads.size() > 1;
  return "the same command again, or download " +
         (many ? "the files of " + set_.source + " into one folder" : download.address) +
         " by hand, then: frugal data get " + set_.name + " --data-dir " + request_.data_dir + " --from " +
         (many ? "FOLDER" : "FILE");
}

Status Fetch::take_downloads() {
  std::vector<std::string> paths;
  for (const Download& download : set_.downloads) {
    const std::string path = shop_.path(download.file).string();
    std::error_code failure;
    if (!fs::exists(path, failure)) {
      if (Status done = frugal::download(address_of(download), path, settings_, observer_); !done) {
        shop_.keep_downloads();
        Error error = std::move(done).error();
        if (error.code == ErrorCode::Retry) error.hint = by_hand(download);
        if (error.code == ErrorCode::Interrupted) error.hint = "go on with the same command";
        return error;
      }
    }
    if (Status right = compare_digest(download, path, address_of(download)); !right) {
      Error error = std::move(right).error();
      error.hint = by_hand(download);
      return error;
    }
    paths.push_back(path);
  }
  return make_ready(paths);
}

// The folder of `root` in which a file of that name lies nearest to the root; nothing when there is none.
std::optional<fs::path> folder_with(const fs::path& root, const std::string& name) {
  std::optional<fs::path> found;
  int depth = 0;
  std::error_code failure;
  for (fs::recursive_directory_iterator it(root, failure), end; !failure && it != end;
       it.increment(failure)) {
    if (it->path().filename() != name || !it->is_regular_file(failure)) continue;
    if (!found || it.depth() < depth) {
      found = it->path().parent_path();
      depth = it.depth();
    }
  }
  return found;
}

Status Fetch::unpack(const std::string& archive) {
  const fs::path unpacked = shop_.path("unpacked");
  std::error_code failure;
  fs::create_directories(unpacked, failure);
  if (failure) return cannot("made", unpacked, failure);
  observer_.remark("unpacking " + fs::path(archive).filename().string());
  if (Status done = unpack_archive(archive, unpacked.string(), {.cancel = settings_.http.cancel}); !done)
    return done;
  const bool packs = set_.layout == Layout::Compressed;
  const std::string wanted = packs ? set_.inside : set_.files.front().name;
  const std::optional<fs::path> folder = folder_with(unpacked, wanted);
  if (!folder)
    return bad_input("'" + archive + "' does not hold " + wanted + ": it is another archive than that of " +
                     set_.name);
  const fs::path ready = shop_.path("ready");
  if (packs) {
    fs::create_directories(ready, failure);
    if (failure) return cannot("made", ready, failure);
    return write_gzip((*folder / wanted).string(), (ready / (set_.files.front().name + ".gz")).string());
  }
  fs::rename(*folder, ready, failure);
  if (failure) return cannot("moved", *folder, failure);
  return {};
}

// The downloads, which are there and right, become data files.
Status Fetch::make_ready(const std::vector<std::string>& downloads) {
  if (set_.layout != Layout::Keep) return unpack(downloads.front());
  const fs::path ready = shop_.path("ready");
  std::error_code failure;
  fs::create_directories(ready, failure);
  if (failure) return cannot("made", ready, failure);
  for (const std::string& path : downloads) {
    const fs::path to = ready / fs::path(path).filename();
    fs::copy_file(path, to, fs::copy_options::overwrite_existing, failure);
    if (failure) return cannot("written", to, failure);
  }
  return {};
}

// Data files as they lie in a folder, unpacked or as .gz.
Status Fetch::take_data_files(const fs::path& folder) {
  const fs::path ready = shop_.path("ready");
  std::error_code failure;
  fs::create_directories(ready, failure);
  if (failure) return cannot("made", ready, failure);
  for (const DataFile& file : set_.files) {
    if (cancelled()) return Error{ErrorCode::Interrupted, "interrupted"};
    const std::string from = place_of(file, folder.string());
    if (from.empty()) return bad_input("'" + folder.string() + "' holds no " + file.name);
    const fs::path to = ready / fs::path(from).filename();
    fs::copy_file(from, to, failure);
    if (failure) return cannot("written", to, failure);
  }
  return {};
}

// The single data file of the set, unpacked or as .gz.
Status Fetch::take_only_file(const fs::path& from) {
  const fs::path ready = shop_.path("ready");
  std::error_code failure;
  fs::create_directories(ready, failure);
  if (failure) return cannot("made", ready, failure);
  const std::string& name = set_.files.front().name;
  if (set_.layout == Layout::Compressed) return write_gzip(from.string(), (ready / (name + ".gz")).string());
  const fs::path to = ready / (from.extension() == ".gz" ? name + ".gz" : name);
  fs::copy_file(from, to, failure);
  return failure ? Status(cannot("written", to, failure)) : Status();
}

Status Fetch::take_from() {
  const fs::path from(request_.from);
  std::error_code failure;
  if (!fs::exists(from, failure)) return bad_input("'" + from.string() + "' is not there");
  std::vector<std::string> paths;
  if (fs::is_directory(from, failure)) {
    for (const Download& download : set_.downloads) {
      const fs::path path = from / download.file;
      if (fs::is_regular_file(path, failure)) paths.push_back(path.string());
    }
    if (paths.size() != set_.downloads.size()) {
      const fs::path below = from / set_.folder;
      return take_data_files(place_of(set_.files.front(), from.string()).empty() ? below : from);
    }
  } else if (set_.downloads.size() > 1) {
    return bad_input(set_.name + " comes in " + std::to_string(set_.downloads.size()) + " files, and '" +
                         from.string() + "' is one",
                     "put them into one folder, and: --from FOLDER");
  } else if (is_archive(from.string()) || set_.files.size() > 1) {
    paths.push_back(from.string());
  } else {
    return take_only_file(from);
  }
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (Status right = compare_digest(set_.downloads[i], paths[i], paths[i]); !right) return right;
  }
  return make_ready(paths);
}

Status Fetch::check_ready() const {
  observer_.remark("verifying " + set_.name);
  const SetState state = verify(set_, shop_.path("ready").string(), settings_.http.cancel);
  if (cancelled()) return Error{ErrorCode::Interrupted, "interrupted"};
  for (const FileState& file : state.files) {
    if (file.condition == Condition::Good) continue;
    return bad_input(
        "this is not " + set_.name + ": " + fs::path(file.path).filename().string() + ": " + file.detail,
        "frugal data list says where it is from");
  }
  return {};
}

Status Fetch::prepare() {
  if (Status taken = request_.from.empty() ? take_downloads() : take_from(); !taken) return taken;
  return check_ready();
}

// A folder that is not there yet appears whole, at once; into one that is there the files go one by one, each
// at once.
Status Fetch::place(const SetState& before) const {
  const fs::path ready = shop_.path("ready");
  const fs::path target = folder_of(set_, request_.data_dir);
  std::error_code failure;
  if (!fs::exists(target, failure)) {
    fs::rename(ready, target, failure);
    return failure ? Status(cannot("moved", target, failure)) : Status();
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(ready, failure)) {
    const fs::path to = target / entry.path().filename();
    fs::rename(entry.path(), to, failure);
    if (failure) return cannot("moved", to, failure);
  }
  if (failure) return cannot("read", ready, failure);
  // A wrong `x` would be read before the right `x.gz`.
  for (const FileState& file : before.files) {
    if (file.condition == Condition::Wrong && fs::exists(file.path + ".gz", failure))
      fs::remove(file.path, failure);
  }
  return {};
}

}  // namespace

Result<FetchReport> fetch(const DataSet& set, const FetchRequest& request, const DownloadSettings& settings,
                          FetchObserver& observer) {
  const std::string folder = folder_of(set, request.data_dir);
  SetState before = verify(set, folder, settings.http.cancel);
  if (before.condition() == Condition::Good) return FetchReport{true, std::move(before)};
  for (const FileState& file : before.files) {
    if (file.condition == Condition::Wrong && !request.replace)
      return bad_input(
          "'" + file.path + "' is there and wrong: " + file.detail,
          "replace it with: frugal data get " + set.name + " --data-dir " + request.data_dir + " --replace");
  }
  const Result<std::unique_ptr<Workshop>> shop = Workshop::open(set, request.data_dir);
  if (!shop) return shop.error();
  Fetch fetch(set, request, settings, observer, **shop);
  if (Status ready = fetch.prepare(); !ready) {
    if (ready.error().code == ErrorCode::Interrupted) (*shop)->keep_downloads();
    return ready.error();
  }
  if (Status placed = fetch.place(before); !placed) return placed.error();
  return FetchReport{false, verify(set, folder)};
}

}  // namespace frugal
