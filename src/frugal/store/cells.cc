#include "frugal/store/cells.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace frugal {
namespace {

using nlohmann::json;

// JSON has no word for these three.
json metric_json(double value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

double metric_number(const json& held) {
  if (held.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (!held.is_string()) return held.get<double>();
  return held == "-inf" ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
}

Error unreadable(const std::string& what) { return Error{ErrorCode::StoreBroken, what}; }

}  // namespace

void append_figure(Cells& cells, const EnergyFigure* figure) {
  if (figure == nullptr) {
    cells.insert(cells.end(), 7, nullptr);
    return;
  }
  cells.insert(cells.end(),
               {figure->value.value(), figure->low.value(), figure->high.value(), figure->coverage,
                method_text(figure->method), figure->sensor, figure->duration.value()});
}

Result<std::optional<EnergyFigure>> figure_at(const Row& row, int first) {
  if (row.is_null(first + 4)) return std::optional<EnergyFigure>();
  const std::optional<Method> method = parse_method(row.view(first + 4));
  if (!method) return unreadable("the method '" + row.text(first + 4) + "' is unknown");
  return std::optional(EnergyFigure{.value = Joules(row.number(first)),
                                    .low = Joules(row.number(first + 1)),
                                    .high = Joules(row.number(first + 2)),
                                    .coverage = row.number(first + 3),
                                    .method = *method,
                                    .sensor = row.text(first + 5),
                                    .duration = Duration(row.number(first + 6))});
}

MetricColumns metric_columns(const std::map<std::string, double>& metrics, const std::string& steering) {
  MetricColumns columns;
  json others = json::object();
  for (const auto& [name, value] : metrics) {
    if (name == steering && !std::isnan(value)) {
      columns.metric = value;
    } else {
      others[name] = metric_json(value);
    }
  }
  // A name that is no UTF-8 is bent rather than the outcome lost.
  if (!others.empty()) columns.metrics = others.dump(-1, ' ', false, json::error_handler_t::replace);
  return columns;
}

void append_metrics(Cells& cells, const MetricColumns& columns) {
  cells.push_back(columns.metric ? Cell(*columns.metric) : Cell(nullptr));
  cells.push_back(columns.metrics.empty() ? Cell(nullptr) : Cell(columns.metrics));
}

Result<std::map<std::string, double>> metrics_at(const Row& row, int first, const std::string& steering) {
  std::map<std::string, double> metrics;
  if (!row.is_null(first + 1)) {
    try {
      const json others = json::parse(row.view(first + 1));
      for (const auto& [name, held] : others.items()) metrics[name] = metric_number(held);
    } catch (const json::exception& failure) {
      return unreadable(failure.what());
    }
  }
  if (!row.is_null(first)) metrics[steering] = row.number(first);
  return metrics;
}

}  // namespace frugal
