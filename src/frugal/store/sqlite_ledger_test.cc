#include "frugal/store/sqlite_ledger.h"

#include <gtest/gtest.h>

#include "frugal/store/scratch.h"
#include "frugal/study/ledger_conformance.h"

namespace frugal {
namespace {

using ledger_examples::header;
using ledger_examples::kNaN;
using ledger_examples::report;
using ledger_examples::train_step;
using ledger_examples::trained;

class SqliteUnderTest final : public LedgerUnderTest {
 public:
  SqliteUnderTest() { reopen(); }
  Ledger& ledger() override { return *ledger_; }
  void reopen() override {
    ledger_.reset();
    ledger_ = opened(scratch_.file("frugal.db"));
  }

 private:
  Scratch scratch_;
  std::unique_ptr<SqliteLedger> ledger_;
};

LedgerMaker maker() {
  return [] { return std::make_unique<SqliteUnderTest>(); };
}

TEST(SqliteLedgerTest, RefusesAStepThatCouldNotBeReadBack) {
  Scratch scratch;
  const auto ledger = opened(scratch.file("frugal.db"));
  ASSERT_TRUE(ledger->create(header("s")).ok());
  Step step = train_step(1);
  step.work = Explore{.fraction = kNaN, .rates = {0.1}};
  const Status begun = ledger->begin("s", 0, 1, step);
  ASSERT_FALSE(begun.ok());
  EXPECT_EQ(begun.error().code, ErrorCode::GiveUp);
  EXPECT_EQ(begun.error().message.rfind("this step cannot be recorded: ", 0), 0u) << begun.error().message;
  EXPECT_TRUE(ledger->read("s")->value().lost.empty());
}

TEST(SqliteLedgerTest, FinishesOneAttemptOfAStepOnly) {
  Scratch scratch;
  const auto ledger = opened(scratch.file("frugal.db"));
  ASSERT_TRUE(ledger->create(header("s")).ok());
  for (const int attempt : {1, 2}) ASSERT_TRUE(ledger->begin("s", 0, attempt, train_step(1)).ok());
  ASSERT_TRUE(ledger->finish("s", 0, 1, trained(1, 1)).ok());
  const Status second = ledger->finish("s", 0, 2, trained(1, 1));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().message, "finish: attempt 2 of step 0 comes after another one that is finished");
}

TEST(SqliteLedgerTest, SaysWhichRecordMakesNoSense) {
  Scratch scratch;
  const std::string path = scratch.file("frugal.db");
  const auto ledger = opened(path);
  ASSERT_TRUE(ledger->create(header("s")).ok());
  ASSERT_TRUE(ledger->begin("s", 3, 1, train_step(1)).ok());
  ASSERT_TRUE(ledger->finish("s", 3, 1, trained(1, 1)).ok());
  const auto database = std::move(Database::open(path, OpenMode::ReadWrite)).value();
  const auto message = [&](const char* sql) {
    EXPECT_TRUE(database->script(sql).ok());
    const auto read = ledger->read("s");
    EXPECT_FALSE(read.ok());
    return read.ok() ? "" : read.error().message;
  };
  const std::string place = "the store '" + path + "': attempt 1 of step 3 of the study 's' cannot be read: ";
  EXPECT_EQ(message("UPDATE epoch SET method = 'guess'"), place + "the method 'guess' is unknown");
  EXPECT_EQ(message("UPDATE attempt SET failure = 'tired'"), place + "the failure 'tired' is unknown");
  EXPECT_EQ(message("UPDATE study SET plan = '{'")
                .rfind("the store '" + path + "': the plan of the study 's' cannot be read: ", 0),
            0u);
}

// The joins of read_study rely on it: rows come in the order of the index, nothing is sorted.
TEST(SqliteLedgerTest, ReadsEveryTableInTheOrderOfItsIndex) {
  Scratch scratch;
  const std::string path = scratch.file("frugal.db");
  ASSERT_NE(opened(path), nullptr);
  const auto database = std::move(Database::open(path, OpenMode::ReadOnly)).value();
  for (const char* table : {"epoch c", "curve c", "phase_energy c", "device_energy c"}) {
    const std::string key = table[0] == 'p' ? "c.phase" : table[0] == 'd' ? "c.device" : "c.position";
    const std::string sql = "EXPLAIN QUERY PLAN SELECT c.attempt_id FROM attempt a JOIN " +
                            std::string(table) +
                            " USING (attempt_id) WHERE a.study_id = 1 ORDER BY a.step, a.attempt, " + key;
    std::string plan;
    ASSERT_TRUE(database
                    ->each(sql, {},
                           [&](const Row& row) {
                             plan += row.text(3) + "\n";
                             return Status();
                           })
                    .ok());
    EXPECT_EQ(plan.find("TEMP B-TREE"), std::string::npos) << plan;
  }
}

TEST(SqliteLedgerTest, ReadsWhileAnotherWrites) {
  Scratch scratch;
  const std::string path = scratch.file("frugal.db");
  const auto writer = opened(path);
  ASSERT_TRUE(writer->create(header("s")).ok());
  ASSERT_TRUE(writer->begin("s", 0, 1, train_step(1)).ok());
  const auto reader = opened(path, OpenMode::ReadOnly);
  EXPECT_TRUE(reader->read("s")->value().history.empty());
  ASSERT_TRUE(writer->finish("s", 0, 1, trained(1, 2)).ok());
  EXPECT_EQ(reader->read("s")->value().history.size(), 1u);

  const auto other = std::move(Database::open(path, OpenMode::ReadWrite)).value();
  const auto half_done = Transaction::write(*other);
  ASSERT_TRUE(half_done.ok());
  ASSERT_TRUE(other->run("DELETE FROM epoch").ok());
  EXPECT_EQ(reader->read("s")->value().history.at(0).outcome.epochs.size(), 2u);
}

TEST(SqliteLedgerTest, AReaderCannotWrite) {
  Scratch scratch;
  const std::string path = scratch.file("frugal.db");
  ASSERT_TRUE(opened(path)->create(header("s")).ok());
  const auto reader = opened(path, OpenMode::ReadOnly);
  const Status created = reader->create(header("t"));
  ASSERT_FALSE(created.ok());
  EXPECT_EQ(created.error().code, ErrorCode::StoreBroken);
  EXPECT_EQ(reader->list()->size(), 1u);
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Sqlite, LedgerConformance, testing::Values(maker()));

}  // namespace frugal
