#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>
#include <string_view>

#include "frugal/train/gzip.h"
#include "frugal/train/images.h"

namespace frugal {
namespace {

constexpr std::size_t kColumns = 7;
constexpr int kMinuteStride = 10;
constexpr const char* kHint =
    "unpack household_power_consumption.zip of the UCI repository into data_dir/household";
constexpr std::string_view kHeader =
    "Date;Time;Global_active_power;Global_reactive_power;Voltage;Global_intensity;Sub_metering_1;"
    "Sub_metering_2;Sub_metering_3";

using Row = std::array<float, kColumns>;

// Rows of equal distance in time; a missing one is NaN in its first column.
struct Series {
  std::vector<Row> rows;
  void missing() { rows.push_back({std::numeric_limits<float>::quiet_NaN()}); }
  bool has(std::size_t i) const { return !std::isnan(rows[i][0]); }
};

std::optional<float> number(std::string_view text) {
  float value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> cut(std::string_view line, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = line.find(at);
    parts.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return parts;
    line.remove_prefix(end + 1);
  }
}

// Days since 0000-03-01 of the Gregorian calendar.
std::int64_t day_number(int year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const int shifted = (month + 9) % 12;
  return std::int64_t{365} * year + year / 4 - year / 100 + year / 400 + (153 * shifted + 2) / 5 + day - 1;
}

std::optional<int> whole(std::string_view text) {
  int value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Minutes of "16/12/2006" and "17:24:00", or of "2006-12-16 17:00:00".
std::optional<std::int64_t> minute_of(std::string_view date, std::string_view time) {
  const bool iso = date.find('-') != std::string_view::npos;
  const auto d = cut(date, iso ? '-' : '/'), t = cut(time, ':');
  if (d.size() != 3 || t.size() < 2) return std::nullopt;
  const auto day = whole(d[iso ? 2 : 0]), month = whole(d[1]), year = whole(d[iso ? 0 : 2]);
  const auto hour = whole(t[0]), minute = whole(t[1]);
  if (!day || !month || !year || !hour || !minute) return std::nullopt;
  return (day_number(*year, *month, *day) * 24 + *hour) * 60 + *minute;
}

struct Timed {
  std::int64_t minute = 0;
  std::optional<Row> values;  // absent: missing
};

Error line_error(const std::string& path, std::size_t line, const std::string& what) {
  return bad_input(path + ", line " + std::to_string(line) + ": " + what, kHint);
}

// The values of one line; all or none.
Result<std::optional<Row>> read_values(const std::vector<std::string_view>& parts, std::size_t first,
                                       const std::string& path, std::size_t line) {
  Row row{};
  for (std::size_t c = 0; c < kColumns; ++c) {
    const std::string_view part = parts[first + c];
    if (part.empty() || part == "?") return std::optional<Row>();
    const auto value = number(part);
    if (!value)
      return line_error(path, line,
                        "column " + std::to_string(first + c + 1) + " is not a number: '" +
                            std::string(part.substr(0, 16)) + "'");
    row[c] = *value;
  }
  return std::optional<Row>(row);
}

// Calls `visit` with every row below the header, in the order of the file.
template <class Visit>
Status each_row(const std::string& path, const std::string& text, bool official, const Visit& visit) {
  std::string_view rest = text;
  const char separator = official ? ';' : ',';
  const std::size_t first = official ? 2 : 1;
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::size_t end = rest.find('\n');
    std::string_view row = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (line == 1) {
      if (official && row != kHeader) return line_error(path, 1, "is not the header of this data set");
      continue;
    }
    const auto parts = cut(row, separator);
    if (parts.size() != first + kColumns)
      return line_error(path, line,
                        "has " + std::to_string(parts.size()) + " columns, not " +
                            std::to_string(first + kColumns) + ": truncated, or a foreign file");
    const auto stamp = official ? std::pair(parts[0], parts[1])
                                : std::pair(parts[0].substr(0, 10),
                                            parts[0].substr(std::min<std::size_t>(11, parts[0].size())));
    const auto minute = minute_of(stamp.first, stamp.second);
    if (!minute) return line_error(path, line, "its time cannot be read");
    Result<std::optional<Row>> values = read_values(parts, first, path, line);
    if (!values.ok()) return std::move(values).error();
    visit(Timed{.minute = *minute, .values = *values});
  }
  return {};
}

// Collects rows into steps of `length` minutes, each the mean of what is there.
class Resampler {
 public:
  explicit Resampler(std::int64_t length) : length_(length) {}
  void add(const Timed& timed) {
    const std::int64_t step = timed.minute / length_;
    if (step_ && step != *step_) {
      finish();
      for (std::int64_t gap = *step_ + 1; gap < step; ++gap) series_.missing();
    }
    step_ = step;
    if (!timed.values) return;
    for (std::size_t c = 0; c < kColumns; ++c) sums_[c] += (*timed.values)[c];
    ++count_;
  }
  Series end() {
    if (step_) finish();
    return std::move(series_);
  }

