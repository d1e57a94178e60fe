#include "frugal/fetch/download.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

namespace frugal {
namespace {

namespace fs = std::filesystem;

// What PATH.part holds a beginning of.
struct Version {
  std::string address;
  std::string validator;
  std::optional<std::uint64_t> total;
};

std::string notes_path(const std::string& part) { return part + ".json"; }

std::optional<Version> read_version(const std::string& part) {
  std::ifstream file(notes_path(part));
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto text = [&](const char* key) {
    const auto it = json.find(key);
    return it != json.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  Version version{text("address"), text("validator"), {}};
  if (const auto it = json.find("total_bytes"); it != json.end() && it->is_number_unsigned())
    version.total = it->get<std::uint64_t>();
  return version;
}

void write_version(const std::string& part, const Version& version) {
  nlohmann::ordered_json json{{"address", version.address}, {"validator", version.validator}};
  if (version.total) json["total_bytes"] = *version.total;
  std::ofstream(notes_path(part)) << json.dump() << '\n';
}

void forget(const std::string& part) {
  std::error_code ignored;
  fs::remove(part, ignored);
  fs::remove(notes_path(part), ignored);
}

// A weak ETag does not vouch for bytes (RFC 9110, 13.1.5).
std::string validator_of(const HttpHead& head) {
  if (!head.etag.empty() && !head.etag.starts_with("W/")) return head.etag;
  return head.last_modified;
}

struct Range {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> total;
};

// "bytes 100-199/200", the total possibly '*'.
std::optional<Range> parse_range(std::string_view text) {
  if (!text.starts_with("bytes ")) return std::nullopt;
  text.remove_prefix(6);
  Range range;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, range.first);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') return std::nullopt;
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::uint64_t total = 0;
  if (std::from_chars(text.data() + slash + 1, end, total).ec == std::errc()) range.total = total;
  return range;
}

class PartFile {
 public:
  explicit PartFile(std::string path) : path_(std::move(path)) {}
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile() { close(); }

  std::uint64_t size() const {
    std::error_code failure;
    const std::uintmax_t bytes = fs::file_size(path_, failure);
    return failure ? 0 : bytes;
  }
  bool open(bool anew) {
    close();
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (anew ? O_TRUNC : O_APPEND), 0644);
    return fd_ >= 0;
  }
  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }
  // False when the last bytes did not reach the disk.
  bool close() {
    const bool fine = fd_ < 0 || ::close(fd_) == 0;
    fd_ = -1;
    return fine;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int fd_ = -1;
};

// How one attempt ended.
enum class Outcome { Complete, Broken, Refused, Stale };
struct Attempt {
  Outcome outcome = Outcome::Broken;
  Error error = {};
};

// One download; a new attempt goes on where the last one ended.
class Transfer {
 public:
  Transfer(const std::string& address, const std::string& path, const DownloadSettings& settings,
           FetchObserver& observer)
      : address_(address), part_(path + ".part"), settings_(settings), observer_(observer) {}

  Attempt attempt();
  const PartFile& part() const { return part_; }
  std::uint64_t have() const { return have_; }
  std::string kept() const { return have_ == 0 ? "" : "; " + bytes_text(have_) + " of it are kept"; }

 private:
  bool accept(const HttpHead& head, Attempt& out);
  bool begin_anew(const HttpHead& head, Attempt& out);
  bool room_for(std::uint64_t bytes, Attempt& out) const;
  Error disk_error(int number) const;

