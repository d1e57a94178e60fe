// What happens to files that are no store, not ours, too new, damaged, locked, read-only or on a full disk.
#include "frugal/store/store_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "frugal/store/scratch.h"
#include "frugal/study/ledger.h"

namespace frugal {
namespace {

constexpr const char* kLeftAsItIs = "it was left as it is; name another store with --store FILE";

class StoreFileTest : public testing::Test {
 protected:
  StoreFileTest() {
    std::filesystem::permissions(scratch_.path(),
                                 std::filesystem::perms::others_exec | std::filesystem::perms::owner_all);
  }
  // Opening fails with these words and without a change of the file.
  void refused(const std::string& message, const std::string& hint, OpenMode mode = OpenMode::ReadWrite) {
    const std::string before = bytes_of(path_);
    const auto ledger = SqliteLedger::open(path_, mode);
    ASSERT_FALSE(ledger.ok());
    EXPECT_EQ(ledger.error().code, ErrorCode::StoreBroken);
    EXPECT_EQ(ledger.error().message, message);
    EXPECT_EQ(ledger.error().hint, hint);
    EXPECT_EQ(bytes_of(path_), before);
  }
  void write_file(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }
  void sql(const char* script) const {
    const auto database = Database::open(path_, OpenMode::ReadWrite);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE((*database)->script(script).ok());
  }
  void fill(const std::string& study) const {
    const auto ledger = opened(path_);
    ASSERT_TRUE(
        ledger->create({.name = study, .plan = {}, .source = std::string(200000, 'x'), .goal = {}}).ok());
  }

  Scratch scratch_;
  std::string path_ = scratch_.file("frugal.db");
};

TEST_F(StoreFileTest, ReadingWantsAStoreToBeThere) {
  const std::string message = "there is no store '" + path_ + "' here";
  const std::string hint = "start a study with: frugal run STUDY.yaml, or name the store with --store FILE";
  const auto missing = SqliteLedger::open(path_, OpenMode::ReadOnly);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::StoreBroken);
  EXPECT_EQ(missing.error().message, message);
  EXPECT_EQ(missing.error().hint, hint);
  EXPECT_FALSE(std::filesystem::exists(path_));
  write_file("");
  refused(message, hint, OpenMode::ReadOnly);
  EXPECT_TRUE(opened(path_)->list()->empty());  // what a kill in the first moment leaves is a new store
}

TEST_F(StoreFileTest, AFolderThatIsNotThere) {
  path_ = scratch_.file("no/such/frugal.db");
  refused("the store '" + path_ + "' cannot be opened (unable to open database file)",
          "check that its folder exists and that both may be read and written");
}

TEST_F(StoreFileTest, AFileThatIsNoDatabase) {
  for (const std::string& bytes :
       {std::string("name: digits\n"), std::string(100000, 'x'), std::string("SQLite format 3\0", 16)}) {
    write_file(bytes);
    for (const OpenMode mode : {OpenMode::ReadWrite, OpenMode::ReadOnly}) {
      refused("'" + path_ + "' is no store: it is not an SQLite database", kLeftAsItIs, mode);
    }
  }
}

TEST_F(StoreFileTest, ADatabaseOfAnotherProgram) {
  const std::string message = "'" + path_ + "' is an SQLite database of another program";
  for (const char* script :
       {"CREATE TABLE trials (x)", "PRAGMA application_id = 77", "PRAGMA user_version = 3"}) {
    std::filesystem::remove(path_);
    sql(script);
    refused(message, kLeftAsItIs);
    refused(message, kLeftAsItIs, OpenMode::ReadOnly);
  }
}

TEST_F(StoreFileTest, AStoreOfANewerFrugal) {
  fill("s");
  sql("PRAGMA user_version = 99");
  refused("the store '" + path_ + "' was written by a newer frugal: its schema is 99, this frugal knows 2",
          "it was left as it is; update frugal, or name another store with --store FILE");
}

TEST_F(StoreFileTest, ATruncatedStore) {
  fill("s");
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) / 2);
  refused("the store '" + path_ + "' is damaged (database disk image is malformed)",
          "keep a copy of it and of '" + path_ + "-wal', then save what can be read with: sqlite3 " + path_ +
              " .recover | sqlite3 recovered.db");
}

TEST_F(StoreFileTest, ADamagedPageShowsWhenItIsRead) {
  fill("s");
  std::string bytes = bytes_of(path_);
  for (std::size_t i = 4096; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31);
  write_file(bytes);
  const auto ledger = SqliteLedger::open(path_, OpenMode::ReadWrite);
  const Error error = ledger.ok() ? (*ledger)->list().error() : ledger.error();
  EXPECT_EQ(error.code, ErrorCode::StoreBroken);
  EXPECT_EQ(error.message, "the store '" + path_ + "' is damaged (database disk image is malformed)");
}

TEST_F(StoreFileTest, AStoreThatStaysLockedIsWorthAnotherTry) {
  fill("s");
  const auto other = std::move(Database::open(path_, OpenMode::ReadWrite)).value();
  const auto held = Transaction::write(*other);
  ASSERT_TRUE(held.ok());
  const auto impatient = std::move(Database::open(path_, OpenMode::ReadWrite)).value();
  const auto second = Transaction::write(*impatient);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::Retry);
  EXPECT_EQ(second.error().message, "the store '" + path_ + "' is being written by another process");
}

