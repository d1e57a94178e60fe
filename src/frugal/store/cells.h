// Values that take several columns: joules with their provenance (seven columns) and metrics (two).
// Absent is NULL. NaN is NULL too, so that joules are there tells the column `method`.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "frugal/energy/figure.h"
#include "frugal/store/database.h"

namespace frugal {

// energy_j, energy_low_j, energy_high_j, coverage, method, sensor, window_s. Borrows the sensor's name.
void append_figure(Cells& cells, const EnergyFigure* figure);
// StoreBroken when the method is none that is known.
Result<std::optional<EnergyFigure>> figure_at(const Row& row, int first);

// The columns `metric` and `metrics`: the steering metric as a number, whatever else there is as JSON
// {"f1":0.9,"auc":null,"ppl":"inf"}. A steering metric that is NaN stands in the JSON: there is no number for
// it.
struct MetricColumns {
  std::optional<double> metric;
  std::string metrics;  // empty where there is nothing to say
};
MetricColumns metric_columns(const std::map<std::string, double>& metrics, const std::string& steering);
// Borrows the text of `columns`.
void append_metrics(Cells& cells, const MetricColumns& columns);
Result<std::map<std::string, double>> metrics_at(const Row& row, int first, const std::string& steering);

}  // namespace frugal
