#include "frugal/stats/importance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "frugal/stats/csv.h"
#include "frugal/stats/reference.h"

namespace frugal::stats {
namespace {

using nlohmann::json;

Table table_of(const json& c, std::vector<double> energy) {
  return Table::of({{"rate", Numbers{numbers(c["rate"])}},
                    {"momentum", Numbers{numbers(c["momentum"])}},
                    {"optimizer", factor_of(c["optimizer"].get<std::vector<std::string>>())},
                    {"energy_j", Numbers{std::move(energy)}}})
      .value();
}

ImportanceQuestion question_of(const json& c) {
  return {.parameters = {"rate", "momentum", "optimizer"},
          .logarithmic = {"rate"},
          .outcome = "energy_j",
          .best = c["share"]};
}

TEST(Importance, AgreesWithTheFormulaInNumPy) {
  const json cases = reference("importance");
  ASSERT_EQ(cases.size(), 3u);
  for (const json& c : cases) {
    const Importances found = importances(table_of(c, numbers(c["energy"])), question_of(c)).value();
    EXPECT_EQ(found.best, c["best"].get<std::size_t>());
    for (std::size_t i = 0; i < 3; ++i) {
      expect_near(found.parameters[i].divergence, c["divergence"][i], found.parameters[i].parameter);
      expect_near(found.parameters[i].share, c["shares"][i], found.parameters[i].parameter);
    }
  }
}

TEST(Importance, FindsWhatTheOutcomeDependsOn) {
  const json c = reference("importance")[0];  // energy depends on the rate most, not on the momentum
  const Importances found = importances(table_of(c, numbers(c["energy"])), question_of(c)).value();
  EXPECT_GT(found.parameters[0].share, 0.5);
  EXPECT_LT(found.parameters[1].share, 0.15);
}

TEST(Importance, LargerIsBetterIsTheMirrorImage) {
  const json c = reference("importance")[0];
  std::vector<double> quality = numbers(c["energy"]);
  std::transform(quality.begin(), quality.end(), quality.begin(), std::negate<>());
  ImportanceQuestion question = question_of(c);
  question.better = Better::Larger;
  const Importances found = importances(table_of(c, quality), question).value();
  for (std::size_t i = 0; i < 3; ++i)
    expect_near(found.parameters[i].divergence, c["divergence"][i], found.parameters[i].parameter);
}

TEST(Importance, SaysWhyItCannotDecide) {
  const Table table = read_csv("a,b,y\n1,x,3\n2,x,3\n3,x,3\n4,,1\n-1,x,\n").value();
  EXPECT_EQ(sentence(importances(table, {.parameters = {"b"}, .outcome = "y"})),
            "all runs are among the best ones: nothing tells them apart");
  EXPECT_EQ(sentence(importances(table, {.parameters = {}, .outcome = "y"})),
            "importance of which parameters? none is named");
  EXPECT_EQ(sentence(importances(table, {.parameters = {"c"}, .outcome = "y"})),
            "there is no column 'c' (did you mean 'a'?)");
  EXPECT_EQ(sentence(importances(read_csv("a,y\n1,2\n2,3\n").value(), {.parameters = {"a"}, .outcome = "y"})),
            "y: 2 values, at least 3 are needed");
  EXPECT_EQ(sentence(importances(read_csv("a,y\n0,2\n2,3\n1,4\n").value(),
                                 {.parameters = {"a"}, .logarithmic = {"a"}, .outcome = "y"})),
            "a: 0 has no logarithm");
  EXPECT_EQ(sentence(importances(table, {.parameters = {"a"}, .outcome = "y", .best = 1})),
            "the share of the best runs lies between 0 and 1");
  const Importances one =
      importances(read_csv("a,b,y\n1,7,2\n2,7,3\n1,7,4\n").value(), {.parameters = {"b"}, .outcome = "y"})
          .value();
  EXPECT_EQ(one.parameters[0].divergence, 0);
}

}  // namespace
}  // namespace frugal::stats
