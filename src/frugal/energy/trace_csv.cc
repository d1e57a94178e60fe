#include "frugal/energy/trace_csv.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <ostream>
#include <utility>

#include "frugal/base/csv_table.h"
#include "frugal/base/units_text.h"
#include "frugal/energy/sensor_model.h"

namespace frugal {
namespace {

constexpr double kAssumedError = 0.05;
constexpr double kLongestTime = 4e9;  // seconds; an instant holds nanoseconds
constexpr const char* kOnlyDevice = "replay0";

// What is known of a sensor, as cells behind the first four, and back.
struct CardColumn {
  const char* name;
  std::string (*write)(const Trace& trace);
  bool (*read)(const std::string& cell, Trace& trace);  // false: the cell cannot be
};

std::optional<double> number_of(const std::string& cell) {
  char* end = nullptr;
  const double value = std::strtod(cell.c_str(), &end);
  if (cell.empty() || *end != '\0' || !std::isfinite(value) || value < 0) return std::nullopt;
  return value;
}

template <class T>
bool read_into(const std::string& cell, T& value) {
  const std::optional<double> number = number_of(cell);
  if (number) value = T(*number);
  return number.has_value();
}

PowerCard& power_card(Trace& trace) {
  if (!trace.card.power) trace.card.power.emplace();
  return *trace.card.power;
}

std::string optional_text(const auto& value) { return value ? exact_text(value->value()) : std::string(); }

const std::array<CardColumn, 13> kCardColumns{{
    {"method", [](const Trace& t) { return std::string(method_text(t.card.method)); },
     [](const std::string& cell, Trace& t) {
       const std::optional<Method> method = parse_method(cell);
       if (method) t.card.method = *method;
       return method.has_value();
     }},
    {"sensor", [](const Trace& t) { return t.card.sensor; },
     [](const std::string& cell, Trace& t) {
       t.card.sensor = cell;
       return true;
     }},
    {"period_s", [](const Trace& t) { return exact_text(t.card.period.value()); },
     [](const std::string& cell, Trace& t) { return read_into(cell, t.card.period); }},
    {"window_s", [](const Trace& t) { return exact_text(t.card.window.value()); },
     [](const std::string& cell, Trace& t) { return read_into(cell, t.card.window); }},
    {"relative_error", [](const Trace& t) { return exact_text(t.card.relative_error); },
     [](const std::string& cell, Trace& t) { return read_into(cell, t.card.relative_error); }},
    {"counter_range_j", [](const Trace& t) { return optional_text(t.card.counter_range); },
     [](const std::string& cell, Trace& t) { return read_into(cell, t.card.counter_range.emplace()); }},
    {"max_power_w", [](const Trace& t) { return optional_text(t.card.max_power); },
     [](const std::string& cell, Trace& t) { return read_into(cell, t.card.max_power.emplace()); }},
    {"interval_s", [](const Trace& t) { return exact_text(t.interval.value()); },
     [](const std::string& cell, Trace& t) { return read_into(cell, t.interval); }},
    {"power_field", [](const Trace& t) { return t.card.power ? t.card.power->field : std::string(); },
     [](const std::string& cell, Trace& t) {
       power_card(t).field = cell;
       return true;
     }},
    {"power_period_s",
     [](const Trace& t) { return t.card.power ? exact_text(t.card.power->period.value()) : std::string(); },
     [](const std::string& cell, Trace& t) { return read_into(cell, power_card(t).period); }},
    {"power_window_s",
     [](const Trace& t) { return t.card.power ? exact_text(t.card.power->window.value()) : std::string(); },
     [](const std::string& cell, Trace& t) { return read_into(cell, power_card(t).window); }},
    {"whole_machine", [](const Trace& t) { return std::string(t.card.whole_machine ? "1" : "0"); },
     [](const std::string& cell, Trace& t) {
       t.card.whole_machine = cell == "1";
       return cell == "0" || cell == "1";
     }},
    {"caveat", [](const Trace& t) { return t.card.caveat.value_or(""); },
     [](const std::string& cell, Trace& t) {
       t.card.caveat = cell;
       return true;
     }},
}};

// Seconds with all nine decimals that matter, found without rounding.
std::string seconds_text(Instant at, Instant origin) {
  const std::int64_t nanoseconds = at.nanoseconds() - origin.nanoseconds();
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t size = std::abs(nanoseconds);
  std::string text = (nanoseconds < 0 ? "-" : "") + std::to_string(size / kSecond);
  std::string decimals = std::to_string(kSecond + size % kSecond).substr(1);
  decimals.resize(decimals.find_last_not_of('0') + 1);
  return decimals.empty() ? text : text + "." + decimals;
}

void write_row(std::ostream& out, const Trace& trace, const Reading& reading, Instant origin, bool first) {
  out << seconds_text(reading.at, origin) << ',' << csv_cell(trace.card.device) << ','
      << optional_text(reading.power) << ',' << optional_text(reading.counter);
  for (const CardColumn& column : kCardColumns) {
    out << ',';
    if (first) out << csv_cell(column.write(trace));
  }
  out << '\n';
}

// Reads the rows of a table into traces.
class TraceReader {
 public:
  explicit TraceReader(const CsvTable& table)
      : table_(table),
        device_(table.find("device")),
        power_(table.find("power_w")),
        counter_(table.find("counter_j")) {}

