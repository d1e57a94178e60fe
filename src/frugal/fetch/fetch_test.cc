// Small data sets of every layout, fetched from a server on this machine and from files: what is in place
// afterwards, and that nothing is when something was wrong.
#include "frugal/fetch/fetch.h"

#include <gtest/gtest.h>

#include <atomic>

#include "frugal/fetch/archive.h"
#include "frugal/fetch/archive_testing.h"
#include "frugal/fetch/digest.h"
#include "frugal/fetch/fetch_testing.h"

namespace frugal {
namespace {

using fetch_testing::ArchiveEntry;
using fetch_testing::file_bytes;
using fetch_testing::make_archive;
using fetch_testing::NotedObserver;
using fetch_testing::resumable_answer;
using fetch_testing::ScratchFolder;
using fetch_testing::tree;
using fetch_testing::web_answer;
using fetch_testing::WebRequest;
using fetch_testing::WebServer;
using fetch_testing::write_file;
using Names = std::vector<std::string>;

const DownloadSettings kQuick{
    .http = {.connect_timeout = Duration(5), .silence = Duration(5)}, .attempts = 2, .pause = Duration(0)};
const std::vector<ArchiveEntry> kWords{
    {"words/train", "a b\n"}, {"words/test", "c\n"}, {"words/readme", "hello"}};

class FetchTest : public ::testing::Test {
 protected:
  FetchTest() {
    make_archive(folder_.path("web/words.zip"), kWords);
    words_.downloads[0].digest =
        Digest{DigestKind::Md5, *file_digest(folder_.path("web/words.zip"), DigestKind::Md5), "the test"};
  }
  Result<FetchReport> get(const DataSet& set, FetchRequest request) {
    if (request.data_dir == "data") request.data_dir = folder_.path("data");
    return fetch(set, request, kQuick, observer_);
  }
  Result<FetchReport> from_web(const DataSet& set) { return get(set, {.mirror = server_.address("/")}); }
  Names data() const {
    return std::filesystem::exists(folder_.path("data")) ? tree(folder_.path("data")) : Names{"(none)"};
  }

  ScratchFolder folder_;
  NotedObserver observer_;
  std::atomic<bool> cut_{false};
  WebServer server_{[this](const WebRequest& request) {
    const std::string path = folder_.path("web" + request.path);
    if (!std::filesystem::exists(path)) return web_answer("404 Not Found", "", "no");
    const std::string whole = resumable_answer(request, file_bytes(path), "\"v\"");
    return cut_ ? whole.substr(0, request.first_byte() == 0 ? whole.size() - 50 : 0) : whole;
  }};
  bool made_ = std::filesystem::create_directories(folder_.path("web"));
  DataSet words_{.name = "words",
                 .title = "Words",
                 .task = "language-model",
                 .licence = "none",
                 .citation = "nobody",
                 .source = "http://words.example",
                 .layout = Layout::Unpack,
                 .folder = "words-1",
                 .downloads = {{"words.zip", "http://127.0.0.1:1/words.zip"}},
                 .files = {{"train", TokenLines{1, 3}}, {"test", TokenLines{1, 2}}}};
};

TEST_F(FetchTest, AnArchiveIsUnpackedIntoItsFolder) {
  const auto report = from_web(words_);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_FALSE(report->was_there);
  EXPECT_EQ(report->state.condition(), Condition::Good);
  EXPECT_EQ(data(), (Names{"words-1", "words-1/readme", "words-1/test", "words-1/train"}));
  EXPECT_EQ(file_bytes(folder_.path("data/words-1/train")), "a b\n");
}

TEST_F(FetchTest, WhatIsThereAndGoodIsNotFetchedAgain) {
  ASSERT_TRUE(from_web(words_));
  const std::size_t asked = server_.seen().size();
  const auto report = from_web(words_);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->was_there);
  EXPECT_EQ(server_.seen().size(), asked);
}

TEST_F(FetchTest, AWrongChecksumLeavesNothing) {
  words_.downloads[0].digest->hex = "00000000000000000000000000000000";
  const auto report = from_web(words_);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::FixInput);
  EXPECT_NE(report.error().message.find("not 00000000000000000000000000000000 (the test)"),
            std::string::npos);
  EXPECT_NE(report.error().hint.find("--from FILE"), std::string::npos);
  EXPECT_EQ(data(), Names{"(none)"});
}

TEST_F(FetchTest, AWrongChecksumLeavesADataFolderAsItWas) {
  write_file(folder_.path("data/other"), "mine");
  words_.downloads[0].digest->hex = "00000000000000000000000000000000";
  ASSERT_FALSE(from_web(words_));
  EXPECT_EQ(data(), Names{"other"});
}

TEST_F(FetchTest, AWrongStructureLeavesNothing) {
  words_.files[1].structure = TokenLines{1, 3};
  const auto report = from_web(words_);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message, "this is not words: test: 2 tokens, not 3");
  EXPECT_EQ(data(), Names{"(none)"});
}

