// What one poll of a machine's meters costs, with Google Benchmark: microseconds to read every meter of a
// case once, as the recorder does at each poll. The vendors' libraries are the stand-ins of tests/standin,
// and the zones of powercap are ordinary files, so the figure is the cost of this program and of the
// stand-in, without the driver's. A new case is a line of kCases.
//   scripts/build bench && build/bench/bin/meter_read --benchmark_repetitions=5
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "frugal/energy/find_amd.h"
#include "frugal/energy/find_nvml.h"
#include "frugal/energy/rapl.h"
#include "frugal/energy/recorder.h"
#include "frugal/energy/standin_tree.h"

namespace frugal {
namespace {

using Meters = std::vector<std::unique_ptr<Meter>>;

struct Case {
  const char* name;
  std::size_t meters;  // how many it must have: a case that finds fewer measures nothing
  std::function<Meters(const Clock&)> open;
};

std::string boards(int count, const std::string& board) {
  std::string all;
  for (int i = 0; i < count; ++i) all += (i > 0 ? "," : "") + board;
  return R"({"gpus":[)" + all + "]}";
}

Meters nvml(const std::string& json, const Clock& clock) {
  setenv("FRUGAL_STANDIN_NVML", json.c_str(), 1);
  return find_nvml({.nvml_library = STANDIN_FOLDER "/nvml/libnvidia-ml.so.1"}, clock).meters;
}
Meters rocm(const std::string& json, const Clock& clock) {
  setenv("FRUGAL_STANDIN_AMD", json.c_str(), 1);
  return find_amd({.amd_libraries = {STANDIN_FOLDER "/amd/librocm_smi64.so"}}, clock).meters;
}
// Two packages and the memory of one, as files that are gone from their folder and still open.
Meters powercap(const Clock& clock) {
  const StandinTree tree;
  Powercap zones(tree);
  zones.add({.folder = "intel-rapl:0", .name = "package-0"});
  zones.add({.folder = "intel-rapl:1", .name = "package-1"});
  zones.add({.folder = "intel-rapl:0:0", .name = "dram"});
  return find_rapl(tree.machine(), clock).meters;
}

const std::vector<Case> kCases{
    {"nvml, 8 boards, counter and power", 8,
     [](const Clock& c) { return nvml(boards(8, R"({"sim":"power=300W,period=100ms"})"), c); }},
    {"nvml, 8 boards, power alone", 8,
     [](const Clock& c) {
       return nvml(boards(8, R"({"counter":false,"sim":"power=300W,period=100ms"})"), c);
     }},
    {"powercap, 3 zones", 3, powercap},
    {"rocm-smi, 8 boards, counter and power", 8,
     [](const Clock& c) { return rocm(boards(8, R"({"sim":"power=300W"})"), c); }},
};

void read_all(benchmark::State& state, const Case& chosen) {
  const SteadyClock clock;
  const Meters meters = chosen.open(clock);
  if (meters.size() != chosen.meters) {
    state.SkipWithError("not every meter was found");
    return;
  }
  std::size_t values = 0;
  for (auto _ : state) {
    for (const std::unique_ptr<Meter>& meter : meters) {
      const Reading reading = meter->read();
      values += reading.counter || reading.power ? 1 : 0;
    }
  }
  if (values != state.iterations() * meters.size()) state.SkipWithError("a read failed");
}

}  // namespace
}  // namespace frugal

int main(int argc, char** argv) {
  for (const frugal::Case& chosen : frugal::kCases)
    benchmark::RegisterBenchmark(chosen.name, frugal::read_all, chosen)->Unit(benchmark::kMicrosecond);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
