// SM² against a scripted workload: the strategy proposes, the script answers, the history decides.
#include "frugal/search/sm2.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "frugal/search/trials.h"

namespace frugal {
namespace {

Sm2Settings settings(int configurations) {
  Sm2Settings s;
  for (int i = 0; i < configurations; ++i)
    s.configurations.push_back(Point({{"batch_size", std::int64_t{8} << i}}));
  s.rates = {0.001, 0.01, 0.1, 0.3, 0.5, 1.0};
  s.limits.epochs = 60;
  s.limits.patience = 10;
  s.exploration = Exploration::Paper;
  s.rate_rule = RateRule::Paper;
  return s;
}

EnergyReport joules(double j) {
  EnergyReport report;
  report.total = EnergyFigure{Joules(j), Joules(j), Joules(j), 1, Method::Counter, "script", Duration(1)};
  report.by_phase["explore"] = *report.total;
  return report;
}

// Quality of a trial after so many epochs; joules per sample; both by trial.
struct Script {
  std::function<double(TrialId, int)> quality = [](TrialId trial, int epoch) {
    return 0.5 + 0.01 * epoch - 0.001 * trial;
  };
  std::function<double(double)> loss = [](double) { return 1.0; };  // of a rate in the range test
  std::function<double(TrialId)> energy = [](TrialId) { return 1.0; };
  std::function<std::optional<Failure>(const Step&, int)> failure = [](const Step&, int) {
    return std::nullopt;
  };
  std::map<TrialId, int> epochs = {};

  Outcome answer(const Step& step, int number) {
    Outcome outcome;
    outcome.failure = failure(step, number);
    if (outcome.failure) return outcome;
    outcome.samples = 100;
    outcome.train_samples = 400;
    outcome.energy = joules(100 * energy(step.trial));
    if (const auto* explore = std::get_if<Explore>(&step.work)) {
      for (const double rate : explore->rates) outcome.curve.push_back({rate, loss(rate)});
      outcome.loss_before = 2.0;
      outcome.steps = static_cast<int>(outcome.curve.size());
      outcome.budget_steps = 10;
      outcome.metrics["accuracy"] = quality(step.trial, epochs[step.trial]);
    } else if (std::holds_alternative<Probe>(step.work)) {
      outcome.metrics["accuracy"] = quality(step.trial, epochs[step.trial]);
    } else if (std::holds_alternative<Train>(step.work)) {
      const int epoch = ++epochs[step.trial];
      outcome.epochs.push_back(
          {epoch, 1.0, {{"accuracy", quality(step.trial, epoch)}}, 400, Duration(1), {}});
    }
    return outcome;
  }
};

struct Played {
  std::vector<Observation> history;
  std::string reason;

