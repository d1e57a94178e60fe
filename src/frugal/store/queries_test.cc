// The queries that docs/store.md promises, run against a small store; and the answers of the views.
#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include "frugal/store/scratch.h"
#include "frugal/study/ledger_examples.h"

namespace frugal {
namespace {

using ledger_examples::header;
using ledger_examples::kInfinity;
using ledger_examples::kNaN;
using ledger_examples::report;
using ledger_examples::train_step;
using ledger_examples::trained;

class QueriesTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto ledger = opened(path_);
    ASSERT_TRUE(ledger->create(header("digits")).ok());
    StudyHeader least = header("words");
    least.goal = {"perplexity", false};
    ASSERT_TRUE(ledger->create(least).ok());
    for (int number = 0; number < 3; ++number) {
      Step step = train_step(number / 2 + 1);
      step.point.set("batch_size", std::int64_t{64} << (number / 2));
      Outcome outcome = trained(1, 2);
      outcome.epochs[0].metrics["accuracy"] = 0.5 + 0.1 * number;
      outcome.epochs[1].metrics["accuracy"] = number == 0 ? kInfinity : kNaN;
      keep(*ledger, "digits", number, step, outcome);
      outcome.epochs[0].metrics = {{"perplexity", 9.0 - number}};
      outcome.epochs[1].metrics = {{"perplexity", 20.0}};
      keep(*ledger, "words", number, step, outcome);
    }
    ASSERT_TRUE(ledger->begin("digits", 3, 1, train_step(1)).ok());
    ASSERT_TRUE(ledger->lose("digits", 3, 1, "died", report(2), Duration(1)).ok());
    ASSERT_TRUE(ledger->begin("digits", 3, 2, train_step(1)).ok());
    ASSERT_TRUE(ledger->progress("digits", 3, 2, {}, Duration(0), ledger_examples::trace(0, 6)).ok());
    ASSERT_TRUE(ledger->host("digits", {{"processor", "X"}}).ok());
    database_ = std::move(Database::open(path_, OpenMode::ReadOnly)).value();
  }
  static void keep(Ledger& ledger, const std::string& study, int number, const Step& step,
                   const Outcome& outcome) {
    ASSERT_TRUE(ledger.begin(study, number, 1, step).ok());
    ASSERT_TRUE(ledger.finish(study, number, 1, outcome).ok());
  }
  // The rows, their cells joined by |, one a line.
  std::string rows(const std::string& sql, int columns) {
    std::string text;
    const Status read = database_->each(sql, {}, [&](const Row& row) {
      for (int i = 0; i < columns; ++i) text += (i > 0 ? "|" : "") + row.text(i);
      text += "\n";
      return Status();
    });
    EXPECT_TRUE(read.ok()) << read.error().message << "\n" << sql;
    return text;
  }

  Scratch scratch_;
  std::string path_ = scratch_.file("frugal.db");
  std::unique_ptr<Database> database_;
};

std::vector<std::string> queries_of(const std::string& page) {
  std::vector<std::string> queries;
  const std::string open = "```sql\n";
  for (std::size_t at = page.find(open); at != std::string::npos; at = page.find(open, at)) {
    at += open.size();
    queries.push_back(page.substr(at, page.find("```", at) - at));
  }
  return queries;
}

TEST_F(QueriesTest, EveryQueryOfThePageGivesAnAnswer) {
  const auto page = std::filesystem::path(__FILE__).parent_path() / "../../../docs/store.md";
  const std::vector<std::string> queries = queries_of(bytes_of(page.string()));
  EXPECT_GE(queries.size(), 5u) << page;
  for (const std::string& query : queries) EXPECT_NE(rows(query, 1), "") << query;
}

// Every table, view and column of the schema is explained.
TEST_F(QueriesTest, ThePageNamesWhatIsThere) {
  const auto page =
      bytes_of((std::filesystem::path(__FILE__).parent_path() / "../../../docs/store.md").string());
  const Status read = database_->each(
      "SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) c"
      " WHERE m.type IN ('table', 'view')",
      {}, [&](const Row& row) {
        for (int i = 0; i < 2; ++i)
          EXPECT_NE(page.find("`" + row.text(i) + "`"), std::string::npos)
              << row.text(0) << "." << row.text(i);
        return Status();
      });
  EXPECT_TRUE(read.ok());
}

TEST_F(QueriesTest, TheSummaryKnowsTheGoalAndAllThatWasSpent) {
  const std::string sql =
      "SELECT study, trial, point, steps, epochs, metric_name, best_metric, lost_attempts, failures FROM "
      "trial_summary";
  EXPECT_EQ(rows(sql, 9),
            "digits|1|{\"batch_size\":64,\"learning_rate\":0.1}|2|4|accuracy|0.6|2|0\n"
            "digits|2|{\"batch_size\":128,\"learning_rate\":0.1}|1|2|accuracy|0.7|0|0\n"
            "words|1|{\"batch_size\":64,\"learning_rate\":0.1}|2|4|perplexity|8.0|0|0\n"
            "words|2|{\"batch_size\":128,\"learning_rate\":0.1}|1|2|perplexity|7.0|0|0\n");
  EXPECT_EQ(rows("SELECT round(energy_j, 6), round(lost_j, 6), round(duration_s, 6) FROM trial_summary WHERE "
                 "study = 'digits' AND trial = 1",
                 3),
            "26.68|2.0|1.2\n");
  EXPECT_EQ(rows("SELECT coalesce(lost_j, 'none') FROM trial_summary WHERE trial = 2", 1), "none\nnone\n");
}

TEST_F(QueriesTest, EveryRowNamesItsStudyTrialAndStep) {
  EXPECT_EQ(rows("SELECT study, trial, step, epoch, metric_name, coalesce(metric, 'none'), metrics, samples, "
                 "sensor FROM epoch_rows"
                 " WHERE trial = 2 ORDER BY study, epoch",
                 9),
            "digits|2|2|1|accuracy|0.7|{\"f1\":0.1}|500|sim0\n"
            "digits|2|2|2|accuracy|none|{\"accuracy\":null,\"f1\":0.1}|500|sim0\n"
            "words|2|2|1|perplexity|7.0||500|sim0\n"
            "words|2|2|2|perplexity|20.0||500|sim0\n");
  EXPECT_EQ(rows("SELECT step, attempt, trial, kind, state, lost_why FROM attempt_rows WHERE study = "
                 "'digits' AND state <> 'finished'",
                 6),
            "3|1|1|train|lost|died\n3|2|1|train|running|\n");
  EXPECT_EQ(rows("SELECT trial, name, value, type FROM trial_point WHERE study = 'digits'", 4),
            "1|batch_size|64|integer\n1|learning_rate|0.1|real\n2|batch_size|128|integer\n2|learning_rate|0."
            "1|real\n");
}

TEST_F(QueriesTest, AStudyGoesWithAllThatBelongsToIt) {
  const auto writer = std::move(Database::open(path_, OpenMode::ReadWrite)).value();
  ASSERT_TRUE(writer->script("PRAGMA foreign_keys = ON; DELETE FROM study").ok());
  for (const char* table : {"attempt", "epoch", "curve", "phase_energy", "device_energy", "remark", "sensor",
                            "attempt_trace", "reading", "phase_edge", "host_fact"}) {
    EXPECT_EQ(rows(std::string("SELECT count(*) FROM ") + table, 1), "0\n") << table;
  }
}

}  // namespace
}  // namespace frugal
