// The analysis of a table of runs against pandas, SciPy and statsmodels (tests/reference/report), and what it
// says of tables that cannot be analysed.
#include "frugal/report/run_analysis.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "frugal/report/run_question.h"
#include "frugal/report/text_table.h"
#include "frugal/stats/csv.h"

namespace frugal {
namespace {

using nlohmann::json;
using stats::Better;
using stats::Table;

std::string reference_file(const std::string& name) {
  std::ifstream file(std::string(FRUGAL_REFERENCE) + "/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Table runs() { return stats::read_csv(reference_file("runs.csv")).value(); }
json theirs() { return json::parse(reference_file("runs.json")); }

RunQuestion question() {
  RunQuestion asked;
  asked.factors = {"batch_size", "learning_rate", "optimizer"};
  asked.quality = "accuracy";
  asked.by = {"batch_size", "optimizer"};
  asked.original = "b64-adam-0.01";
  asked.epochs = "epochs";
  return asked;
}

RunAnalysis analysed(const RunQuestion& asked) { return analyse_runs(runs(), asked, "runs.csv").value(); }

void near(double ours, double theirs, const std::string& what, double relative = 1e-9) {
  EXPECT_LE(std::abs(ours - theirs), relative * std::max(std::abs(ours), std::abs(theirs))) << what;
}

Table table_of(const std::string& csv) { return stats::read_csv(csv).value(); }

std::string refusal(const Table& table, const RunQuestion& asked) {
  const auto found = analyse_runs(table, asked, "runs.csv");
  return found ? "(analysed)" : found.error().message;
}

TEST(RunAnalysis, CorrelationsAreThoseOfScipy) {
  const RunAnalysis analysis = analysed(question());
  const json expected = theirs();
  const auto compare = [&](const std::vector<stats::ColumnCorrelation>& ours, const json& list) {
    ASSERT_EQ(ours.size(), list.size());
    for (const json& pair : list) {
      const auto at = std::find_if(ours.begin(), ours.end(),
                                   [&](const auto& o) { return o.x == pair[0] && o.y == pair[1]; });
      ASSERT_NE(at, ours.end()) << pair;
      near(at->found->coefficient, pair[2], pair.dump());
      near(at->found->p_value, pair[3], pair.dump(), 1e-8);
      EXPECT_EQ(at->found->n, pair[4].get<std::size_t>());
    }
  };
  compare(*analysis.pearson, expected["pearson"]);
  compare(*analysis.spearman, expected["spearman"]);
}

TEST(RunAnalysis, LeastSquaresAreThoseOfStatsmodels) {
  const OlsFinding ols = *analysed(question()).ols;
  const json expected = theirs()["ols"];
  EXPECT_EQ(ols.fit.n, expected["n"].get<std::size_t>());
  EXPECT_EQ(ols.fit.dropped, 1u);
  EXPECT_EQ(ols.fit.rank, expected["rank"].get<std::size_t>());
  near(ols.fit.r_squared, expected["r_squared"], "R²");
  near(ols.fit.r_squared_adj, expected["r_squared_adj"], "adjusted R²");
  near(ols.fit.f_statistic, expected["f"], "F");
  near(ols.fit.f_p_value, expected["f_p"], "p of F", 1e-6);
  ASSERT_EQ(ols.fit.coefficients.size(), expected["names"].size());
  for (std::size_t i = 0; i < expected["names"].size(); ++i) {
    const stats::Coefficient& c = ols.fit.coefficients[i];
    const json& row = expected["coefficients"][i];
    EXPECT_EQ(c.name, expected["names"][i]);
    near(c.coef, row[0], c.name);
    near(c.std_err, row[1], c.name);
    near(c.t, row[2], c.name);
    near(c.p_value, row[3], c.name, 1e-6);
    near(c.ci_low, row[4], c.name, 1e-7);
    near(c.ci_high, row[5], c.name, 1e-7);
  }
}

TEST(RunAnalysis, WhatDoesNotApplyToEveryTrialOfAStudyIsALevelAsInStatsmodels) {
  const Table study = table_of(reference_file("conditional.csv"));
  const json expected = json::parse(reference_file("conditional.json"));
  RunQuestion asked;
  asked.quality = "accuracy";
  const RunAnalysis analysis = analyse_runs(study, asked, "study 's'").value();
  const stats::Regression& fit = analysis.ols->fit;
  EXPECT_EQ(fit.n, expected["n"].get<std::size_t>());
  EXPECT_EQ(fit.dropped, 0u);
  EXPECT_EQ(fit.rank, expected["rank"].get<std::size_t>());
  near(fit.r_squared, expected["r_squared"], "R²");
  ASSERT_EQ(fit.coefficients.size(), expected["coefficients"].size());
  for (const stats::Coefficient& c : fit.coefficients) {
    ASSERT_TRUE(expected["coefficients"].contains(c.name)) << c.name;
    const json& row = expected["coefficients"][c.name];
    near(c.coef, row[0], c.name);
    near(c.std_err, row[1], c.name);
    near(c.p_value, row[2], c.name, 1e-6);
  }
  EXPECT_NE(std::find(analysis.notes.begin(), analysis.notes.end(),
                      "'momentum' does not apply to every run: that is a level of its own in ols"),
            analysis.notes.end());
  asked.original = "1";
  const RunAnalysis traded = analyse_runs(study, asked, "study 's'").value();
  ASSERT_TRUE(traded.tradeoff);
  EXPECT_EQ(traded.tradeoff->found.original, "batch_size=16 optimizer=adam");
  asked.form = stats::Form::FullRank;
  EXPECT_FALSE(analyse_runs(study, asked, "study 's'")->ols)
      << "beside an intercept the trials without momentum are left out, and with them all of adam";
}

TEST(RunAnalysis, TwoWayAnovaOfBothTypesIsThatOfStatsmodels) {
  for (const int type : {2, 3}) {
    RunQuestion asked = question();
    asked.anova_type = type;
    asked.only = RunMethod::Anova;
    const AnovaFinding anova = *analysed(asked).anova;
    const json expected = theirs()["anova" + std::to_string(type)];
    ASSERT_TRUE(anova.two_way && anova.interaction);
    for (std::size_t i = 0; i < 3; ++i) {
      const stats::AnovaTerm& term = anova.two_way->terms[i];
      near(term.ss, expected[i][0], term.name + " ss");
      near(term.df, expected[i][1], term.name + " df");
      near(term.f, expected[i][2], term.name + " F");
      near(term.p_value, expected[i][3], term.name + " p", 1e-6);
      near(term.eta_squared, expected[i][4], term.name + " η²");
      near(term.partial_eta_squared, expected[i][5], term.name + " partial η²");
    }
  }
}

TEST(RunAnalysis, OneFactorAloneIsThatOfScipyAndStatsmodels) {
  const AnovaFinding anova = *analysed(question()).anova;
  const json expected = theirs();
  ASSERT_EQ(anova.factors.size(), 2u);
  const FactorFinding& batch = anova.factors[0];
  near(batch.kruskal->h, expected["kruskal_batch_size"][0], "H");
  near(batch.kruskal->p_value, expected["kruskal_batch_size"][1], "p of H", 1e-8);
  near(batch.anova->f, expected["one_way_batch_size"][0], "F");
  near(batch.anova->p_value, expected["one_way_batch_size"][1], "p of F", 1e-6);
  near(batch.welch->f, expected["welch_batch_size"][0], "Welch F");
  near(batch.welch->df_within, expected["welch_batch_size"][2], "Welch df");
  near(batch.welch->p_value, expected["welch_batch_size"][3], "Welch p", 1e-6);
  near(anova.factors[1].kruskal->h, expected["kruskal_optimizer"][0], "H of the optimizer");
}

void expect_judged(const stats::Judged& ours, const json& expected, bool smaller, const std::string& what) {
  near(ours.statistic, expected[0], what + " u");
  near(ours.p_value, expected[1], what + " p", 1e-8);
  near(ours.delta, expected[2], what + " δ");
  const int sign = expected[3].get<int>() * (smaller ? -1 : 1);
  EXPECT_EQ(ours.verdict, sign > 0   ? stats::Verdict::Win
                          : sign < 0 ? stats::Verdict::Loss
                                     : stats::Verdict::Tie)
      << what;
}

TEST(RunAnalysis, VerdictsAreThoseOfScipysMannWhitney) {
  const TradeoffFinding tradeoff = *analysed(question()).tradeoff;
  const json expected = theirs();
  EXPECT_EQ(tradeoff.id, "id");
  ASSERT_EQ(tradeoff.found.mutants.size(), 11u);
  std::vector<std::string> greener;
  for (const stats::MutantVerdict& mutant : tradeoff.found.mutants) {
    expect_judged(*mutant.energy, expected["tradeoff"]["energy_j"][mutant.id], true, mutant.id + " energy");
    expect_judged(*mutant.quality, expected["tradeoff"]["accuracy"][mutant.id], false,
                  mutant.id + " accuracy");
    if (mutant.greener) greener.push_back(mutant.id);
  }
  EXPECT_EQ(json(greener), expected["greener"]);
  EXPECT_EQ(tradeoff.found.greener, greener.size());
}

TEST(RunAnalysis, AConfigurationOfTheFactorsIsAMutantToo) {
  RunQuestion asked = question();
  asked.original = "batch_size=64 learning_rate=0.01 optimizer=adam";
  const TradeoffFinding tradeoff = *analysed(asked).tradeoff;
  EXPECT_EQ(tradeoff.id, "");
  EXPECT_EQ(tradeoff.found.greener, theirs()["greener"].size());
}

TEST(RunAnalysis, EfficiencyQuotientsAndTheFrontAreThoseOfPandas) {
  const RunAnalysis analysis = analysed(question());
  const json expected = theirs();
  EXPECT_TRUE(analysis.eq->per_epoch);
  EXPECT_EQ(analysis.eq->all.n, expected["eq"]["n"].get<std::size_t>());
  EXPECT_EQ(analysis.eq->dropped, 2u);
  near(analysis.eq->all.mean, expected["eq"]["mean"], "mean EQ");
  near(analysis.eq->all.median, expected["eq"]["median"], "median EQ");
  ASSERT_EQ(analysis.eq->best.size(), 10u);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(analysis.eq->best[i].row, expected["eq"]["best"][i][0].get<std::size_t>());
    near(*analysis.eq->best[i].eq, expected["eq"]["best"][i][1], "EQ");
  }
  std::vector<std::size_t> front;
  for (const NamedRun& run : analysis.pareto->front) front.push_back(run.row);
  std::sort(front.begin(), front.end());
  EXPECT_EQ(json(front), expected["front"]);
}

TEST(RunAnalysis, TheJsonHasTheKeysOfTheInterface) {
  const json made = json::parse(run_analysis_json(analysed(question())).dump());
  const json& coefficient = made["ols"]["coefficients"][0];
  EXPECT_EQ(coefficient["name"], "batch_size=16");
  for (const char* key : {"coef", "std_err", "t", "p_value", "ci_low", "ci_high"})
    EXPECT_TRUE(coefficient[key].is_number()) << key;
  for (const char* key : {"form", "n", "rank", "r_squared", "r_squared_adj", "f_statistic", "f_p_value"})
    EXPECT_TRUE(made["ols"].contains(key)) << key;
  EXPECT_EQ(made["ols"]["form"], "one-hot");
  EXPECT_EQ(made["spearman"][0]["x"], "batch_size");
  EXPECT_TRUE(made["spearman"][0]["rho"].is_number());
  EXPECT_EQ(made["anova"]["type"], 2);
  EXPECT_EQ(made["anova"]["terms"][2]["name"], "batch_size:optimizer");
  EXPECT_TRUE(made["anova"]["terms"][2]["partial_eta_squared"].is_number());
  EXPECT_TRUE(made["anova"]["factors"][0]["kruskal_wallis"]["h"].is_number());
  const json& mutant = made["tradeoff"]["mutants"].back();
  EXPECT_EQ(mutant["id"], "b64-sgd-0.1");
  EXPECT_EQ(mutant["energy_j"]["verdict"], "less");
  EXPECT_EQ(mutant["accuracy"]["verdict"], "tie");
  EXPECT_EQ(mutant["greener"], true);
  EXPECT_TRUE(mutant["energy_j"]["u"].is_number());
  EXPECT_EQ(made["tradeoff"]["map"]["less"]["tie"], 2);
  EXPECT_EQ(made["not_applied"], json::object());
}

TEST(RunAnalysis, TheCsvHoldsTheNumbersOfTheJson) {
  const RunAnalysis analysis = analysed(question());
  const std::string csv = run_analysis_csv(analysis);
  const std::string f = run_analysis_json(analysis)["ols"]["f_statistic"].dump();
  EXPECT_TRUE(csv.starts_with("method,item,figure,value\r\n"));
  EXPECT_NE(csv.find("ols,,f_statistic," + f + "\r\n"), std::string::npos);
  EXPECT_NE(csv.find("tradeoff,mutants / b64-sgd-0.1,greener,true\r\n"), std::string::npos);
  EXPECT_TRUE(stats::read_csv(csv).ok());
}

TEST(RunAnalysis, TheTextFitsTheTerminal) {
  const RunAnalysis analysis = analysed(question());
  for (const std::size_t width : {80, 120}) {
    std::istringstream text(run_analysis_text(analysis, width));
    std::size_t lines = 0;
    for (std::string line; std::getline(text, line); ++lines) EXPECT_LE(places(line), width) << line;
    EXPECT_GT(lines, 60u);
  }
}

TEST(RunAnalysis, WhatDoesNotApplyIsSaid) {
  RunQuestion asked;
  asked.factors = {"optimizer"};
  const RunAnalysis analysis = analyse_runs(runs(), asked, "runs.csv").value();
  EXPECT_FALSE(analysis.eq || analysis.tradeoff || analysis.pareto || analysis.pearson);
  EXPECT_TRUE(analysis.ols && analysis.anova);
  ASSERT_EQ(analysis.not_applied.size(), 5u);
  EXPECT_EQ(analysis.not_applied[0].second, "it needs a quality (name its column: --quality accuracy)");
  asked.only = RunMethod::Tradeoff;
  EXPECT_EQ(refusal(runs(), asked), "tradeoff: it needs a quality");
}

TEST(RunAnalysis, RefusesWithSentences) {
  RunQuestion asked;
  asked.factors = {"optimiser"};
  EXPECT_EQ(refusal(runs(), asked), "there is no column 'optimiser' (did you mean 'optimizer'?)");
  asked.factors = {"optimizer"};
  asked.outcome = "energy";
  EXPECT_TRUE(refusal(runs(), asked).starts_with("there is no column 'energy'"));
  asked.outcome = "id";
  EXPECT_EQ(refusal(runs(), asked), "column 'id' holds no numbers but levels such as 'b16-adam-0.01'");
  EXPECT_EQ(refusal(table_of("a,energy_j\n"), {}), "runs.csv has no rows");
  asked = question();
  asked.only = RunMethod::Tradeoff;
  asked.original = "b64-adam-0.02";
  EXPECT_EQ(refusal(runs(), asked),
            "tradeoff: no column names a run 'b64-adam-0.02' (did you mean 'b64-adam-0.01'?)");
  asked.id = "optimizer";
  EXPECT_EQ(refusal(runs(), asked),
            "tradeoff: column 'optimizer' has no level 'b64-adam-0.02' (known: adam, sgd)");
}

TEST(RunAnalysis, ALevelIsNamedWhereATestCannotDecide) {
  RunQuestion asked;
  asked.factors = {"net"};
  const Table table = table_of("net,energy_j\nlarge,5\nlarge,6\nsmall,1\nsmall,1\n");
  const RunAnalysis analysis = analyse_runs(table, asked, "runs.csv").value();
  ASSERT_EQ(analysis.anova->factors[0].undecided.size(), 1u);
  EXPECT_EQ(analysis.anova->factors[0].undecided[0],
            "Welch: net=small does not vary: Welch's weights need its variance");
}

TEST(RunAnalysis, AConstantOutcomeAndAFactorOfOneLevel) {
  RunQuestion asked;
  asked.factors = {"net", "gpu"};
  const Table table = table_of("net,gpu,energy_j\na,x,5\na,x,5\nb,x,5\nb,x,5\n");
  const RunAnalysis analysis = analyse_runs(table, asked, "runs.csv").value();
  EXPECT_EQ(analysis.notes, std::vector<std::string>{"factor 'gpu' has one level only: it is left out"});
  EXPECT_FALSE(analysis.ols);
  const auto why = std::find_if(analysis.not_applied.begin(), analysis.not_applied.end(),
                                [](const auto& p) { return p.first == RunMethod::Ols; });
  ASSERT_NE(why, analysis.not_applied.end());
  EXPECT_NE(why->second.find("constant"), std::string::npos) << why->second;
}

TEST(RunQuestion, AnExportedStudyNeedsNoNames) {
  const std::string head =
      "study,trial,repeat,batch_size,momentum,epoch,loss,accuracy,duration_s,energy_j,phase\n";
  const Table trials = table_of(head + "s,0,0,16,0.9,3,,0.9,1,100,all\ns,1,0,32,0.9,3,,0.8,1,80,all\n");
  const RunColumns columns = columns_of(trials, {}).value();
  EXPECT_EQ(columns.factors, std::vector<std::string>{"batch_size"});
  EXPECT_EQ(columns.epochs, "epoch");
  const Table epochs =
      table_of(head + "s,0,0,16,0.9,1,1.5,0.9,1,100,train\ns,0,0,32,0.9,2,1.4,0.8,1,80,train\n");
  const RunColumns each = columns_of(epochs, {}).value();
  EXPECT_EQ(each.epochs, std::nullopt);
  EXPECT_TRUE(each.notes.back().starts_with("a row is an epoch here"));
}

TEST(RunQuestion, ATrialStandsForItsPoint) {
  std::string csv = "study,trial,repeat,batch_size,epoch,loss,accuracy,duration_s,energy_j,phase\n";
  for (int i = 0; i < 10; ++i)
    csv += "s," + std::to_string(i) + "," + std::to_string(i / 2) + "," + (i % 2 == 0 ? "16" : "32") +
           ",3,,0." + std::to_string(80 + i) + ",1," + std::to_string(i % 2 == 0 ? 100 + i : 50 + i) +
           ",all\n";
  RunQuestion asked;
  asked.quality = "accuracy";
  asked.original = "4";
  const RunAnalysis analysis = analyse_runs(table_of(csv), asked, "study 's'").value();
  EXPECT_EQ(analysis.tradeoff->found.original, "batch_size=16");
  ASSERT_EQ(analysis.tradeoff->found.mutants.size(), 1u);
  EXPECT_EQ(analysis.tradeoff->found.mutants[0].energy->n, 5u);
  EXPECT_TRUE(analysis.tradeoff->found.mutants[0].greener);
}

TEST(RunQuestion, NamesOfLossesAreBetterWhenSmaller) {
  EXPECT_EQ(better_by_name("validation_loss"), Better::Smaller);
  EXPECT_EQ(better_by_name("perplexity"), Better::Smaller);
  EXPECT_EQ(better_by_name("accuracy"), Better::Larger);
}

TEST(TextTable, CutsNamesInTheMiddle) {
  EXPECT_EQ(text_table({{"a long name of a thing", "12.5"}, {"b", "1"}}, 24),
            "  a long n…a thing  12.5\n"  // 2 + 16 + 2 + 4 places
            "  b                    1\n");
  EXPECT_EQ(wrapped("one two three", 8, "  "), "one two\n  three\n");
}

}  // namespace
}  // namespace frugal
