#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <regex>

#include "frugal/base/nearest.h"
#include "frugal/work/program_worker.h"

namespace frugal {
namespace {

using nlohmann::json;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kShown = 120;

// Python's json writes NaN and Infinity, which JSON does not have.
json parsed(std::string_view line, bool& not_finite) {
  json body = json::parse(line, nullptr, false);
  not_finite = body.is_discarded();
  if (not_finite) {
    static const std::regex kWords(R"(-?\b(NaN|Infinity)\b)");
    body = json::parse(std::regex_replace(std::string(line), kWords, "null"), nullptr, false);
  }
  return body;
}

}  // namespace

WorkerResult<EpochReport> ReportReader::read(std::string_view line) {
  const std::string place = "line " + std::to_string(++lines_) + " of the report: ";
  const auto wrong = [&](const std::string& what) {
    return WorkerError{WorkerErrorKind::Invalid, place + what};
  };
  bool not_finite = false;
  const json body = parsed(line, not_finite);
  if (!body.is_object()) return wrong("no JSON object: '" + std::string(line.substr(0, kShown)) + "'");
  EpochReport report{epoch_ + 1, kNaN, {}, 0};
  if (body.contains("epoch")) {
    if (!body["epoch"].is_number_integer() || body["epoch"] < report.epoch || body["epoch"] > 1'000'000'000)
      return wrong("'epoch' is " + body["epoch"].dump() + " after " + std::to_string(epoch_) +
                   ": epochs are whole numbers that ascend from 1");
    report.epoch = body["epoch"];
  }
  epoch_ = report.epoch;
  for (const auto& [name, value] : body.items()) {
    if (name == "epoch" || (!value.is_number() && !value.is_null())) continue;
    const double number = value.is_null() ? kNaN : value.get<double>();
    if (name == "loss") report.loss = number;
    if (name == "samples" && value.is_number_integer()) report.samples = value;
    if (name == metric_ || (name != "loss" && name != "samples")) report.metrics[name] = number;
  }
  seen_ = report.metrics;
  steered_ = steered_ || report.metrics.contains(metric_);
  if (not_finite && body.contains("loss") && body["loss"].is_null())
    return WorkerError{WorkerErrorKind::Diverged,
                       "the loss of epoch " + std::to_string(epoch_) + " is not finite"};
  return report;
}

std::optional<WorkerError> ReportReader::missing() const {
  if (lines_ == 0)
    return WorkerError{WorkerErrorKind::Invalid,
                       R"(the program reported nothing: it appends lines like {"epoch":1,")" + metric_ +
                           R"(":0.9} to the file that FRUGAL_REPORT names)"};
  if (steered_) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& [name, value] : seen_) names.push_back(name);
  return WorkerError{WorkerErrorKind::Invalid, "no line of the report has the metric '" + metric_ + "'" +
                                                   (names.empty() ? "" : did_you_mean(metric_, names))};
}

}  // namespace frugal
