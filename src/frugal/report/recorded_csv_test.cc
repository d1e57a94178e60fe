// Runs from a CSV as a study: what export wrote comes back as it was, and what another tool left out is said.
#include "frugal/report/recorded_csv.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "frugal/report/render.h"
#include "frugal/stats/csv.h"

namespace frugal {
namespace {

Result<std::vector<StudyRecord>> read(const std::string& csv, RecordedQuestion question = {}) {
  if (question.source.empty()) question.source = "runs.csv";
  return recorded_studies(stats::read_csv(csv).value(), question);
}

std::string refusal(const std::string& csv, const RecordedQuestion& question = {}) {
  const auto records = read(csv, question);
  return records ? "(imported)" : records.error().message;
}

StudyResult only(const std::string& csv, const RecordedQuestion& question = {}) {
  std::vector<StudyRecord> records = read(csv, question).value();
  EXPECT_EQ(records.size(), 1u);
  return result_of(std::move(records.front())).value();
}

const std::string kHead =
    "study,trial,repeat,batch_size,learning_rate,optimizer,epoch,loss,accuracy,duration_s,energy_j,energy_"
    "low_j,"
    "energy_high_j,method,coverage,phase\r\n";

// Rounds of a search: trials take turns, a rate changes within a trial, cells are missing.
const std::string kEpochs = kHead +
                            "s,0,0,16,0.1,sgd,1,1.5,0.8125,2.25,100.5,90,110.25,counter,0.999,train\r\n"
                            "s,0,0,16,0.1,sgd,2,1.25,0.85,2,99.5,89,109,counter,1,train\r\n"
                            "s,1,0,32,0.3,adam,1,,0.7,1.5,,,,,,train\r\n"
                            "s,0,0,16,0.05,sgd,3,1.125,,2,98,88,108,integral,0.875,train\r\n"
                            "s,3,0,64,1e-05,true,1,2.5,0.5,1,1e-07,0,2e-07,model,0.1,train\r\n";

const std::string kTrials = kHead +
                            "s,0,0,16,0.1,sgd,3,,0.85,6.25,298.125,267,327.25,integral,0.96,all\r\n"
                            "s,1,0,32,0.3,adam,1,,0.7,1.5,,,,,,all\r\n"
                            "s,2,1,32,0.3,adam,0,,,0.5,10,9,11,counter,1,all\r\n"
                            "s,7,1,16,0.1,sgd,12,,0.9,3,150,140,160,model,0.3,all\r\n";

TEST(RecordedCsv, RowsOfEpochsComeBackAsTheyWere) { EXPECT_EQ(export_csv(only(kEpochs), false), kEpochs); }

TEST(RecordedCsv, RowsOfTrialsComeBackAsTheyWere) { EXPECT_EQ(export_csv(only(kTrials), true), kTrials); }

TEST(RecordedCsv, TrialsOfEpochsAddUp) {
  const StudyResult result = only(kEpochs);
  ASSERT_EQ(result.trials.size(), 3u);
  EXPECT_EQ(result.trials[0].epochs, 3);
  EXPECT_EQ(*result.trials[0].best, 0.85);
  EXPECT_EQ(result.trials[0].best_epoch, 2);
  EXPECT_EQ(result.trials[0].energy->value, Joules(298));
  EXPECT_EQ(result.trials[0].energy->method, Method::Integral);
  EXPECT_FALSE(result.trials[1].energy);
  EXPECT_EQ(result.winner->trial, 0);
  EXPECT_EQ(result.strategy, "imported");
  EXPECT_EQ(result.stopped_by, "imported");
  EXPECT_TRUE(result.caveats.empty());
}

TEST(RecordedCsv, WhatTheFileDoesNotSayIsSaid) {
  const StudyResult result = only("mutant,energy_j,accuracy\na,100,0.9\na,101,0.91\nb,80,0.92\n");
  EXPECT_EQ(result.header.name, "runs");
  ASSERT_EQ(result.trials.size(), 3u);
  EXPECT_EQ(result.trials[2].point.text(), "mutant=b");
  EXPECT_EQ(result.trials[2].energy->low, Joules(80));
  ASSERT_EQ(result.caveats.size(), 2u);
  EXPECT_EQ(result.caveats[0],
            "not in runs.csv: the bounds of the energy, which are unknown (low and high repeat the value); "
            "the method "
            "of the energy (taken for the weakest, model); the coverage (taken for 1); the time (0 s)");
  EXPECT_TRUE(result.caveats[1].starts_with("imported with one row a trial"));
}

TEST(RecordedCsv, NoEnergyIsNoEnergy) {
  const StudyResult result = only("batch_size,accuracy\n16,0.9\n");
  EXPECT_FALSE(result.energy.total);
  EXPECT_EQ(result.caveats[0], "no energy is in runs.csv (a column energy_j)");
}

TEST(RecordedCsv, TrialsByWordsAndByPointsAndStudiesApart) {
  const StudyResult words = only("trial,batch_size,epoch,accuracy\nx,16,1,0.5\nx,16,2,0.6\ny,16,1,0.4\n");
  ASSERT_EQ(words.trials.size(), 2u);
  EXPECT_EQ(words.trials[0].epochs, 2);
  const StudyResult points = only("batch_size,epoch,accuracy\n16,1,0.5\n32,1,0.4\n16,2,0.6\n");
  ASSERT_EQ(points.trials.size(), 2u);
  EXPECT_EQ(*points.trials[0].best, 0.6);
  const std::vector<StudyRecord> two = read("study,energy_j,accuracy\na,1,0.5\nb,2,0.6\na,3,0.7\n").value();
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].header.name, "a");
  EXPECT_EQ(two[0].history.size(), 2u);
  EXPECT_EQ(two[1].history.size(), 1u);
}

