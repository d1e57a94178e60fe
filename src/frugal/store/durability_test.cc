// What is acknowledged survives a kill; what is not, is not there by half. Children die by SIGKILL, so that
// nothing of theirs is flushed, closed or rolled back. A power cut is not played: see docs/store.md.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "frugal/store/scratch.h"
#include "frugal/study/ledger_examples.h"

namespace frugal {
namespace {

using ledger_examples::header;
using ledger_examples::report;
using ledger_examples::told;
using ledger_examples::train_step;
using ledger_examples::trained;

void die() { static_cast<void>(kill(getpid(), SIGKILL)); }

// In the child, where a failure cannot be told to the test: any exit but SIGKILL is one.
void demand(bool condition) {
  if (!condition) _exit(2);
}

void finish_two_and_die(const std::string& path) {
  const auto ledger = opened(path);
  demand(ledger->create(header("s")).ok());
  for (int number = 0; number < 2; ++number) {
    demand(ledger->begin("s", number, 1, train_step(1)).ok());
    demand(ledger->finish("s", number, 1, trained(1 + 10 * number, 10)).ok());
  }
  demand(ledger->begin("s", 2, 1, train_step(1)).ok());
  demand(ledger->progress("s", 2, 1, report(5), Duration(2)).ok());
  die();
}

TEST(DurabilityTest, AcknowledgedRecordsSurviveAKill) {
  Scratch scratch;
  const std::string path = scratch.file("frugal.db");
  EXPECT_EXIT(finish_two_and_die(path), testing::KilledBySignal(SIGKILL), "");
  for (const OpenMode mode :
       {OpenMode::ReadOnly, OpenMode::ReadWrite}) {  // reading comes first: the log is still there
    const StudyRecord record = opened(path, mode)->read("s")->value();
    ASSERT_EQ(record.history.size(), 2u);
    EXPECT_EQ(told(record.history[1]), told(Observation{1, train_step(1), trained(11, 10)}));
    ASSERT_EQ(record.lost.size(), 1u);
    EXPECT_EQ(told(record.lost[0]), told(LostAttempt{2, 1, 1, "killed", report(5), Duration(2), true}));
  }
}

void die_in_a_transaction(const std::string& path) {
  const auto ledger = opened(path);
  demand(ledger->create(header("s")).ok());
  demand(ledger->begin("s", 0, 1, train_step(1)).ok());
  demand(ledger->finish("s", 0, 1, trained(1, 10)).ok());
  const auto database = std::move(Database::open(path, OpenMode::ReadWrite)).value();
  demand(database->script("PRAGMA cache_size = 1").ok());  // so that uncommitted pages reach the log
  const auto transaction = Transaction::write(*database);
  demand(transaction.ok());
  demand(database->run("DELETE FROM epoch").ok());
  demand(database->run("UPDATE study SET source = ?", {std::string(1 << 20, 'x')}).ok());
  demand(
      database->run("INSERT INTO remark (study_id, kind, text) SELECT study_id, 'caveat', 'half' FROM study")
          .ok());
  die();
}

TEST(DurabilityTest, AKillWithinATransactionLeavesNothingOfIt) {
  Scratch scratch;
  const std::string path = scratch.file("frugal.db");
  EXPECT_EXIT(die_in_a_transaction(path), testing::KilledBySignal(SIGKILL), "");
  const auto ledger = opened(path);
  const StudyRecord record = ledger->read("s")->value();
  EXPECT_EQ(record.header.source, header("s").source);
  EXPECT_TRUE(record.caveats.empty());
  ASSERT_EQ(record.history.size(), 1u);
  EXPECT_EQ(told(record.history[0]), told(Observation{0, train_step(1), trained(1, 10)}));
  EXPECT_TRUE(ledger->begin("s", 1, 1, train_step(1)).ok());
}

// Writes steps until the timer kills it; one byte into `acknowledged` for each finish() that returned.
void write_until_killed(const std::string& path, const std::string& acknowledged, int milliseconds) {
  const auto ledger = opened(path);
  const int notes = open(acknowledged.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  demand(notes >= 0 && ledger->create(header("s")).ok());
  std::thread([milliseconds] {
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    die();
  }).detach();
  for (int number = 0;; ++number) {
    demand(ledger->begin("s", number, 1, train_step(number)).ok());
    demand(ledger->finish("s", number, 1, trained(1, 10)).ok());
    demand(write(notes, ".", 1) == 1);
  }
}

TEST(DurabilityTest, AKillAtAnyMomentLosesNothingAcknowledged) {
  std::size_t most = 0;
  for (int round = 0; round < 12; ++round) {
    Scratch scratch;
    const std::string path = scratch.file("frugal.db");
    EXPECT_EXIT(write_until_killed(path, scratch.file("notes"), 20 + 17 * round),
                testing::KilledBySignal(SIGKILL), "");
    const std::size_t acknowledged = bytes_of(scratch.file("notes")).size();
    const auto ledger = opened(path);
    ASSERT_NE(ledger, nullptr);
    const StudyRecord record = ledger->read("s")->value();
    // The kill may fall between the commit and the note of it.
    ASSERT_GE(record.history.size(), acknowledged);
    ASSERT_LE(record.history.size(), acknowledged + 1);
    ASSERT_LE(record.lost.size(), 1u);
    for (std::size_t i = 0; i < record.history.size(); ++i) {
      const int number = static_cast<int>(i);
      ASSERT_EQ(told(record.history[i]), told(Observation{number, train_step(number), trained(1, 10)}));
    }
    most = std::max(most, acknowledged);
  }
  EXPECT_GT(most, 0u) << "no round lived long enough to show anything";
}

}  // namespace
}  // namespace frugal
