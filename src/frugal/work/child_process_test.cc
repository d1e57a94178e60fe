#include "frugal/work/child_process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace frugal {
namespace {

using Child = std::unique_ptr<ChildProcess>;

Child shell(const std::string& script, const SpawnOptions& options = {}) {
  Result<Child> child = ChildProcess::spawn({"/bin/sh", "-c", script}, options);
  EXPECT_TRUE(child.ok()) << (child.ok() ? "" : child.error().message);
  return std::move(*child);
}

std::string said(ChildProcess& child) {
  std::string line;
  return child.channel().read_line(line, Duration(20)) == LineChannel::Read::Line ? line : "(nothing)";
}

// False once the process has ended, whether or not somebody has waited for it.
bool runs(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return false;
  return text.at(text.rfind(')') + 2) != 'Z';
}

bool ends(pid_t pid) {
  for (int i = 0; i < 1000 && runs(pid); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return !runs(pid);
}

TEST(ChildProcess, ItsInputAndOutputAreTheChannel) {
  const Child child = shell("read word; echo \"heard $word\"");
  EXPECT_TRUE(child->channel().write_line("hello").ok());
  EXPECT_EQ(said(*child), "heard hello");
  EXPECT_EQ(child->end(Duration(10)), "exited with status 0");
}

TEST(ChildProcess, HowItEndedIsSaidInWords) {
  EXPECT_EQ(shell("exit 3")->end(Duration(10)), "exited with status 3");
  EXPECT_EQ(shell("kill -9 $$")->end(Duration(10)), "was killed by signal 9 (Killed)");
  EXPECT_EQ(shell("kill -SEGV $$")->end(Duration(10)), "was killed by signal 11 (Segmentation fault)");
}

TEST(ChildProcess, OneThatDoesNotEndIsKilledAfterTheGrace) {
  const Child child = shell("trap '' TERM; while :; do sleep 1; done");
  EXPECT_EQ(child->end(Duration(0.05)), "was killed by signal 9 (Killed)");
  EXPECT_FALSE(runs(child->pid()));
}

TEST(ChildProcess, AMissingProgramIsNamed) {
  const Result<Child> child = ChildProcess::spawn({"/no/such/program"}, {});
  ASSERT_FALSE(child.ok());
  EXPECT_EQ(child.error().message, "'/no/such/program' cannot be started: No such file or directory");
  EXPECT_EQ(child.error().code, ErrorCode::FixInput);
  EXPECT_EQ(ChildProcess::spawn({"/"}, {}).error().message, "'/' cannot be started: Permission denied");
  EXPECT_EQ(ChildProcess::spawn({}, {}).error().message, "the command to start is empty");
}

TEST(ChildProcess, AnErrorFileThatCannotBeWrittenIsNamed) {
  const Result<Child> child = ChildProcess::spawn({"/bin/true"}, {.error_file = "/no/such/folder/log"});
  ASSERT_FALSE(child.ok());
  EXPECT_EQ(child.error().message, "'/no/such/folder/log' cannot be written: No such file or directory");
}

TEST(ChildProcess, StandardErrorIsAppendedToItsFile) {
  const std::string log =
      std::filesystem::temp_directory_path() / ("frugal-child-" + std::to_string(::getpid()) + ".log");
  shell("echo one >&2", {.error_file = log})->end(Duration(10));
  shell("echo two >&2", {.error_file = log})->end(Duration(10));
  std::ifstream file(log);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, "one\ntwo\n");
  std::filesystem::remove(log);
}

TEST(ChildProcess, WithExtraDescriptorsPrintsDisturbNothing) {
  const Child child = shell(
      "echo print; echo '{\"ok\":true}'; r=${FRUGAL_FDS%,*}; w=${FRUGAL_FDS#*,}; eval \"read word <&$r\"; "
      "eval \"echo said \\$word >&$w\"",
      {.extra_descriptors = true, .error_file = "/dev/null"});
  EXPECT_TRUE(child->channel().write_line("hello").ok());
  EXPECT_EQ(said(*child), "said hello");
  EXPECT_EQ(child->end(Duration(10)), "exited with status 0");
}

TEST(ChildProcess, FdsOfAnotherWorkerAreNotPassedOn) {
  ASSERT_EQ(::setenv("FRUGAL_FDS", "90,91", 1), 0);
  const Child child = shell("echo \"fds: ${FRUGAL_FDS-none}\"");
  ::unsetenv("FRUGAL_FDS");
  EXPECT_EQ(said(*child), "fds: none");
}

TEST(ChildProcess, ItsWholeGroupGoesWithIt) {
  Child child = shell("sleep 300 & echo $!; wait");
  const pid_t grandchild = std::stoi(said(*child));
  ASSERT_TRUE(runs(grandchild));
  const pid_t pid = child->pid();
  child.reset();
  EXPECT_TRUE(ends(pid));
  EXPECT_TRUE(ends(grandchild));
}

TEST(ChildProcess, HelpersLeftBehindByADeadLeaderAreKilled) {
  const Child child = shell("sleep 300 >/dev/null 2>&1 & echo $!; exit 5");
  const pid_t grandchild = std::stoi(said(*child));
  EXPECT_EQ(child->end(Duration(10)), "exited with status 5");
  EXPECT_TRUE(ends(grandchild));
}

TEST(ChildProcess, ItDiesWhenItsParentIsKilled) {
  std::array<int, 2> pids{};
  ASSERT_EQ(::pipe(pids.data()), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    const Result<Child> child = ChildProcess::spawn({"/bin/sleep", "300"}, {});
    const pid_t pid = child.ok() ? (*child)->pid() : -1;
    if (::write(pids[1], &pid, sizeof pid) != static_cast<ssize_t>(sizeof pid)) ::_exit(1);
    while (true) ::pause();
  }
  pid_t child = -1;
  ASSERT_EQ(::read(pids[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
  ASSERT_GT(child, 0);
  EXPECT_TRUE(runs(child));
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  EXPECT_TRUE(ends(child));
  ::close(pids[0]);
  ::close(pids[1]);
}

}  // namespace
}  // namespace frugal
