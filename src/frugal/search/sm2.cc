// The algorithm is written straight down in Replay and run from its beginning against the history: every step
// it wants is answered by the next observation, and the first step that finds none is the proposal.
#include "frugal/search/sm2.h"

#include <algorithm>
#include <cmath>

#include "frugal/base/units_text.h"
#include "frugal/search/rate_selection.h"

namespace frugal {
namespace {

constexpr double kRateReduction = 3.0;  // a ruined or useless phase caps the rate at its own divided by this
constexpr int kMaxRollbacks = 2;        // in a row without an improvement between them
// A probe explores half its budget in range-test cycles, two at least and no more than an average needs.
constexpr int kMinProbeCycles = 2;
constexpr int kMaxProbeCycles = 4;

struct Configuration {
  TrialId id = 0;
  Point point;
  std::optional<int> state = {};  // Train step it stands at
  std::optional<int> best_step = {};
  std::optional<double> best = {};
  int epochs = 0;
  int since_best = 0;  // epochs since the best or the last roll-back
  int rollbacks = 0;   // since the best
  double rate = 0;
  std::optional<double> rate_cap = {};
  Attributes attributes = {};
  bool ended = false;  // has no further epoch to give
  bool out = false;    // failed for good
  std::string note = {};
};

// Joules per epoch of an exploration: joules per sample × size of the training set.
std::optional<double> energy_per_epoch(const Outcome& outcome, double fraction) {
  std::optional<Joules> joules;
  const auto explored = outcome.energy.by_phase.find("explore");
  if (explored != outcome.energy.by_phase.end()) {
    joules = explored->second.value;
  } else if (outcome.energy.total) {
    // A worker that marks no phases: all of the step but the start of the worker, which the first step carries.
    const auto load = outcome.energy.by_phase.find("load");
    joules = outcome.energy.total->value -
             (load != outcome.energy.by_phase.end() ? load->second.value : Joules(0));
  }
  if (!joules || outcome.samples <= 0) return std::nullopt;
  const double per_sample = joules->value() / static_cast<double>(outcome.samples);
  // A worker that does not tell its training-set size: the samples of the explored fraction, scaled up.
  const double guessed = static_cast<double>(outcome.samples) / fraction;
  return per_sample * (outcome.train_samples ? static_cast<double>(*outcome.train_samples) : guessed);
}

bool fatal(const Failure& failure) { return failure.kind != FailureKind::Diverged; }

class Replay {
 public:
  Replay(const Sm2Settings& settings, History history) : settings_(settings), history_(history) {
    for (std::size_t i = 0; i < settings.configurations.size(); ++i) {
      alive_.push_back({static_cast<TrialId>(i), settings.configurations[i]});
    }
  }

  Result<Proposal> run() {
    while (!answer_ && !error_) play_round();
    if (error_) return *error_;
    return *answer_;
  }
  const std::vector<RoundLog>& log() const { return log_; }

 private:
  bool alone() const { return alive_.size() == 1; }
  bool over() const { return answer_ || error_; }

  void play_round() {
    ++round_;
    log_.push_back({round_, {}});
    for (Configuration& c : alive_) {
      explore(c);
      if (over()) return;
    }
    halve();
    trained_ = 0;
    for (std::size_t i = 0; i < alive_.size() && !over(); ++i) train_thoroughly(alive_[i]);
    if (over()) return;
    std::vector<bool> kept;
    for (const Configuration& c : alive_) kept.push_back(!c.out);
    drop_others(kept);
    if (!over() && trained_ == 0) answer_ = Proposal(Finished{"epochs"});
  }

  // The observation of the step that the algorithm wants now; null when it is still to be done.
  const Observation* take(const Configuration& c, Work work) {
    if (next_ == history_.size()) {
      answer_ = Proposal(Step{c.id, c.point, settings_.seed, c.state, round_, std::move(work), c.note});
      return nullptr;
    }
    const Observation& seen = history_[next_];
    if (seen.step.trial != c.id || seen.step.work.index() != work.index() || seen.step.from != c.state) {
      error_ = Error{ErrorCode::GiveUp,
                     "step " + std::to_string(seen.number) +
                         " of this study is not one that sm2 with these settings would have made",
                     "start the study under another name: --name N"};
      return nullptr;
    }
    ++next_;
    return &seen;
  }

