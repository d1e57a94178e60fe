// The agent stands between a study and a worker on the machine where the training happens: it owns the
// meters, starts the worker, relays requests and answers, and adds to each answer the joules since the one
// before. The study sees the worker protocol with these fields more: "energy" and "duration_s" in answers and
// epochs, {"event":"energy"} once a second, {"event":"trace"} with the readings before each of the two,
// "sensors", "caveats" and "host" in the answer to hello, and the request "cancel".
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "frugal/base/clock.h"
#include "frugal/energy/host_facts.h"
#include "frugal/energy/meter.h"
#include "frugal/work/worker.h"

namespace frugal {

struct AgentSettings {
  std::vector<std::string> worker;        // the command
  std::vector<std::string> caveats = {};  // beyond those of the meters
  Duration interval{0.1};                 // between readings of the meters
  Duration heartbeat{1.0};                // between energy events
  Duration grace{3.0};                    // for the worker to end by itself after shutdown
  bool trace = true;                      // tell the readings too
  HostFacts host = {};                    // what the answer to hello says of the machine
};

// Runs until the study shuts it down, closes its end or the worker dies; the worker never outlives the call.
// Returns 0 after a shutdown or the end of input, 1 when the worker could not be started or died.
int run_agent(const AgentSettings& settings, std::vector<std::unique_ptr<Meter>> meters, const Clock& clock,
              WorkerStreams upstream);

}  // namespace frugal
