// frugal compare: studies or single trials side by side.
#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "frugal/command.h"
#include "frugal/report/comparison.h"

namespace frugal::app {
namespace {

// "STUDY:TRIAL" in two, where what follows the last colon is a number.
std::optional<std::pair<std::string, TrialId>> trial_in(const std::string& name) {
  const std::size_t colon = name.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  TrialId trial = 0;
  const char* end = name.data() + name.size();
  const auto [rest, failure] = std::from_chars(name.data() + colon + 1, end, trial);
  if (failure != std::errc{} || rest != end) return std::nullopt;
  return std::pair(name.substr(0, colon), trial);
}

// A study, or one of its trials. A study whose name looks like a trial's is a study.
Result<StudyResult> read_compared(const std::string& store, const std::string& name) {
  Result<StudyResult> study = read_result(store, name);
  const auto trial = trial_in(name);
  if (study || !trial) return study;
  study = read_result(store, trial->first);
  if (!study) return study;
  std::optional<StudyResult> alone = result_of_trial(*study, trial->second);
  if (alone) return std::move(*alone);
  if (study->trials.empty()) return bad_input("'" + name + "': the study has no trials yet");
  return bad_input(fmt::format("'{}': the study has no trial {}; its trials are {} to {}", name,
                               trial->second, study->trials.front().id, study->trials.back().id),
                   "see them with: frugal show " + trial->first);
}

int run_it(const CommonOptions& common, const std::vector<std::string>& names) {
  std::vector<StudyResult> results;
  for (const std::string& name : names) {
    Result<StudyResult> result = read_compared(common.store, name);
    if (!result) return fail(result.error());
    results.push_back(std::move(*result));
  }
  const Comparison comparison = compare(results);
  fmt::print("{}", common.format == "json" ? comparison_json(comparison).dump(2) + "\n"
                                           : comparison_text(comparison));
  return kDone;
}

}  // namespace

Command compare_command() {
  return {"compare", "Studies or trials side by side: energy, quality, reduction and parity both ways round",
          "frugal compare digits-sm2 digits-alpha1 digits-vanilla",
          [](CLI::App& command, CommonOptions& common) {
            auto names = std::make_shared<std::vector<std::string>>();
            command
                .add_option("studies", *names,
                            "Studies, or trials as STUDY:TRIAL; the first is compared with each other")
                ->required()
                ->expected(2, 100)
                ->type_name("STUDY|STUDY:TRIAL");
            add_store(command, common);
            add_format(command, common, {"text", "json"});
            return [&common, names] { return run_it(common, *names); };
          }};
}

}  // namespace frugal::app
