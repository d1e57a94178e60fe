// Archives are written with libarchive, hostile ones too; what unpacking leaves is looked at on the disk. The
// gzip bytes of one test come from another program (Python's gzip).
#include "frugal/fetch/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include "frugal/fetch/archive_testing.h"
#include "frugal/fetch/fetch_testing.h"

namespace frugal {
namespace {

using fetch_testing::ArchiveEntry;
using fetch_testing::file_bytes;
using fetch_testing::make_archive;
using fetch_testing::ScratchFolder;
using fetch_testing::tree;
using fetch_testing::write_file;

Status unpack_into(const ScratchFolder& folder, const std::string& archive, const UnpackLimits& limits = {}) {
  std::filesystem::create_directories(folder.path("outer/out"));
  return unpack_archive(folder.path(archive), folder.path("outer/out"), limits);
}

TEST(Archive, TarGzAndZipGiveTheirFiles) {
  for (const std::string name : {"a.tar.gz", "a.zip"}) {
    const ScratchFolder folder;
    const std::string large(300'000, 'x');
    make_archive(folder.path(name), {{"set/one.bin", "1"}, {"set/two.bin", large}, {"readme", ""}});
    ASSERT_TRUE(unpack_into(folder, name));
    EXPECT_EQ(tree(folder.path("outer/out")),
              (std::vector<std::string>{"readme", "set", "set/one.bin", "set/two.bin"}));
    EXPECT_EQ(file_bytes(folder.path("outer/out/set/two.bin")), large);
  }
}

TEST(Archive, NothingLeavesTheFolder) {
  struct Hostile {
    ArchiveEntry entry;
    const char* why;
  };
  const std::vector<Hostile> cases{{{"../evil", "x"}, "leads out of the folder"},
                                   {{"set/../../evil", "x"}, "leads out of the folder"},
                                   {{"/tmp/frugal-evil", "x"}, "is an absolute path"},
                                   {{"link", "", "/etc/passwd"}, "is a link"}};
  for (const auto& [entry, why] : cases) {
    const ScratchFolder folder;
    make_archive(folder.path("a.tar.gz"), {entry});
    const Status refused = unpack_into(folder, "a.tar.gz");
    ASSERT_FALSE(refused) << entry.name;
    EXPECT_NE(refused.error().message.find(why), std::string::npos) << refused.error().message;
    EXPECT_EQ(tree(folder.path("outer")), std::vector<std::string>{"out"});
  }
  EXPECT_FALSE(std::filesystem::exists("/tmp/frugal-evil"));
}

TEST(Archive, ALimitOfBytes) {
  const ScratchFolder folder;
  make_archive(folder.path("a.zip"), {{"zeros", std::string(5'000'000, '\0')}});
  const Status refused = unpack_into(folder, "a.zip", {.bytes = 1'000'000});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("far more"), std::string::npos);
}

TEST(Archive, DamagedOnesAreErrors) {
  const ScratchFolder folder;
  make_archive(folder.path("whole.tar.gz"), {{"a", std::string(200'000, 'a') + "b"}});
  const std::string bytes = file_bytes(folder.path("whole.tar.gz"));
  write_file(folder.path("cut.tar.gz"), bytes.substr(0, bytes.size() / 2));
  write_file(folder.path("text.tar.gz"), "<html>Not Found</html>");
  EXPECT_FALSE(unpack_into(folder, "cut.tar.gz"));
  EXPECT_FALSE(unpack_into(folder, "text.tar.gz"));
  EXPECT_FALSE(unpack_into(folder, "none.tar.gz"));
}

TEST(Archive, CancelledBetweenFiles) {
  const ScratchFolder folder;
  make_archive(folder.path("a.zip"), {{"a", "1"}});
  const std::atomic<bool> cancel{true};
  const Status ended = unpack_into(folder, "a.zip", {.cancel = &cancel});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::Interrupted);
}

std::string plain(const std::string& path) {
  auto reader = PlainReader::open(path);
  EXPECT_TRUE(reader);
  std::string text;
  std::array<char, 100> block{};
  while (reader) {
    const auto got = reader->read(block);
    EXPECT_TRUE(got);
    if (!got || *got == 0) break;
    text.append(block.data(), *got);
  }
  return text;
}

TEST(PlainReader, FilesAsTheyAreAndGzip) {
  const ScratchFolder folder;
  write_file(folder.path("plain"), "some text\n");
  write_file(folder.path("empty"), "");
  // python3 -c "import gzip; print(gzip.compress(b'some text\n', mtime=0).hex())"
  const std::string packed(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x2b\xce\xcf\x4d\x55\x28\x49\xad\x28\xe1\x02\x00\xbc\xe6\x2c"
      "\x19\x0a\x00\x00\x00",
      30);
  write_file(folder.path("packed.gz"), packed);
  EXPECT_EQ(plain(folder.path("plain")), "some text\n");
  EXPECT_EQ(plain(folder.path("empty")), "");
  EXPECT_EQ(plain(folder.path("packed.gz")), "some text\n");
  EXPECT_FALSE(PlainReader::open(folder.path("none")));
}

TEST(PlainReader, AGzipThatEndsTooEarlyIsAnError) {
  const ScratchFolder folder;
  write_file(folder.path("text"), std::string(100'000, 'a') + "end");
  ASSERT_TRUE(write_gzip(folder.path("text"), folder.path("text.gz")));
  const std::string bytes = file_bytes(folder.path("text.gz"));
  write_file(folder.path("cut.gz"), bytes.substr(0, bytes.size() / 2));
  auto reader = PlainReader::open(folder.path("cut.gz"));
  std::array<char, 1 << 16> block{};
  bool failed = !reader;
  for (int i = 0; i < 10 && !failed; ++i) failed = !reader->read(block);
  EXPECT_TRUE(failed);
}

TEST(Gzip, SameBytesInSameBytesOut) {
  const ScratchFolder folder;
  write_file(folder.path("text"), "0,1,2\n");
  ASSERT_TRUE(write_gzip(folder.path("text"), folder.path("a.gz")));
  ASSERT_TRUE(write_gzip(folder.path("a.gz"), folder.path("b.gz")));
  EXPECT_EQ(file_bytes(folder.path("a.gz")), file_bytes(folder.path("b.gz")));
  EXPECT_EQ(plain(folder.path("b.gz")), "0,1,2\n");
}

}  // namespace
}  // namespace frugal
