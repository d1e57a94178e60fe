#include "frugal/search/greenscreen.h"

#include <algorithm>

#include "frugal/search/greenscreen_choice.h"

namespace frugal {
namespace {

std::vector<SeededPoint> entries_of(const GreenscreenSettings& settings) {
  std::vector<SeededPoint> entries;
  const auto add = [&](const std::vector<Point>& points, GreenscreenStage stage) {
    for (SeededPoint entry : repeated(points, settings.repeats, settings.seed)) {
      entry.round = static_cast<int>(stage);
      entries.push_back(std::move(entry));
    }
  };
  if (settings.baseline) add({*settings.baseline}, GreenscreenStage::Baseline);
  add(settings.points, GreenscreenStage::Search);
  return entries;
}

const TrialSummary* find_trial(const std::vector<TrialSummary>& trials, TrialId id) {
  const auto found =
      std::find_if(trials.begin(), trials.end(), [&](const TrialSummary& t) { return t.id == id; });
  return found == trials.end() ? nullptr : &*found;
}

bool reaches(const TrialSummary& trial, const GreenscreenSettings& settings) {
  if (trial.failure || !trial.last_value) return false;
  return !settings.threshold || !settings.goal.better(*settings.threshold, *trial.last_value);
}

template <class Number>
class Mean {
 public:
  void add(const std::optional<Number>& value) {
    if (!value) return;
    sum_ = sum_ ? *sum_ + *value : *value;
    ++count_;
  }
  std::optional<Number> value() const { return sum_ ? std::optional(*sum_ / count_) : std::nullopt; }

 private:
  std::optional<Number> sum_;
  int count_ = 0;
};

// The means over the repeats; `trials` are those of one configuration that were begun, at least one.
GreenscreenRun run_of(const std::vector<const TrialSummary*>& trials, const GreenscreenSettings& settings) {
  GreenscreenRun run{.trials = {}, .point = trials.front()->point, .considered = true};
  Mean<double> quality;
  Mean<double> best;
  Mean<Joules> energy;
  for (const TrialSummary* trial : trials) {
    run.trials.push_back(trial->id);
    quality.add(trial->last_value);
    best.add(trial->best ? std::optional(trial->best->value) : std::nullopt);
    energy.add(trial->energy_per_epoch);
    run.epochs = std::max(run.epochs, trial->epochs);
    run.considered = run.considered && reaches(*trial, settings);
  }
  run.quality = quality.value();
  run.best = best.value();
  run.energy_per_epoch = energy.value();
  if (settings.goal.maximise) run.eq = efficiency_quotient(run.quality, run.energy_per_epoch);
  return run;
}

}  // namespace

const char* stage_text(GreenscreenStage stage) {
  switch (stage) {
    case GreenscreenStage::Baseline:
      return "baseline";
    case GreenscreenStage::Search:
      return "search";
    case GreenscreenStage::Final:
      return "final";
  }
  return "";
}

Greenscreen::Greenscreen(GreenscreenSettings settings)
    : settings_(std::move(settings)),
      entries_(entries_of(settings_)),
      first_({name(), entries_, settings_.goal, settings_.limits}) {}

std::vector<std::string> Greenscreen::needs() const {
  if (settings_.choice == FinalChoice::Efficiency || settings_.choice == FinalChoice::Winners)
    return {"train", "energy"};
  return {"train"};
}

Result<Proposal> Greenscreen::propose(History history) const {
  Result<Proposal> next = first_.propose(history);
  if (!next) return next;
  const auto* finished = std::get_if<Finished>(&*next);
  if (finished == nullptr || settings_.choice == FinalChoice::None) return next;
  return propose_final(history, *finished);
}

Proposal Greenscreen::propose_final(History history, const Finished& search) const {
  const std::vector<TrialSummary> trials = summarise(history, settings_.goal);
  Step step{final_trial(), {}, settings_.seed, {}, static_cast<int>(GreenscreenStage::Final), Train{}, {}};
  if (const TrialSummary* begun = find_trial(trials, final_trial())) {
    if (begun->failure) return search;
    if (const auto over = exhausted(*begun, settings_.limits)) return Finished{"exhausted"};
    step.from = begun->last_step;
    step.point = begun->point;
    return step;
  }
  const GreenscreenCourse so_far = course(history);
  if (!so_far.chosen) return search;
  step.point = *so_far.chosen;
  step.point.set("epochs", std::int64_t{settings_.final_epochs});
  if (so_far.chosen_run) step.note = "the configuration of trial " + std::to_string(*so_far.chosen_run);
  return step;
}

std::optional<Winner> Greenscreen::winner(History history) const {
  for (const TrialSummary& trial : summarise(history, settings_.goal)) {
    if (trial.id == final_trial() && trial.best) return trial.best;
  }
  return best_kept(history, settings_.goal);
}

GreenscreenCourse Greenscreen::course(History history) const {
  const std::vector<TrialSummary> trials = summarise(history, settings_.goal);
  // What was known when the final run began: that decided it.
  const auto final_step = std::find_if(history.begin(), history.end(), [&](const Observation& seen) {
    return seen.step.trial == final_trial();
  });
  const History before = history.first(static_cast<std::size_t>(final_step - history.begin()));
  GreenscreenCourse course{.choice = settings_.choice};
  std::vector<TrialSummary> counted;
  for (std::size_t at = 0; at < entries_.size(); at += static_cast<std::size_t>(settings_.repeats)) {
    std::vector<const TrialSummary*> repeats;
    for (int r = 0; r < settings_.repeats; ++r) {
      if (const auto* trial = find_trial(trials, static_cast<TrialId>(at) + r)) repeats.push_back(trial);
    }
    if (repeats.empty()) continue;
    const GreenscreenRun run = run_of(repeats, settings_);
    const bool baseline = entries_[at].round == static_cast<int>(GreenscreenStage::Baseline);
    if (baseline) course.baseline = run;
    if (!baseline) course.search.push_back(run);
    for (const TrialSummary* trial : repeats) {
      if (run.considered) counted.push_back(*trial);
    }
  }
  const Result<Proposal> next = first_.propose(before);
  if (next && std::holds_alternative<Finished>(*next)) choose_final(course, counted, settings_);
  if (const TrialSummary* last = find_trial(trials, final_trial()))
    course.final_run = run_of({last}, settings_);
  return course;
}

}  // namespace frugal
