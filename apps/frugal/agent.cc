// frugal agent: measures and relays beside a worker. Started by a study, not by people.
#include "frugal/work/agent.h"

#include <stdlib.h>
#include <unistd.h>

#include "environment.h"
#include "frugal/base/units_text.h"
#include "frugal/command.h"
#include "frugal/energy/open.h"
#include "frugal/work/protocol.h"

namespace frugal::app {
namespace {

struct AgentOptions {
  std::string devices = "auto";
  std::string interval = "100 ms";
  bool no_trace = false;
  std::vector<std::string> worker;
};

// The study reads standard output: what is wrong is said there, as an answer.
int refuse(const Error& error) {
  const std::string line =
      error_line("invalid", error.message + (error.hint.empty() ? "" : " (" + error.hint + ")")) + "\n";
  (void)!::write(STDOUT_FILENO, line.data(), line.size());
  return fail(error);
}

int run_it(const AgentOptions& options) {
  // libgomp's threads spin while they wait for each other, which on a shared machine costs many times the
  // work. The worker inherits this; who has chosen a policy keeps it.
  if (::getenv("OMP_WAIT_POLICY") == nullptr)
    ::setenv("GOMP_SPINCOUNT", "1000", 0);  // NOLINT(concurrency-mt-unsafe)
  const SteadyClock clock;
  AgentSettings settings;
  settings.worker = options.worker;
  const Result<Duration> interval = parse_duration(options.interval);
  if (!interval) return refuse(interval.error());
  settings.interval = *interval;
  const Machine machine = machine_from_environment();
  Result<OpenedMeters> meters = open_meters(options.devices, clock, machine);
  if (!meters) return refuse(meters.error());
  settings.caveats = meters->caveats;
  settings.trace = !options.no_trace;
  settings.host = host_facts(machine);
  settings.host.push_back({"frugal", FRUGAL_VERSION});
  return run_agent(settings, std::move(meters->meters), clock, WorkerStreams{});
}

}  // namespace

Command agent_command() {
  return {
      "agent", "(internal) measure and relay beside a worker",
      "frugal agent --devices auto -- frugal-trainer --workload '{…}'",
      [](CLI::App& command, CommonOptions&) {
        auto options = std::make_shared<AgentOptions>();
        command.add_option("--devices", options->devices, "What to read")->capture_default_str();
        command.add_option("--interval", options->interval, "Time between readings")->capture_default_str();
        command.add_flag("--no-trace", options->no_trace, "Tell joules only, no readings");
        command.add_option("worker", options->worker, "The worker's command, after --")->required();
        return [options] { return run_it(*options); };
      },
      true};
}

}  // namespace frugal::app