  std::string address_;
  PartFile part_;
  const DownloadSettings& settings_;
  FetchObserver& observer_;
  Version version_;
  std::uint64_t have_ = 0;
};

Error Transfer::disk_error(int number) const {
  return bad_input("'" + part_.path() + "' cannot be written: " + std::strerror(number) + kept(),
                   "make room, or choose another folder with --data-dir; the same command goes on");
}

bool Transfer::room_for(std::uint64_t bytes, Attempt& out) const {
  std::error_code failure;
  const fs::space_info space = fs::space(fs::path(part_.path()).parent_path(), failure);
  if (failure || space.available >= bytes) return true;
  out = {Outcome::Refused,
         bad_input("there is no room for " + address_ + ": " + bytes_text(bytes) + " are to come, " +
                       bytes_text(space.available) + " are free at '" + part_.path() + "'" + kept(),
                   "make room, or choose another folder with --data-dir")};
  return false;
}

bool Transfer::begin_anew(const HttpHead& head, Attempt& out) {
  if (have_ > 0)
    observer_.remark("the server sends the file from its beginning (changed, or it knows no ranges)");
  version_ = {address_, validator_of(head), head.length};
  have_ = 0;
  if (head.length && !room_for(*head.length, out)) return false;
  forget(part_.path());
  if (!part_.open(true)) {
    out = {Outcome::Refused, disk_error(errno)};
    return false;
  }
  write_version(part_.path(), version_);
  observer_.begins(head.address, 0, version_.total);
  return true;
}

// Decides by the head of an answer what becomes of its body.
bool Transfer::accept(const HttpHead& head, Attempt& out) {
  if (head.status == 416) {
    out = {Outcome::Stale, {}};
    return false;
  }
  if (head.status == 200) return begin_anew(head, out);
  if (head.status != 206) {
    const bool later = head.status >= 500 || head.status == 429;
    out = {later ? Outcome::Broken : Outcome::Refused,
           Error{ErrorCode::Retry, head.address + ": the server answered " + status_text(head.status)}};
    return false;
  }
  const std::optional<Range> range = parse_range(head.content_range);
  if (!range || range->first != have_ ||
      (range->total && version_.total && *range->total != *version_.total)) {
    out = {Outcome::Stale, {}};
    return false;
  }
  if (range->total) version_.total = range->total;
  if (version_.total && !room_for(*version_.total - std::min(have_, *version_.total), out)) return false;
  if (!part_.open(false)) {
    out = {Outcome::Refused, disk_error(errno)};
    return false;
  }
  observer_.begins(head.address, have_, version_.total);
  return true;
}

Attempt Transfer::attempt() {
  have_ = part_.size();
  version_ = read_version(part_.path()).value_or(Version{});
  // Without a validator nobody vouches that the bytes there belong to what the server has now.
  const bool resumable = have_ > 0 && version_.address == address_ && !version_.validator.empty();
  HttpRequest request{address_, resumable ? have_ : 0, version_.validator};
  if (resumable && version_.total == have_) return {Outcome::Complete, {}};
  Attempt out;
  bool decided = false;
  const Result<HttpHead> answer = http_get(
      request, settings_.http,
      [&](const HttpHead& head) {
        const bool wanted = accept(head, out);
        decided = !wanted;
        return wanted;
      },
      [&](std::string_view bytes) {
        if (!part_.write(bytes)) {
          const int number = errno;
          have_ = part_.size();
          out = {Outcome::Refused, disk_error(number)};
          decided = true;
          return false;
        }
        have_ += bytes.size();
        observer_.has(have_);
        return true;
      });
  observer_.ends();
  const bool closed = part_.close();
  if (!closed && !decided) return {Outcome::Refused, disk_error(errno)};
  if (decided) return out;
  if (!answer) {
    const bool wait = answer.error().code == ErrorCode::Retry;
    return {wait ? Outcome::Broken : Outcome::Refused, answer.error()};
  }
  if (version_.total && have_ != *version_.total)
    return {Outcome::Broken, Error{ErrorCode::Retry,
                                   fmt::format("{}: {} of {} bytes came", address_, have_, *version_.total)}};
  return {Outcome::Complete, {}};
}

// False when it was cancelled meanwhile.
bool wait(Duration time, const std::atomic<bool>* cancel) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(time.value());
  while (std::chrono::steady_clock::now() < until) {
    if (cancel != nullptr && cancel->load()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return true;
}

Status finish(const Transfer& transfer, const std::string& path) {
  std::error_code failure;
  fs::rename(transfer.part().path(), path, failure);
  if (failure) return bad_input("'" + path + "' cannot be written: " + failure.message());
  forget(transfer.part().path());
  return {};
}

Error ended(Error error, const Transfer& transfer) {
  if (error.code == ErrorCode::FixInput) return error;
  error.message += transfer.kept();
  return error;
}

}  // namespace

Status download(const std::string& address, const std::string& path, const DownloadSettings& settings,
                FetchObserver& observer) {
  Transfer transfer(address, path, settings, observer);
  int fruitless = 0;
  std::uint64_t most = 0;  // a server that sends everything again and again brings nothing
  bool was_stale = false;
  while (true) {
    Attempt attempt = transfer.attempt();
    switch (attempt.outcome) {
      case Outcome::Complete:
        return finish(transfer, path);
      case Outcome::Refused:
        return ended(std::move(attempt.error), transfer);
      case Outcome::Stale:
        forget(transfer.part().path());
        if (was_stale)
          return Error{ErrorCode::Retry,
                       address + ": the server's answers about ranges contradict each other"};
        observer.remark("the file on the server has changed; beginning anew");
        was_stale = true;
        break;
      case Outcome::Broken:
        fruitless = transfer.have() > most ? 0 : fruitless + 1;
        most = std::max(most, transfer.have());
        if (fruitless >= settings.attempts) return ended(std::move(attempt.error), transfer);
        observer.remark(attempt.error.message + "; trying again");
        if (!wait(settings.pause, settings.http.cancel))
          return ended(Error{ErrorCode::Interrupted, "interrupted"}, transfer);
        break;
    }
  }
}

std::string bytes_text(std::uint64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (bytes < 1000) return fmt::format("{} bytes", bytes);
  if (bytes < 1'000'000) return fmt::format("{:.{}f} kB", value / 1e3, bytes < 100'000 ? 1 : 0);
  if (bytes < 1'000'000'000) return fmt::format("{:.{}f} MB", value / 1e6, bytes < 100'000'000 ? 1 : 0);
  return fmt::format("{:.1f} GB", value / 1e9);
}

}  // namespace frugal
