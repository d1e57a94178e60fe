#include "frugal/work/table_workload.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

namespace frugal {
namespace {

constexpr const char* kDevice = "table";

// Smallest and largest number of a parameter over all runs.
struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
};

std::map<std::string, Range> ranges(const std::vector<RecordedRun>& runs) {
  std::map<std::string, Range> ranges;
  for (const RecordedRun& run : runs) {
    for (const auto& [name, value] : run.point.values()) {
      const std::optional<double> number = run.point.number(name);
      if (!number) continue;
      ranges[name].low = std::min(ranges[name].low, *number);
      ranges[name].high = std::max(ranges[name].high, *number);
    }
  }
  return ranges;
}

// 1 for every value that differs; numbers count by their distance in the range of the table.
double distance(const Point& a, const Point& b, const std::map<std::string, Range>& ranges) {
  double sum = std::abs(static_cast<double>(a.values().size()) - static_cast<double>(b.values().size()));
  for (const auto& [name, value] : a.values()) {
    const Value* other = b.find(name);
    if (other == nullptr || same_value(value, *other)) {
      sum += other == nullptr ? 1 : 0;
      continue;
    }
    const std::optional<double> x = a.number(name);
    const std::optional<double> y = b.number(name);
    const auto range = ranges.find(name);
    const double width = range != ranges.end() ? range->second.high - range->second.low : 0;
    sum += x && y && width > 0 ? std::abs(*x - *y) / width : 1;
  }
  return sum;
}

EnergyReport as_report(const EpochRow& row) {
  EnergyReport report;
  report.durations["train"] = row.duration;
  if (row.energy) {
    report.total = row.energy;
    report.by_phase.emplace("train", *row.energy);
    report.by_device.emplace(kDevice, *row.energy);
  }
  return report;
}

}  // namespace

Result<WorkloadCard> TableWorkload::open() {
  std::ifstream file(settings_.path, std::ios::binary);
  if (!file)
    return bad_input("the table '" + settings_.path + "' cannot be read",
                     "make one of a study with: frugal export --rows epochs");
  std::stringstream text;
  text << file.rdbuf();
  Result<RecordedRuns> recorded =
      read_recorded_runs(text.str(), settings_.path, settings_.parameters, settings_.goal);
  if (!recorded) return recorded.error();
  recorded_ = std::move(*recorded);
  const bool measured = std::any_of(recorded_.runs.begin(), recorded_.runs.end(), [](const RecordedRun& run) {
    return run.epochs.front().energy.has_value();
  });
  WorkloadCard card{{"recorded runs: " + std::to_string(recorded_.runs.size()) + " of " + settings_.path,
                     {"train", "snapshot"},
                     settings_.goal.metric,
                     settings_.goal.maximise},
                    {},
                    {"replayed from " + settings_.path +
                     ": nothing was trained; seconds and joules are those of the recorded runs"}};
  if (measured) card.sensors.push_back(std::string(kDevice) + ": joules recorded in " + settings_.path);
  if (!recorded_.bounded)
    card.caveats.push_back(settings_.path +
                           " gives no bounds of its joules: low and high are the value itself");
  if (recorded_.left_out > 0)
    card.caveats.push_back(std::to_string(recorded_.left_out) + " rows of " + settings_.path +
                           " were left out: they belong to no run that starts at epoch 1");
  return card;
}

Result<const RecordedRun*> TableWorkload::find(const Point& point, std::uint64_t seed) const {
  std::vector<const RecordedRun*> repeats;
  const RecordedRun* nearest = &recorded_.runs.front();
  const std::map<std::string, Range> widths = ranges(recorded_.runs);
  double best = std::numeric_limits<double>::infinity();
  for (const RecordedRun& run : recorded_.runs) {
    if (run.point == point) repeats.push_back(&run);
    const double far = distance(point, run.point, widths);
    if (far < best) nearest = &run;
    best = std::min(best, far);
  }
  if (!repeats.empty()) return repeats[seed % repeats.size()];
  return bad_input("the table '" + settings_.path + "' has no run at " + point.text() + "; the nearest is " +
                   nearest->point.text());
}

// What a killed study had trained stands in its checkpoint: a number.
std::optional<std::size_t> TableWorkload::epochs_at(const WorkItem& item) const {
  if (!item.step.from) return 0;
  if (const auto known = trained_.find(*item.step.from); known != trained_.end()) return known->second;
  std::ifstream file(item.base_checkpoint.value_or(""));
  std::size_t epochs = 0;
  if (file >> epochs) return epochs;
  return std::nullopt;
}

Outcome TableWorkload::run(const WorkItem& item, WorkObserver& observer, const std::atomic<bool>&) {
  Outcome outcome;
  if (std::holds_alternative<Drop>(item.step.work)) return outcome;
  const auto* train = std::get_if<Train>(&item.step.work);
  const std::optional<std::size_t> begin = epochs_at(item);
  if (train == nullptr || !begin) {
    outcome.failure = train == nullptr
                          ? Failure{FailureKind::Unsupported, "recorded runs cannot explore or probe"}
                          : Failure{FailureKind::CheckpointLost, "its place in the table is not known"};
    return outcome;
  }
  Point point = item.step.point;
  for (const auto& [name, value] : train->set.values()) point.set(name, value);
  const Result<const RecordedRun*> run = find(point, item.step.seed);
  if (!run) {
    outcome.failure = Failure{FailureKind::Invalid, run.error().message};
    return outcome;
  }
  const std::vector<EpochRow>& rows = (*run)->epochs;
  const std::size_t end = std::min(rows.size(), *begin + static_cast<std::size_t>(train->epochs));
  for (std::size_t i = std::min(*begin, end); i < end; ++i) {
    outcome.epochs.push_back(rows[i]);
    outcome.samples += rows[i].samples;
    add(outcome.energy, as_report(rows[i]));
    observer.epoch(rows[i]);
  }
  outcome.duration = outcome.energy.duration();
  trained_[item.number] = std::max(*begin, end);
  if (item.save_to && !(std::ofstream(*item.save_to) << trained_[item.number] << "\n"))
    outcome.remarks.push_back("a checkpoint could not be written: '" + *item.save_to + "'");
  return outcome;
}

}  // namespace frugal
