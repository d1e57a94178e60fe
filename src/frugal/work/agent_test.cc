// The agent in a thread, the scripted worker as a process, pipes between them and the test.
#include "frugal/work/agent.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "frugal/energy/open.h"
#include "frugal/energy/work_trace_json.h"
#include "frugal/work/line_channel.h"
#include "frugal/work/protocol.h"

namespace frugal {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

bool runs(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return false;
  return text.at(text.rfind(')') + 2) != 'Z';
}

class AgentTest : public testing::Test {
 protected:
  AgentTest()
      : folder_(std::filesystem::temp_directory_path() / ("frugal-agent-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~AgentTest() override {
    if (channel_) channel_->close_write();
    if (thread_.joinable()) thread_.join();
    std::filesystem::remove_all(folder_);
  }

  void begin(Words worker_words, const std::string& devices = "sim:power=100W",
             Duration heartbeat = Duration(1)) {
    ASSERT_EQ(::pipe2(requests_.data(), O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(answers_.data(), O_CLOEXEC), 0);
    settings_.worker = {SCRIPTED_WORKER, "--log", log()};
    settings_.worker.insert(settings_.worker.end(), worker_words.begin(), worker_words.end());
    settings_.interval = Duration(0.01);
    settings_.heartbeat = heartbeat;
    run(devices);
  }
  void run(const std::string& devices) {
    thread_ = std::thread([this, devices] {
      Result<OpenedMeters> meters = open_meters(devices, clock_);
      status_ = run_agent(settings_, std::move(meters->meters), clock_, {requests_[0], answers_[1]});
      ::close(answers_[1]);
      ::close(requests_[0]);
    });
    channel_ = std::make_unique<LineChannel>(answers_[0], requests_[1], true);
  }

  void send(const std::string& line) { EXPECT_TRUE(channel_->write_line(line).ok()); }
  json next() {
    std::string line;
    const LineChannel::Read got = channel_->read_line(line, Duration(30));
    EXPECT_EQ(got, LineChannel::Read::Line);
    return got == LineChannel::Read::Line ? json::parse(line, nullptr, false) : json::object();
  }
  json next_but_traces() {
    json message = next();
    while (message.value("event", "") == "trace") message = next();
    return message;
  }
  // The answer, and the events before it in `events_`; those of the trace in `traces_`.
  json asked(const std::string& line) {
    send(line);
    events_.clear();
    traces_.clear();
    for (json message = next();; message = next()) {
      if (!message.contains("event")) return message;
      (message["event"] == "trace" ? traces_ : events_).push_back(message);
    }
  }
  // What the trace events of the last request told, put together; with the given sensor.
  WorkTrace told(const Trace& sensor) const {
    WorkTrace whole;
    for (const json& event : traces_) {
      const Result<Message> message = parse_message(event.dump());
      EXPECT_TRUE(message.ok() && std::holds_alternative<TraceEvent>(*message));
      WorkTrace more = std::get<TraceEvent>(*message).trace;
      for (Trace& trace : more.traces) trace = {sensor.card, trace.readings, sensor.interval};
      append(whole, more);
    }
    return whole;
  }
  json begun() {
    const json hello = asked(R"({"op":"hello","protocol":1})");
    EXPECT_EQ(
        asked(R"({"op":"start","trial":0,"point":{"batch_size":64,"learning_rate":0.1},"seed":1})")["ok"],
        true);
    return hello;
  }
  int ended() {
    thread_.join();
    return status_;
  }
  std::string log() const { return (folder_ / "worker.log").string(); }
  pid_t logged(const std::string& what) const {
    std::ifstream file(log());
    std::string word;
    for (pid_t number = 0; file >> word >> number;) {
      if (word == what) return number;
    }
    return -1;
  }
  void expect_gone(pid_t pid) const {
    ASSERT_GT(pid, 0);
    for (int i = 0; i < 1000 && runs(pid); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_FALSE(runs(pid));
  }
  static double total(const json& message) {
    return message.at("energy").at("total").at("energy_j").get<double>();
  }
  static double of_phases(const json& message) {
    double sum = 0;
    for (const auto& [phase, figure] : message.at("energy").at("by_phase").items())
      sum += figure.at("energy_j").get<double>();
    return sum;
  }

  std::filesystem::path folder_;
  SteadyClock clock_;
  AgentSettings settings_;
  std::array<int, 2> requests_{};
  std::array<int, 2> answers_{};
  std::unique_ptr<LineChannel> channel_;
  std::thread thread_;
  std::vector<json> events_;
  std::vector<json> traces_;
  int status_ = -1;
};

TEST_F(AgentTest, TheAnswerToHelloTellsWhatMeasures) {
  settings_.host = {{"processor", "X"}, {"memory", "8 GiB"}};
  begin({});
  const json hello = begun();
  EXPECT_EQ(hello["worker"], "scripted worker");
  EXPECT_EQ(hello["host"], json::parse(R"([["processor","X"],["memory","8 GiB"]])"));
  EXPECT_EQ(hello["sensors"], json::array({"sim0: sim0 (simulated counter)"}));
  EXPECT_EQ(hello["caveats"], json::array({"sim0 is simulated: its joules are not real"}));
}

TEST_F(AgentTest, AnswersCarryTheJoulesSinceTheOneBeforeAndThePhasesAddUp) {
  begin({"--epoch-ms", "60"});
  begun();
  const json answer = asked(R"({"op":"train","trial":0,"epochs":3})");
  ASSERT_EQ(answer["ok"], true);
  const double seconds = answer.at("duration_s");
  EXPECT_GE(seconds, 0.18);
  EXPECT_NEAR(total(answer), 100 * seconds, 0.01 * 100 * seconds);
  EXPECT_NEAR(of_phases(answer), total(answer), 1e-6);
  const json& phases = answer.at("energy").at("by_phase");
  EXPECT_GE(phases.at("train").at("energy_j").get<double>(), 0.99 * 18);
  EXPECT_LT(phases.at("evaluate").at("energy_j").get<double>(),
            phases.at("train").at("energy_j").get<double>());
  EXPECT_EQ(answer.at("energy").at("total").at("method"), "counter");
}

TEST_F(AgentTest, EveryEpochCarriesItsOwnJoules) {
  begin({"--epoch-ms", "60"}, "sim:power=100W", Duration(1000));
  begun();
  const json answer = asked(R"({"op":"train","trial":0,"epochs":3})");
  ASSERT_EQ(events_.size(), 3u);
  double sum = 0;
  for (const json& epoch : events_) {
    EXPECT_EQ(epoch["event"], "epoch");
    const double joules = epoch.at("energy").at("energy_j");
    EXPECT_NEAR(joules, 100 * epoch.at("duration_s").get<double>(), 0.2);
    sum += joules;
  }
  // An epoch ends when the agent hears of it, so that one may begin late; together they miss nothing.
  EXPECT_GE(sum, 0.99 * 18);
  EXPECT_LE(sum, total(answer) * 1.001);
}

// Steps of some 50 ms, half the period of a sensor that looks for a quarter of it.
TEST_F(AgentTest, AStepThatBeatsWithASensorIsRemarked) {
  begin({"--epoch-ms", "100", "--steps", "2"}, "sim:sensor=power,period=100ms,window=25ms", Duration(1000));
  begun();
  const json first = asked(R"({"op":"train","trial":0,"epochs":1})");
  ASSERT_TRUE(first.contains("remarks"));
  EXPECT_NE(first["remarks"][0].get<std::string>().find("beats with the sensor of sim0"), std::string::npos);
}

TEST_F(AgentTest, StepsThatCannotBeatAreNotRemarked) {
  begin({"--epoch-ms", "60", "--steps", "2"}, "sim:power=100W", Duration(1000));
  begun();
  EXPECT_FALSE(asked(R"({"op":"train","trial":0,"epochs":2})").contains("remarks"));
}

TEST_F(AgentTest, JoulesAreToldWhileARequestRuns) {
  begin({"--epoch-ms", "500"}, "sim:power=100W", Duration(0.1));
  begun();
  const json answer = asked(R"({"op":"train","trial":0,"epochs":1})");
  std::vector<double> told;
  for (const json& event : events_) {
    if (event["event"] == "energy") told.push_back(total(event));
  }
  ASSERT_GE(told.size(), 2u);
  for (std::size_t i = 1; i < told.size(); ++i) EXPECT_GT(told[i], told[i - 1]);
  EXPECT_LE(told.back(), total(answer) + 1e-6);
}

TEST_F(AgentTest, TheReadingsThatItTellsGiveTheSameJoulesAgain) {
  begin({"--epoch-ms", "150"}, "sim:power=100W", Duration(0.1));
  const json hello = asked(R"({"op":"hello","protocol":1})");
  ASSERT_FALSE(traces_.empty());
  ASSERT_EQ(traces_[0].at("sensors").size(), 1u);
  const Result<Trace> sensor = sensor_from_json(traces_[0]["sensors"][0]);
  ASSERT_TRUE(sensor.ok());
  EXPECT_EQ(sensor->card.device, "sim0");
  EXPECT_EQ(sensor->interval, Duration(0.01));
  EXPECT_EQ(asked(R"({"op":"start","trial":0,"point":{"batch_size":64,"learning_rate":0.1},"seed":1})")["ok"],
            true);
  for (int round = 0; round < 2; ++round) {
    const json answer = asked(R"({"op":"train","trial":0,"epochs":2})");
    ASSERT_GE(traces_.size(), 3u) << "with every heartbeat and with the answer";
    for (const json& event : traces_) EXPECT_FALSE(event.contains("sensors")) << "told once";
    const WorkTrace whole = told(*sensor);
    ASSERT_EQ(whole.traces.size(), 1u);
    EXPECT_GE(whole.readings(), 25u);
    const auto again =
        integrate(whole.traces[0], {Instant(0), exact_instant(answer.at("duration_s").get<double>())});
    ASSERT_TRUE(again.has_value());
    EXPECT_NEAR(again->value.value(), total(answer), 1e-9 * total(answer));
    EXPECT_NEAR(again->coverage, 1, 1e-9);
    std::vector<std::string> phases;
    for (const PhaseEdge& edge : whole.edges) phases.push_back(edge.phase);
    EXPECT_EQ(phases, (Words{"train", "other", "evaluate", "other", "train", "other", "evaluate", "other"}));
  }
}

TEST_F(AgentTest, ReadingsAreNotToldWhereNobodyWantsThem) {
  settings_.trace = false;
  begin({"--epoch-ms", "60"});
  begun();
  asked(R"({"op":"train","trial":0,"epochs":1})");
  EXPECT_TRUE(traces_.empty());
}

TEST_F(AgentTest, SeveralMetersAddUp) {
  begin({"--epoch-ms", "100"}, "sim:power=100W,sim:power=20W");
  begun();
  const json answer = asked(R"({"op":"train","trial":0,"epochs":1})");
  const json& devices = answer.at("energy").at("by_device");
  const double both =
      devices.at("sim0").at("energy_j").get<double>() + devices.at("sim1").at("energy_j").get<double>();
  EXPECT_NEAR(total(answer), both, 1e-6);
  EXPECT_NEAR(
      devices.at("sim0").at("energy_j").get<double>() / devices.at("sim1").at("energy_j").get<double>(), 5,
      0.1);
}

TEST_F(AgentTest, WithoutMetersEnergyIsAbsentAndSaidToBe) {
  begin({}, "none");
  const json hello = begun();
  EXPECT_EQ(hello["caveats"], json::array({"no energy was measured: the study's devices are 'none'"}));
  const json answer = asked(R"({"op":"train","trial":0,"epochs":1})");
  EXPECT_EQ(answer["ok"], true);
  EXPECT_FALSE(answer.at("energy").contains("total"));
  EXPECT_FALSE(events_.at(0).contains("energy"));
}

TEST_F(AgentTest, WrongPhaseEdgesLoseTheSplitButNotTheJoules) {
  begin({"--epoch-ms", "60", "--at", "train:1:phases"});
  begun();
  const json answer = asked(R"({"op":"train","trial":0,"epochs":2})");
  ASSERT_EQ(answer["ok"], true);
  EXPECT_NEAR(total(answer), 100 * answer.at("duration_s").get<double>(), 0.2);
  EXPECT_NEAR(of_phases(answer), total(answer), 1e-6);
}

TEST_F(AgentTest, PrintsOfTheWorkerDisturbNothing) {
  begin({"--chatty"});
  begun();
  EXPECT_EQ(asked(R"({"op":"train","trial":0,"epochs":2})")["ok"], true);
  EXPECT_EQ(events_.size(), 2u);
}

TEST_F(AgentTest, ErrorsOfTheWorkerArePassedOnWithTheirJoules) {
  begin({"--at", "train:1:out_of_memory"});
  begun();
  const json answer = asked(R"({"op":"train","trial":0,"epochs":1})");
  EXPECT_EQ(answer["error"], "out_of_memory");
  EXPECT_EQ(answer["message"], "told to answer out_of_memory");
  EXPECT_GE(total(answer), 0);
  EXPECT_EQ(asked(R"({"op":"train","trial":0,"epochs":1})")["ok"], true);
}

struct Death {
  const char* deed;
  const char* message;
};

class AgentDeathTest : public AgentTest, public testing::WithParamInterface<Death> {};

TEST_P(AgentDeathTest, IsAnsweredWithDiedAndTheJoulesSpent) {
  begin({"--epoch-ms", "80", "--at", std::string("epoch:2:") + GetParam().deed});
  begun();
  const json answer = asked(R"({"op":"train","trial":0,"epochs":3})");
  EXPECT_EQ(answer["ok"], false);
  EXPECT_EQ(answer["error"], "died");
  EXPECT_EQ(answer["message"], GetParam().message);
  EXPECT_GE(total(answer), 0.99 * 16);
  EXPECT_EQ(ended(), 1);
  expect_gone(logged("pid"));
}

INSTANTIATE_TEST_SUITE_P(OfAWorker, AgentDeathTest,
                         testing::Values(Death{"exit", "the worker exited with status 7"},
                                         Death{"kill", "the worker was killed by signal 9 (Killed)"},
                                         Death{"segv",
                                               "the worker was killed by signal 11 (Segmentation fault)"},
                                         Death{"half", "the worker exited with status 0"},
                                         Death{"silence", "the worker was killed by signal 9 (Killed)"},
                                         Death{"garbage",
                                               "the worker wrote what is no message of the protocol: this "
                                               "line is no JSON object: \"Epoch 1/10 loss: 0.3\""},
                                         Death{"huge", "the worker wrote a line that does not end"}),
                         [](const auto& one) { return std::string(one.param.deed); });

TEST_F(AgentTest, AnAnswerThatNobodyAskedForEndsTheWorker) {
  begin({"--at", "train:1:twice"});
  begun();
  EXPECT_EQ(asked(R"({"op":"train","trial":0,"epochs":1})")["ok"], true);
  const json after = next_but_traces();
  EXPECT_EQ(after["error"], "died");
  EXPECT_EQ(after["message"], "the worker answered what nobody had asked");
  EXPECT_EQ(ended(), 1);
}

TEST_F(AgentTest, HelpersOfTheWorkerEndWithIt) {
  begin({"--at", "start:1:child"});
  begun();
  const pid_t helper = logged("child");
  ASSERT_TRUE(runs(helper));
  EXPECT_EQ(asked(R"({"op":"shutdown"})")["ok"], true);
  EXPECT_EQ(ended(), 0);
  expect_gone(helper);
}

TEST_F(AgentTest, CancelEndsTheWorkerAndTellsTheEnergySoFar) {
  begin({"--epoch-ms", "60000"}, "sim:power=100W", Duration(0.05));
  begun();
  send(R"({"op":"train","trial":0,"epochs":1})");
  EXPECT_EQ(next_but_traces()["event"], "energy");
  const json answer = asked(R"({"op":"cancel"})");
  EXPECT_EQ(answer["error"], "cancelled");
  EXPECT_EQ(answer["message"], "the study asked to stop");
  EXPECT_GE(total(answer), 0.99 * 5);
  EXPECT_EQ(ended(), 0);
  expect_gone(logged("pid"));
}

TEST_F(AgentTest, EndOfInputKillsAHangingWorker) {
  begin({"--at", "train:1:hang"});
  begun();
  send(R"({"op":"train","trial":0,"epochs":1})");
  while (logged("train") < 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  channel_->close_write();
  EXPECT_EQ(ended(), 0);
  expect_gone(logged("pid"));
}

TEST_F(AgentTest, ShutdownIsACalmEnd) {
  begin({});
  begun();
  EXPECT_EQ(asked(R"({"op":"shutdown"})")["ok"], true);
  EXPECT_EQ(ended(), 0);
  expect_gone(logged("pid"));
}

TEST_F(AgentTest, AWorkerThatCannotBeStartedIsAnAnswer) {
  ASSERT_EQ(::pipe2(requests_.data(), O_CLOEXEC), 0);
  ASSERT_EQ(::pipe2(answers_.data(), O_CLOEXEC), 0);
  settings_.worker = {"/no/such/worker"};
  run("none");
  const json answer = next();
  EXPECT_EQ(answer["error"], "invalid");
  EXPECT_EQ(answer["message"], "'/no/such/worker' cannot be started: No such file or directory");
  EXPECT_EQ(ended(), 1);
}

}  // namespace
}  // namespace frugal
