#include <fmt/format.h>

#include <algorithm>

#include "frugal/base/clock.h"
#include "frugal/base/units_text.h"
#include "frugal/report/markdown_sections.h"
#include "frugal/report/render.h"

namespace frugal {
namespace {

// A fence longer than any run of backticks inside.
std::string fenced(const std::string& language, const std::string& text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
  return fence + language + "\n" + text + (text.ends_with('\n') ? "" : "\n") + fence + "\n";
}

std::string cell(const std::optional<double>& value, int digits = 4) {
  return value ? number_text(*value, digits) : "–";
}
std::string cell(const std::optional<EnergyFigure>& figure) { return figure ? to_text(figure->value) : "–"; }

std::string answer(const StudyResult& result) {
  const Goal& goal = result.header.goal;
  std::string text = "## The answer\n\n";
  if (result.winner) {
    const Winner& winner = *result.winner;
    text +=
        fmt::format("Trial {} wins: **{} {}** after epoch {} at {}.\n\n", winner.trial, escaped(goal.metric),
                    number_text(winner.value), winner.epoch, escaped(winner.point.text()));
    text += fmt::format("Its trial cost {}; the whole study {}", figure_text(result.winner_energy),
                        figure_text(result.energy.total));
    if (result.wasted)
      text += fmt::format(
          ", of which {} did not lead to the winner's weights (other trials, epochs after its best or rolled "
          "back, lost attempts)",
          to_text(*result.wasted));
    text += fmt::format(". The study ran for {} and ended because of: {}.\n", to_text(result.duration),
                        result.stopped_by.empty() ? "it is not over" : result.stopped_by);
  } else {
    text += "No trial was ever validated.\n";
  }
  if (!result.caveats.empty()) text += "\nCaveats:\n\n";
  for (const std::string& caveat : result.caveats) text += "- " + escaped(caveat) + "\n";
  return text;
}

std::string cost(const StudyResult& result) {
  std::string text = "\n## What it cost\n\n";
  if (!result.energy.total) return text + "No energy was measured.\n";
  text += "| part | energy | low | high | time | method |\n|---|---|---|---|---|---|\n";
  const auto row = [&](const std::string& name, const EnergyFigure& f) {
    text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", name, to_text(f.value), to_text(f.low),
                        to_text(f.high), to_text(f.duration), method_text(f.method));
  };
  for (const auto& [phase, figure] : result.energy.by_phase) row(phase, figure);
  for (const auto& [device, figure] : result.energy.by_device) row("device " + escaped(device), figure);
  row("**total**", *result.energy.total);
  return text + fmt::format("\nCoverage {} %.\n", number_text(100 * result.energy.total->coverage, 4));
}

std::string trials(const StudyResult& result) {
  std::string text = fmt::format(
      "\n## Trials\n\n| trial | point | fate | epochs | best {} | at epoch | energy | time "
      "|\n|---|---|---|---|---|---|---|---|\n",
      escaped(result.header.goal.metric));
  for (const TrialResult& trial : result.trials) {
    const std::string fate = trial.fate + (trial.failure.empty() ? "" : ": " + trial.failure);
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", trial.id, escaped(trial.point.text()),
                        escaped(fate), trial.epochs, cell(trial.best),
                        trial.best ? std::to_string(trial.best_epoch) : "–", cell(trial.energy),
                        to_text(trial.duration));
  }
  return text;
}

std::string rounds(const StudyResult& result) {
  if (result.decisions.empty()) return "";
  std::string text =
      "\n## Decisions\n\n| round | trial | P | E per epoch | learning rate | f | kept | note "
      "|\n|---|---|---|---|---|---|---|---|\n";
  for (const RoundLog& round : result.decisions) {
    for (const RoundRow& row : round.rows) {
      text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", round.round, row.trial,
                          cell(row.quality), row.energy_per_epoch ? to_text(*row.energy_per_epoch) : "–",
                          cell(row.learning_rate, 3), cell(row.score, 3), row.kept ? "yes" : "no",
                          escaped(row.note));
    }
  }
  return text;
}

std::string method(const Findings& findings) {
  const StudyResult& result = findings.result;
  std::string text = "\n## How it was measured\n\n";
  text += fmt::format("- begun: {}\n- strategy: {}, seed {}\n", utc_text(result.header.created_unix_s),
                      result.strategy, result.seed);
  for (const std::string& worker : result.workers) text += "- worker: " + escaped(worker) + "\n";
  text += markdown_host(findings);
  for (const std::string& sensor : result.sensors) text += "- sensor: " + escaped(sensor) + "\n";
  if (!result.lost.empty())
    text +=
        fmt::format("- attempts lost (killed, died, interrupted, trained again): {}\n", result.lost.size());
  return text + markdown_sensors(findings) + "\nThe study file:\n\n" + fenced("yaml", result.header.source);
}

}  // namespace

std::string report_markdown(const Findings& findings) {
  const StudyResult& result = findings.result;
  return "# " + escaped(result.header.name) + "\n\n" + answer(result) + markdown_context(findings) +
         markdown_pipeline(findings) + cost(result) + markdown_spending(findings) +
         markdown_progress(findings) + trials(result) + markdown_best(findings) + rounds(result) +
         markdown_rates(findings) + markdown_analysis(findings) + markdown_close(findings) + method(findings);
}

}  // namespace frugal
