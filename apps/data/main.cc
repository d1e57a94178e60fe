// frugal-data: what `frugal data` runs in its place. Its one argument is a DataRequest as JSON; people call
// `frugal data`, which has the options and the help.
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "data/progress.h"
#include "data/request.h"
#include "data/show.h"
#include "frugal/fetch/catalogue.h"
#include "frugal/fetch/fetch.h"

namespace frugal::app {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kInterrupted = 130;

std::atomic<bool> g_cancel{false};

void on_interrupt(int) {
  if (g_cancel.exchange(true))
    std::_Exit(kInterrupted);  // asked twice: at once; what has come is on the disk
}

int fail(const Error& error) {
  const bool interrupted = error.code == ErrorCode::Interrupted;
  fmt::print(stderr, "frugal: {}{}\n", interrupted ? "" : "error: ", error.message);
  if (!error.hint.empty()) fmt::print(stderr, "  try: {}\n", error.hint);
  if (interrupted) return kInterrupted;
  return error.code == ErrorCode::FixInput ? kUsage : kFailed;
}

int write_out(const std::string& text, int code) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written && errno != EPIPE)
    return fail(Error{ErrorCode::Retry, "standard output could not be written"});
  return code;
}

// The usual variables, in small letters and (but for http_proxy, which a web server sets from a request) in
// capitals.
ProxyWords proxies_from_environment() {
  const auto word = [](const char* small, const char* capital) -> std::string {
    if (const char* value = std::getenv(small)) return value;  // NOLINT(concurrency-mt-unsafe)
    if (capital == nullptr) return "";
    const char* value = std::getenv(capital);  // NOLINT(concurrency-mt-unsafe)
    return value == nullptr ? "" : value;
  };
  return {.http = word("http_proxy", nullptr),
          .https = word("https_proxy", "HTTPS_PROXY"),
          .all = word("all_proxy", "ALL_PROXY"),
          .none = word("no_proxy", "NO_PROXY")};
}

int list(const DataRequest& request) {
  const auto sets = known_data_sets();
  return write_out(
      request.format == "json" ? list_json(sets, request.data_dir) : list_text(sets, request.data_dir),
      kDone);
}

int get(const DataRequest& request) {
  const Result<DataSet> set = find_data_set(request.names.front());
  if (!set) return fail(set.error());
  if (!request.mirror.empty() && !request.from.empty())
    return fail(bad_input("--mirror and --from exclude each other", "leave one of them out"));
  if (!request.mirror.empty()) {
    if (const auto address = parse_address(request.mirror); !address) return fail(address.error());
  }
  DownloadSettings settings;
  settings.http.agent = "frugal/" FRUGAL_VERSION;
  settings.http.proxies = proxies_from_environment();
  settings.http.cancel = &g_cancel;
  DataProgress progress(data_progress_style(request.quiet));
  const Result<FetchReport> report =
      fetch(*set, {request.data_dir, request.mirror, request.from, request.replace}, settings, progress);
  if (!report) return fail(report.error());
  const bool json = request.format == "json";
  return write_out(json ? get_json(*set, report->state, request.data_dir, report->was_there)
                        : get_text(*set, report->state, request.data_dir, report->was_there),
                   kDone);
}

int check(const DataRequest& request) {
  std::vector<DataSet> sets;
  for (const std::string& name : request.names) {
    Result<DataSet> set = find_data_set(name);
    if (!set) return fail(set.error());
    sets.push_back(std::move(*set));
  }
  if (request.names.empty()) {
    for (const DataSet& set : known_data_sets()) {
      if (files_there(set, request.data_dir) > 0) sets.push_back(set);
    }
    if (sets.empty())
      return fail(bad_input("no data set is in '" + request.data_dir + "'",
                            "frugal data list, then: frugal data get NAME"));
  }
  std::vector<Checked> checked;
  bool all_good = true;
  for (const DataSet& set : sets) {
    checked.emplace_back(set, verify(set, folder_of(set, request.data_dir), &g_cancel));
    if (g_cancel) return fail({ErrorCode::Interrupted, "interrupted"});
    all_good = all_good && checked.back().second.condition() == Condition::Good;
  }
  return write_out(request.format == "json" ? check_json(checked) : check_text(checked, request.data_dir),
                   all_good ? kDone : kUsage);
}

int run(int argc, char** argv) {
  if (argc != 2)
    return fail(bad_input("frugal-data belongs to frugal and is not started by hand", "frugal data --help"));
  const DataRequest request = nlohmann::json::parse(argv[1]).get<DataRequest>();
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  if (request.verb == "list") return list(request);
  return request.verb == "get" ? get(request) : check(request);
}

}  // namespace
}  // namespace frugal::app

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes is an error of writing, not an end
  try {
    return frugal::app::run(argc, argv);
  } catch (const std::exception& defect) {
    fmt::print(stderr, "frugal: a defect of frugal itself: {}\n", defect.what());
  } catch (...) {
    fmt::print(stderr, "frugal: a defect of frugal itself\n");
  }
  return frugal::app::kFailed;
}
