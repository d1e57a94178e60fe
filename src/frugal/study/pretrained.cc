#include "frugal/study/pretrained.h"

#include <algorithm>

#include "frugal/base/nearest.h"
#include "frugal/search/trials.h"
#include "frugal/study/checkpoints.h"
#include "frugal/study/result.h"

namespace frugal {
namespace {

constexpr const char* kKey = "workload.pretrained: ";

Error unknown_study(Ledger& ledger, const std::string& study) {
  std::vector<std::string> names;
  if (const auto briefs = ledger.list()) {
    for (const StudyBrief& brief : *briefs) names.push_back(brief.name);
  }
  return bad_input(kKey + std::string("there is no study '") + study + "'" + did_you_mean(study, names),
                   "run it first, into the same store");
}

struct State {
  TrialId trial = 0;
  int step = 0;
};

Result<State> winning_state(const StudyRecord& record) {
  const std::string study = "the study '" + record.header.name + "'";
  if (!record.stopped_by)
    return bad_input(kKey + study + " is not over, so that it has no winner yet",
                     "let it end, or name a trial: {study: " + record.header.name + ", trial: N}");
  const Result<StudyResult> result = result_of(record);
  if (!result) return result.error();
  if (!result->winner)
    return bad_input(kKey + study + " has no winner: no trial was ever validated", "name another study");
  return State{result->winner->trial, result->winner->step};
}

Result<State> best_state(const StudyRecord& record, TrialId wanted) {
  const std::vector<TrialSummary> trials = summarise(record.history, record.header.goal);
  const auto found = std::find_if(trials.begin(), trials.end(),
                                  [&](const TrialSummary& trial) { return trial.id == wanted; });
  const std::string name = "trial " + std::to_string(wanted) + " of the study '" + record.header.name + "'";
  if (found == trials.end())
    return bad_input(kKey + name + " is not there; it has " + std::to_string(trials.size()) + " trials",
                     "see them with: frugal show " + record.header.name);
  if (found->dropped)
    return bad_input(kKey + name + " was dropped, and its weights with it",
                     "name the winner: {study: " + record.header.name + "}");
  if (!found->best) return bad_input(kKey + name + " was never validated", "name another trial");
  return State{wanted, found->best->step};
}

}  // namespace

Result<nlohmann::json> with_pretrained_file(const Plan& plan, const nlohmann::json& settings, Ledger& ledger,
                                            const std::string& store) {
  if (!settings.contains("pretrained") || !settings["pretrained"].is_object()) return settings;
  const nlohmann::json& from = settings["pretrained"];
  const std::string study = from.at("study");
  if (study == plan.name)
    return bad_input(kKey + std::string("the study '") + study + "' would begin from itself",
                     "give one of the two another name");
  const Result<std::optional<StudyRecord>> record = ledger.read(study);
  if (!record) return record.error();
  if (!*record) return unknown_study(ledger, study);
  const nlohmann::json theirs = (*record)->header.plan.value("workload", nlohmann::ordered_json::object());
  if (theirs.value("model", nlohmann::json()) != settings.value("model", nlohmann::json()))
    return bad_input(kKey + std::string("the study '") + study + "' trains " +
                         theirs.value("model", nlohmann::json("no built-in model")).dump() + ", this one " +
                         settings.value("model", nlohmann::json()).dump(),
                     "use a study of the same model");
  const Result<State> state =
      from.contains("trial") ? best_state(**record, from["trial"].get<TrialId>()) : winning_state(**record);
  if (!state) return state.error();
  std::error_code failure;
  const std::filesystem::path file =
      std::filesystem::absolute(Checkpoints::file(store, study, state->trial, state->step), failure);
  if (!std::filesystem::exists(file, failure))
    return bad_input(kKey + std::string("the checkpoint of trial ") + std::to_string(state->trial) +
                         " of the study '" + study + "' is gone: " + file.string(),
                     "run that study again under another name");
  nlohmann::json out = settings;
  out["pretrained"] = file.string();
  return out;
}

}  // namespace frugal