  int count(const char* kind, std::optional<TrialId> trial = {}) const {
    int n = 0;
    for (const Observation& seen : history)
      n += std::string(work_name(seen.step.work)) == kind && (!trial || seen.step.trial == *trial) ? 1 : 0;
    return n;
  }
};

Played play(const Strategy& strategy, Script script, int most = 2000) {
  Played played;
  while (static_cast<int>(played.history.size()) < most) {
    const Result<Proposal> proposal = strategy.propose(played.history);
    if (!proposal) {
      played.reason = proposal.error().message;
      break;
    }
    if (const auto* finished = std::get_if<Finished>(&*proposal)) {
      played.reason = finished->reason;
      break;
    }
    const int number = static_cast<int>(played.history.size());
    const Step step = std::get<Step>(*proposal);
    played.history.push_back({number, step, script.answer(step, number)});
  }
  return played;
}

TEST(Sm2, HalvesEightFourTwoOneAndGoesOnAlone) {
  const Played played = play(Sm2(settings(8)), {});
  EXPECT_EQ(played.reason, "epochs");
  EXPECT_EQ(played.count("drop"), 7);
  // Explorations: 8 + 4 + 2 + 1 alone rounds; the survivor trains 5 + 5 + 10 + … up to 60 epochs.
  EXPECT_EQ(played.count("train", 0), 60);
  EXPECT_EQ(played.count("train", 1), 10);
  EXPECT_EQ(played.count("train", 2), 5);
  EXPECT_EQ(played.count("train", 3), 5);
  EXPECT_EQ(played.count("train", 4), 0);
  // Rounds 1…7: 8, 4, 2 configurations, then alone: 60 − 15 = 45… the third round is already alone.
  EXPECT_EQ(played.count("explore", 7), 1);
  EXPECT_EQ(played.count("explore", 1), 3);
  EXPECT_EQ(Sm2(settings(8)).winner(played.history)->trial, 0);
  EXPECT_EQ(Sm2(settings(8)).winner(played.history)->epoch, 60);
}

TEST(Sm2, OddCountsKeepTheLargerHalf) {
  const Played played = play(Sm2(settings(5)), {});
  std::map<int, int> dropped;
  for (const Observation& seen : played.history)
    dropped[seen.step.round] += std::holds_alternative<Drop>(seen.step.work) ? 1 : 0;
  EXPECT_EQ(dropped[1], 2);  // 5 → 3
  EXPECT_EQ(dropped[2], 1);  // 3 → 2
  EXPECT_EQ(dropped[3], 1);  // 2 → 1
}

TEST(Sm2, TwoConfigurationsDropOneInTheFirstRound) {
  const Played played = play(Sm2(settings(2)), {});
  EXPECT_EQ(played.count("drop"), 1);
  EXPECT_EQ(played.history[2].step.trial, 1);
  EXPECT_STREQ(work_name(played.history[2].step.work), "drop");
}

TEST(Sm2, OneConfigurationIsAloneFromTheStart) {
  const Played played = play(Sm2(settings(1)), {});
  EXPECT_EQ(played.count("drop"), 0);
  EXPECT_EQ(played.count("train"), 60);
  EXPECT_EQ(played.count("explore"), 6);  // before every 10 epochs
}

TEST(Sm2, AlphaOneKeepsTheBetterWhateverItsEnergy) {
  Sm2Settings s = settings(4);
  s.weights = {1, 0.5};
  Script script;
  script.energy = [](TrialId trial) { return trial == 0 ? 1000.0 : 1.0; };
  EXPECT_EQ(play(Sm2(s), script).count("drop", 0), 0);
}

TEST(Sm2, AlphaZeroBetaOneKeepsTheThriftier) {
  Sm2Settings s = settings(4);
  s.weights = {0, 1};
  Script script;
  script.energy = [](TrialId trial) { return 10.0 - trial; };
  const Played played = play(Sm2(s), script);
  EXPECT_EQ(played.count("drop", 3), 0);
  EXPECT_EQ(played.count("drop", 0), 1);
}

TEST(Sm2, EnergyPerEpochIsJoulesPerSampleTimesTheTrainingSet) {
  const Played played = play(Sm2(settings(2)), {});
  const auto log = Sm2(settings(2)).decisions(played.history);
  ASSERT_FALSE(log.empty());
  ASSERT_EQ(log[0].rows.size(), 2u);
  EXPECT_DOUBLE_EQ(log[0].rows[0].energy_per_epoch->value(), 100.0 / 100 * 400);
}

TEST(Sm2, TheStartOfTheWorkerIsNoEnergyOfTheFirstConfiguration) {
  // A worker without phases: 100 J of work, and 900 J of its start in the first step.
  std::vector<Observation> history;
  Script script;
  const Sm2 sm2(settings(2));
  for (int number = 0; number < 2; ++number) {
    const Step step = std::get<Step>(*sm2.propose(history));
    Observation seen{number, step, script.answer(step, number)};
    seen.outcome.energy.by_phase.clear();
    if (number == 0) {
      seen.outcome.energy = joules(1000);
      seen.outcome.energy.by_phase.clear();
      seen.outcome.energy.by_phase["load"] = *joules(900).total;
    }
    history.push_back(std::move(seen));
  }
  const auto log = sm2.decisions(history);
  ASSERT_EQ(log[0].rows.size(), 2u);
  EXPECT_DOUBLE_EQ(log[0].rows[0].energy_per_epoch->value(), log[0].rows[1].energy_per_epoch->value());
}

TEST(Sm2, EveryConfigurationStartsFromTheSameSeed) {
  for (const Observation& seen : play(Sm2(settings(8)), {}).history) EXPECT_EQ(seen.step.seed, 1u);
}

TEST(Sm2, StepsStartFromTheTrialsLatestState) {
  const Played played = play(Sm2(settings(2)), {});
  std::map<TrialId, std::optional<int>> state;
  for (const Observation& seen : played.history) {
    EXPECT_EQ(seen.step.from, state[seen.step.trial]) << "step " << seen.number;
    if (std::holds_alternative<Train>(seen.step.work)) state[seen.step.trial] = seen.number;
  }
}

TEST(Sm2, ANotFiniteQualityLosesToAnyOther) {
  Script script;
  script.quality = [](TrialId trial, int) {
    return trial == 0 ? std::numeric_limits<double>::quiet_NaN() : 0.5;
  };
  const Played played = play(Sm2(settings(2)), script);
  EXPECT_EQ(played.count("drop", 0), 1);
  EXPECT_EQ(played.count("drop", 1), 0);
}

TEST(Sm2, AFailedTrialIsDroppedAndTheStudyGoesOn) {
  Script script;
  script.failure = [](const Step& step, int) {
    return step.trial == 0 && std::holds_alternative<Explore>(step.work)
               ? std::optional(Failure{FailureKind::OutOfMemory, "too big"})
               : std::nullopt;
  };
  const Played played = play(Sm2(settings(4)), script);
  EXPECT_EQ(played.count("drop", 0), 1);
  EXPECT_EQ(played.count("train", 0), 0);
  EXPECT_EQ(played.reason, "epochs");
  const auto log = Sm2(settings(4)).decisions(played.history);
  EXPECT_EQ(log[0].rows[0].note, "out_of_memory: too big");
  EXPECT_FALSE(log[0].rows[0].kept);
}

TEST(Sm2, ATrialThatFailsInTrainingIsDroppedToo) {
  Script script;
  script.failure = [](const Step& step, int) {
    return step.trial == 0 && std::holds_alternative<Train>(step.work)
               ? std::optional(Failure{FailureKind::Died, "gone"})
               : std::nullopt;
  };
  const Played played = play(Sm2(settings(4)), script);
  EXPECT_EQ(played.count("drop", 0), 1);
  EXPECT_EQ(Sm2(settings(4)).winner(played.history)->trial, 1);
}

TEST(Sm2, WhenEveryTrialFailsTheStudyEndsSo) {
  Script script;
  script.failure = [](const Step& step, int) {
    return std::holds_alternative<Drop>(step.work) ? std::nullopt
                                                   : std::optional(Failure{FailureKind::Invalid, "no"});
  };
  const Played played = play(Sm2(settings(3)), script);
  EXPECT_EQ(played.reason, "failed");
  EXPECT_EQ(Sm2(settings(3)).winner(played.history), std::nullopt);
}

TEST(Sm2, PatienceEndsTheStudyOnceAlone) {
  Script script;
  script.quality = [](TrialId, int epochs) { return epochs < 4 ? 0.5 + 0.1 * epochs : 0.8; };
  Sm2Settings s = settings(1);
  s.limits.patience = 3;
  const Played played = play(Sm2(s), script);
  EXPECT_EQ(played.reason, "patience");
  EXPECT_EQ(played.count("train"), 3 + 3);  // the third epoch is the best
}

TEST(Sm2, ARuinedPhaseIsRolledBackToTheBestAndItsRateCapped) {
  Script script;
  script.quality = [](TrialId, int epochs) {
    return epochs == 15 ? 0.95 : epochs > 15 && epochs <= 20 ? 0.3 : 0.5 + 0.02 * std::min(epochs, 14);
  };
  Sm2Settings s = settings(1);
  s.limits.patience = 30;
  const Played played = play(Sm2(s), script);
  // Ten good epochs, ten more whose second half is ruined, then an exploration from the best epoch, the 15th.
  const auto is_train = [](const Observation& o) { return std::holds_alternative<Train>(o.step.work); };
  std::vector<Observation> trains;
  std::copy_if(played.history.begin(), played.history.end(), std::back_inserter(trains), is_train);
  ASSERT_GT(trains.size(), 20u);
  const Observation& after = trains[20];
  EXPECT_EQ(after.step.from, trains[14].number);
  EXPECT_DOUBLE_EQ(*std::get<Train>(trains[19].step.work).set.number("learning_rate"), 1.0);
  EXPECT_DOUBLE_EQ(*std::get<Train>(after.step.work).set.number("learning_rate"), 1.0 / 3);
  const auto log = Sm2(s).decisions(played.history);
  EXPECT_EQ(log[1].rows.back().note, "rolled back to its best: accuracy fell to 0.3 after 0.95 at rate 1");
  EXPECT_EQ(Sm2(s).winner(played.history)->epoch, 15);
}

TEST(Sm2, ADivergedPhaseGoesBackToTheInitialWeightsWhenThereIsNoBest) {
  Script script;
  script.failure = [](const Step& step, int number) {
    return number == 1 && std::holds_alternative<Train>(step.work)
               ? std::optional(Failure{FailureKind::Diverged, "NaN"})
               : std::nullopt;
  };
  const Played played = play(Sm2(settings(1)), script);
  EXPECT_EQ(played.history[2].step.from, std::nullopt);
  EXPECT_STREQ(work_name(played.history[2].step.work), "explore");
  EXPECT_DOUBLE_EQ(*std::get<Train>(played.history[3].step.work).set.number("learning_rate"), 1.0 / 3);
  EXPECT_EQ(played.reason, "epochs");
}

TEST(Sm2, TwoRollbacksInARowEndTheStudy) {
  Script script;
  script.quality = [](TrialId, int epochs) { return epochs == 1 ? 0.9 : 0.2; };
  const Played played = play(Sm2(settings(1)), script);
  EXPECT_EQ(played.reason, "patience");
  EXPECT_EQ(Sm2(settings(1)).winner(played.history)->value, 0.9);
}

TEST(Sm2, ProbeMeasuresQualityAfterAShortTrainingAtTheSelectedRate) {
  Sm2Settings s = settings(2);
  s.exploration = Exploration::Probe;
  const Played played = play(Sm2(s), {});
  const auto& explore = std::get<Explore>(played.history[0].step.work);
  EXPECT_TRUE(explore.restart);
  EXPECT_EQ(explore.min_cycles, 2);
  EXPECT_DOUBLE_EQ(explore.fraction, 0.125);  // half of the budget; the other half is the probe's
  const auto& probe = std::get<Probe>(played.history[1].step.work);
  EXPECT_EQ(probe.steps, 2 * 10 - 6);  // what is left of the paper's number of steps
  EXPECT_EQ(*probe.set.number("learning_rate"), 1.0);
  EXPECT_EQ(Sm2(s).needs(), (std::vector<std::string>{"train", "explore", "snapshot", "probe", "energy"}));
  s.weights.alpha = 1;
  EXPECT_EQ(Sm2(s).needs(), (std::vector<std::string>{"train", "explore", "snapshot", "probe"}));
}

TEST(Sm2, WithTheValleyRuleExplorationAloneNeverLowersARate) {
  Sm2Settings s = settings(1);
  s.rate_rule = RateRule::Valley;
  int explorations = 0;
  Script script;
  Sm2 sm2(s);
  std::vector<Observation> history;
  std::vector<double> rates;
  while (rates.size() < 30) {
    const Step step = std::get<Step>(*sm2.propose(history));
    Observation seen{static_cast<int>(history.size()), step, script.answer(step, 0)};
    if (std::holds_alternative<Explore>(step.work)) {
      // The first range test has its smallest smoothed loss at 1, later ones at .001.
      const bool first = explorations++ == 0;
      for (RatePoint& point : seen.outcome.curve)
        point.loss = first ? std::abs(point.rate - 0.6) : point.rate;
    }
    if (const auto* train = std::get_if<Train>(&step.work))
      rates.push_back(*train->set.number("learning_rate"));
    history.push_back(std::move(seen));
  }
  EXPECT_GE(explorations, 3);
  for (const double rate : rates) EXPECT_EQ(rate, 0.3);
}

TEST(Sm2, WithTheValleyRuleAPhaseWithoutABetterEpochLowersTheRate) {
  Sm2Settings s = settings(1);
  s.rate_rule = RateRule::Valley;
  s.limits.patience = 30;
  Script script;
  script.loss = [](double rate) { return 1 - rate / 2; };
  script.quality = [](TrialId, int epoch) { return epoch <= 10 ? 0.5 + 0.01 * epoch : 0.59; };
  const Played played = play(Sm2(s), script);
  std::vector<double> rates;
  for (const Observation& seen : played.history) {
    if (const auto* train = std::get_if<Train>(&seen.step.work))
      rates.push_back(*train->set.number("learning_rate"));
  }
  ASSERT_GT(rates.size(), 20u);
  EXPECT_EQ(rates[19], rates[0]);
  EXPECT_DOUBLE_EQ(rates[20], rates[0] / 3);
  EXPECT_EQ(Sm2(s).decisions(played.history)[1].rows.back().note, "no better in this phase: rate lowered");
}

TEST(Sm2, TheSameHistoryGivesTheSameProposalAndAnyPrefixIsAccepted) {
  const Sm2 sm2(settings(4));
  const Played played = play(sm2, {});
  for (std::size_t n = 0; n < played.history.size(); ++n) {
    const Result<Proposal> proposal = sm2.propose(History(played.history).first(n));
    ASSERT_TRUE(proposal.ok());
    const Step& step = std::get<Step>(*proposal);
    EXPECT_EQ(step.trial, played.history[n].step.trial);
    EXPECT_EQ(step.work.index(), played.history[n].step.work.index());
    EXPECT_EQ(step.from, played.history[n].step.from);
  }
}

TEST(Sm2, AForeignHistoryIsRefused) {
  const Played played = play(Sm2(settings(4)), {});
  std::vector<Observation> history = played.history;
  std::swap(history[0].step.trial, history[1].step.trial);
  const Result<Proposal> proposal = Sm2(settings(4)).propose(history);
  ASSERT_FALSE(proposal.ok());
  EXPECT_EQ(proposal.error().code, ErrorCode::GiveUp);
}

}  // namespace
}  // namespace frugal
