#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "frugal/base/nearest.h"
#include "frugal/train/gzip.h"
#include "frugal/train/images.h"

namespace frugal {
namespace {

constexpr const char* kHint = "give a comma-separated file with a line of names, and numbers below them";
constexpr std::size_t kMostClasses = 256;

// The fields of one line; a field may stand in double quotes, where two of them are one.
std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

struct Rows {
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> rows;
};

Result<Rows> read_rows(const std::string& path) {
  const Result<std::string> text = read_maybe_gzip(path, kHint);
  if (!text.ok()) return text.error();
  Rows out;
  std::string_view rest = *text;
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::size_t end = rest.find('\n');
    std::vector<std::string> fields = fields_of(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line > 1 && fields.size() == 1 && fields[0].empty()) continue;
    if (line > 1 && fields.size() != out.names.size())
      return bad_input(path + ", line " + std::to_string(line) + ": has " + std::to_string(fields.size()) +
                           " columns, the line of names has " + std::to_string(out.names.size()),
                       kHint);
    if (line == 1) {
      out.names = std::move(fields);
    } else {
      out.rows.push_back(std::move(fields));
    }
  }
  if (out.rows.empty()) return bad_input(path + ": the file holds no rows", kHint);
  return out;
}

Result<float> number_in(const Rows& table, std::size_t row, std::size_t column, const std::string& path) {
  const std::string& text = table.rows[row][column];
  float value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault == std::errc() && end == text.data() + text.size() && std::isfinite(value)) return value;
  return bad_input(path + ", line " + std::to_string(row + 2) + ": column '" + table.names[column] +
                       "' is not a number: '" + text.substr(0, 16) + "'",
                   kHint);
}

Status fill_classes(const Rows& table, std::size_t target, const std::string& path, Images& out) {
  std::map<std::string, std::uint8_t> classes;
  for (const auto& row : table.rows) classes.emplace(row[target], std::uint8_t{0});
  if (classes.size() < 2 || classes.size() > kMostClasses)
    return bad_input(path + ": column '" + table.names[target] + "' has " + std::to_string(classes.size()) +
                         " different words, not 2 to 256",
                     "choose another target, or task: regression");
  std::uint8_t next = 0;
  for (auto& [word, number] : classes) number = next++;
  for (const auto& row : table.rows) out.labels.push_back(classes.at(row[target]));
  out.shape.classes = static_cast<int>(classes.size());
  return {};
}

Status fill_targets(const Rows& table, std::size_t target, const std::string& path, Images& out) {
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const Result<float> value = number_in(table, row, target, path);
    if (!value.ok()) return value.error();
    out.targets.push_back(*value);
    out.labels.push_back(0);
  }
  out.shape.classes = 1;
  out.shape.regression = true;
  return {};
}

}  // namespace

Result<Images> read_table(const TableRequest& request) {
  const Result<Rows> table = read_rows(request.path);
  if (!table.ok()) return table.error();
  const auto found = std::find(table->names.begin(), table->names.end(), request.target);
  if (found == table->names.end())
    return bad_input(request.path + ": has no column '" + request.target + "'" +
                         did_you_mean(request.target, table->names),
                     "name one of its columns as target");
  const auto target = static_cast<std::size_t>(found - table->names.begin());
  Images out{
      .shape = {.channels = static_cast<int>(table->names.size()) - 1, .height = 1, .width = 1, .largest = 0},
      .pixels = {},
      .labels = {}};
  if (out.shape.channels == 0) return bad_input(request.path + ": has no column beside the target", kHint);
  for (std::size_t row = 0; row < table->rows.size(); ++row) {
    for (std::size_t column = 0; column < table->names.size(); ++column) {
      if (column == target) continue;
      const Result<float> value = number_in(*table, row, column, request.path);
      if (!value.ok()) return value.error();
      out.values.push_back(*value);
    }
  }
  Status filled = request.regression ? fill_targets(*table, target, request.path, out)
                                     : fill_classes(*table, target, request.path, out);
  if (!filled.ok()) return std::move(filled).error();
  return out;
}

}  // namespace frugal
