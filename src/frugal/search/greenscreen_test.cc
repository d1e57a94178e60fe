// The greenscreen pipeline against a scripted workload whose best configuration is known beforehand.
#include "frugal/search/greenscreen.h"

#include <gtest/gtest.h>

#include <functional>

#include "frugal/search/factor_model.h"

namespace frugal {
namespace {

// Watt-hours of an epoch: 4, less 1 with adam, less 2 with batch 64 (less 1 with 32), plus 0.25 with momentum
// 0.9; the quality hardly varies.
double watt_hours_of(const Point& point) {
  const double batch = *point.number("batch_size");
  return 4 - (point.text("optimizer") == "adam" ? 1 : 0) -
         (batch == 64   ? 2
          : batch == 32 ? 1
                        : 0) +
         (point.number("momentum").value_or(0) == 0.9 ? 0.25 : 0);
}

struct Script {
  std::function<double(const Point&)> energy_wh = watt_hours_of;
  std::function<double(const Point&, int)> quality = [](const Point&, int epoch) {
    return 0.5 + 0.01 * epoch;
  };
  std::function<bool(const Step&)> fails = [](const Step&) { return false; };
};

EnergyFigure figure(double wh) {
  const Joules joules(3600 * wh);
  return {joules, joules, joules, 1, Method::Counter, "script", Duration(1)};
}

struct Played {
  std::vector<Observation> history;
  std::string reason;
};

// Plays until the strategy is finished, or `most` steps long.
Played play(const Strategy& strategy, const Script& script, std::size_t most = 10'000) {
  Played played;
  std::map<TrialId, int> epochs;
  while (played.history.size() < most) {
    const Proposal next = strategy.propose(played.history).value();
    if (const auto* finished = std::get_if<Finished>(&next)) {
      played.reason = finished->reason;
      break;
    }
    const Step& step = std::get<Step>(next);
    Outcome outcome;
    if (script.fails(step)) {
      outcome.failure = Failure{FailureKind::Diverged, "the loss is not a number"};
    } else if (std::holds_alternative<Train>(step.work)) {
      const int epoch = ++epochs[step.trial];
      const EnergyFigure spent = figure(script.energy_wh(step.point));
      outcome.energy.total = spent;
      outcome.epochs.push_back(
          {epoch, 1.0, {{"accuracy", script.quality(step.point, epoch)}}, 100, Duration(1), spent});
    }
    played.history.push_back({static_cast<int>(played.history.size()), step, std::move(outcome)});
  }
  return played;
}

Point with(const char* optimizer, std::int64_t batch) {
  return Point({{"optimizer", std::string(optimizer)}, {"batch_size", batch}});
}
Point with(const char* optimizer, double momentum, std::int64_t batch) {
  return Point({{"optimizer", std::string(optimizer)}, {"momentum", momentum}, {"batch_size", batch}});
}

// Every configuration of two optimisers and three batch sizes, momentum with sgd alone; the baseline is the
// first of them.
GreenscreenSettings settings() {
  GreenscreenSettings s;
  s.space = Space::make({{"optimizer", Choice{{std::string("sgd"), std::string("adam")}}},
                         {"momentum", Choice{{0.0, 0.9}}, Condition{"optimizer", {std::string("sgd")}}},
                         {"batch_size", Choice{{std::int64_t{16}, std::int64_t{32}, std::int64_t{64}}}}})
                .value();
  s.baseline = with("sgd", 0.0, 16);
  for (const std::int64_t batch : {64, 32, 16}) {
    for (const double momentum : {0.9, 0.0}) {
      if (momentum != 0.0 || batch != 16) s.points.push_back(with("sgd", momentum, batch));
    }
    s.points.push_back(with("adam", batch));
  }
  s.limits.epochs = 3;
  s.limits.patience = 3;
  s.final_epochs = 5;
  return s;
}

int trials_of_stage(const Played& played, GreenscreenStage stage) {
  std::set<TrialId> seen;
  for (const Observation& o : played.history) {
    if (o.step.round == static_cast<int>(stage)) seen.insert(o.step.trial);
  }
  return static_cast<int>(seen.size());
}

TEST(Greenscreen, RunsTheBaselineThenTheConfigurationsThenTheMostEfficientOnceMore) {
  const Greenscreen strategy(settings());
  const Played played = play(strategy, {});
  EXPECT_EQ(played.reason, "exhausted");
  EXPECT_EQ(played.history.front().step.point, with("sgd", 0.0, 16));
  EXPECT_EQ(trials_of_stage(played, GreenscreenStage::Baseline), 1);
  EXPECT_EQ(trials_of_stage(played, GreenscreenStage::Search), 8);
  EXPECT_EQ(trials_of_stage(played, GreenscreenStage::Final), 1);

  const GreenscreenCourse course = strategy.course(played.history);
  ASSERT_TRUE(course.final_run);
  EXPECT_EQ(course.chosen, with("adam", 64));  // 1 Wh an epoch: the least, at the same quality
  EXPECT_EQ(course.final_run->epochs, 5);
  EXPECT_EQ(course.final_run->point.number("epochs"), 5);
  EXPECT_NEAR(*course.baseline->eq, 0.53 / 4, 1e-12);
  EXPECT_NEAR(*course.final_run->eq, 0.55 / 1, 1e-12);
  EXPECT_EQ(course.search.at(static_cast<std::size_t>(*course.chosen_run) - 1).point, with("adam", 64));
  const Winner winner = *strategy.winner(played.history);
  EXPECT_EQ(winner.trial, course.final_run->trials.front());
  EXPECT_EQ(winner.epoch, 5);
}

TEST(Greenscreen, TheFinalRunMayGoByQuality) {
  GreenscreenSettings s = settings();
  s.choice = FinalChoice::Quality;
  const Greenscreen strategy(s);
  Script script;
  script.quality = [](const Point& point, int epoch) {
    return 0.1 * epoch + (*point.number("batch_size") == 16 ? 0.2 : 0);
  };
  const GreenscreenCourse course = strategy.course(play(strategy, script).history);
  EXPECT_EQ(course.chosen, with("sgd", 0.0, 16)) << "the earlier one of equals: the baseline";
  EXPECT_EQ(course.chosen_run, 0);
  EXPECT_EQ(strategy.needs(), std::vector<std::string>{"train"});
}

TEST(Greenscreen, WinnersAreTheSignificantLevelsAndTheRestIsTheBaselines) {
  GreenscreenSettings s = settings();
  s.choice = FinalChoice::Winners;
  s.repeats = 2;
  const Greenscreen strategy(s);
  Script script;
  // The effects alone would be exact; a little of the seed, so that there is something left to explain.
  int step = 0;
  script.energy_wh = [&](const Point& point) {
    return watt_hours_of(point) + (++step % 2 == 0 ? 0.01 : -0.01);
  };
  const Played played = play(strategy, script);
  const GreenscreenCourse course = strategy.course(played.history);
  ASSERT_TRUE(course.chosen) << course.note;
  EXPECT_EQ(*course.chosen, with("adam", 64));
  ASSERT_EQ(course.levels.size(), 2u);  // momentum does not apply
  EXPECT_EQ(course.levels[0].source, "winner");
  EXPECT_LT(course.levels[1].coefficient->p_value, 0.05);
  EXPECT_EQ(played.history.back().step.point.number("epochs"), 5);
}

TEST(Greenscreen, WithoutSignificantFactorsTheMostEfficientRunIsTaken) {
  GreenscreenSettings s = settings();
  s.choice = FinalChoice::Winners;
  const Greenscreen strategy(s);
  Script script;
  script.energy_wh = [](const Point&) { return 2.0; };
  const GreenscreenCourse course = strategy.course(play(strategy, script).history);
  ASSERT_TRUE(course.chosen);
  EXPECT_TRUE(course.note.ends_with("the run with the best efficiency quotient is taken instead"))
      << course.note;
}

TEST(Greenscreen, RunsBelowTheThresholdAndFailedOnesAreNotChosen) {
  GreenscreenSettings s = settings();
  s.threshold = 0.5;
  const Greenscreen strategy(s);
  Script script;
  // The cheapest learns nothing; the next cheapest, adam at 32, diverges.
  script.quality = [](const Point& point, int epoch) {
    return point == with("adam", 64) ? 0.1 : 0.5 + 0.01 * epoch;
  };
  script.fails = [](const Step& step) {
    return step.point == with("adam", 32) && std::holds_alternative<Train>(step.work);
  };
  const GreenscreenCourse course = strategy.course(play(strategy, script).history);
  EXPECT_EQ(course.chosen, with("sgd", 0.0, 64));  // 2 Wh, as adam at 32 would have
}

TEST(Greenscreen, WhereNothingReachesTheThresholdThereIsNoFinalRun) {
  GreenscreenSettings s = settings();
  s.threshold = 0.9;
  const Greenscreen strategy(s);
  const Played played = play(strategy, {});
  EXPECT_EQ(played.reason, "exhausted");
  const GreenscreenCourse course = strategy.course(played.history);
  EXPECT_FALSE(course.final_run);
  EXPECT_EQ(course.note, "no run has an efficiency quotient that counts, so there is no final run");
  EXPECT_TRUE(strategy.winner(played.history));
}

TEST(Greenscreen, TheSameHistoryGivesTheSameStepWhereverItIsCut) {
  GreenscreenSettings s = settings();
  s.choice = FinalChoice::Winners;
  const Greenscreen strategy(s);
  Script script;
  script.energy_wh = [](const Point& point) {
    return watt_hours_of(point) + 0.01 * static_cast<double>(point.text().size() % 3);
  };
  const Played whole = play(strategy, script);
  for (std::size_t cut = 0; cut < whole.history.size(); ++cut) {
    const Proposal next = Greenscreen(s).propose(History(whole.history).first(cut)).value();
    const Step& step = std::get<Step>(next);
    EXPECT_EQ(step.trial, whole.history[cut].step.trial) << cut;
    EXPECT_EQ(step.point, whole.history[cut].step.point) << cut;
    EXPECT_EQ(step.from, whole.history[cut].step.from) << cut;
  }
}

TEST(Greenscreen, RepeatsAreAveraged) {
  GreenscreenSettings s = settings();
  s.repeats = 2;
  const Greenscreen strategy(s);
  Script script;
  std::map<std::string, int> begun;
  script.quality = [](const Point&, int) { return 0.6; };
  int number = 0;
  script.energy_wh = [&](const Point&) {
    return number++ < 3 ? 1.0 : 3.0;
  };  // the baseline's first run alone
  const GreenscreenCourse course = strategy.course(play(strategy, script).history);
  EXPECT_NEAR(watt_hours(*course.baseline->energy_per_epoch), 2.0, 1e-12);
}

TEST(FactorModel, WhatDoesNotApplyIsALevelThatIsNotTheOthersMeasure) {
  const GreenscreenSettings s = settings();
  const std::vector<Factor> factors = factors_of(s.points);
  FactorColumns columns = factor_columns(factors);
  EXPECT_EQ(columns.partial, std::vector<std::string>{"momentum"});
  const stats::Model model = factor_model(columns, "wh");
  EXPECT_EQ(model.form, stats::Form::OneHot);
  std::vector<double> energy;
  for (const Point& point : s.points)
    energy.push_back(watt_hours_of(point) + 0.001 * (energy.size() % 2 == 0 ? 1 : -1));
  columns.columns.push_back({"wh", stats::Numbers{energy}});
  const stats::Table table = stats::Table::of(columns.columns).value();
  const stats::Regression fit = stats::fit(table, model).value();
  EXPECT_EQ(fit.rank, 5u);  // 1, two batch sizes, one optimiser, one momentum
  for (const stats::Contrast& pair : stats::contrasts(fit, "momentum").value()) {
    const bool of_absence = pair.a == kDoesNotApply || pair.b == kDoesNotApply;
    EXPECT_EQ(pair.identified, !of_absence) << pair.a << " and " << pair.b;
    if (!of_absence) {
      EXPECT_NEAR(std::abs(pair.difference.coef), 0.25, 0.01);
    }
  }
}

}  // namespace
}  // namespace frugal
