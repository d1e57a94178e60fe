#include "frugal/store/attempt_rows.h"

#include <nlohmann/json.hpp>

#include "frugal/store/cells.h"
#include "frugal/trial/trial_json.h"

namespace frugal {
namespace {

Status write_figures(Database& database, std::int64_t attempt_id, const char* sql,
                     const std::map<std::string, EnergyFigure>& figures) {
  for (const auto& [name, figure] : figures) {
    Cells cells{attempt_id, name};
    append_figure(cells, &figure);
    if (Status written = database.run(sql, cells); !written) return written;
  }
  return {};
}

Status write_epochs(Database& database, std::int64_t attempt_id, const std::vector<EpochRow>& epochs,
                    const std::string& steering) {
  std::int64_t position = 0;
  for (const EpochRow& row : epochs) {
    const MetricColumns metrics = metric_columns(row.metrics, steering);
    Cells cells{attempt_id, position++, row.epoch, row.loss, row.samples, row.duration.value()};
    append_metrics(cells, metrics);
    append_figure(cells, row.energy ? &*row.energy : nullptr);
    Status written = database.run(
        "INSERT INTO epoch (attempt_id, position, epoch, loss, samples, duration_s, metric, metrics, "
        "energy_j, energy_low_j,"
        " energy_high_j, coverage, method, sensor, window_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?)",
        cells);
    if (!written) return written;
  }
  return {};
}

Status write_curve(Database& database, std::int64_t attempt_id, const std::vector<RatePoint>& curve) {
  std::int64_t position = 0;
  for (const RatePoint& point : curve) {
    Status written = database.run("INSERT INTO curve (attempt_id, position, rate, loss) VALUES (?, ?, ?, ?)",
                                  {attempt_id, position++, point.rate, point.loss});
    if (!written) return written;
  }
  return {};
}

Status write_attempt(Database& database, std::int64_t attempt_id, const Outcome& outcome,
                     const std::string& steering) {
  const MetricColumns metrics = metric_columns(outcome.metrics, steering);
  Cells cells{outcome.failure ? Cell(failure_text(outcome.failure->kind)) : Cell(nullptr),
              outcome.failure ? Cell(outcome.failure->message) : Cell(nullptr),
              outcome.samples,
              outcome.steps,
              outcome.budget_steps,
              outcome.train_samples ? Cell(*outcome.train_samples) : Cell(nullptr),
              outcome.loss_before};
  append_metrics(cells, metrics);
  cells.emplace_back(attempt_id);
  return database.run(
      "UPDATE attempt SET state = 'finished', failure = ?, failure_message = ?, samples = ?, optimiser_steps "
      "= ?,"
      " budget_steps = ?, train_samples = ?, loss_before = ?, metric = ?, metrics = ? WHERE attempt_id = ?",
      cells);
}

}  // namespace

Result<std::string> asked_text(const Step& step) {
  std::string why;
  try {
    std::string text = step_to_json(step).dump();
    const Result<Step> read = step_from_json(nlohmann::json::parse(text));
    if (read) return text;
    why = read.error().message;
  } catch (const nlohmann::json::exception& failure) {
    why = failure.what();
  }
  return Error{ErrorCode::GiveUp, "this step cannot be recorded: " + why};
}

Status write_spent(Database& database, std::int64_t attempt_id, const EnergyReport& energy,
                   Duration duration) {
  Cells cells{duration.value()};
  append_figure(cells, energy.total ? &*energy.total : nullptr);
  cells.emplace_back(attempt_id);
  Status written = database.run(
      "UPDATE attempt SET duration_s = ?, energy_j = ?, energy_low_j = ?, energy_high_j = ?, coverage = ?, "
      "method = ?,"
      " sensor = ?, window_s = ? WHERE attempt_id = ?",
      cells);
  if (written) written = database.run("DELETE FROM phase_energy WHERE attempt_id = ?", {attempt_id});
  if (written) written = database.run("DELETE FROM device_energy WHERE attempt_id = ?", {attempt_id});
  if (written)
    written = write_figures(database, attempt_id,
                            "INSERT INTO phase_energy VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", energy.by_phase);
  if (written)
    written = write_figures(database, attempt_id,
                            "INSERT INTO device_energy VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", energy.by_device);
  return written;
}

Status write_outcome(Database& database, std::int64_t attempt_id, const Outcome& outcome,
                     const std::string& steering) {
  Status written = write_spent(database, attempt_id, outcome.energy, outcome.duration);
  if (written) written = write_attempt(database, attempt_id, outcome, steering);
  if (written) written = write_epochs(database, attempt_id, outcome.epochs, steering);
  if (written) written = write_curve(database, attempt_id, outcome.curve);
  return written;
}

}  // namespace frugal
