#include "frugal/train/checkpoint.h"

#include <sys/resource.h>

#include <csignal>

#include "frugal/train/train_testing.h"

namespace frugal {
namespace {

using namespace testing_train;

const CheckpointHeader kHeader{.model = "mlp",
                               .dataset = "digits",
                               .seed = 18446744073709551615U,
                               .epoch = 3,
                               .updates = 70,
                               .point = {{"learning_rate", Value(0.1)}, {"nesterov", Value(true)}}};

TEST(Checkpoint, ComesBackAsWritten) {
  const Folder folder;
  const std::vector<float> state = {1.5F, -0.0F, 3e-39F, 7.0F, 8.0F};
  ASSERT_TRUE(write_checkpoint(folder.path("a"), kHeader, state).ok());
  const auto read = read_checkpoint(folder.path("a"));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(std::vector<float>(read->state.begin(), read->state.end()), state);
  EXPECT_EQ(read->header.seed, kHeader.seed);
  EXPECT_EQ(read->header.updates, 70);
  EXPECT_EQ(read->header.point, kHeader.point);
  EXPECT_FALSE(std::filesystem::exists(folder.path("a.part")));
}

TEST(Checkpoint, NoticesEveryChangedByteAndEveryLength) {
  const Folder folder;
  const std::string path = folder.path("a");
  const std::vector<float> state(9, 0.25F);
  ASSERT_TRUE(write_checkpoint(path, kHeader, state).ok());
  std::ifstream file(path, std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(file)), {});
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    write_bytes(path, bad);
    const auto read = read_checkpoint(path);
    ASSERT_FALSE(read.ok()) << "byte " << i;
    EXPECT_EQ(read.error().message.find("checkpoint " + path + " is damaged: "), 0U) << read.error().message;
  }
  for (std::size_t length = 0; length < good.size(); ++length) {
    write_bytes(path, good.substr(0, length));
    EXPECT_FALSE(read_checkpoint(path).ok()) << length;
  }
  write_bytes(path, good + "x");
  EXPECT_FALSE(read_checkpoint(path).ok());
}

TEST(Checkpoint, AFolderThatIsNotThereIsNamed) {
  const Folder folder;
  const std::vector<float> state(4, 1.0F);
  const Status status = write_checkpoint(folder.path("nowhere/a"), kHeader, state);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message,
            "checkpoint " + folder.path("nowhere/a") + " cannot be written: No such file or directory");
}

// A limit on the size of files stands in for a disk that is full.
TEST(Checkpoint, AFailedWriteLeavesTheOldFileAndNothingElse) {
  const Folder folder;
  const std::vector<float> state(4, 1.0F);
  ASSERT_TRUE(write_checkpoint(folder.path("a"), kHeader, state).ok());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status status = write_checkpoint(folder.path("a"), kHeader, std::vector<float>(100'000, 2.0F));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "checkpoint " + folder.path("a") + " cannot be written: File too large");
  EXPECT_FALSE(std::filesystem::exists(folder.path("a.part")));
  const auto old = read_checkpoint(folder.path("a"));
  ASSERT_TRUE(old.ok()) << old.error().message;
  EXPECT_EQ(std::vector<float>(old->state.begin(), old->state.end()), state);
}

}  // namespace
}  // namespace frugal
