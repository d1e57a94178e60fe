// The report of a program, line by line, and programs that are run by /bin/sh.
#include "frugal/work/program_worker.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace frugal {
namespace {

std::string trouble(const WorkerResult<EpochReport>& result) {
  const auto* error = std::get_if<WorkerError>(&result);
  return error == nullptr ? "none" : std::string(worker_error_text(error->kind)) + ": " + error->message;
}

TEST(ReportReader, ALineIsAnEpoch) {
  ReportReader reader("accuracy");
  const auto first = std::get<EpochReport>(
      reader.read(R"({"epoch":1,"loss":0.5,"accuracy":0.9,"f1":0.25,"samples":100,"note":"x","done":true})"));
  EXPECT_EQ(first.epoch, 1);
  EXPECT_EQ(first.loss, 0.5);
  EXPECT_EQ(first.metrics, (std::map<std::string, double>{{"accuracy", 0.9}, {"f1", 0.25}}));
  EXPECT_EQ(first.samples, 100);
  const auto second = std::get<EpochReport>(reader.read(R"({"f1":0.5})"));
  EXPECT_EQ(second.epoch, 2);
  EXPECT_TRUE(std::isnan(second.loss));
  EXPECT_EQ(std::get<EpochReport>(reader.read(R"({"epoch":7})")).epoch, 7);
  EXPECT_EQ(reader.missing(), std::nullopt);
}

TEST(ReportReader, TheLossMayBeTheMetric) {
  ReportReader reader("loss");
  EXPECT_EQ(std::get<EpochReport>(reader.read(R"({"loss":0.5})")).metrics.at("loss"), 0.5);
  EXPECT_FALSE(reader.missing());
}

TEST(ReportReader, WhatIsWrongIsNamedWithItsLine) {
  ReportReader reader("accuracy");
  EXPECT_EQ(trouble(reader.read("Epoch 1/10")),
            "invalid: line 1 of the report: no JSON object: 'Epoch 1/10'");
  EXPECT_EQ(trouble(reader.read("[1]")), "invalid: line 2 of the report: no JSON object: '[1]'");
  EXPECT_EQ(trouble(reader.read(R"({"epoch":2,"acuracy":0.5})")), "none");
  const std::string ascend = ": epochs are whole numbers that ascend from 1";
  EXPECT_EQ(trouble(reader.read(R"({"epoch":2})")),
            "invalid: line 4 of the report: 'epoch' is 2 after 2" + ascend);
  EXPECT_EQ(trouble(reader.read(R"({"epoch":"3"})")),
            "invalid: line 5 of the report: 'epoch' is \"3\" after 2" + ascend);
  EXPECT_EQ(trouble(reader.read(R"({"epoch":-1})")),
            "invalid: line 6 of the report: 'epoch' is -1 after 2" + ascend);
  EXPECT_EQ(reader.missing()->message,
            "no line of the report has the metric 'accuracy' (did you mean 'acuracy'?)");
  EXPECT_TRUE(ReportReader("f1").missing()->message.starts_with("the program reported nothing"));
}

TEST(ReportReader, PythonsNaNIsADivergence) {
  ReportReader reader("accuracy");
  EXPECT_EQ(trouble(reader.read(R"({"epoch":1,"accuracy":NaN,"loss":1})")), "none");
  EXPECT_EQ(trouble(reader.read(R"({"epoch":2,"accuracy":0.1,"loss":-Infinity})")),
            "diverged: the loss of epoch 2 is not finite");
}

class Heard final : public WorkEvents {
 public:
  void epoch(int, const EpochReport& report) override { epochs.push_back(report); }
  void phase(const std::string& name, bool begin) override { edges.push_back((begin ? "+" : "-") + name); }
  std::vector<EpochReport> epochs;
  std::vector<std::string> edges;
};

class ProgramWorkerTest : public testing::Test {
 protected:
  ProgramWorkerTest()
      : folder_(std::filesystem::temp_directory_path() / ("frugal-program-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~ProgramWorkerTest() override {
    std::filesystem::remove_all(folder_);
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);  // other tests look at their own children
  }

