#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <thread>

#include "frugal/work/line_channel.h"
#include "frugal/work/protocol.h"

namespace frugal {
namespace {

using nlohmann::json;

// Trains by saying so; throws and fails on demand. Cannot explore, probe or save.
class PlainWorker final : public Worker {
 public:
  WorkerResult<WorkerCard> hello() override {
    return WorkerCard{"plain", {"train"}, "accuracy", true, {}, {}};
  }
  WorkerResult<Done> start(int trial, const Point& point, std::uint64_t seed) override {
    started = {trial, point, seed};
    return Done{};
  }
  WorkerResult<Done> train(int trial, int epochs, const Point&, WorkEvents& events) override {
    if (trial == 13) throw std::runtime_error("unlucky");
    if (trial == 14) throw std::bad_alloc();
    if (trial == 15) return WorkerError{WorkerErrorKind::Diverged, "loss is NaN"};
    for (int e = 1; e <= epochs; ++e) {
      events.phase("train", true);
      events.phase("train", false);
      events.epoch(trial, {e, 0.5, {{"accuracy", 0.25}}, 10});
    }
    return trial == 2 ? Done{.test = {{"accuracy", 0.5}}} : Done{};
  }
  WorkerResult<Done> drop(int) override { return Done{}; }

  struct Started {
    int trial = 0;
    Point point;
    std::uint64_t seed = 0;
  } started;
};

class ServeTest : public testing::Test {
 protected:
  ServeTest() {
    EXPECT_EQ(::pipe(requests_.data()), 0);
    EXPECT_EQ(::pipe(answers_.data()), 0);
    thread_ = std::thread([this] {
      status_ = serve(worker_, {requests_[0], answers_[1]});
      ::close(answers_[1]);
    });
    channel_ = std::make_unique<LineChannel>(answers_[0], requests_[1], true);
  }
  ~ServeTest() override {
    channel_->close_write();
    if (thread_.joinable()) thread_.join();
    ::close(requests_[0]);
  }
  void send(const std::string& line) { EXPECT_TRUE(channel_->write_line(line).ok()); }
  json next() {
    std::string line;
    EXPECT_EQ(channel_->read_line(line, Duration(20)), LineChannel::Read::Line);
    return json::parse(line, nullptr, false);
  }
  json asked(const std::string& line) {
    send(line);
    return next();
  }
  int ended() {
    thread_.join();
    return status_;
  }