  Result<std::vector<Trace>> read() {
    const Result<std::size_t> time = table_.require("t_s");
    if (!time) return time.error();
    if (!power_ && !counter_)
      return bad_input(table_.name() + ": has neither a column 'power_w' nor a column 'counter_j'");
    if (table_.rows() == 0) return bad_input(table_.name() + ": has a header and no rows");
    for (std::size_t row = 0; row < table_.rows(); ++row) {
      if (const Status status = add_row(row, *time); !status) return status.error();
    }
    for (Trace& trace : traces_) complete(trace);
    return std::move(traces_);
  }

 private:
  Result<Trace*> trace_of(std::size_t row) {
    const std::string device = device_ ? table_.cell(row, *device_) : kOnlyDevice;
    if (device.empty()) return table_.error_at(row, *device_, "a reading needs the name of its device");
    for (Trace& trace : traces_) {
      if (trace.card.device == device) return &trace;
    }
    Trace& trace = traces_.emplace_back();
    trace.card.device = device;
    if (const Status status = read_card(row, trace); !status) return status.error();
    return &trace;
  }

  Status read_card(std::size_t row, Trace& trace) {
    for (const CardColumn& column : kCardColumns) {
      const std::optional<std::size_t> index = table_.find(column.name);
      if (!index || table_.cell(row, *index).empty()) continue;
      const std::string& cell = table_.cell(row, *index);
      if (!column.read(cell, trace)) return table_.error_at(row, *index, "'" + cell + "' is not possible");
    }
    return {};
  }

  Result<std::optional<double>> cell_of(std::size_t row, std::optional<std::size_t> column) {
    if (!column) return std::optional<double>();
    return table_.number(row, *column);
  }

  Status add_row(std::size_t row, std::size_t time_column) {
    const Result<std::optional<double>> time = table_.number(row, time_column);
    if (!time) return time.error();
    if (!*time) return table_.error_at(row, time_column, "a reading needs a time");
    if (std::abs(**time) > kLongestTime) return table_.error_at(row, time_column, "the time is out of range");
    const Result<std::optional<double>> power = cell_of(row, power_);
    if (!power) return power.error();
    const Result<std::optional<double>> counter = cell_of(row, counter_);
    if (!counter) return counter.error();
    const Result<Trace*> trace = trace_of(row);
    if (!trace) return trace.error();
    Reading reading{.at = Instant(static_cast<std::int64_t>(std::llround(**time * 1e9)))};
    if (*power) reading.power = Watts(**power);
    if (*counter) reading.counter = Joules(**counter);
    std::vector<Reading>& readings = (*trace)->readings;
    if (!readings.empty() && reading.at < readings.back().at)
      return table_.error_at(row, time_column, "the time runs back");
    readings.push_back(reading);
    return {};
  }

  // What the file does not say of a sensor.
  void complete(Trace& trace) const {
    if (table_.find("method") && !trace.card.sensor.empty()) return;
    const bool counts = std::any_of(trace.readings.begin(), trace.readings.end(),
                                    [](const Reading& r) { return r.counter.has_value(); });
    trace.card.method = counts ? Method::Counter : Method::Integral;
    trace.card.sensor = "unknown sensor, ±5 % assumed";
    trace.card.relative_error = kAssumedError;
    trace.card.caveat =
        "the sensor of " + trace.card.device + " in " + table_.name() + " is unknown: ±5 % assumed";
    const auto period = update_period(trace.readings, counts ? SensorField::Counter : SensorField::Power);
    if (period) trace.card.period = period->period;
    trace.card.window = trace.card.period;
  }

  const CsvTable& table_;
  std::optional<std::size_t> device_;
  std::optional<std::size_t> power_;
  std::optional<std::size_t> counter_;
  std::vector<Trace> traces_;
};

}  // namespace

void write_trace_csv(std::ostream& out, std::span<const Trace> traces, Instant origin) {
  out << "t_s,device,power_w,counter_j";
  for (const CardColumn& column : kCardColumns) out << ',' << column.name;
  out << '\n';
  std::vector<std::size_t> next(traces.size(), 0);
  while (true) {
    std::optional<std::size_t> earliest;
    for (std::size_t i = 0; i < traces.size(); ++i) {
      if (next[i] == traces[i].readings.size()) continue;
      if (!earliest || traces[i].readings[next[i]].at < traces[*earliest].readings[next[*earliest]].at)
        earliest = i;
    }
    if (!earliest) return;
    const std::size_t reading = next[*earliest]++;
    write_row(out, traces[*earliest], traces[*earliest].readings[reading], origin, reading == 0);
  }
}

Result<std::vector<Trace>> parse_trace_csv(std::string_view text, const std::string& name) {
  const Result<CsvTable> table = CsvTable::parse(text, name);
  if (!table) return table.error();
  return TraceReader(*table).read();
}

}  // namespace frugal
