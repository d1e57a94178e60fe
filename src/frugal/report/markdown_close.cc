// Of the Markdown report: trials closely, and what measured them.
#include <fmt/format.h>

#include "frugal/base/units_text.h"
#include "frugal/report/markdown_sections.h"

namespace frugal {
namespace {

std::string cell(const std::optional<Watts>& power) {
  return power ? number_text(power->value()) + " W" : "–";
}
std::string cell(Duration time) { return time.value() > 0 ? to_text(time) : "–"; }

std::vector<std::string> figure_row(const std::string& name, const EnergyPart& part) {
  const EnergyFigure& figure = part.figure;
  return {name,
          to_text(figure.value),
          to_text(figure.low) + " to " + to_text(figure.high),
          cell(figure.duration),
          cell(part.mean_power),
          number_text(100 * figure.coverage, 4) + " %",
          method_text(figure.method),
          escaped(figure.sensor)};
}

std::string figures_table(const CloseTrial& close) {
  std::vector<std::vector<std::string>> rows;
  for (const EnergyPart& part : close.phases) rows.push_back(figure_row(escaped(part.name), part));
  for (const EnergyPart& part : close.devices)
    rows.push_back(figure_row("device " + escaped(part.name), part));
  if (close.total) rows.push_back(figure_row("**total**", *close.total));
  if (rows.empty()) return "No energy was measured.\n";
  return markdown_table({"part", "energy", "bounds", "time", "mean power", "coverage", "method", "sensor"},
                        rows);
}

std::string power_table(const CloseTrial& close) {
  std::vector<std::vector<std::string>> rows;
  for (const PowerLine& line : close.lines) {
    for (const PhasePower& phase : line.phases)
      rows.push_back({escaped(line.device), escaped(phase.phase), cell(phase.time), cell(phase.power.least),
                      cell(phase.power.mean), cell(phase.power.most)});
  }
  if (rows.empty()) return "";
  return fmt::format("\nPower by phase, from {} readings:\n\n", close.readings) +
         markdown_table({"device", "phase", "time", "least", "mean", "most"}, rows);
}

}  // namespace

std::string markdown_close(const Findings& findings) {
  std::string text;
  for (const CloseTrial& close : findings.close.trials)
    text += fmt::format("\n### Trial {}\n\n", findings.result.trials[close.trial].id) + figures_table(close) +
            power_table(close);
  return text.empty() ? "" : "\n## Trials closely\n" + text;
}

std::string markdown_sensors(const Findings& findings) {
  std::vector<std::vector<std::string>> rows;
  for (const Trace& sensor : findings.close.sensors) {
    const MeterCard& card = sensor.card;
    rows.push_back({escaped(card.device), escaped(card.sensor), method_text(card.method),
                    cell(sensor.interval), cell(card.period), cell(card.window),
                    "±" + number_text(100 * card.relative_error, 3) + " %", card.whole_machine ? "no" : "yes",
                    cell(card.max_power)});
  }
  if (rows.empty()) return "";
  return "\n" + markdown_table({"device", "sensor", "method", "read every", "new value every", "looks back",
                                "error of joules", "in totals", "at most"},
                               rows);
}

std::string markdown_host(const Findings& findings) {
  std::string text;
  for (const HostFact& fact : findings.result.host)
    text += "- " + escaped(fact.name) + ": " + escaped(fact.value) + "\n";
  return text;
}

}  // namespace frugal
