// The JSON object as rows of method,item,figure,value: one number (or word) a row, so that any program reads
// it.
#include <nlohmann/json.hpp>

#include "frugal/base/csv_cells.h"
#include "frugal/report/run_analysis.h"

namespace frugal {
namespace {

using nlohmann::ordered_json;

std::string value_cell(const ordered_json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return csv_cell(value.get<std::string>());
  return csv_cell(value.dump());
}

// What an object in a list is about: the values of the keys that name it.
std::string item_name(const ordered_json& object, std::size_t position) {
  std::string name;
  for (const char* key : {"name", "id", "factor", "level", "x", "y", "a", "b", "row"}) {
    if (!object.is_object() || !object.contains(key)) continue;
    const ordered_json& value = object[key];
    name += (name.empty() ? "" : " ") + (value.is_string() ? value.get<std::string>() : value.dump());
  }
  return name.empty() ? std::to_string(position) : name;
}

std::string joined(const std::string& a, const std::string& b) { return a.empty() ? b : a + " / " + b; }

void add_rows(const std::string& method, const std::string& item, const std::string& figure,
              const ordered_json& value, std::string& out) {
  if (value.is_object()) {
    for (const auto& [key, held] : value.items()) {
      const bool deeper = held.is_structured();
      add_rows(method, deeper ? joined(item, key) : item, key, held, out);
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      add_rows(method, value[i].is_structured() ? joined(item, item_name(value[i], i)) : item, figure,
               value[i], out);
  } else {
    out += method + "," + csv_cell(item) + "," + csv_cell(figure) + "," + value_cell(value) + "\r\n";
  }
}

}  // namespace

std::string run_analysis_csv(const RunAnalysis& analysis) {
  const ordered_json json = run_analysis_json(analysis);
  std::string out = "method,item,figure,value\r\n";
  for (const auto& [method, value] : json.items())
    add_rows(value.is_structured() ? method : "table", "", method, value, out);
  return out;
}

}  // namespace frugal
