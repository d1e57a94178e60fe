// frugal compare: studies side by side.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "frugal/command.h"
#include "frugal/report/comparison.h"

namespace frugal::app {
namespace {

int run_it(const CommonOptions& common, const std::vector<std::string>& names) {
  std::vector<StudyResult> results;
  for (const std::string& name : names) {
    Result<StudyResult> result = read_result(common.store, name);
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
  return {"compare", "Studies side by side: energy, quality, reduction and parity both ways round",
          "frugal compare digits-sm2 digits-alpha1 digits-vanilla",
          [](CLI::App& command, CommonOptions& common) {
            auto names = std::make_shared<std::vector<std::string>>();
            command.add_option("studies", *names, "The first is compared with each other")
                ->required()
                ->expected(2, 100)
                ->type_name("STUDY");
            add_store(command, common);
            add_format(command, common, {"text", "json"});
            return [&common, names] { return run_it(common, *names); };
          }};
}

}  // namespace frugal::app
