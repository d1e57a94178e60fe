#include "frugal/stats/verdict.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "frugal/stats/csv.h"
#include "frugal/stats/reference.h"

namespace frugal::stats {
namespace {

const std::vector<double> kOriginal{10, 11, 12, 13, 14};
const std::vector<double> kBelow{5, 6, 7, 8, 9};
const std::vector<double> kMixed{10.5, 11.5, 9, 13.5, 12.5};

// Five against five, all below: 2 of C(10, 5) = 252 ways.
TEST(Judge, AllBelowIsAWinWhereSmallerIsBetter) {
  const Judged less = judge(kBelow, kOriginal, Better::Smaller).value();
  EXPECT_EQ(less.verdict, Verdict::Win);
  EXPECT_EQ(less.statistic, 0);
  expect_p(less.p_value, 2.0 / 252, "p");
  EXPECT_EQ(less.delta, -1);
  EXPECT_EQ(less.mean, 7);
  EXPECT_EQ(less.mean_original, 12);
  EXPECT_EQ(judge(kBelow, kOriginal, Better::Larger)->verdict, Verdict::Loss);
  EXPECT_EQ(judge(kOriginal, kBelow, Better::Larger)->verdict, Verdict::Win);
  EXPECT_EQ(judge(kMixed, kOriginal, Better::Larger)->verdict, Verdict::Tie);
}

TEST(Judge, EqualValuesAreATieWithCertainty) {
  const std::vector<double> same{0.1, 0.1, 0.1, 0.1, 0.1};
  const Judged tie = judge(same, same, Better::Larger).value();
  EXPECT_EQ(tie.verdict, Verdict::Tie);
  EXPECT_EQ(tie.p_value, 1);
  EXPECT_EQ(tie.delta, 0);
}

TEST(Judge, ASignificantButNegligibleDifferenceIsATie) {
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < 2000; ++i) {
    x.push_back(i);
    y.push_back(i + 150);
  }
  const Judged tie = judge(x, y, Better::Smaller).value();
  EXPECT_LT(tie.p_value, 0.001);
  EXPECT_LT(std::abs(tie.delta), 0.147);
  EXPECT_EQ(tie.verdict, Verdict::Tie);
  EXPECT_EQ(judge(x, y, Better::Smaller, {.smallest_delta = 0.1})->verdict, Verdict::Win);
}

TEST(Judge, OtherTestsOnRequest) {
  const Judged t = judge(kBelow, kOriginal, Better::Smaller, {.test = VerdictTest::Student}).value();
  EXPECT_EQ(t.statistic, -5);  // difference −5, both variances 2.5, standard error √(2·2.5/5) = 1
  EXPECT_EQ(t.verdict, Verdict::Win);
  const std::vector<double> a{1, 2, 3, 4, 5, 6};
  const std::vector<double> b{2, 4, 6, 8, 10, 12};
  const Judged w = judge(a, b, Better::Smaller, {.test = VerdictTest::SignedRank}).value();
  EXPECT_EQ(w.statistic, 0);
  EXPECT_EQ(w.p_value, 0.03125);
  EXPECT_EQ(w.verdict, Verdict::Win);
}

TEST(Judge, SaysWhyItCannotDecide) {
  EXPECT_EQ(sentence(judge(kBelow, kOriginal, Better::Smaller, {.test = VerdictTest::SignedRank})),
            "signed-rank with n = 5 can never reach 0.05 two-sided: the smallest p is 0.0625");
  const std::vector<double> three{1, 2, 3};
  EXPECT_EQ(sentence(judge(three, three, Better::Smaller)),
            "Mann–Whitney with 3 and 3 values can never reach 0.05 two-sided: the smallest p is 0.1");
  const std::vector<double> same{2, 2, 2};
  EXPECT_EQ(sentence(judge(same, same, Better::Smaller, {.test = VerdictTest::Student})),
            "neither group varies: no t can be formed");
  EXPECT_EQ(sentence(judge({}, three, Better::Smaller)), "mutant: 0 values, at least 1 are needed");
  EXPECT_EQ(sentence(judge(three, std::vector<double>{1, std::nan(""), 3}, Better::Smaller)),
            "original: the value at index 1 is not a number");
}

// A row for each run: energy and accuracy of mutants in known relation to the original.
std::string runs() {
  std::string csv = "mutant,block,energy_j,accuracy\n";
  const auto add = [&](const std::string& id, double energy, double accuracy, int runs) {
    for (int i = 0; i < runs; ++i)
      csv += id + "," + std::to_string(i) + "," + std::to_string(energy + i) + "," +
             std::to_string(accuracy + 0.001 * i) + "\n";
  };
  add("original", 100, 0.9, 5);
  add("cheap and good", 80, 0.95, 5);
  add("cheap and equal", 80, 0.9, 5);
  add("cheap and bad", 80, 0.8, 5);
  add("dear and good", 120, 0.95, 5);
  add("equal", 100, 0.9, 5);
  add("too few", 80, 0.9, 3);
  return csv;
}

TEST(Tradeoff, CountsTheMapAndWhatIsGreener) {
  const Table table = read_csv(runs()).value();
  const Tradeoff t = tradeoff(table, {.id = "mutant", .original = "original", .quality = "accuracy"}).value();
  ASSERT_EQ(t.mutants.size(), 6u);
  EXPECT_EQ(t.map[0], (std::array<std::size_t, 3>{1, 2, 1}));
  EXPECT_EQ(t.map[1], (std::array<std::size_t, 3>{0, 1, 0}));
  EXPECT_EQ(t.map[2], (std::array<std::size_t, 3>{1, 0, 0}));
  EXPECT_EQ(t.greener, 3u);
  EXPECT_EQ(t.undecided, 0u);  // three against five can reach .05: 2 of 56
  EXPECT_EQ(t.mutants[0].id, "cheap and bad");
  EXPECT_FALSE(t.mutants[0].greener);
  EXPECT_TRUE(t.mutants[2].greener);
  // "too few": 80, 81, 82 J against 100 …: 2 of 56 = .036; accuracy .900 … .902 against .900 … .904 is a tie.
  EXPECT_EQ(t.mutants[5].id, "too few");
  expect_p(t.mutants[5].energy->p_value, 2.0 / 56, "too few");
}

TEST(Tradeoff, HolmOnRequest) {
  const Table table = read_csv(runs()).value();
  TradeoffQuestion question{
      .id = "mutant", .original = "original", .quality = "accuracy", .rule = {.holm = true}};
  const Tradeoff t = tradeoff(table, question).value();
  // Energy: four of p = 2/252, one of 2/56, one of 1: by Holm 6·2/252 = .0476 and 2·2/56 = .071.
  expect_p(t.mutants[0].energy->p_holm, 12.0 / 252, "first of six");
  EXPECT_EQ(t.mutants[0].energy->verdict, Verdict::Win);
  expect_p(t.mutants[5].energy->p_holm, 4.0 / 56, "fifth of six");
  EXPECT_EQ(t.mutants[5].energy->verdict, Verdict::Tie);
  EXPECT_EQ(t.greener, 2u);
}

TEST(Tradeoff, WithBlocksOnlyTheOriginalsOfTheSameSessionsCount) {
  const Table table = read_csv(runs()).value();
  TradeoffQuestion question{.id = "mutant", .original = "original", .quality = "accuracy", .block = "block"};
  const Tradeoff t = tradeoff(table, question).value();
  EXPECT_EQ(t.undecided, 1u);
  EXPECT_EQ(
      t.mutants[5].undecided,
      "energy_j: Mann–Whitney with 3 and 3 values can never reach 0.05 two-sided: the smallest p is 0.1; "
      "accuracy: Mann–Whitney with 3 and 3 values can never reach 0.05 two-sided: the smallest p is 0.1");
  EXPECT_FALSE(t.mutants[5].energy.has_value());
  EXPECT_EQ(t.mutants[0].energy->n_original, 5u);
}

TEST(Tradeoff, SignedRanksPairByBlockWhateverTheOrderOfRows) {
  std::string csv = "m,block,energy_j,q\n";
  for (int i = 0; i < 6; ++i) csv += "o," + std::to_string(i) + "," + std::to_string(100 * i + 10) + ",1\n";
  for (int i = 5; i >= 0; --i) csv += "a," + std::to_string(i) + "," + std::to_string(100 * i + i) + ",1\n";
  const TradeoffQuestion question{.id = "m",
                                  .original = "o",
                                  .quality = "q",
                                  .block = "block",
                                  .rule = {.test = VerdictTest::SignedRank, .smallest_delta = 0.01}};
  const Tradeoff t = tradeoff(read_csv(csv).value(), question).value();
  EXPECT_EQ(t.mutants[0].energy->p_value, 0.03125);
  EXPECT_EQ(t.mutants[0].undecided, "q: all differences are zero: the signed-rank test has nothing to rank");
}

TEST(Tradeoff, RefusesAWrongQuestion) {
  const Table table = read_csv("m,energy_j,q\na,1,2\nb,2,\nb,,3\n").value();
  EXPECT_EQ(sentence(tradeoff(table, {.id = "m", .original = "original", .quality = "q"})),
            "column 'm' has no level 'original' (known: a, b)");
  EXPECT_EQ(sentence(tradeoff(table, {.id = "q", .original = "2", .energy = "energi", .quality = "q"})),
            "there is no column 'energi' (did you mean 'energy_j'?)");
  EXPECT_EQ(sentence(tradeoff(read_csv("m,energy_j,q\na,1,2\n").value(),
                              {.id = "m", .original = "a", .quality = "q"})),
            "column 'm' names the original only");
  EXPECT_EQ(tradeoff(table, {.id = "m", .original = "a", .quality = "q"})->dropped, 2u);
}

// .75 at 7,200 J in 2 epochs: 1 Wh an epoch, 2 Wh in all.
TEST(EfficiencyQuotient, PerEpochAndPerRun) {
  const double nan = std::nan("");
  const std::vector<double> quality{0.75, 0.5, nan};
  const std::vector<double> energy{7200, 3600, 100};
  const std::vector<double> epochs{2, 4, 1};
  const auto of_epoch = efficiency_quotients(quality, energy, epochs).value();
  EXPECT_DOUBLE_EQ(of_epoch[0], 0.75);
  EXPECT_DOUBLE_EQ(of_epoch[1], 2);
  EXPECT_TRUE(std::isnan(of_epoch[2]));
  EXPECT_DOUBLE_EQ(efficiency_quotients(quality, energy)->at(0), 0.375);
  EXPECT_EQ(sentence(efficiency_quotients(quality, std::vector<double>{1, 0, 1})),
            "row 1: 0 J in 1 epochs: no quotient can be formed");
}

}  // namespace
}  // namespace frugal::stats
