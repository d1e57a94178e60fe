#include "frugal/paper.h"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include "frugal/work/child_process.h"

namespace frugal::app {
namespace {

namespace fs = std::filesystem;

constexpr std::array kBrowsers = {"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"};
constexpr Duration kPatience{60};
constexpr const char* kByHand = "frugal report --format html, open it in any browser and print it to PDF";

std::optional<std::string> browser() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    for (const char* name : kBrowsers) {
      const std::string file = (folder.empty() ? "." : folder) + "/" + name;
      if (::access(file.c_str(), X_OK) == 0 && fs::is_regular_file(file)) return file;
    }
  }
  return std::nullopt;
}

// A folder of its own that goes with everything in it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "frugal-report-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string content(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

bool can_print() { return browser().has_value(); }

Result<std::string> pdf_of(const std::string& html) {
  const std::optional<std::string> program = browser();
  if (!program) {
    return Error{
        ErrorCode::Retry,
        "a PDF is printed by Chromium or Chrome, and none was found on PATH (chromium, chromium-browser, "
        "google-chrome)",
        std::string("apt-get install chromium; or ") + kByHand};
  }
  const ScratchFolder folder;
  if (folder.path().empty())
    return Error{ErrorCode::Retry, "no folder for temporary files could be made in '" +
                                       fs::temp_directory_path().string() + "'"};
  const std::string page = folder.path() + "/report.html";
  const std::string pdf = folder.path() + "/report.pdf";
  std::ofstream(page, std::ios::binary) << html;
  Result<std::unique_ptr<ChildProcess>> child = ChildProcess::spawn(
      {*program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
       "--disable-extensions", "--disable-dev-shm-usage", "--user-data-dir=" + folder.path() + "/profile",
       "--window-size=680,1000", "--no-pdf-header-footer", "--print-to-pdf=" + pdf,
       "file://" + page + "#print"},
      {.extra_descriptors = true, .error_file = folder.path() + "/log"});
  if (!child) return child.error();
  const bool over = (*child)->ended(kPatience);
  const std::string how = (*child)->end(Duration(0));
  std::string made = content(pdf);
  if (made.starts_with("%PDF")) return made;
  return Error{ErrorCode::Retry,
               *program + (over ? " made no PDF: it " + how : " made no PDF within a minute"), kByHand};
}

}  // namespace frugal::app
