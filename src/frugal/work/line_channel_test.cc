#include "frugal/work/line_channel.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <thread>

namespace frugal {
namespace {

using Read = LineChannel::Read;

// What is put in comes out of `channel`.
class LineChannelTest : public testing::Test {
 protected:
  LineChannelTest() {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(::pipe(fds_.data()), 0);
    channel_ = std::make_unique<LineChannel>(fds_[0], -1, false);
  }
  ~LineChannelTest() override {
    ::close(fds_[0]);
    hang_up();
  }
  void put(const std::string& text) const {
    EXPECT_EQ(::write(fds_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void hang_up() {
    if (fds_[1] >= 0) ::close(fds_[1]);
    fds_[1] = -1;
  }
  Read read(Duration timeout = Duration(10)) { return channel_->read_line(line_, timeout); }

  std::array<int, 2> fds_{-1, -1};
  std::unique_ptr<LineChannel> channel_;
  std::string line_;
};

TEST_F(LineChannelTest, LinesComeOneByOneWithoutTheirEnds) {
  put("one\ntwo\r\n\nthree\n");
  for (const char* wanted : {"one", "two", "", "three"}) {
    ASSERT_EQ(read(), Read::Line);
    EXPECT_EQ(line_, wanted);
  }
}

TEST_F(LineChannelTest, ALineMayArriveInPieces) {
  put("first half, ");
  EXPECT_EQ(read(Duration(0.01)), Read::TimedOut);
  put("second half\nrest");
  ASSERT_EQ(read(), Read::Line);
  EXPECT_EQ(line_, "first half, second half");
  EXPECT_EQ(read(Duration(0.01)), Read::TimedOut);
}

TEST_F(LineChannelTest, NothingArrivesInTime) {
  EXPECT_EQ(read(Duration(0)), Read::TimedOut);
  EXPECT_EQ(read(Duration(0.02)), Read::TimedOut);
}

TEST_F(LineChannelTest, WhatArrivedBeforeTheEndIsStillRead) {
  put("last\nhalf a line");
  hang_up();
  ASSERT_EQ(read(), Read::Line);
  EXPECT_EQ(line_, "last");
  EXPECT_EQ(read(), Read::Closed);
  EXPECT_EQ(read(Duration(-1)), Read::Closed);
}

TEST_F(LineChannelTest, ALineWithoutAnEndIsBroken) {
  std::thread writer([this] {
    const std::string block(1U << 20U, 'x');
    for (int i = 0; i < 80; ++i) {
      if (::write(fds_[1], block.data(), block.size()) < 0) return;
    }
  });
  EXPECT_EQ(read(Duration(60)), Read::Broken);
  EXPECT_TRUE(channel_->broken());
  ::close(fds_[0]);  // the writer ends
  writer.join();
  fds_[0] = ::dup(STDIN_FILENO);
}

TEST_F(LineChannelTest, ALongLineIsRead) {
  const std::string body(3U << 20U, 'y');
  std::thread writer([&] {
    LineChannel out(-1, fds_[1], false);
    EXPECT_TRUE(out.write_line(body).ok());
  });
  EXPECT_EQ(read(Duration(60)), Read::Line);
  writer.join();
  EXPECT_EQ(line_, body);
}

TEST_F(LineChannelTest, WritingToNobodyFails) {
  LineChannel out(-1, fds_[1], false);
  ::close(fds_[0]);
  const Status written = out.write_line("hello");
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().message, "the other end does not listen: Broken pipe");
  EXPECT_EQ(written.error().code, ErrorCode::Retry);
  fds_[0] = ::dup(STDIN_FILENO);
}

TEST_F(LineChannelTest, FillAndNextLineServeAPollLoop) {
  EXPECT_EQ(channel_->next_line(), std::nullopt);
  put("a\nb\nc");
  EXPECT_TRUE(channel_->fill());
  EXPECT_EQ(channel_->next_line(), "a");
  EXPECT_EQ(channel_->next_line(), "b");
  EXPECT_EQ(channel_->next_line(), std::nullopt);
  hang_up();
  EXPECT_FALSE(channel_->fill());
}

}  // namespace
}  // namespace frugal