TEST(RecordedCsv, TheMetricAndItsGoal) {
  const std::string csv =
      "net,epoch,loss,validation_loss,duration_s,energy_j\na,1,2.0,1.5,1,10\na,2,1.0,1.25,1,10\n";
  const StudyResult result = only(csv);
  EXPECT_EQ(result.header.goal.metric, "loss");
  EXPECT_FALSE(result.header.goal.maximise);
  EXPECT_EQ(*result.trials[0].best, 1.25);
  RecordedQuestion question;
  question.metric = "score";
  question.maximise = false;
  question.factors = {"net"};
  const StudyResult named = only("net,gpu,score,energy_j\na,x,3,10\nb,x,2,10\n", question);
  EXPECT_EQ(named.winner->point.text(), "net=b");
  EXPECT_EQ(named.caveats.back(), "column 'gpu' was not imported");
}

TEST(RecordedCsv, RefusesWithSentences) {
  EXPECT_EQ(refusal("net,energy_j\na,1\n"), "which column is the metric that steers the study is not known");
  RecordedQuestion question;
  question.metric = "acuracy";
  EXPECT_EQ(refusal("net,accuracy\na,1\n", question),
            "there is no column 'acuracy' (did you mean 'accuracy'?)");
  EXPECT_EQ(refusal("net,accuracy,energy_j,energy_low_j,energy_high_j\na,1,5,6,7\n"),
            "row 1: energy 5 J does not lie between its bounds 6 and 7");
  EXPECT_EQ(refusal("net,accuracy,energy_j,method\na,1,5,guess\n"),
            "row 1: method 'guess' is none of counter, integral, model");
  EXPECT_EQ(refusal("trial,accuracy\n0,1\n1.5,1\n"), "row 2: trial is no whole number from 0");
  EXPECT_EQ(refusal("trial,accuracy\n0,1\n0,1\n"),
            "a trial has several rows, but there is no column 'epoch'");
  EXPECT_EQ(refusal("trial,epoch,accuracy,phase\n0,1,1,explore\n"),
            "row 1: phase 'explore' cannot be imported: train (a row an epoch) or all (a row a trial)");
  EXPECT_EQ(refusal("net,accuracy\n"), "runs.csv has no rows");
  question = {};
  question.name = "x";
  EXPECT_EQ(refusal("study,energy_j,accuracy\na,1,0.5\nb,2,0.6\n", question),
            "runs.csv holds 2 studies: one name cannot be that of all");
}

}  // namespace
}  // namespace frugal
