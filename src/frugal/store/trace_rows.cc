#include "frugal/store/trace_rows.h"

#include <utility>

#include "frugal/energy/work_trace_json.h"

namespace frugal {
namespace {

constexpr const char* kSensorColumns =
    "device, sensor, method, interval_s, period_s, window_s, relative_error, whole_machine, counter_range_j, "
    "max_power_w, power_field, power_period_s, power_window_s, caveat";

template <class Quantity>
Cell optional_cell(const std::optional<Quantity>& value) {
  return value ? Cell(value->value()) : Cell(nullptr);
}

// In the order of kSensorColumns; borrows the texts of `trace`.
Cells sensor_cells(const Trace& trace) {
  const MeterCard& card = trace.card;
  return {card.device,
          card.sensor,
          method_text(card.method),
          trace.interval.value(),
          card.period.value(),
          card.window.value(),
          card.relative_error,
          std::int64_t{card.whole_machine ? 1 : 0},
          optional_cell(card.counter_range),
          optional_cell(card.max_power),
          card.power ? Cell(card.power->field) : Cell(nullptr),
          card.power ? Cell(card.power->period.value()) : Cell(nullptr),
          card.power ? Cell(card.power->window.value()) : Cell(nullptr),
          card.caveat ? Cell(*card.caveat) : Cell(nullptr)};
}

template <class Quantity>
std::optional<Quantity> optional_at(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return Quantity(row.number(column));
}

// The sensor whose columns begin at `first`.
Result<Trace> sensor_at(const Row& row, int first) {
  const std::optional<Method> method = parse_method(row.text(first + 2));
  if (!method)
    return Error{ErrorCode::StoreBroken, "the sensor of " + row.text(first) + " has the unknown method '" +
                                             row.text(first + 2) + "'"};
  Trace trace;
  MeterCard& card = trace.card;
  card.device = row.text(first);
  card.sensor = row.text(first + 1);
  card.method = *method;
  trace.interval = Duration(row.number(first + 3));
  card.period = Duration(row.number(first + 4));
  card.window = Duration(row.number(first + 5));
  card.relative_error = row.number(first + 6);
  card.whole_machine = row.integer(first + 7) != 0;
  card.counter_range = optional_at<Joules>(row, first + 8);
  card.max_power = optional_at<Watts>(row, first + 9);
  if (!row.is_null(first + 10))
    card.power =
        PowerCard{row.text(first + 10), Duration(row.number(first + 11)), Duration(row.number(first + 12))};
  if (!row.is_null(first + 13)) card.caveat = row.text(first + 13);
  return trace;
}

// The row of the same sensor, made where there is none.
Result<std::int64_t> sensor_id(Database& database, std::int64_t study_id, const Trace& trace) {
  Cells cells = sensor_cells(trace);
  cells.insert(cells.begin(), study_id);
  const Result<std::optional<std::int64_t>> held = database.integer(
      "SELECT sensor_id FROM sensor WHERE study_id = ? AND device = ? AND sensor = ? AND method = ? AND "
      "interval_s = ? AND period_s = ? AND window_s = ? AND relative_error = ? AND whole_machine = ? AND "
      "counter_range_j IS ? AND max_power_w IS ? AND power_field IS ? AND power_period_s IS ? AND "
      "power_window_s IS ? AND caveat IS ?",
      cells);
  if (!held) return held.error();
  if (*held) return **held;
  const std::string insert = std::string("INSERT INTO sensor (study_id, ") + kSensorColumns +
                             ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING sensor_id";
  const Result<std::optional<std::int64_t>> made = database.integer(insert, cells);
  if (!made) return made.error();
  return made->value_or(0);
}

Status write_readings(Database& database, std::int64_t attempt_id, std::int64_t sensor, const Trace& trace) {
  Cells cells(5);
  for (const Reading& reading : trace.readings) {
    cells = {attempt_id, sensor, exact_seconds(reading.at), optional_cell(reading.power),
             optional_cell(reading.counter)};
    Status written = database.run(
        "INSERT INTO reading (attempt_id, sensor_id, t_s, power_w, counter_j) VALUES (?, ?, ?, ?, ?) ON "
        "CONFLICT "
        "DO NOTHING",
        cells);
    if (!written) return written;
  }
  return {};
}

}  // namespace

Status write_trace(Database& database, std::int64_t study_id, std::int64_t attempt_id,
                   const WorkTrace& more) {
  if (more.empty()) return {};
  Status written =
      database.run("INSERT INTO attempt_trace (attempt_id, clock_ns) VALUES (?, ?) ON CONFLICT DO NOTHING",
                   {attempt_id, more.clock.nanoseconds()});
  if (!written) return written;
  for (const Trace& trace : more.traces) {
    const Result<std::int64_t> sensor = sensor_id(database, study_id, trace);
    if (!sensor) return sensor.error();
    if (written = write_readings(database, attempt_id, *sensor, trace); !written) return written;
  }
  for (const PhaseEdge& edge : more.edges) {
    written = database.run(
        "INSERT INTO phase_edge (attempt_id, t_s, phase) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        {attempt_id, exact_seconds(edge.at), edge.phase});
    if (!written) return written;
  }
  return {};
}

Result<WorkTrace> read_trace(Database& database, std::int64_t attempt_id) {
  WorkTrace trace;
  Status read = database.each("SELECT clock_ns FROM attempt_trace WHERE attempt_id = ?", {attempt_id},
                              [&](const Row& row) {
                                trace.clock = Instant(row.integer(0));
                                return Status();
                              });
  std::vector<std::int64_t> sensors;
  const std::string cards = std::string("SELECT sensor_id, ") + kSensorColumns +
                            " FROM sensor WHERE sensor_id IN (SELECT DISTINCT sensor_id FROM reading WHERE "
                            "attempt_id = ?) ORDER BY sensor_id";
  if (read)
    read = database.each(cards, {attempt_id}, [&](const Row& row) -> Status {
      Result<Trace> sensor = sensor_at(row, 1);
      if (!sensor) return sensor.error();
      sensors.push_back(row.integer(0));
      trace.traces.push_back(std::move(*sensor));
      return {};
    });
  for (std::size_t i = 0; read && i < sensors.size(); ++i)
    read = database.each(
        "SELECT t_s, power_w, counter_j FROM reading WHERE attempt_id = ? AND sensor_id = ? ORDER BY t_s",
        {attempt_id, sensors[i]}, [&](const Row& row) {
          trace.traces[i].readings.push_back({.at = exact_instant(row.number(0)),
                                              .counter = optional_at<Joules>(row, 2),
                                              .power = optional_at<Watts>(row, 1)});
          return Status();
        });
  if (read)
    read = database.each("SELECT t_s, phase FROM phase_edge WHERE attempt_id = ? ORDER BY t_s", {attempt_id},
                         [&](const Row& row) {
                           trace.edges.push_back({exact_instant(row.number(0)), row.text(1)});
                           return Status();
                         });
  if (!read) return read.error();
  return trace;
}

Result<TraceList> list_traces(Database& database, const std::string& study) {
  TraceList list;
  const std::string cards = std::string("SELECT ") + kSensorColumns +
                            " FROM sensor JOIN study USING (study_id) WHERE name = ? ORDER BY sensor_id";
  Status read = database.each(cards, {study}, [&](const Row& row) -> Status {
    Result<Trace> sensor = sensor_at(row, 0);
    if (!sensor) return sensor.error();
    list.sensors.push_back(std::move(*sensor));
    return {};
  });
  if (read)
    read = database.each(
        "SELECT a.step, a.attempt, a.trial, coalesce(a.duration_s, 0), a.state = 'finished' FROM study s "
        "JOIN "
        "attempt a USING (study_id) JOIN attempt_trace USING (attempt_id) WHERE s.name = ? ORDER BY a.step, "
        "a.attempt",
        {study}, [&](const Row& row) {
          list.attempts.push_back(
              {row.small(0), row.small(1), row.small(2), Duration(row.number(3)), row.integer(4) != 0});
          return Status();
        });
  if (!read) return read.error();
  return list;
}

}  // namespace frugal
