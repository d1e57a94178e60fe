// What is a cell and where it stands; a table of them; texts that come back as they were.
#include <gtest/gtest.h>

#include "frugal/base/csv_cells.h"
#include "frugal/base/csv_table.h"

namespace frugal {
namespace {

// Rows of cells, or the error with its place.
std::string read(std::string_view text, char separator = ',') {
  CsvCells cells(text, separator);
  std::string out;
  while (cells.more()) {
    for (bool last = false; !last;) {
      const Result<CsvCell> cell = cells.next();
      if (!cell)
        return std::to_string(cells.line()) + ":" + std::to_string(cells.column()) + " " +
               cell.error().message;
      last = cell->last;
      out +=
          (cell->quoted ? "'" + std::string(cell->text) + "'" : std::string(cell->text)) + (last ? ";" : "|");
    }
  }
  return out;
}

TEST(CsvCells, BlanksEndsAndMarksAreNoPartOfCells) {
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "a, b ,c\r\n1,,3"),
            "a|b|c;1||3;");
  EXPECT_EQ(read("a\n\n  \t\nb\n"), "a;b;");
  EXPECT_EQ(read("a\tb\n\t\n", '\t'), "a|b;|;");
  EXPECT_EQ(read(""), "");
}

TEST(CsvCells, QuotesHoldSeparatorsLineEndsAndQuotes) {
  EXPECT_EQ(read("\"a,b\",\"say \"\"x\"\"\"\n\"two\nlines\",2\n"), "'a,b'|'say \"x\"';'two\nlines'|2;");
  EXPECT_EQ(read("\"\",\"\"\r\n"), "''|'';");
}

TEST(CsvCells, FaultsHaveTheirPlace) {
  EXPECT_EQ(read("a,b\n1,\"open\n2,3\n"), "2:3 this quote is never closed");
  EXPECT_EQ(read("a,b\n1,\"x\"y\n"), "2:6 a closing quote ends its cell, here more follows");
  EXPECT_EQ(read("\"two\nlines\",5\"\n"), "2:9 a quote inside a cell that does not begin with one");
}

TEST(CsvCells, ATextComesBackAsItWas) {
  for (const std::string text :
       {"plain", "with, comma", "a \"quote\"", " blanks ", "two\nlines", "\r", "", "ü"}) {
    const std::string line = csv_cell(text) + "," + csv_cell("end") + "\n";
    CsvCells cells(line);
    ASSERT_TRUE(cells.more());
    EXPECT_EQ(cells.next()->text, text) << line;
    EXPECT_EQ(cells.next()->text, "end");
  }
  EXPECT_EQ(csv_cell("plain"), "plain");
}

TEST(CsvTable, RowsKeepTheLineInWhichTheyBegin) {
  const CsvTable table = CsvTable::parse("name,value\n\n\"two\nlines\",1.5\nlast,\n", "runs.csv").value();
  EXPECT_EQ(table.columns(), (std::vector<std::string>{"name", "value"}));
  ASSERT_EQ(table.rows(), 2u);
  EXPECT_EQ(table.cell(0, 0), "two\nlines");
  EXPECT_EQ(*table.number(0, 1).value(), 1.5);
  EXPECT_FALSE(table.number(1, 1).value());
  EXPECT_EQ(table.error_at(0, 1, "is odd").message, "runs.csv:3: column 'value': is odd");
  EXPECT_EQ(table.number(1, 0).error().message, "runs.csv:5: column 'name': 'last' is not a number");
  EXPECT_EQ(table.require("valeu").error().message,
            "runs.csv: has no column 'valeu' (did you mean 'value'?)");
}

TEST(CsvTable, WhatIsNoTableIsRefusedWithItsLine) {
  const auto refusal = [](std::string_view text) { return CsvTable::parse(text, "t.csv").error().message; };
  EXPECT_EQ(refusal("\n \n"), "t.csv: the file is empty: a header line is missing");
  EXPECT_EQ(refusal("a,,b\n"), "t.csv:1: a column has no name");
  EXPECT_EQ(refusal("a,b,a\n"), "t.csv:1: the column 'a' comes twice");
  EXPECT_EQ(refusal("a,b\n1,2\n1,2,3\n"), "t.csv:3: 3 cells, but the header has 2 columns");
  EXPECT_EQ(refusal("a,b\n\"1,2\n"), "t.csv:2: this quote is never closed");
}

}  // namespace
}  // namespace frugal