// Root may write everything, so the test becomes nobody for a while.
class AsNobody {
 public:
  AsNobody() { changed_ = geteuid() == 0 && seteuid(65534) == 0; }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  ~AsNobody() {
    if (changed_ && seteuid(0) != 0) std::abort();
  }

 private:
  bool changed_ = false;
};

TEST_F(StoreFileTest, AReadOnlyStoreCanBeReadAndSaysSoWhenWritten) {
  fill("s");
  std::filesystem::permissions(path_, std::filesystem::perms{0444});
  std::filesystem::permissions(scratch_.path(), std::filesystem::perms{0555});
  {
    const AsNobody nobody;
    refused("the store '" + path_ + "' cannot be written: it is read-only here",
            "allow it with: chmod u+w " + path_ + ", or name another store with --store FILE");
    const auto reader = opened(path_, OpenMode::ReadOnly);
    ASSERT_NE(reader, nullptr);
    EXPECT_EQ(reader->list()->size(), 1u);
    EXPECT_TRUE(reader->read("s")->has_value());
  }
  std::filesystem::permissions(scratch_.path(), std::filesystem::perms{0755});
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
}

TEST_F(StoreFileTest, AFullDiskIsSaidAndKeepsWhatWasAcknowledged) {
  fill("s");
  {
    const auto database = std::move(open_store(path_, OpenMode::ReadWrite, schema_scripts())).value();
    const auto pages = database->integer("PRAGMA page_count");
    ASSERT_TRUE(
        database->script(("PRAGMA max_page_count = " + std::to_string(pages->value() + 2)).c_str()).ok());
    const std::string much(1 << 20, 'x');
    const Status written = database->run("UPDATE study SET source = ?", {much});
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().code, ErrorCode::StoreBroken);
    EXPECT_EQ(written.error().message,
              "the disk is full: nothing more can be written to the store '" + path_ + "'");
    EXPECT_EQ(written.error().hint,
              "everything acknowledged is kept; free some space and run the same command again");
  }
  EXPECT_EQ(opened(path_)->read("s")->value().header.source.size(), 200000u);
}

// The child may not make its files larger: every write beyond fails, as on a disk with a quota.
void fail_to_write(const std::string& path) {
  static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
  const auto ledger = SqliteLedger::open(path, OpenMode::ReadWrite);
  const rlimit limit{400000, 400000};
  if (!ledger.ok() || setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(3);
  const Status first = (*ledger)->remark("s", RemarkKind::Caveat, "small");
  const Status second = (*ledger)->remark("s", RemarkKind::Caveat, std::string(1 << 20, 'x'));
  const Status third = (*ledger)->remark("s", RemarkKind::Caveat, "small again");
  const bool as_told =
      first.ok() && !second.ok() && second.error().code == ErrorCode::StoreBroken && third.ok();
  _exit(as_told ? 0 : 4);
}

TEST_F(StoreFileTest, AFailedWriteChangesNothingAndTheNextOneMayWork) {
  fill("s");
  EXPECT_EXIT(fail_to_write(path_), testing::ExitedWithCode(0), "");
  EXPECT_EQ(opened(path_)->read("s")->value().caveats, (std::vector<std::string>{"small", "small again"}));
}

TEST_F(StoreFileTest, TwoProcessesMayCreateItAtOnce) {
  for (int round = 0; round < 15; ++round) {
    path_ = scratch_.file("frugal" + std::to_string(round) + ".db");
    constexpr std::size_t kAtOnce = 4;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      threads.emplace_back([this, i] {
        const auto ledger = SqliteLedger::open(path_, OpenMode::ReadWrite);
        if (!ledger.ok()) {
          ADD_FAILURE() << ledger.error().message;
          return;
        }
        const Status created = (*ledger)->create({.name = std::to_string(i), .plan = {}, .goal = {}});
        EXPECT_TRUE(created.ok()) << created.error().message;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(opened(path_)->list()->size(), kAtOnce);
  }
}

TEST_F(StoreFileTest, NamesAreOnlyNames) {
  for (const char* name : {"a b.db", "q?mode=ro.db", "per%20cent.db", "ha#sh.db", "it's.db", "Ж🦊.db"}) {
    path_ = scratch_.file(name);
    fill("s");
    EXPECT_TRUE(std::filesystem::exists(path_)) << path_;
    EXPECT_EQ(opened(path_, OpenMode::ReadOnly)->list()->size(), 1u);
    const auto unchanging = Database::open_unchanging(path_);
    ASSERT_TRUE(unchanging.ok());
    EXPECT_EQ((*unchanging)->integer("SELECT count(*) FROM study")->value(), 1) << path_;
  }
}

TEST_F(StoreFileTest, EveryConnectionThatWritesIsSetForDurability) {
  const auto database = std::move(open_store(path_, OpenMode::ReadWrite, schema_scripts())).value();
  std::string mode;
  ASSERT_TRUE(database
                  ->each("PRAGMA journal_mode", {},
                         [&](const Row& row) {
                           mode = row.text(0);
                           return Status();
                         })
                  .ok());
  EXPECT_EQ(mode, "wal");
  EXPECT_EQ(database->integer("PRAGMA synchronous")->value(), 2);
  EXPECT_EQ(database->integer("PRAGMA foreign_keys")->value(), 1);
  EXPECT_EQ(database->integer("PRAGMA busy_timeout")->value(), 5000);
  EXPECT_EQ(database->integer("PRAGMA application_id")->value(), kApplicationId);
  EXPECT_EQ(database->integer("PRAGMA user_version")->value(), 2);
}

}  // namespace
}  // namespace frugal
