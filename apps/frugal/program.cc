// frugal program: the worker of a `command:` workload. Started by a study's agent, not by people.
#include <fcntl.h>

#include <cstdlib>

#include "frugal/command.h"
#include "frugal/work/program_worker.h"

namespace frugal::app {
namespace {

int run_it(const std::string& text) {
  Result<ProgramSettings> settings = program_settings_from_json(text);
  if (!settings) return fail(settings.error());
  Result<CommandTemplate> command = CommandTemplate::parse(settings->command);
  if (!command) return fail(command.error());
  const Result<WorkerStreams> streams = worker_streams(std::getenv("FRUGAL_FDS"));  // NOLINT
  if (!streams) return fail(streams.error());
  // The program has no part in the protocol.
  ::fcntl(streams->read_fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(streams->write_fd, F_SETFD, FD_CLOEXEC);
  ProgramWorker worker(std::move(*settings), std::move(*command));
  return serve(worker, *streams);
}

}  // namespace

Command program_command() {
  return {"program", "(internal) run a program for each trial of a study", "frugal program '{…}'",
          [](CLI::App& command, CommonOptions&) {
            auto settings = std::make_shared<std::string>();
            command.add_option("settings", *settings, "JSON")->required();
            return [settings] { return run_it(*settings); };
          },
          true};
}

}  // namespace frugal::app
