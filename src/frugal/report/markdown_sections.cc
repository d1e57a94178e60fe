#include "frugal/report/markdown_sections.h"

#include <fmt/format.h>

#include <algorithm>

#include "frugal/base/units_text.h"

namespace frugal {
namespace {

constexpr std::size_t kTopLength = 10;
constexpr std::size_t kFewestForLists = 5;

std::string cell(const std::optional<double>& value, int digits = 4) {
  return value ? number_text(*value, digits) : "–";
}
std::string cell(const std::optional<Joules>& value) { return value ? to_text(*value) : "–"; }
std::string percent(const std::optional<double>& share) {
  return share ? number_text(100 * *share, 3) + " %" : "–";
}

std::string outcome_name(const Findings& findings, const std::string& outcome) {
  return outcome == "quality" ? "best " + escaped(findings.result.header.goal.metric)
                              : "energy per epoch, Wh";
}

std::vector<std::string> coefficient_row(const std::string& name, const stats::Coefficient& c) {
  return {name,
          number_text(c.coef, 3),
          number_text(c.std_err, 3),
          number_text(c.t, 3),
          number_text(c.p_value, 3),
          number_text(c.ci_low, 3),
          number_text(c.ci_high, 3)};
}

std::string regression_text(const Findings& findings, const RegressionFinding& found) {
  const stats::Regression& fit = found.fit;
  std::string text = fmt::format(
      "\n### Regression of {}\n\nOrdinary least squares, {}, n {}, rank {}: R² {}, adjusted {}, of runs left "
      "out {}; F "
      "{}, p {}.\n",
      outcome_name(findings, found.outcome),
      fit.form == stats::Form::OneHot ? "one-hot by the Moore–Penrose inverse"
                                      : "with intercept, first levels left out",
      fit.n, fit.rank, number_text(fit.r_squared, 3), number_text(fit.r_squared_adj, 3),
      cell(found.r_squared_predicted, 3), number_text(fit.f_statistic, 3), number_text(fit.f_p_value, 3));
  for (const std::string& warning : found.warnings) text += "\n- " + warning + "\n";
  std::vector<std::vector<std::string>> rows;
  for (const stats::Coefficient& c : fit.coefficients) rows.push_back(coefficient_row(escaped(c.name), c));
  for (const stats::Contrast& c : found.contrasts) {
    if (c.identified)
      rows.push_back(coefficient_row(escaped(c.factor + ": " + c.a + " − " + c.b), c.difference));
  }
  return text + "\n" + markdown_table({"term", "coef", "std_err", "t", "p_value", "ci_low", "ci_high"}, rows);
}

}  // namespace

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      out += ' ';
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      if (c == '|' || c == '*' || c == '_' || c == '`' || c == '[' || c == ']' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out;
}

std::string markdown_table(const std::vector<std::string>& heads,
                           const std::vector<std::vector<std::string>>& rows) {
  std::string text = "|";
  for (const std::string& head : heads) text += " " + head + " |";
  text += "\n|";
  for (std::size_t i = 0; i < heads.size(); ++i) text += "---|";
  text += '\n';
  for (const std::vector<std::string>& row : rows) {
    text += "|";
    for (const std::string& held : row) text += " " + held + " |";
    text += '\n';
  }
  return text;
}

std::string markdown_pipeline(const Findings& findings) {
  if (!findings.pipeline) return "";
  const Pipeline& pipeline = *findings.pipeline;
  std::vector<std::vector<std::string>> rows;
  for (const PipelineRow& row : pipeline.rows)
    rows.push_back({row.stage, std::to_string(row.run.trials.front()), std::to_string(row.run.epochs),
                    cell(row.run.quality), cell(row.run.energy_per_epoch), cell(row.run.eq, 3),
                    cell(row.energy_ratio, 3), cell(row.quality_difference, 3), cell(row.eq_ratio, 3),
                    escaped(row.run.point.text())});
  std::string text =
      fmt::format("\n## The pipeline\n\n{} of {} random configurations count. The final run goes by {}.\n",
                  pipeline.considered, pipeline.configurations, choice_text(pipeline.choice));
  if (!pipeline.note.empty()) text += "\n" + escaped(pipeline.note) + ".\n";
  text +=
      "\n" + markdown_table({"stage", "trial", "epochs",
                             "last " + escaped(findings.result.header.goal.metric), "energy per epoch",
                             "EQ, 1/Wh", "energy ÷ baseline", "quality − baseline", "EQ ÷ baseline", "point"},
                            rows);
  if (pipeline.levels.empty()) return text;
  std::vector<std::vector<std::string>> levels;
  for (const ChosenLevel& level : pipeline.levels)
    levels.push_back({escaped(level.parameter), escaped(value_text(level.value)), level.source,
                      level.coefficient ? number_text(level.coefficient->coef, 3) : "–",
                      level.coefficient ? number_text(level.coefficient->p_value, 3) : "–"});
  return text + "\nWhere the values of the final run come from:\n\n" +
         markdown_table({"parameter", "value", "source", "coef, Wh per epoch", "p_value"}, levels);
}

std::string markdown_context(const Findings& findings) {
  std::string text;
  if (findings.parity) {
    for (const ComparedPair& pair : findings.parity->pairs) {
      if (!pair.ratio) continue;
      text += fmt::format(
          "\nParity: this study took {} times the energy of {} (its inverse {}), as much as {} run{}{}.\n",
          number_text(*pair.ratio, 3), escaped(pair.b), number_text(*pair.inverse, 3),
          number_text(*pair.manual_runs), *pair.manual_runs == 1 ? "" : "s",
          pair.quality_difference
              ? fmt::format("; quality differs by {}", number_text(*pair.quality_difference, 3))
              : "");
    }
  }
  text += findings.carbon ? "\nCO2e: " + escaped(to_text(*findings.carbon)) + ".\n"
                          : "\nCO2e: not stated, " + escaped(findings.no_carbon) + ".\n";
  if (findings.better_but_dropped) {
    const TrialResult& trial = findings.result.trials[*findings.better_but_dropped];
    text += fmt::format("\nTrial {} once reached {}, but was dropped, and its weights are gone.\n", trial.id,
                        cell(trial.best));
  }
  return text;
}

std::string markdown_spending(const Findings& findings) {
  if (!findings.total) return "";
  std::vector<std::string> heads{"fate", "trials"};
  for (const EnergyPart& phase : findings.phases) heads.push_back(escaped(phase.name));
  heads.insert(heads.end(), {"total", "share"});
  std::vector<std::vector<std::string>> rows;
  for (const FateEnergy& fate : findings.fates) {
    std::vector<std::string> row{fate.fate, std::to_string(fate.trials)};
    for (const EnergyPart& phase : findings.phases) {
      const auto joules = fate.by_phase.find(phase.name);
      row.push_back(joules == fate.by_phase.end() ? "–" : to_text(joules->second));
    }
    row.insert(row.end(), {cell(fate.total), percent(fate.share)});
    rows.push_back(std::move(row));
  }
  return "\nSpent on the trial that won, on those kept and on those dropped:\n\n" +
         markdown_table(heads, rows);
}

std::string markdown_progress(const Findings& findings) {
  std::string text;
  const std::string metric = escaped(findings.result.header.goal.metric);
  std::vector<std::vector<std::string>> front;
  for (std::size_t i = 0; i < findings.trials.size(); ++i) {
    const TrialResult& trial = findings.result.trials[i];
    if (findings.trials[i].on_front)
      front.push_back({std::to_string(trial.id), cell(trial.best), to_text(trial.energy->value), trial.fate});
  }
  if (!front.empty())
    text +=
        "\n## Energy and quality\n\nThe Pareto front: no other trial has both their quality and their "
        "joules.\n\n" +
        markdown_table({"trial", "best " + metric, "energy", "fate"}, front);
  if (findings.anytime.size() < 2) return text;
  std::vector<std::vector<std::string>> rows;
  for (const AnytimePoint& point : findings.anytime)
    rows.push_back({cell(point.spent), to_text(point.time), cell(std::optional(point.value)),
                    std::to_string(point.trial), std::to_string(point.epoch)});
  return text + "\nThe best so far after so many joules of the whole study; the last row is its end:\n\n" +
         markdown_table({"spent", "time", metric, "trial", "epoch"}, rows);
}

std::string markdown_best(const Findings& findings) {
  if (findings.trials.size() < kFewestForLists) return "";
  std::string text;
  for (const Ranking& ranking : findings.rankings) {
    std::vector<std::vector<std::string>> rows;
    for (std::size_t place = 0; place < std::min(kTopLength, ranking.order.size()); ++place) {
      const std::size_t i = ranking.order[place];
      const TrialResult& trial = findings.result.trials[i];
      rows.push_back({std::to_string(trial.id), cell(trial.best),
                      trial.energy ? to_text(trial.energy->value) : "–", cell(findings.trials[i].eq, 3),
                      escaped(trial.point.text())});
    }
    text += fmt::format("\nBest by {}:\n\n", ranking.by == "eq" ? "efficiency quotient (EQ)" : ranking.by) +
            markdown_table({"trial", "best " + escaped(findings.result.header.goal.metric), "energy",
                            "EQ, 1/Wh", "point"},
                           rows);
  }
  return text;
}

std::string markdown_rates(const Findings& findings) {
  if (findings.rate_tests.empty()) return "";
  std::vector<std::vector<std::string>> rows;
  for (const RateTest& test : findings.rate_tests) {
    const bool window = test.window_end > test.window_begin;
    rows.push_back({std::to_string(test.round), std::to_string(test.trial),
                    cell(std::optional(test.loss_before)),
                    window ? number_text(test.curve[test.window_begin].rate, 3) + " to " +
                                 number_text(test.curve[test.window_end - 1].rate, 3)
                           : "–",
                    number_text(test.selected, 3), cell(test.used, 3), escaped(test.note)});
  }
  return "\nLearning-rate range tests:\n\n" +
         markdown_table({"round", "trial", "loss before", "window", "selected", "used", "note"}, rows);
}

std::string markdown_analysis(const Findings& findings) {
  if (!findings.analysis) return "";
  std::string text = "\n## What the parameters do\n";
  for (const RegressionFinding& found : findings.analysis->regressions)
    text += regression_text(findings, found);
  std::vector<std::vector<std::string>> importance;
  for (const ImportanceFinding& of : findings.analysis->importances) {
    for (const stats::Importance& i : of.found.parameters)
      importance.push_back({escaped(i.parameter), outcome_name(findings, of.outcome),
                            number_text(i.divergence, 3), percent(i.share)});
  }
  if (!importance.empty())
    text += "\n### Importance\n\nHow the best tenth of the trials differs from all (PED-ANOVA):\n\n" +
            markdown_table({"parameter", "outcome", "divergence", "share"}, importance);
  std::vector<std::vector<std::string>> rows;
  for (const CorrelationFinding& c : findings.analysis->correlations)
    rows.push_back({escaped(c.parameter), outcome_name(findings, c.outcome), std::to_string(c.spearman.n),
                    number_text(c.spearman.coefficient, 3), number_text(c.spearman.p_value, 3),
                    number_text(c.pearson.coefficient, 3), number_text(c.pearson.p_value, 3)});
  if (!rows.empty())
    text += "\n### Correlations\n\n" +
            markdown_table({"parameter", "outcome", "n", "rho", "p_value", "r", "p_value of r"}, rows);
  for (const std::string& note : findings.analysis->notes) text += "\n" + escaped(note) + ".\n";
  return text;
}

}  // namespace frugal
