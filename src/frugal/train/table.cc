#include <map>

#include "frugal/base/csv_table.h"
#include "frugal/train/gzip.h"
#include "frugal/train/images.h"

namespace frugal {
namespace {

constexpr const char* kHint = "give a comma-separated file with a line of names, and numbers below them";
constexpr std::size_t kMostClasses = 256;

Error with_hint(Error error) {
  error.hint = kHint;
  return error;
}

Result<CsvTable> read_rows(const std::string& path) {
  const Result<std::string> text = read_maybe_gzip(path, kHint);
  if (!text.ok()) return text.error();
  Result<CsvTable> table = CsvTable::parse(*text, path);
  if (!table.ok()) return with_hint(table.error());
  if (table->rows() == 0) return bad_input(path + ": the file holds no rows", kHint);
  return table;
}

Result<float> number_in(const CsvTable& table, std::size_t row, std::size_t column) {
  const Result<std::optional<double>> value = table.number(row, column);
  if (!value.ok()) return with_hint(value.error());
  if (!*value) return with_hint(table.error_at(row, column, "is empty where a number is wanted"));
  return static_cast<float>(**value);
}

Status fill_classes(const CsvTable& table, std::size_t target, Images& out) {
  std::map<std::string, std::uint8_t> classes;
  for (std::size_t row = 0; row < table.rows(); ++row)
    classes.emplace(table.cell(row, target), std::uint8_t{0});
  if (classes.size() < 2 || classes.size() > kMostClasses)
    return bad_input(table.name() + ": column '" + table.columns()[target] + "' has " +
                         std::to_string(classes.size()) + " different words, not 2 to 256",
                     "choose another target, or task: regression");
  std::uint8_t next = 0;
  for (auto& [word, number] : classes) number = next++;
  for (std::size_t row = 0; row < table.rows(); ++row)
    out.labels.push_back(classes.at(table.cell(row, target)));
  out.shape.classes = static_cast<int>(classes.size());
  return {};
}

Status fill_targets(const CsvTable& table, std::size_t target, Images& out) {
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const Result<float> value = number_in(table, row, target);
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
  const Result<CsvTable> table = read_rows(request.path);
  if (!table.ok()) return table.error();
  const Result<std::size_t> target = table->require(request.target);
  if (!target.ok()) return bad_input(target.error().message, "name one of its columns as target");
  const std::size_t columns = table->columns().size();
  Images out{.shape = {.channels = static_cast<int>(columns) - 1, .height = 1, .width = 1, .largest = 0},
             .pixels = {},
             .labels = {}};
  if (out.shape.channels == 0) return bad_input(request.path + ": has no column beside the target", kHint);
  for (std::size_t row = 0; row < table->rows(); ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      if (column == *target) continue;
      const Result<float> value = number_in(*table, row, column);
      if (!value.ok()) return value.error();
      out.values.push_back(*value);
    }
  }
  Status filled =
      request.regression ? fill_targets(*table, *target, out) : fill_classes(*table, *target, out);
  if (!filled.ok()) return std::move(filled).error();
  return out;
}

}  // namespace frugal
