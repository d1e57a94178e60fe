#include "frugal/report/measurement.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "frugal/base/rng.h"
#include "frugal/base/units_text.h"
#include "frugal/report/render.h"
#include "frugal/stats/block_ratio.h"
#include "frugal/stats/descriptives.h"
#include "frugal/stats/distributions.h"

namespace frugal {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kFewestForInterval = 5;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

bool succeeded(const MeasuredRun& run, std::size_t command) {
  return run.command == command && run.exit == 0;
}

std::vector<double> values_of(const Measurement& m, std::size_t command, bool joules) {
  std::vector<double> values;
  for (const MeasuredRun& run : m.runs) {
    if (!succeeded(run, command)) continue;
    if (!joules) values.push_back(run.duration.value());
    if (joules && run.energy.total) values.push_back(run.energy.total->value.value());
  }
  return values;
}

// The interval of the mean is Student's.
std::optional<Spread> spread_of(const std::vector<double>& values) {
  const Result<stats::Descriptives> found = stats::describe(values);
  if (!found) return std::nullopt;
  Spread spread{found->mean, kNaN, kNaN, found->median, found->sd.value_or(kNaN), found->min, found->max};
  if (values.size() >= kFewestForInterval) {
    const auto n = static_cast<double>(values.size());
    const double half = stats::student_quantile(0.975, n - 1) * *found->sd / std::sqrt(n);
    spread.low = spread.mean - half;
    spread.high = spread.mean + half;
  }
  return spread;
}

std::set<std::string> devices_of(const Measurement& m, std::size_t command) {
  std::set<std::string> devices;
  for (const MeasuredRun& run : m.runs) {
    if (!succeeded(run, command)) continue;
    for (const auto& [device, figure] : run.energy.by_device) devices.insert(device);
  }
  return devices;
}

// The n-th run of A and the n-th of B are one block.
void compare_blocks(Measurement& m, std::uint64_t seed) {
  std::vector<double> a = values_of(m, 0, true);
  std::vector<double> b = values_of(m, 1, true);
  const std::size_t blocks = std::min(a.size(), b.size());
  a.resize(blocks);
  b.resize(blocks);
  if (blocks == 0) {
    m.sentence = "No comparison: no energy was measured.";
    return;
  }
  if (devices_of(m, 0) != devices_of(m, 1)) {
    m.sentence = "No comparison: A and B were not measured by the same devices.";
    return;
  }
  const Result<stats::BlockRatio> found = stats::block_ratio(a, b, seed);
  if (!found) {
    m.sentence =
        "No comparison: " + found.error().message + " (-n " + std::to_string(kFewestForInterval) + ").";
    return;
  }
  m.ratio = MeasuredRatio{found->ratio, found->low, found->high, found->p_value, found->blocks};
  const std::string figures =
      fmt::format("{} times the joules of A (95 % interval {} to {}; {} runs of each, p = {})",
                  number_text(found->ratio, 3), number_text(found->low, 3), number_text(found->high, 3),
                  blocks, number_text(found->p_value, 2));
  if (!m.ratio->distinguishable()) {
    m.sentence = "A and B are not distinguishable: B takes " + figures + ".";
  } else {
    const double percent = 100 * std::abs(found->ratio - 1);
    m.sentence = fmt::format("B takes {}: {} % {}.", figures, number_text(percent, 2),
                             found->ratio < 1 ? "less" : "more");
  }
}

ordered_json number_or_null(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

ordered_json energy_json(const EnergyReport& energy) {
  if (!energy.total) return nullptr;
  const EnergyFigure& total = *energy.total;
  ordered_json json{{"total_j", total.value.value()}, {"low_j", total.low.value()},
                    {"high_j", total.high.value()},   {"method", method_text(total.method)},
                    {"coverage", total.coverage},     {"by_device", ordered_json::object()}};
  for (const auto& [device, figure] : energy.by_device)
    json["by_device"][device] = ordered_json(figure_to_json(figure));
  return json;
}

ordered_json spread_json(const std::optional<Spread>& spread) {
  if (!spread) return nullptr;
  return {{"mean", spread->mean},
          {"ci_low", number_or_null(spread->low)},
          {"ci_high", number_or_null(spread->high)},
          {"median", spread->median},
          {"sd", number_or_null(spread->sd)},
          {"min", spread->least},
          {"max", spread->most}};
}

ordered_json summary_of(const Measurement& m) {
  ordered_json list = ordered_json::array();
  for (const CommandSummary& one : m.summaries) {
    list.push_back({{"command", one.command},
                    {"runs", one.runs},
                    {"failed", one.failed},
                    {"energy_j", spread_json(one.energy_j)},
                    {"duration_s", spread_json(one.duration_s)}});
  }
  return {{"commands", std::move(list)}};
}

std::string joules_text(double joules) { return to_text(Joules(joules)); }

void add_series(std::string& text, const CommandSummary& one, const std::string& name) {
  text += fmt::format("{}{} {} of: {}\n", name.empty() ? "" : name + ": ", one.runs,
                      one.runs == 1 ? "run" : "runs", one.command);
  if (one.energy_j) {
    const Spread& e = *one.energy_j;
    text += "  energy    " + joules_text(e.mean) + " mean";
    if (std::isfinite(e.low))
      text += " (95 % interval " + joules_text(e.low) + " to " + joules_text(e.high) + ")";
    text += ", median " + joules_text(e.median) + ", " + joules_text(e.least) + " to " + joules_text(e.most) +
            "\n";
  } else {
    text += "  energy    not measured\n";
  }
  if (one.duration_s)
    text += "  time      " + to_text(Duration(one.duration_s->mean)) + " mean, " +
            to_text(Duration(one.duration_s->least)) + " to " + to_text(Duration(one.duration_s->most)) +
            "\n";
}

// The sum's method is the weakest of its parts; where that is a model, how much of the joules it concerns.
std::string total_text(const EnergyReport& energy) {
  Joules all{0};
  Joules modelled{0};
  for (const auto& [device, figure] : energy.by_device) {
    if (device.starts_with("machine") && energy.by_device.size() > 1) continue;
    all += figure.value;
    if (figure.method == Method::Model) modelled += figure.value;
  }
  if (!energy.total || modelled <= Joules(0) || modelled >= all) return figure_text(energy.total);
  return fmt::format("{} ({} to {}; {} % of it modelled)", to_text(energy.total->value),
                     to_text(energy.total->low), to_text(energy.total->high),
                     number_text(100 * (modelled / all), 2));
}

void add_single(std::string& text, const Measurement& m) {
  const MeasuredRun& run = m.runs.front();
  text += total_text(run.energy) + " in " + to_text(run.duration) + ": " + m.commands.front() + "\n";
  for (const auto& [device, figure] : run.energy.by_device) {
    const std::string covered =
        figure.coverage < 0.995 ? fmt::format("; {:.0f} % of the time measured", 100 * figure.coverage) : "";
    text += fmt::format("  {:<9} {}; {}{}\n", device, figure_text(figure), figure.sensor, covered);
  }
  // Of the time that was measured: a gap is no time without power.
  const Duration measured = run.energy.total ? run.energy.total->coverage * run.duration : Duration(0);
  if (measured > Duration(0))
    text += fmt::format("  {:<9} {} W mean\n", "power",
                        number_text((run.energy.total->value / measured).value(), 3));
  if (run.exit != 0) text += fmt::format("  {:<9} {}\n", "ended", run.ended);
}

}  // namespace

std::optional<Watts> IdleBaseline::power() const {
  if (!energy.total || duration <= Duration(0)) return std::nullopt;
  return energy.total->value / duration;
}

std::vector<std::size_t> run_order(std::size_t commands, std::size_t runs_of_each, std::uint64_t seed) {
  Rng rng(derive_seed(seed, "order of runs"));
  std::vector<std::size_t> order;
  std::vector<std::size_t> block(commands);
  std::iota(block.begin(), block.end(), 0);
  for (std::size_t run = 0; run < runs_of_each; ++run) {
    rng.shuffle(std::span(block));
    order.insert(order.end(), block.begin(), block.end());
  }
  return order;
}

void summarise(Measurement& m, std::uint64_t seed) {
  for (std::size_t command = 0; command < m.commands.size(); ++command) {
    CommandSummary summary{m.commands[command]};
    for (const MeasuredRun& run : m.runs) {
      if (run.command != command) continue;
      ++summary.runs;
      summary.failed += run.exit != 0 ? 1 : 0;
    }
    summary.energy_j = spread_of(values_of(m, command, true));
    summary.duration_s = spread_of(values_of(m, command, false));
    m.summaries.push_back(std::move(summary));
  }
  if (m.commands.size() == 2) compare_blocks(m, seed);
}

ordered_json measurement_json(const Measurement& m) {
  ordered_json json{{"commands", m.commands}, {"runs", ordered_json::array()}};
  for (const MeasuredRun& run : m.runs) {
    json["runs"].push_back({{"command", run.command},
                            {"exit", run.exit},
                            {"duration_s", run.duration.value()},
                            {"cpu_time_s", run.cpu_time.value()},
                            {"energy", energy_json(run.energy)}});
  }
  json["summary"] = summary_of(m);
  json["comparison"] = nullptr;
  if (m.ratio)
    json["comparison"] = {{"ratio", m.ratio->ratio}, {"low", m.ratio->low},
                          {"high", m.ratio->high},   {"p", m.ratio->p_value},
                          {"runs", m.ratio->runs},   {"distinguishable", m.ratio->distinguishable()},
                          {"sentence", m.sentence}};
  else if (!m.sentence.empty())
    json["comparison"] = {{"ratio", nullptr}, {"sentence", m.sentence}};
  json["idle"] = nullptr;
  if (m.idle)
    json["idle"] = {{"duration_s", m.idle->duration.value()}, {"energy", energy_json(m.idle->energy)}};
  json["co2e"] = m.emission ? ordered_json(emission_to_json(*m.emission)) : ordered_json(nullptr);
  json["own_cost"] = {{"cpu_time_s", m.own_cost.cpu_time.value()},
                      {"energy_j", m.own_cost.energy ? ordered_json(m.own_cost.energy->value()) : nullptr},
                      {"method", "model"}};
  json["sensors"] = m.sensors;
  json["caveats"] = m.caveats;
  return json;
}

std::string measurement_text(const Measurement& m) {
  std::string text;
  if (!m.series) {
    add_single(text, m);
  } else {
    for (std::size_t i = 0; i < m.summaries.size(); ++i)
      add_series(text, m.summaries[i], m.summaries.size() == 1 ? "" : i == 0 ? "A" : "B");
  }
  if (const auto idle = m.idle ? m.idle->power() : std::nullopt)
    text += fmt::format("  {:<9} {} W over {} at rest before it; contained in the joules, not taken off\n",
                        "idle", number_text(idle->value(), 3), to_text(m.idle->duration));
  if (m.emission) text += fmt::format("  {:<9} {}\n", "CO2e", to_text(*m.emission));
  text += fmt::format("  {:<9} {} of CPU time", "measuring", to_text(m.own_cost.cpu_time));
  if (m.own_cost.energy) text += ", about " + to_text(*m.own_cost.energy) + " (modelled)";
  text += ", contained in the joules\n";
  for (const std::string& caveat : m.caveats) text += "  note: " + caveat + "\n";
  if (!m.sentence.empty()) text += m.sentence + "\n";
  return text;
}

}  // namespace frugal
