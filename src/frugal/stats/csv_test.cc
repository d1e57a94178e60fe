#include "frugal/stats/csv.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "frugal/stats/reference.h"

namespace frugal::stats {
namespace {

std::string error_of(std::string_view text) { return sentence(read_csv(text)); }

Factor factor_in(const Table& table, const std::string& name) { return table.factor(name).value(); }

TEST(Csv, NumbersLevelsAndMissingCells) {
  const Table t =
      read_csv("batch_size,optimizer,energy_j\n32,sgd,1.5e3\n64,,NA\n+128,adam,-0.25\n,sgd,nan\n").value();
  ASSERT_EQ(t.rows(), 4u);
  ASSERT_EQ(t.columns().size(), 3u);
  const auto batch = t.numbers("batch_size").value();
  EXPECT_EQ(batch[0], 32);
  EXPECT_EQ(batch[2], 128);
  EXPECT_TRUE(std::isnan(batch[3]));
  const auto energy = t.numbers("energy_j").value();
  EXPECT_EQ(energy[0], 1500);
  EXPECT_TRUE(std::isnan(energy[1]));
  EXPECT_EQ(energy[2], -0.25);
  EXPECT_TRUE(std::isnan(energy[3]));
  const Factor optimizer = factor_in(t, "optimizer");
  EXPECT_EQ(optimizer.levels, (std::vector<std::string>{"adam", "sgd"}));
  EXPECT_EQ(optimizer.codes, (std::vector<std::int32_t>{1, kMissing, 0, 1}));
}

TEST(Csv, QuotesAsInRfc4180) {
  const Table t =
      read_csv("a,\"b \"\"x\"\"\"\r\n\"one, two\",\"line\r\nbreak\"\r\n\"\",\" kept \"\r\n").value();
  EXPECT_EQ(t.columns()[1].name, "b \"x\"");
  EXPECT_EQ(factor_in(t, "a").levels, (std::vector<std::string>{"one, two"}));
  EXPECT_EQ(factor_in(t, "a").codes[1], kMissing);
  EXPECT_EQ(factor_in(t, "b \"x\"").levels, (std::vector<std::string>{" kept ", "line\r\nbreak"}));
}

TEST(Csv, MarksLineEndsAndSpaces) {
  const Table t = read_csv("\xEF\xBB\xBF\r\na , b\r\n\r\n 1 ,\tx y \r\n\r\n2,z").value();
  ASSERT_EQ(t.rows(), 2u);
  EXPECT_EQ(t.numbers("a").value()[1], 2);
  EXPECT_EQ(factor_in(t, "b").levels, (std::vector<std::string>{"x y", "z"}));
  EXPECT_EQ(read_csv("a;b\n1;2\n", {.separator = ';'})->numbers("b").value()[0], 2);
  EXPECT_EQ(read_csv("a,b\n").value().rows(), 0u);
}

TEST(Csv, AWordAfterManyNumbersMakesAFactor) {
  std::string text = "a,b,c\n";
  for (int i = 0; i < 50; ++i) text += std::to_string(i % 3) + ",1," + std::to_string(i) + "\n";
  text += "none,2,3\nNA,4,word\n";
  const Table t = read_csv(text).value();
  EXPECT_EQ(factor_in(t, "a").levels, (std::vector<std::string>{"0", "1", "2", "none"}));
  EXPECT_EQ(factor_in(t, "a").codes[50], 3);
  EXPECT_EQ(factor_in(t, "a").codes[51], kMissing);
  EXPECT_EQ(factor_in(t, "a").codes[4], 1);
  EXPECT_EQ(t.numbers("b").value()[51], 4);
  EXPECT_EQ(factor_in(t, "c").levels.size(), 51u);
}

TEST(Csv, NumbersBeyondDoublesStayNumbers) {
  const auto a = read_csv("a\n1e999\n-1e999\n1e-999\n0.1\n").value();
  const auto values = a.numbers("a").value();
  EXPECT_EQ(values[0], std::numeric_limits<double>::infinity());
  EXPECT_EQ(values[1], -std::numeric_limits<double>::infinity());
  EXPECT_EQ(values[2], 0);
  EXPECT_EQ(values[3], 0.1);
  EXPECT_EQ(factor_in(read_csv("a\n1\n0x10\n").value(), "a").levels, (std::vector<std::string>{"0x10", "1"}));
}

TEST(Csv, ErrorsNameLineAndColumn) {
  EXPECT_EQ(error_of(""), "line 1, column 1: a header with the names of the columns is missing");
  EXPECT_EQ(error_of("a,,c\n"), "line 1, column 3: this column has no name");
  EXPECT_EQ(error_of("a,b,a\n"), "line 1, column 5: a second column 'a'");
  EXPECT_EQ(error_of("a,b\n1,2\n3\n"), "line 3, column 1: the row ends with cell 1 of 2");
  EXPECT_EQ(error_of("a,b\n1,2,3\n"), "line 2, column 3: the row goes on after cell 2 of 2");
  EXPECT_EQ(error_of("a,b\n1,\"open\n2,3\n"), "line 2, column 3: this quote is never closed");
  EXPECT_EQ(error_of("a,b\n\"x\"y,2\n"),
            "line 2, column 4: a closing quote ends its cell, here more follows");
  EXPECT_EQ(error_of("a,b\n1,5\"\n"), "line 2, column 4: a quote inside a cell that does not begin with one");
  EXPECT_EQ(error_of("a,b\n\"two\nlines\",2\n3\n"), "line 4, column 1: the row ends with cell 1 of 2");
}

TEST(Table, RefusesWhatIsNoTable) {
  EXPECT_EQ(sentence(Table::of({{"a", Numbers{{1, 2}}}, {"b", Numbers{{1}}}})),
            "column 'a' has 2 rows, column 'b' has 1");
  EXPECT_EQ(sentence(Table::of({{"a", Numbers{{1}}}, {"a", Numbers{{1}}}})), "two columns are named 'a'");
  EXPECT_EQ(sentence(Table::of({{"", Numbers{}}})), "a column has no name");
  EXPECT_EQ(sentence(Table::of({{"a", Factor{{0, 1}, {"x"}}}})),
            "column 'a', row 1: 1 is the code of no level");
}

TEST(Table, NamesTheNearestColumn) {
  const Table t = read_csv("energy_j,optimizer\n1,sgd\n").value();
  EXPECT_EQ(sentence(t.numbers("energy")), "there is no column 'energy' (did you mean 'energy_j'?)");
  EXPECT_EQ(sentence(t.numbers("optimizer")), "column 'optimizer' holds no numbers but levels such as 'sgd'");
}

TEST(Table, NumbersAsLevelsAndGroups) {
  const Table t = read_csv("rate,y\n0.1,1\n128,2\n0.1,3\n,4\n128,\n5,\n").value();
  const Factor rate = factor_in(t, "rate");
  EXPECT_EQ(rate.levels, (std::vector<std::string>{"0.1", "5", "128"}));
  EXPECT_EQ(rate.codes, (std::vector<std::int32_t>{0, 2, 0, kMissing, 2, 1}));
  const Groups groups = groups_of(t, "rate", "y").value();
  ASSERT_EQ(groups.groups.size(), 2u);
  EXPECT_EQ(groups.groups[0].level, "0.1");
  EXPECT_EQ(groups.groups[0].values, (std::vector<double>{1, 3}));
  EXPECT_EQ(groups.groups[1].values, (std::vector<double>{2}));
  EXPECT_EQ(groups.dropped, 3u);
  EXPECT_EQ(values_of(groups).size(), 2u);
  EXPECT_EQ(factor_of(std::vector<std::string>{"b", "", "a"}).codes,
            (std::vector<std::int32_t>{1, kMissing, 0}));
}

}  // namespace
}  // namespace frugal::stats