 private:
  void finish() {
    if (count_ == 0) {
      series_.missing();
    } else {
      Row row{};
      for (std::size_t c = 0; c < kColumns; ++c) row[c] = static_cast<float>(sums_[c] / count_);
      series_.rows.push_back(row);
    }
    sums_ = {};
    count_ = 0;
  }
  std::int64_t length_;
  std::optional<std::int64_t> step_;
  std::array<double, kColumns> sums_{};
  int count_ = 0;
  Series series_;
};

Result<Series> read_series(const SeriesRequest& request) {
  const std::string folder = request.data_dir + "/household/household_power_consumption";
  const bool hourly = request.resample == "hour";
  const bool official = !hourly || !std::filesystem::exists(folder + "_hourly.csv");
  const std::string path = folder + (official ? ".txt" : "_hourly.csv");
  const Result<std::string> text = read_maybe_gzip(path, kHint);
  if (!text.ok()) return text.error();
  Resampler resampler(hourly ? 60 : 1);
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
  bool backwards = false;
  Status read = each_row(path, *text, official, [&](const Timed& timed) {
    backwards = backwards || timed.minute <= last;
    last = timed.minute;
    if (!backwards) resampler.add(timed);
  });
  if (!read.ok()) return std::move(read).error();
  if (backwards) return bad_input(path + ": its rows are not in the order of time", kHint);
  return resampler.end();
}

// Appends the window that begins at row `first`, channel by channel.
void append_window(Images& out, const Series& series, std::size_t first, std::size_t window) {
  for (std::size_t c = 0; c < kColumns; ++c) {
    for (std::size_t t = 0; t < window; ++t) out.values.push_back(series.rows[first + t][c]);
  }
  out.labels.push_back(0);
  out.targets.push_back(series.rows[first + window][0]);
}

}  // namespace

Result<Images> read_household(const SeriesRequest& request) {
  const Result<Series> series = read_series(request);
  if (!series.ok()) return series.error();
  const int stride = request.resample == "minute" ? kMinuteStride : 1;
  Images out{.shape = {.channels = kColumns,
                       .height = 1,
                       .width = request.window,
                       .classes = 1,
                       .regression = true,
                       .largest = 0},
             .pixels = {},
             .labels = {}};
  out.overlap = (request.window + stride) / stride;
  const auto window = static_cast<std::size_t>(request.window);
  std::size_t whole_rows = 0;  // without a gap up to and including row i
  for (std::size_t i = 0; i < series->rows.size(); ++i) {
    whole_rows = series->has(i) ? whole_rows + 1 : 0;
    const bool starts = i >= window && (i - window) % static_cast<std::size_t>(stride) == 0;
    if (whole_rows > window && starts) append_window(out, *series, i - window, window);
  }
  if (out.count() == 0)
    return bad_input(
        "household: no stretch of " + std::to_string(request.window + 1) + " rows is without a gap",
        "choose a smaller window");
  return out;
}

}  // namespace frugal
