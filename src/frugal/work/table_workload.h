// A Workload that replays recorded runs from a table, so that strategies are tried in seconds: nothing is
// trained and nothing measured; metrics, seconds and joules (with their method) are those of the table. A run
// is the rows of one point, and of one study, trial and repeat where the table has those columns; its epochs
// start at 1.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "frugal/work/workload.h"

namespace frugal {

struct RecordedRun {
  Point point;
  std::vector<EpochRow> epochs;  // ascending
};
struct RecordedRuns {
  std::vector<RecordedRun> runs;
  int left_out = 0;     // rows of runs that do not start at epoch 1
  bool bounded = true;  // its joules, where there are any, come with low and high
};

// Reads the columns `parameters`, epoch and the goal's metric (for the metric loss: validation_loss), and
// where they are there loss, samples, duration_s, energy_j with method, energy_low_j, energy_high_j,
// coverage. `name` is what messages call the table.
Result<RecordedRuns> read_recorded_runs(std::string_view text, const std::string& name,
                                        const std::vector<std::string>& parameters, const Goal& goal);

struct TableSettings {
  std::string path;
  std::vector<std::string> parameters;  // of the space and the fixed ones
  Goal goal;
};

class TableWorkload final : public Workload {
 public:
  explicit TableWorkload(TableSettings settings) : settings_(std::move(settings)) {}
  Result<WorkloadCard> open() override;
  Outcome run(const WorkItem& item, WorkObserver& observer, const std::atomic<bool>& cancel) override;
  void close() override {}

 private:
  // Runs of equal points are the repeats of it: the seed chooses. An error names the nearest point.
  Result<const RecordedRun*> find(const Point& point, std::uint64_t seed) const;
  std::optional<std::size_t> epochs_at(const WorkItem& item) const;

  TableSettings settings_;
  RecordedRuns recorded_;
  std::map<int, std::size_t> trained_;  // epochs of the trial after each Train step
};

}  // namespace frugal
