// A Worker that runs any program: one run of the command is one trial, from its start to its end. The program
// appends lines of JSON to the file that FRUGAL_REPORT names, {"epoch":1,"accuracy":0.9}, which are told as
// they come. It cannot explore, and a run that was cut off begins anew; what its snapshots keep is that it
// has ended.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "frugal/work/command_template.h"
#include "frugal/work/worker.h"

namespace frugal {

struct ProgramSettings {
  std::string command;  // docs/study-file.md; names of the point, {seed}, {epochs}, {trial} and {point}
  std::string report;   // absolute path of the file that the program appends to; written anew for each run
  std::string metric = "accuracy";
  bool maximise = true;
  int epochs = 1;  // what {epochs} says
};

std::string program_settings_to_json(const ProgramSettings& settings);
Result<ProgramSettings> program_settings_from_json(std::string_view text);

// The lines of a report, read one by one. An error names the line and costs the trial.
class ReportReader {
 public:
  explicit ReportReader(std::string metric) : metric_(std::move(metric)) {}
  WorkerResult<EpochReport> read(std::string_view line);
  // What the whole report lacks, once the program has ended.
  std::optional<WorkerError> missing() const;

 private:
  std::string metric_;
  int lines_ = 0;
  int epoch_ = 0;
  bool steered_ = false;                // some line had the metric
  std::map<std::string, double> seen_;  // metrics of the latest line
};

// Becomes the reaper of the program's orphans: one to a process, which does nothing else.
class ProgramWorker final : public Worker {
 public:
  ProgramWorker(ProgramSettings settings, CommandTemplate command);
  WorkerResult<WorkerCard> hello() override;
  WorkerResult<Done> start(int trial, const Point& point, std::uint64_t seed) override;
  WorkerResult<Done> train(int trial, int epochs, const Point& set, WorkEvents& events) override;
  WorkerResult<Done> save(int trial, const std::string& path) override;
  WorkerResult<Done> load(int trial, const std::string& path) override;
  WorkerResult<Done> drop(int trial) override;

 private:
  struct Trial {
    Point point;
    std::uint64_t seed = 1;
    bool ended = false;
  };
  std::vector<std::string> command_of(int number, const Trial& trial) const;
  WorkerResult<Done> run(int number, const Trial& trial, WorkEvents& events);

  ProgramSettings settings_;
  CommandTemplate command_;
  std::map<int, Trial> trials_;
};

}  // namespace frugal
