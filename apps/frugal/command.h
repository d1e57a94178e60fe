// What every subcommand shares: the common options, the table of commands, how an Error becomes words and an
// exit code. Only code below apps/ prints, exits and reads the environment.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/store/sqlite_ledger.h"
#include "frugal/study/result.h"

namespace frugal::app {

inline constexpr int kDone = 0;
inline constexpr int kTrialFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kNoMeter = 3;
inline constexpr int kStoreBroken = 4;
inline constexpr int kInterrupted = 130;

struct CommonOptions {
  std::string store = "frugal.db";
  std::string format = "text";
  bool quiet = false;
};

// One line of the table of commands: `add` declares options on the subcommand and returns what runs it.
struct Command {
  const char* name;
  const char* summary;
  const char* example;
  std::function<std::function<int()>(CLI::App& command, CommonOptions& common)> add;
  bool internal = false;
};

Command run_command();
Command measure_command();
Command list_command();
Command show_command();
Command export_command();
Command import_command();
Command report_command();
Command compare_command();
Command analyze_command();
Command data_command();
Command doctor_command();
Command calibrate_command();
Command agent_command();
Command program_command();

// "frugal: error: message" and the hint on standard error; returns the exit code that belongs to the error.
int fail(const Error& error);

void add_store(CLI::App& command, CommonOptions& common);
// Adds --format with the given words, the first being the default.
void add_format(CLI::App& command, CommonOptions& common, const std::vector<std::string>& words);

// The study of that name with everything computed; an empty name means the only or the newest study.
Result<StudyResult> read_result(const std::string& store, const std::string& study);

// The bytes of a file that is named on the command line.
Result<std::string> read_bytes(const std::string& file);

// Writes to standard output, or to `file` when it is not empty; `file` is opened before anything long starts.
class Output {
 public:
  static Result<Output> open(const std::string& file);
  Status write(const std::string& text);
  bool to_file() const { return !file_.empty(); }

 private:
  std::string file_;
  std::shared_ptr<std::FILE> stream_;
};

// Whether SIGPIPE was ignored when this program was started; it is always ignored afterwards.
void ignore_sigpipe();
bool sigpipe_was_ignored();

// The folder of this program and the program itself.
std::string own_path();
std::string sibling(const std::string& name);

}  // namespace frugal::app
