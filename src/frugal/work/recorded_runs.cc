#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "frugal/base/csv_table.h"
#include "frugal/work/table_workload.h"

namespace frugal {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// A cell as a study file would read it: whole numbers, numbers, true, false, else text.
Value value_of(const std::string& cell) {
  const char* end = cell.data() + cell.size();
  std::int64_t whole = 0;
  double number = 0;
  if (const auto got = std::from_chars(cell.data(), end, whole); got.ec == std::errc{} && got.ptr == end)
    return whole;
  if (const auto got = std::from_chars(cell.data(), end, number); got.ec == std::errc{} && got.ptr == end)
    return number;
  if (cell == "true" || cell == "false") return cell == "true";
  return cell;
}

// What is wrong with a table is thrown here and caught in read_recorded_runs().
struct Fault {
  Error error;
};

class Rows {
 public:
  Rows(CsvTable table, const std::vector<std::string>& parameters, const Goal& goal)
      : table_(std::move(table)), goal_(goal), epoch_(required("epoch")) {
    metric_ = goal.metric == "loss" && table_.find("validation_loss") ? required("validation_loss")
                                                                      : required(goal.metric);
    for (const std::string& name : parameters) parameters_.emplace_back(name, required(name));
    if (table_.find("energy_j")) (void)required("method");
  }

  std::size_t count() const { return table_.rows(); }
  bool bounded() const {
    return !table_.find("energy_j") || (table_.find("energy_low_j") && table_.find("energy_high_j"));
  }
  Error error_at(std::size_t row, const std::string& what) const {
    return table_.error_at(row, epoch_, what);
  }

  Point point(std::size_t row) const {
    Point point;
    for (const auto& [name, column] : parameters_) {
      const std::string& cell = table_.cell(row, column);
      if (!cell.empty()) point.set(name, value_of(cell));  // empty: the parameter does not exist there
    }
    return point;
  }
  // Tells the runs of one point apart.
  std::string key(std::size_t row) const {
    std::string key;
    for (const char* name : {"study", "trial", "repeat"}) {
      if (const auto column = table_.find(name)) key += table_.cell(row, *column) + "\n";
    }
    return key + point(row).text();
  }
  EpochRow epoch(std::size_t row) const {
    const double number = number_at(row, "epoch").value_or(0);
    if (number < 1 || number > 1e9 || number != std::floor(number))
      throw Fault{error_at(row, "'" + table_.cell(row, epoch_) + "' is no epoch: they are counted from 1")};
    EpochRow held{static_cast<int>(number), number_at(row, "loss").value_or(kNaN), {}, 0, Duration(0), {}};
    const Result<std::optional<double>> metric = table_.number(row, metric_);
    if (!metric) throw Fault{metric.error()};
    if (*metric) held.metrics[goal_.metric] = **metric;
    held.samples = static_cast<std::int64_t>(number_at(row, "samples").value_or(0));
    held.duration = Duration(number_at(row, "duration_s").value_or(0));
    held.energy = figure(row, held.duration);
    return held;
  }

 private:
  std::size_t required(const std::string& column) const {
    const Result<std::size_t> found = table_.require(column);
    if (!found) throw Fault{found.error()};
    return *found;
  }
  std::optional<double> number_at(std::size_t row, const char* column) const {
    const auto found = table_.find(column);
    if (!found) return std::nullopt;
    const Result<std::optional<double>> number = table_.number(row, *found);
    if (!number) throw Fault{number.error()};
    return *number;
  }
  std::optional<EnergyFigure> figure(std::size_t row, Duration duration) const {
    const std::optional<double> joules = number_at(row, "energy_j");
    if (!joules) return std::nullopt;
    const std::size_t column = required("method");
    const std::optional<Method> method = parse_method(table_.cell(row, column));
    if (!method)
      throw Fault{table_.error_at(row, column,
                                  "'" + table_.cell(row, column) + "' is not counter, integral or model")};
    const double low = number_at(row, "energy_low_j").value_or(*joules);
    const double high = number_at(row, "energy_high_j").value_or(*joules);
    if (*joules < 0 || low > *joules || high < *joules)
      throw Fault{error_at(row, "its joules are negative or outside of their own bounds")};
    return EnergyFigure{Joules(*joules), Joules(low),
                        Joules(high),    std::clamp(number_at(row, "coverage").value_or(1), 0.0, 1.0),
                        *method,         "recorded in " + table_.name(),
                        duration};
  }

  CsvTable table_;
  const Goal& goal_;
  std::size_t epoch_;
  std::size_t metric_ = 0;
  std::vector<std::pair<std::string, std::size_t>> parameters_;
};

RecordedRuns grouped(const Rows& rows) {
  RecordedRuns recorded;
  recorded.bounded = rows.bounded();
  std::map<std::string, std::size_t> run_of;
  for (std::size_t row = 0; row < rows.count(); ++row) {
    const auto [found, fresh] = run_of.try_emplace(rows.key(row), recorded.runs.size());
    if (fresh) recorded.runs.push_back({rows.point(row), {}});
    std::vector<EpochRow>& epochs = recorded.runs[found->second].epochs;
    EpochRow epoch = rows.epoch(row);
    const auto place = std::lower_bound(epochs.begin(), epochs.end(), epoch.epoch,
                                        [](const EpochRow& held, int number) { return held.epoch < number; });
    if (place != epochs.end() && place->epoch == epoch.epoch) {
      throw Fault{
          rows.error_at(row, "epoch " + std::to_string(epoch.epoch) + " is there twice at " +
                                 recorded.runs[found->second].point.text() +
                                 "; a column that tells the runs apart is named 'trial' or 'repeat'")};
    }
    epochs.insert(place, std::move(epoch));
  }
  // A strategy may change a trial's rate: the rows behind that are no run of their point from its start.
  std::erase_if(recorded.runs, [&](const RecordedRun& run) {
    const bool cut = run.epochs.front().epoch != 1;
    if (cut) recorded.left_out += static_cast<int>(run.epochs.size());
    return cut;
  });
  return recorded;
}

}  // namespace

Result<RecordedRuns> read_recorded_runs(std::string_view text, const std::string& name,
                                        const std::vector<std::string>& parameters, const Goal& goal) {
  Result<CsvTable> table = CsvTable::parse(text, name);
  if (!table) return table.error();
  try {
    RecordedRuns recorded = grouped(Rows(std::move(*table), parameters, goal));
    if (recorded.runs.empty())
      return bad_input("the table '" + name + "' holds no run from its first epoch on");
    return recorded;
  } catch (const Fault& fault) {
    return fault.error;
  }
}

}  // namespace frugal
