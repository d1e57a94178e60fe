#include "frugal/work/command_run.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "frugal/energy/model_meter.h"
#include "frugal/energy/sim_meter.h"

namespace frugal {
namespace {

class CommandRunTest : public ::testing::Test {
 protected:
  CommandRun run(const std::string& script, bool own_input = false) {
    const Result<CommandRun> made = run_command({{"sh", "-c", script}, own_input}, recorder_);
    EXPECT_TRUE(made.ok());
    return made.ok() ? *made : CommandRun{};
  }
  static std::vector<std::unique_ptr<Meter>> meters(const Clock& clock) {
    std::vector<std::unique_ptr<Meter>> made;
    made.push_back(std::make_unique<SimMeter>(*parse_sim("power=100W,error=0"), "sim0", clock));
    made.push_back(std::make_unique<ModelMeter>(*parse_model("tdp=200W,idle=0W,cores=1"), clock));
    return made;
  }
  SteadyClock clock_;
  Recorder recorder_{meters(clock_), clock_};
};

TEST_F(CommandRunTest, TheWayItEndsIsKeptExactly) {
  EXPECT_TRUE(run("exit 0").succeeded());
  EXPECT_EQ(run("exit 0").how_it_ended(), "exit status 0");
  EXPECT_EQ(run("exit 37").exit_status(), 37);
  EXPECT_EQ(run("exit 37").how_it_ended(), "exit status 37");
  const CommandRun killed = run("kill -9 $$");
  EXPECT_EQ(killed.exit_status(), 137);
  EXPECT_EQ(killed.end_signal(), 9);
  EXPECT_EQ(killed.how_it_ended(), "killed by signal 9 (Killed)");
}

TEST_F(CommandRunTest, WhatCannotBeStartedHasTheStatusOfAShell) {
  const Result<CommandRun> missing = run_command({{"/no/such/command"}}, recorder_);
  ASSERT_TRUE(missing.ok());
  EXPECT_EQ(missing->exit_status(), 127);
  EXPECT_FALSE(missing->succeeded());
  EXPECT_EQ(missing->how_it_ended(), "not started: No such file or directory");
  EXPECT_EQ(run_command({{"/"}}, recorder_)->exit_status(), 126);
  EXPECT_FALSE(run_command({{}}, recorder_).ok());
}

// The simulated sensor draws 100 W, always: the joules are those of the window that was run.
TEST_F(CommandRunTest, TheJoulesAreThoseOfTheTimeItRan) {
  const CommandRun slept = run("sleep 0.2");
  const double seconds = slept.duration.value();
  EXPECT_GE(seconds, 0.2);
  EXPECT_NEAR(slept.energy.by_device.at("sim0").value.value(), 100 * seconds, 0.05);
}

// One core at 200 W and no idle power: the model's joules are the CPU seconds of the whole tree × 200 W,
// whether they were spent by the command, by a child in the background, by threads, or by a child that has
// ended long ago.
TEST_F(CommandRunTest, ForkedChildrenAndTheLastMomentCount) {
  const std::string spin = "i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done";
  for (const std::string& script :
       {spin, "(" + spin + ") & wait", "sh -c '" + spin + "'; sh -c '" + spin + "'", spin + " | " + spin}) {
    const CommandRun spun = run(script);
    const double cpu = spun.cpu_time.value();
    ASSERT_GT(cpu, 0.02) << script;
    // A core gives at most its time: what two children spend at once cannot all be booked on one core.
    const double least = std::min(cpu, 0.95 * spun.duration.value());
    EXPECT_NEAR(spun.energy.by_device.at("model").value.value(), 200 * least, 200 * (0.1 * cpu + 0.03))
        << script;
  }
}

// A command of days must not fill the memory: its readings are booked and forgotten from time to time.
TEST_F(CommandRunTest, ReadingsAreFoldedWhileItRuns) {
  recorder_.start(Duration(0.01));
  int folds = 0;
  CommandSettings settings{{"sleep", "0.5"}, false};
  settings.fold = Duration(0.1);
  std::size_t most = 0;
  const Result<CommandRun> slept = run_command(settings, recorder_, [&] {
    ++folds;
    for (const Trace& trace : recorder_.traces()) most = std::max(most, trace.readings.size());
  });
  recorder_.stop();
  ASSERT_TRUE(slept.ok());
  EXPECT_GE(folds, 3);
  EXPECT_LE(most, 40u);
  EXPECT_NEAR(slept->energy.by_device.at("sim0").value.value(), 100 * slept->duration.value(), 0.1);
}

TEST_F(CommandRunTest, SignalsFromAProcessReachTheCommand) {
  const SignalRelay relay;
  std::thread sender([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    ::kill(::getpid(), SIGUSR1);
  });
  const CommandRun caught = run("trap 'exit 42' USR1; while :; do sleep 0.02; done");
  sender.join();
  EXPECT_EQ(caught.exit_status(), 42);
  EXPECT_EQ(relay.last(), SIGUSR1);
}

TEST_F(CommandRunTest, AnIgnoredSignalStaysIgnored) {
  ::signal(SIGHUP, SIG_IGN);
  {
    const SignalRelay relay;
    ::kill(::getpid(), SIGHUP);
    EXPECT_EQ(relay.last(), 0);
    EXPECT_TRUE(run("kill -HUP $$; exit 0").succeeded()) << "the command inherits that it is ignored";
  }
  ::signal(SIGHUP, SIG_DFL);
  EXPECT_EQ(run("kill -HUP $$; exit 0").end_signal(), SIGHUP);
}

TEST_F(CommandRunTest, SigpipeIsAsItWasInherited) {
  EXPECT_EQ(run("kill -PIPE $$; exit 0").end_signal(), SIGPIPE);
  CommandSettings nohup{{"sh", "-c", "kill -PIPE $$; exit 0"}, false, true};
  EXPECT_TRUE(run_command(nohup, recorder_)->succeeded());
}

TEST_F(CommandRunTest, WithoutOwnInputTheCommandReadsNothing) {
  EXPECT_EQ(run("test \"$(wc -c)\" -eq 0 && exit 5").exit_status(), 5);
}

}  // namespace
}  // namespace frugal