  PlainWorker worker_;
  std::array<int, 2> requests_{};
  std::array<int, 2> answers_{};
  std::unique_ptr<LineChannel> channel_;
  std::thread thread_;
  int status_ = -1;
};

TEST_F(ServeTest, RequestsAreAnsweredUntilShutdown) {
  EXPECT_EQ(asked(R"({"op":"hello","protocol":1})")["worker"], "plain");
  EXPECT_EQ(asked(R"({"op":"start","trial":2,"point":{"lr":0.5},"seed":9})"), json::parse(R"({"ok":true})"));
  EXPECT_EQ(worker_.started.trial, 2);
  EXPECT_EQ(worker_.started.point.number("lr"), 0.5);
  EXPECT_EQ(worker_.started.seed, 9u);
  EXPECT_EQ(asked(R"({"op":"shutdown"})")["ok"], true);
  EXPECT_EQ(ended(), 0);
}

TEST_F(ServeTest, EventsComeBeforeTheAnswer) {
  send(R"({"op":"train","trial":1,"epochs":2})");
  for (int epoch = 1; epoch <= 2; ++epoch) {
    EXPECT_EQ(next()["edge"], "begin");
    EXPECT_EQ(next()["edge"], "end");
    EXPECT_EQ(next()["epoch"], epoch);
  }
  EXPECT_EQ(next()["ok"], true);
}

TEST_F(ServeTest, ATestPartIsInTheAnswerAndOnlyThere) {
  send(R"({"op":"train","trial":2,"epochs":0})");
  const json told = next();
  EXPECT_EQ(told["test"], (json{{"accuracy", 0.5}}));
  const auto metrics = metrics_from_json(told, "test");
  ASSERT_TRUE(metrics.ok());
  EXPECT_EQ(metrics->at("accuracy"), 0.5);
  EXPECT_TRUE(metrics_from_json(json{{"ok", true}}, "test")->empty());
  EXPECT_FALSE(metrics_from_json(json{{"test", 3}}, "test").ok());
  send(R"({"op":"train","trial":1,"epochs":0})");
  EXPECT_FALSE(next().contains("test"));
}

TEST_F(ServeTest, EndOfInputIsACalmEnd) {
  EXPECT_EQ(asked(R"({"op":"hello"})")["ok"], true);
  channel_->close_write();
  EXPECT_EQ(ended(), 0);
}

TEST_F(ServeTest, WhatTheWorkerCannotDoIsUnsupported) {
  EXPECT_EQ(asked(R"({"op":"explore","trial":1,"fraction":0.5,"rates":[0.1]})"),
            json::parse(R"({"ok":false,"error":"unsupported","message":"this worker cannot explore"})"));
  EXPECT_EQ(asked(R"({"op":"save","trial":1,"path":"x"})")["message"], "this worker cannot save");
  EXPECT_EQ(asked(R"({"op":"load","trial":1,"path":"x"})")["message"], "this worker cannot load");
  EXPECT_EQ(asked(R"({"op":"probe","trial":1,"steps":1})")["message"], "this worker cannot probe");
}

TEST_F(ServeTest, AnUnknownRequestIsUnsupportedAndNamesTheNearest) {
  EXPECT_EQ(
      asked(R"({"op":"explode"})"),
      json::parse(
          R"~({"ok":false,"error":"unsupported","message":"unknown request 'explode' (did you mean 'explore'?)"})~"));
}

TEST_F(ServeTest, AMalformedLineIsInvalidAndTheNextOneIsServed) {
  const json answer = asked("what?");
  EXPECT_EQ(answer["error"], "invalid");
  EXPECT_EQ(answer["message"], R"(this line is no JSON object: "what?")");
  EXPECT_EQ(asked(R"({"op":"drop","trial":1})")["ok"], true);
}

TEST_F(ServeTest, AnotherProtocolIsRefused) {
  EXPECT_EQ(asked(R"({"op":"hello","protocol":2})")["message"], "protocol 2 is not spoken here, only 1");
}

TEST_F(ServeTest, ExceptionsAndErrorsOfTheWorkerBecomeAnswers) {
  EXPECT_EQ(asked(R"({"op":"train","trial":13,"epochs":1})"),
            json::parse(R"({"ok":false,"error":"internal","message":"unlucky"})"));
  EXPECT_EQ(asked(R"({"op":"train","trial":14,"epochs":1})"),
            json::parse(R"({"ok":false,"error":"out_of_memory","message":"the worker ran out of memory"})"));
  EXPECT_EQ(asked(R"({"op":"train","trial":15,"epochs":1})"),
            json::parse(R"({"ok":false,"error":"diverged","message":"loss is NaN"})"));
}

TEST(WorkerStreams, DescriptorsComeFromTheVariableOrAreStandard) {
  EXPECT_EQ(worker_streams(nullptr)->read_fd, 0);
  EXPECT_EQ(worker_streams(nullptr)->write_fd, 1);
  EXPECT_EQ(worker_streams("5,7")->read_fd, 5);
  EXPECT_EQ(worker_streams("5,7")->write_fd, 7);
  for (const char* wrong : {"", "5", "5,", ",7", "5,7,9", "a,b", "-1,3", "5;7"}) {
    const Result<WorkerStreams> streams = worker_streams(wrong);
    ASSERT_FALSE(streams.ok()) << wrong;
    EXPECT_EQ(streams.error().message,
              std::string("FRUGAL_FDS is '") + wrong + "', which is not two descriptors 'r,w'");
  }
}

}  // namespace
}  // namespace frugal
