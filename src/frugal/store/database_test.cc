#include "frugal/store/database.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "frugal/store/scratch.h"

namespace frugal {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() { EXPECT_TRUE(database_->script("CREATE TABLE t (i INTEGER, r REAL, x TEXT) STRICT").ok()); }
  std::int64_t count() { return database_->integer("SELECT count(*) FROM t")->value(); }

  Scratch scratch_;
  std::unique_ptr<Database> database_ =
      std::move(Database::open(scratch_.file("x.db"), OpenMode::ReadWrite)).value();
};

TEST_F(DatabaseTest, CellsComeBackAsTheyWere) {
  const std::string text("a\0'b", 4);
  const double number = std::nextafter(0.1, 1.0);
  const std::int64_t least = std::numeric_limits<std::int64_t>::min();
  ASSERT_TRUE(database_->run("INSERT INTO t VALUES (?, ?, ?)", {least, number, text}).ok());
  EXPECT_EQ(database_->changes(), 1);
  ASSERT_TRUE(
      database_->run("INSERT INTO t VALUES (?, ?, ?)", {nullptr, std::nan(""), std::string_view()}).ok());
  int rows = 0;
  const Status read = database_->each("SELECT i, r, x FROM t ORDER BY rowid", {}, [&](const Row& row) {
    if (rows++ == 0) {
      EXPECT_EQ(row.integer(0), least);
      EXPECT_EQ(row.number(1), number);
      EXPECT_EQ(row.text(2), text);
    } else {
      EXPECT_TRUE(row.is_null(0));
      EXPECT_TRUE(std::isnan(row.number(1)));
      EXPECT_FALSE(row.is_null(2));  // an empty text is not an absent one
      EXPECT_EQ(row.text(2), "");
    }
    return Status();
  });
  EXPECT_TRUE(read.ok());
  EXPECT_EQ(rows, 2);
}

TEST_F(DatabaseTest, AVisitorStopsTheQueryWithItsError) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(database_->run("INSERT INTO t (i) VALUES (?)", {i}).ok());
  int seen = 0;
  const Status read = database_->each("SELECT i FROM t", {}, [&](const Row&) -> Status {
    if (++seen == 2) return bad_input("enough");
    return {};
  });
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().message, "enough");
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(count(), 3);
}

TEST_F(DatabaseTest, ATransactionThatIsNotCommittedNeverWas) {
  {
    const auto transaction = Transaction::write(*database_);
    ASSERT_TRUE(transaction.ok());
    ASSERT_TRUE(database_->run("INSERT INTO t (i) VALUES (1)").ok());
    EXPECT_TRUE(database_->in_transaction());
  }
  EXPECT_FALSE(database_->in_transaction());
  EXPECT_EQ(count(), 0);
  auto transaction = Transaction::write(*database_);
  ASSERT_TRUE(transaction.ok());
  ASSERT_TRUE(database_->run("INSERT INTO t (i) VALUES (1)").ok());
  ASSERT_TRUE(transaction->commit().ok());
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, MistakesOfOursAreDefectsNotLosses) {
  const Status wrong = database_->run("INSERT INTO nowhere VALUES (1)");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code, ErrorCode::GiveUp);
  EXPECT_EQ(wrong.error().message,
            "the store '" + scratch_.file("x.db") + "': no such table: nowhere (SQLite code 1)");
  const Status too_few = database_->run("INSERT INTO t VALUES (?, ?, ?)", {1});
  ASSERT_FALSE(too_few.ok());
  EXPECT_EQ(too_few.error().message, "a wrong number of values for: INSERT INTO t VALUES (?, ?, ?)");
  ASSERT_TRUE(database_->run("INSERT INTO t (i) VALUES (1)").ok());
  const Status nested =
      database_->each("SELECT i FROM t", {}, [&](const Row&) { return database_->run("SELECT i FROM t"); });
  ASSERT_FALSE(nested.ok());
  EXPECT_EQ(nested.error().message, "a query is used within itself: SELECT i FROM t");
}

}  // namespace
}  // namespace frugal
