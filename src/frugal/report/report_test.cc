// A study result made by hand, and what each renderer makes of it, byte by byte.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "frugal/report/render.h"

namespace frugal {
namespace {

using nlohmann::json;

EnergyFigure figure(double joules, double seconds) {
  return {Joules(joules), Joules(joules / 2), Joules(joules * 1.5), 0.999,
          Method::Model,  "cpu model",        Duration(seconds)};
}

EnergyReport report(double joules, double seconds, const char* phase) {
  EnergyReport made;
  made.total = figure(joules, seconds);
  made.by_phase.emplace(phase, figure(joules, seconds));
  made.by_device.emplace("model", figure(joules, seconds));
  made.durations[phase] = Duration(seconds);
  return made;
}

Observation trained(int number, TrialId trial, EpochRow row) {
  Observation seen{
      number,
      {trial, Point{{"batch_size", std::int64_t{32}}}, 1, {}, 1, Train{1, Point{{"learning_rate", 0.1}}}, {}},
      {}};
  seen.outcome.energy = report(100, 2, "train");
  seen.outcome.duration = Duration(2);
  seen.outcome.epochs.push_back(std::move(row));
  return seen;
}

StudyResult example() {
  StudyResult result;
  result.header = {"digits", {{"name", "digits"}}, "name: digits\n", {"accuracy", true}, 1'700'000'000};
  result.strategy = "sm2";
  result.seed = 7;
  const Point point{{"batch_size", std::int64_t{32}}, {"learning_rate", 0.1}};
  result.trials = {{0, point, 2, 0.975, 2, figure(250, 5), Duration(5), "winner"},
                   {1,
                    Point{{"batch_size", std::int64_t{64}}},
                    0,
                    {},
                    0,
                    figure(50, 1),
                    Duration(1),
                    "failed",
                    "out_of_memory: 12 GiB | wanted"}};
  result.winner = Winner{0, point, 0.975, 2, 1};
  result.winner_energy = figure(250, 5);
  result.energy = report(300, 6, "train");
  result.wasted = Joules(50);
  result.duration = Duration(6);
  result.stopped_by = "patience";
  result.caveats = {"cpu energy is modelled: ±50 %"};
  result.sensors = {"model: cpu model"};
  result.workers = {"a worker"};
  result.decisions = {
      {1, {{0, 0.9, Joules(100), 0.1, 0.75, true, ""}, {1, {}, {}, {}, {}, false, "out_of_memory"}}}};
  result.history = {trained(0, 0, {1, 0.5, {{"accuracy", 0.9}}, 1437, Duration(2), figure(100, 2)}),
                    trained(1, 0, {2, std::nan(""), {{"accuracy", 0.975}}, 1437, Duration(2), {}})};
  result.lost = {{1, 1, 0, "killed", report(50, 1, "train"), Duration(1)}};
  return result;
}

TEST(SummaryText, SaysTheAnswerAndWhatItCost) {
  EXPECT_EQ(
      summary_text(example()),
      "digits (sm2): 2 trials, 6.0 s; no improvement within the patience\n"
      "  winner   trial 0: batch_size=32 learning_rate=0.1\n"
      "           accuracy 0.975 at epoch 2, its trial cost 250 J (125 J to 375 J; modelled, not measured)\n"
      "  energy   300 J (150 J to 450 J; modelled, not measured)\n"
      "           train 300 J\n"
      "           coverage 99.9 %; 50.0 J did not lead to the winner's weights\n"
      "  caveat   cpu energy is modelled: ±50 %\n");
}

TEST(SummaryText, WithoutAWinnerTheFailuresAreSaid) {
  StudyResult result = example();
  result.winner.reset();
  result.energy = {};
  result.stopped_by = "failed";
  result.trials.erase(result.trials.begin());
  result.caveats.clear();
  EXPECT_EQ(summary_text(result),
            "digits (sm2): 1 trial, 6.0 s; every trial failed\n"
            "  winner   none: no trial was ever validated\n"
            "           trial 1: out_of_memory: 12 GiB | wanted\n"
            "  energy   not measured\n");
}

TEST(FigureText, SaysHowItWasFound) {
  EXPECT_EQ(figure_text(std::nullopt), "not measured");
  EXPECT_EQ(figure_text(figure(812, 1)), "812 J (406 J to 1.22 kJ; modelled, not measured)");
  EnergyFigure counted = figure(100, 1);
  counted.method = Method::Counter;
  EXPECT_EQ(figure_text(counted), "100 J (50.0 J to 150 J; counter)");
  counted.sensor = "sim0 (simulated counter)";
  EXPECT_EQ(figure_text(counted), "100 J (50.0 J to 150 J; simulated, not measured)");
}

TEST(Markdown, NothingOfAnothersTextIsMarkup) {
  StudyResult result = example();
  result.header.name = "</script><b>x</b>\n# [a](b) `c` *d* |e|";
  result.header.source = "name: x\n````\n<script>\n";
  const std::string text = report_markdown(find(result));
  EXPECT_TRUE(
      text.starts_with("# &lt;/script&gt;&lt;b&gt;x&lt;/b&gt; # \\[a\\](b) \\`c\\` \\*d\\* \\|e\\|\n"))
      << text.substr(0, 200);
  EXPECT_TRUE(text.ends_with("The study file:\n\n`````yaml\nname: x\n````\n<script>\n`````\n"))
      << text.substr(text.size() - 120);
}

TEST(Json, TheSummaryHasTheKeysOfTheInterface) {
  const json expected = json::parse(R"({"study":"digits","strategy":"sm2","seed":7,"trials":2,
    "winner":{"trial":0,"point":{"batch_size":32,"learning_rate":0.1},"metric":{"name":"accuracy","value":0.975,"goal":"max"},"epochs":2,"energy_j":250.0},
    "energy":{"total_j":300.0,"low_j":150.0,"high_j":450.0,"method":"model","coverage":0.999,
      "by_phase":{"explore_j":0.0,"train_j":300.0,"evaluate_j":0.0,"load_j":0.0,"other_j":0.0},
      "by_device":{"model":{"energy_j":300.0,"low_j":150.0,"high_j":450.0,"coverage":0.999,"method":"model","sensor":"cpu model","duration_s":6.0}},
      "wasted_j":50.0},
    "duration_s":6.0,"stopped_by":"patience","caveats":["cpu energy is modelled: ±50 %"]})");
  EXPECT_EQ(json::parse(summary_json(example()).dump()), expected);
}

TEST(Json, WhatIsAbsentIsNullAndNeverZero) {
  StudyResult result = example();
  result.energy = {};
  result.winner.reset();
  result.stopped_by.clear();
  const json summary = json::parse(summary_json(result).dump());
  EXPECT_TRUE(summary["energy"].is_null());
  EXPECT_TRUE(summary["winner"].is_null());
  EXPECT_TRUE(summary["stopped_by"].is_null());
}

TEST(Json, TheReportHasTrialsRoundsStepsAndLostAttempts) {
  const json whole = json::parse(report_json(example()).dump());
  EXPECT_EQ(whole["trial_results"][1],
            json::parse(
                R"({"trial":1,"point":{"batch_size":64},"fate":"failed","epochs":0,"best":null,"best_epoch":0,
    "energy_j":50.0,"duration_s":1.0,"failure":"out_of_memory: 12 GiB | wanted"})"));
  EXPECT_EQ(
      whole["lost_attempts"],
      json::parse(R"([{"step":1,"attempt":1,"trial":0,"why":"killed","energy_j":50.0,"duration_s":1.0}])"));
  EXPECT_EQ(
      whole["steps"][1]["epochs"],
      json::parse(
          R"([{"epoch":2,"loss":null,"metrics":{"accuracy":0.975},"samples":1437,"duration_s":2.0,"energy_j":null}])"));
  EXPECT_EQ(whole["rounds"][0]["rows"].size(), 2u);
  EXPECT_EQ(whole["plan"], json::parse(R"({"name":"digits"})"));
  EXPECT_EQ(whole["study_file"], "name: digits\n");
}

TEST(Csv, HasOneRowAnEpochWithTheDocumentedColumns) {
  EXPECT_EQ(export_csv(example(), false),
            "study,trial,repeat,batch_size,learning_rate,epoch,loss,accuracy,duration_s,energy_j,energy_low_"
            "j,energy_high_j,method,coverage,phase\r\n"
            "digits,0,0,32,0.1,1,0.5,0.9,2,100,50,150,model,0.999,train\r\n"
            "digits,0,0,32,0.1,2,,0.975,2,,,,,,train\r\n");
}

TEST(Csv, HasOneRowATrial) {
  StudyResult result = example();
  result.history.push_back(trained(2, 1, {1, 1, {}, 1, Duration(1), {}}));
  EXPECT_EQ(export_csv(result, true),
            "study,trial,repeat,batch_size,learning_rate,epoch,loss,accuracy,duration_s,energy_j,energy_low_"
            "j,energy_high_j,method,coverage,phase\r\n"
            "digits,0,0,32,0.1,2,,0.975,5,250,125,375,model,0.999,all\r\n"
            "digits,1,1,64,,0,,,1,50,25,75,model,0.999,all\r\n");
}

TEST(Csv, CommasQuotesAndLineEndsAreQuoted) {
  StudyResult result = example();
  result.header.name = "a, \"b\"\nc";
  const std::string text = export_csv(result, false);
  EXPECT_NE(text.find("\r\n\"a, \"\"b\"\"\nc\",0,0,32"), std::string::npos) << text;
}

TEST(Csv, AStudyThatIsSteeredByTheLossNamesTheValidationLossApart) {
  StudyResult result = example();
  result.header.goal = {"loss", false};
  EXPECT_TRUE(
      export_csv(result, false)
          .starts_with("study,trial,repeat,batch_size,learning_rate,epoch,loss,validation_loss,duration_s,"))
      << export_csv(result, false);
}

}  // namespace
}  // namespace frugal