TEST_F(FetchTest, AHostileArchiveLeavesNothing) {
  make_archive(folder_.path("web/words.zip"), {{"words/train", "a b\n"}, {"../../../evil", "x"}});
  words_.downloads[0].digest.reset();
  const auto report = from_web(words_);
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message.find("leads out of the folder"), std::string::npos);
  EXPECT_EQ(data(), Names{"(none)"});
  EXPECT_FALSE(std::filesystem::exists(folder_.path("evil")));
}

TEST_F(FetchTest, AnotherArchiveIsTold) {
  make_archive(folder_.path("web/words.zip"), {{"else", "x"}});
  words_.downloads[0].digest.reset();
  const auto report = from_web(words_);
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message.find("does not hold train"), std::string::npos);
  EXPECT_EQ(data(), Names{"(none)"});
}

TEST_F(FetchTest, ABrokenDownloadIsKeptAndGoneOnWith) {
  cut_ = true;
  const auto broken = from_web(words_);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, ErrorCode::Retry);
  EXPECT_NE(broken.error().hint.find("frugal data get words --data-dir"), std::string::npos);
  EXPECT_EQ(data(),
            (Names{".fetch-words", ".fetch-words/words.zip.part", ".fetch-words/words.zip.part.json"}));
  cut_ = false;
  ASSERT_TRUE(from_web(words_));
  EXPECT_GT(server_.seen().back().first_byte(), 0U);
  EXPECT_EQ(data(), (Names{"words-1", "words-1/readme", "words-1/test", "words-1/train"}));
}

TEST_F(FetchTest, NotFoundLeavesNothing) {
  std::filesystem::remove(folder_.path("web/words.zip"));
  const auto report = from_web(words_);
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message.find("/words.zip: the server answered 404 Not Found"), std::string::npos);
  EXPECT_EQ(data(), Names{"(none)"});
}

TEST_F(FetchTest, FilesThatAreMissingAreAddedAndOthersLeftAlone) {
  write_file(folder_.path("data/words-1/train"), "a b\n");
  write_file(folder_.path("data/words-1/notes of mine"), "x");
  ASSERT_TRUE(from_web(words_));
  EXPECT_EQ(data(),
            (Names{"words-1", "words-1/notes of mine", "words-1/readme", "words-1/test", "words-1/train"}));
}

TEST_F(FetchTest, AWrongFileInPlaceIsReplacedOnlyWhenAsked) {
  write_file(folder_.path("data/words-1/train"), "mine\n");
  const auto refused = from_web(words_);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("words-1/train' is there and wrong: 2 tokens, not 3"),
            std::string::npos);
  EXPECT_EQ(file_bytes(folder_.path("data/words-1/train")), "mine\n");
  ASSERT_TRUE(get(words_, {.mirror = server_.address(""), .replace = true}));
  EXPECT_EQ(file_bytes(folder_.path("data/words-1/train")), "a b\n");
}

TEST_F(FetchTest, FromTheArchiveDownloadedByHand) {
  ASSERT_TRUE(get(words_, {.from = folder_.path("web/words.zip")}));
  EXPECT_EQ(data().size(), 4U);
  EXPECT_TRUE(server_.seen().empty());
  EXPECT_TRUE(std::filesystem::exists(folder_.path("web/words.zip")));
}

TEST_F(FetchTest, FromAnArchiveWithAnotherChecksum) {
  make_archive(folder_.path("mine.zip"), {{"words/train", "a b\n"}, {"words/test", "d\n"}});
  const auto report = get(words_, {.from = folder_.path("mine.zip")});
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message.find("mine.zip' is not the right file: its md5 is"), std::string::npos);
  EXPECT_EQ(data(), Names{"(none)"});
}

TEST_F(FetchTest, FromAFolderWithTheDataFiles) {
  write_file(folder_.path("mine/train"), "a b\n");
  write_file(folder_.path("mine/test"), "c\n");
  ASSERT_TRUE(get(words_, {.from = folder_.path("mine")}));
  EXPECT_EQ(data(), (Names{"words-1", "words-1/test", "words-1/train"}));
  EXPECT_TRUE(std::filesystem::exists(folder_.path("mine/train")));
}

TEST_F(FetchTest, FromAFolderThatLacksOne) {
  write_file(folder_.path("mine/train"), "a b\n");
  const auto report = get(words_, {.from = folder_.path("mine")});
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message.find("holds no test"), std::string::npos);
  EXPECT_FALSE(get(words_, {.from = folder_.path("nowhere")}));
  EXPECT_EQ(data(), Names{"(none)"});
}

// Two idx files that are kept as they come, .gz.
class KeptTest : public FetchTest {
 protected:
  KeptTest() {
    for (const std::string name : {"x", "y"}) {
      write_file(folder_.path(name), std::string("\0\0\x08\x01\0\0\0\x02", 8) + "ab");
      EXPECT_TRUE(write_gzip(folder_.path(name), folder_.path("web/" + name + ".gz")));
      const std::string md5 = *file_digest(folder_.path("web/" + name + ".gz"), DigestKind::Md5);
      kept_.downloads.push_back(
          {name + ".gz", "http://127.0.0.1:1/" + name + ".gz", Digest{DigestKind::Md5, md5, "the test"}});
      kept_.files.push_back({name, IdxBytes{{2}}});
    }
  }
  DataSet kept_{.name = "kept",
                .title = "",
                .task = "",
                .licence = "",
                .citation = "",
                .source = "http://k.example",
                .layout = Layout::Keep,
                .folder = "kept",
                .downloads = {},
                .files = {}};
};