  std::string file(const char* name) const { return (folder_ / name).string(); }
  ProgramWorker worker(const std::string& command) const {
    return {{command, file("report"), "accuracy", true, 3}, *CommandTemplate::parse(command)};
  }
  // Runs one trial of a script; "well" or what went wrong.
  std::string run(const std::string& script) {
    ProgramWorker made = worker("/bin/sh -c '" + script + "' sh {x} {seed} {epochs} {trial}");
    (void)made.start(4, Point({{"x", std::string("a b")}}), 9);
    const WorkerResult<Done> result = made.train(4, 1, {}, heard_);
    const auto* error = std::get_if<WorkerError>(&result);
    return error == nullptr ? "well" : std::string(worker_error_text(error->kind)) + ": " + error->message;
  }

  std::filesystem::path folder_;
  Heard heard_;
};

TEST_F(ProgramWorkerTest, TellsEpochsAsTheyAreWritten) {
  EXPECT_EQ(
      run("for e in 1 2 3; do echo \"{{\\\"epoch\\\":$e,\\\"accuracy\\\":0.$e}}\" >> $FRUGAL_REPORT; done"),
      "well");
  ASSERT_EQ(heard_.epochs.size(), 3u);
  EXPECT_EQ(heard_.epochs[2].metrics.at("accuracy"), 0.3);
  EXPECT_EQ(heard_.edges, (std::vector<std::string>{"+train", "-train"}));
}

TEST_F(ProgramWorkerTest, ValuesReachTheProgramWhole) {
  EXPECT_EQ(
      run("echo \"$1/$2/$3/$4\" > " + file("words") + "; printf \"{{\\\"accuracy\\\":1}}\" > $FRUGAL_REPORT"),
      "well");
  std::ifstream words(file("words"));
  std::string line;
  std::getline(words, line);
  EXPECT_EQ(line, "a b/9/3/4");
  EXPECT_EQ(heard_.epochs.size(), 1u);  // the last line may lack its end
}

TEST_F(ProgramWorkerTest, WhatGoesWrongIsSaid) {
  EXPECT_TRUE(run("exit 3").starts_with("internal: the program exited with status 3"));
  EXPECT_TRUE(run("kill -9 $$").starts_with("internal: the program was killed by signal 9 (Killed)"));
  EXPECT_TRUE(run(":").starts_with("invalid: the program reported nothing"));
  EXPECT_EQ(run("echo hello >> $FRUGAL_REPORT; sleep 600"),
            "invalid: line 1 of the report: no JSON object: 'hello'");
  ProgramWorker none = worker("/no/such/program");
  (void)none.start(0, {}, 1);
  const WorkerResult<Done> result = none.train(0, 1, {}, heard_);
  EXPECT_EQ(std::get<WorkerError>(result).message,
            "'/no/such/program' cannot be started: No such file or directory");
}

TEST_F(ProgramWorkerTest, NothingOfTheProgramIsLeft) {
  // A program that fails while a process that it started in the background still runs.
  EXPECT_EQ(run("(sleep 600 & echo $! > " + file("pid") + "; wait) & while [ ! -s " + file("pid") +
                " ]; do sleep 0.01; done; echo wrong >> $FRUGAL_REPORT; wait"),
            "invalid: line 1 of the report: no JSON object: 'wrong'");
  pid_t pid = 0;
  ASSERT_TRUE(std::ifstream(file("pid")) >> pid);
  EXPECT_FALSE(std::filesystem::exists("/proc/" + std::to_string(pid)));
}

TEST_F(ProgramWorkerTest, ATrialRunsOnceAndItsSnapshotKnowsIt) {
  ProgramWorker first = worker("/bin/sh -c 'echo \"{{\\\"accuracy\\\":1}}\" >> $FRUGAL_REPORT'");
  (void)first.start(0, {}, 1);
  EXPECT_TRUE(std::holds_alternative<Done>(first.train(0, 1, {}, heard_)));
  EXPECT_TRUE(std::holds_alternative<Done>(first.train(0, 1, {}, heard_)));
  EXPECT_EQ(heard_.epochs.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<Done>(first.save(0, file("saved"))));
  ProgramWorker second = worker("/bin/false");
  (void)second.start(0, {}, 1);
  EXPECT_TRUE(std::holds_alternative<Done>(second.load(0, file("saved"))));
  EXPECT_TRUE(std::holds_alternative<Done>(second.train(0, 1, {}, heard_)));
  EXPECT_TRUE(std::holds_alternative<WorkerError>(second.load(0, file("report"))));
  EXPECT_TRUE(std::holds_alternative<WorkerError>(second.train(7, 1, {}, heard_)));
}

}  // namespace
}  // namespace frugal