  void explore(Configuration& c) {
    c.attributes = {};
    const bool probing = settings_.exploration == Exploration::Probe;
    Explore work{settings_.explore_fraction, settings_.rates, probing};
    if (probing) {
      work.fraction /= 2;
      work.min_cycles = kMinProbeCycles;
      work.max_cycles = kMaxProbeCycles;
    }
    const Observation* seen = take(c, work);
    if (seen == nullptr) return;
    if (failed(c, seen->outcome)) return;
    if (seen->outcome.curve.empty()) {
      give_up_on(c, "its exploration gave no curve");
      return;
    }
    select_rate(c, seen->outcome);
    c.attributes.energy = energy_per_epoch(seen->outcome, work.fraction);
    if (!probing) c.attributes.quality = metric_of(seen->outcome.metrics, settings_.goal);
    if (probing && !alone()) probe(c, seen->outcome);
  }

  RateChoice select(std::span<const RatePoint> curve, double loss_before) const {
    switch (settings_.rate_rule) {
      case RateRule::Paper:
        return select_rate_paper(curve, loss_before);
      case RateRule::Descent:
        return select_rate_descent(curve, loss_before);
      case RateRule::Valley:
        break;
    }
    return select_rate_valley(curve, loss_before);
  }

  void select_rate(Configuration& c, const Outcome& outcome) const {
    const std::vector<RatePoint> curve = mean_curve(outcome.curve);
    const RateChoice choice = select(curve, outcome.loss_before);
    // A short range test on a trained model says little about small rates: with the valley rule a rate that
    // was trained with falls only when a phase is ruined or brings nothing.
    const bool held = settings_.rate_rule == RateRule::Valley && c.epochs > 0;
    c.rate = held ? std::max(choice.rate, c.rate) : choice.rate;
    if (c.rate_cap) c.rate = std::min(c.rate, *c.rate_cap);
    c.attributes.rate = c.rate;
    if (!choice.warning.empty()) c.note = choice.warning;
  }

  // Spends what the exploration left of the budget, and never less than one step per rate.
  void probe(Configuration& c, const Outcome& explored) {
    const int budget = 2 * explored.budget_steps - explored.steps;
    const int steps = std::max(budget, static_cast<int>(settings_.rates.size()));
    const Observation* seen = take(c, Probe{steps, Point({{"learning_rate", c.rate}})});
    if (seen == nullptr || failed(c, seen->outcome)) return;
    if (!seen->outcome.failure) c.attributes.quality = metric_of(seen->outcome.metrics, settings_.goal);
  }

  // True when the step failed for good; a divergence leaves the configuration in, without a quality.
  bool failed(Configuration& c, const Outcome& outcome) {
    if (!outcome.failure || !fatal(*outcome.failure)) return false;
    give_up_on(c, std::string(failure_text(outcome.failure->kind)) + ": " + outcome.failure->message);
    return true;
  }

  static void give_up_on(Configuration& c, std::string why) {
    c.out = true;
    c.note = std::move(why);
    c.attributes = {};
  }

  void halve() {
    std::vector<Attributes> attributes;
    attributes.reserve(alive_.size());
    for (const Configuration& c : alive_) attributes.push_back(c.attributes);
    const std::vector<double> scores = objective(attributes, settings_.goal, settings_.weights);
    const std::size_t room = alone() ? 1 : (alive_.size() + 1) / 2;
    std::vector<bool> kept(alive_.size(), false);
    std::size_t count = 0;
    for (const std::size_t i : ranked(scores, attributes)) {
      if (count < room && !alive_[i].out) {
        kept[i] = true;
        ++count;
      }
    }
    for (std::size_t i = 0; i < alive_.size(); ++i) {
      const Attributes& a = attributes[i];
      const std::optional<double> score =
          alone() || !std::isfinite(scores[i]) ? std::nullopt : std::optional(scores[i]);
      log_.back().rows.push_back({alive_[i].id, a.quality,
                                  a.energy ? std::optional(Joules(*a.energy)) : std::nullopt, a.rate, score,
                                  kept[i], alive_[i].note});
    }
    drop_others(kept);
  }

  void drop_others(const std::vector<bool>& kept) {
    std::vector<Configuration> left;
    for (std::size_t i = 0; i < alive_.size(); ++i) {
      if (kept[i]) {
        left.push_back(alive_[i]);
        continue;
      }
      if (take(alive_[i], Drop{}) == nullptr) return;
    }
    alive_ = std::move(left);
    if (alive_.empty()) answer_ = Proposal(Finished{"failed"});
  }