TEST_F(KeptTest, DownloadsAreKeptAsTheyCome) {
  ASSERT_TRUE(from_web(kept_));
  EXPECT_EQ(data(), (Names{"kept", "kept/x.gz", "kept/y.gz"}));
  EXPECT_EQ(verify(kept_, folder_.path("data/kept")).files[0].detail, "checksum and structure");
}

TEST_F(KeptTest, CheckSeesOneChangedByte) {
  ASSERT_TRUE(from_web(kept_));
  std::string bytes = file_bytes(folder_.path("data/kept/x.gz"));
  bytes[9] ^= 1;  // the name of the system that packed it: the content stays the same
  write_file(folder_.path("data/kept/x.gz"), bytes);
  const SetState state = verify(kept_, folder_.path("data/kept"));
  EXPECT_EQ(state.condition(), Condition::Wrong);
  EXPECT_EQ(state.good(), 1U);
}

TEST_F(KeptTest, UnpackedFilesAreAsGood) {
  write_file(folder_.path("data/kept/x"), file_bytes(folder_.path("x")));
  write_file(folder_.path("data/kept/y"), file_bytes(folder_.path("y")));
  const auto report = from_web(kept_);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->was_there);
}

TEST_F(KeptTest, AWrongUnpackedFileDoesNotStandBeforeTheRightOne) {
  write_file(folder_.path("data/kept/x"), "wrong");
  ASSERT_TRUE(get(kept_, {.mirror = server_.address(""), .replace = true}));
  EXPECT_EQ(data(), (Names{"kept", "kept/x.gz", "kept/y.gz"}));
}

TEST_F(KeptTest, ADownloadThatCameWholeIsNotFetchedAgain) {
  std::filesystem::rename(folder_.path("web/y.gz"), folder_.path("y.gz"));
  ASSERT_FALSE(from_web(kept_));
  EXPECT_EQ(data(), (Names{".fetch-kept", ".fetch-kept/x.gz"}));
  std::filesystem::rename(folder_.path("y.gz"), folder_.path("web/y.gz"));
  ASSERT_TRUE(from_web(kept_));
  int asked = 0;
  for (const WebRequest& request : server_.seen()) asked += request.path == "/x.gz" ? 1 : 0;
  EXPECT_EQ(asked, 1);
}

TEST_F(KeptTest, SeveralFilesComeInAFolder) {
  ASSERT_TRUE(get(kept_, {.from = folder_.path("web")}));
  EXPECT_EQ(data(), (Names{"kept", "kept/x.gz", "kept/y.gz"}));
  std::filesystem::remove_all(folder_.path("data"));
  const auto one = get(kept_, {.from = folder_.path("web/x.gz")});
  ASSERT_FALSE(one);
  EXPECT_NE(one.error().hint.find("--from FOLDER"), std::string::npos);
}

// One file of an archive, kept as .gz in data_dir itself, beside other things.
class CompressedTest : public FetchTest {
 protected:
  CompressedTest() {
    make_archive(folder_.path("web/d.zip"), {{"deep/digits.tes", "1,2\n3,4\n"}, {"names", "x"}});
  }
  DataSet rows_{.name = "rows",
                .title = "",
                .task = "",
                .licence = "",
                .citation = "",
                .source = "http://d.example",
                .layout = Layout::Compressed,
                .folder = "",
                .inside = "digits.tes",
                .downloads = {{"d.zip", "http://127.0.0.1:1/d.zip"}},
                .files = {{"digits.csv", NumberRows{2, 2}}}};
};

TEST_F(CompressedTest, OneFileBesideOthers) {
  write_file(folder_.path("data/other"), "mine");
  ASSERT_TRUE(from_web(rows_));
  EXPECT_EQ(data(), (Names{"digits.csv.gz", "other"}));
}

TEST_F(CompressedTest, FromTheTextOrItsGzip) {
  write_file(folder_.path("digits.tes"), "1,2\n3,4\n");
  ASSERT_TRUE(write_gzip(folder_.path("digits.tes"), folder_.path("mine.gz")));
  for (const std::string name : {"digits.tes", "mine.gz", "web/d.zip"}) {
    ASSERT_TRUE(get(rows_, {.from = folder_.path(name)})) << name;
    EXPECT_EQ(data(), Names{"digits.csv.gz"});
    std::filesystem::remove_all(folder_.path("data"));
  }
}

TEST_F(FetchTest, ADataFolderThatCannotBeMade) {
  write_file(folder_.path("plain"), "x");
  const auto report = get(words_, {.data_dir = folder_.path("plain/data"), .mirror = server_.address("")});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::FixInput);
}

}  // namespace
}  // namespace frugal