  void train_thoroughly(Configuration& c) {
    const int epochs = alone() ? settings_.final_epochs : settings_.thorough_epochs;
    const std::optional<int> best_before = c.best_step;
    std::optional<double> last;
    bool diverged = false;
    for (int e = 0; e < epochs && !diverged; ++e) {
      if (limit_reached(c) || (alone() && patience_over(c))) break;
      const Observation* seen = take(c, Train{1, Point({{"learning_rate", c.rate}})});
      if (seen == nullptr) return;
      c.note.clear();
      ++trained_;
      if (failed(c, seen->outcome)) return;
      diverged = seen->outcome.failure.has_value();
      if (!diverged) last = take_epochs(c, *seen);
      c.ended = c.ended || has_ended(Train{}, seen->outcome);
    }
    if (diverged || (last && c.best && clearly_worse(*last, *c.best))) {
      roll_back(c, diverged ? std::nullopt : last);
    } else if (alone() && patience_over(c)) {
      answer_ = Proposal(Finished{"patience"});
    } else if (settings_.rate_rule == RateRule::Valley && last && c.best_step == best_before) {
      lower_rate(c);
      log_.back().rows.push_back({c.id, last, {}, c.rate, {}, true, "no better in this phase: rate lowered"});
    }
    if (!over() && alone() && limit_reached(c)) answer_ = Proposal(Finished{"epochs"});
  }

  std::optional<double> take_epochs(Configuration& c, const Observation& seen) const {
    c.state = seen.number;
    std::optional<double> value;
    for (const EpochRow& row : seen.outcome.epochs) {
      ++c.epochs;
      ++c.since_best;
      value = metric_of(row.metrics, settings_.goal);
      if (!value || (c.best && !settings_.goal.better(*value, *c.best))) continue;
      c.best = value;
      c.best_step = seen.number;
      c.since_best = 0;
      c.rollbacks = 0;
    }
    return value;
  }

  bool limit_reached(const Configuration& c) const {
    return c.ended || (settings_.limits.epochs && c.epochs >= *settings_.limits.epochs);
  }
  bool patience_over(const Configuration& c) const {
    return settings_.limits.patience && c.best && c.since_best >= *settings_.limits.patience;
  }
  bool clearly_worse(double value, double best) const {
    const double slack = settings_.rollback_tolerance * std::abs(best);
    return settings_.goal.maximise ? value < best - slack : value > best + slack;
  }

  void lower_rate(Configuration& c) const {
    c.rate_cap = std::max(c.rate / kRateReduction, settings_.rates.front());
  }

  void roll_back(Configuration& c, std::optional<double> ended) {
    c.note = "rolled back to its best: " + settings_.goal.metric +
             (ended ? " fell to " + number_text(*ended) : std::string(" was lost, it diverged")) +
             (c.best ? " after " + number_text(*c.best) : "") + " at rate " + number_text(c.rate, 3);
    c.state = c.best_step;
    lower_rate(c);
    c.since_best = 0;
    ++c.rollbacks;
    log_.back().rows.push_back({c.id, ended, {}, c.rate, {}, true, c.note});
    if (alone() && c.rollbacks >= kMaxRollbacks) answer_ = Proposal(Finished{"patience"});
  }

  const Sm2Settings& settings_;
  History history_;
  std::size_t next_ = 0;
  int round_ = 0;
  int trained_ = 0;  // epochs begun in this round
  std::vector<Configuration> alive_;
  std::vector<RoundLog> log_;
  std::optional<Result<Proposal>> answer_;
  std::optional<Error> error_;
};

}  // namespace

std::vector<std::string> Sm2::needs() const {
  std::vector<std::string> needs{"train", "explore", "snapshot"};
  if (settings_.exploration == Exploration::Probe) needs.emplace_back("probe");
  if (settings_.weights.alpha < 1 && settings_.weights.beta > 0) needs.emplace_back("energy");
  return needs;
}

Result<Proposal> Sm2::propose(History history) const { return Replay(settings_, history).run(); }

std::vector<RoundLog> Sm2::decisions(History history) const {
  Replay replay(settings_, history);
  (void)replay.run();
  std::vector<RoundLog> log = replay.log();
  std::erase_if(log, [](const RoundLog& round) { return round.rows.empty(); });
  return log;
}

}  // namespace frugal
