#include <fmt/format.h>

#include <cmath>

#include "frugal/base/units_text.h"
#include "frugal/report/run_analysis.h"
#include "frugal/report/run_words.h"
#include "frugal/report/text_table.h"

namespace frugal {
namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr std::size_t kMostRows = 20;  // of a front; the rest is counted

std::string number(double value) { return std::isfinite(value) ? number_text(value) : "-"; }
std::string number(const std::optional<double>& value) { return value ? number(*value) : "-"; }
std::string p_text(double p) { return p < 1e-4 ? "<0.0001" : number_text(p, 3); }

std::string line(const std::string& text, std::size_t width) { return wrapped("  " + text, width, "    "); }

std::string label(const NamedRun& run) {
  std::string text;
  for (const auto& [name, value] : run.labels)
    if (!value.empty()) text += (text.empty() ? "" : " ") + name + "=" + value;
  return text.empty() ? fmt::format("row {}", run.row) : text;
}

std::string eq_text(const EqFinding& eq, const RunAnalysis& analysis, std::size_t width) {
  std::string out = fmt::format("Efficiency quotient: {} per watt-hour of {}\n", *analysis.quality,
                                eq.per_epoch ? "an epoch" : "a run");
  out += line(fmt::format("{} runs, median {}, middle half {} to {}, mean {}", eq.all.n,
                          number(eq.all.median), number(eq.all.q1), number(eq.all.q3), number(eq.all.mean)),
              width);
  Rows rows{{"best runs", "EQ", *analysis.quality, "energy"}};
  for (const NamedRun& run : eq.best)
    rows.push_back({label(run), number(run.eq), number(run.quality), to_text(Joules(run.outcome))});
  return out + text_table(rows, width);
}

std::string correlations_text(const std::vector<stats::ColumnCorrelation>& pairs, const char* title,
                              const char* figure, std::size_t width) {
  std::string out = std::string(title) + "\n";
  Rows rows{{"columns", figure, "95 % low", "high", "p", "n"}};
  std::string missing;
  for (const stats::ColumnCorrelation& pair : pairs) {
    const std::string name = pair.x + " ~ " + pair.y;
    if (!pair.found) {
      missing += line(name + ": " + pair.undecided, width);
      continue;
    }
    rows.push_back({name, number(pair.found->coefficient), number(pair.found->ci_low),
                    number(pair.found->ci_high), p_text(pair.found->p_value), std::to_string(pair.found->n)});
  }
  return out + (rows.size() > 1 ? text_table(rows, width) : "") + missing;
}

std::string ols_text(const OlsFinding& ols, const RunAnalysis& analysis, std::size_t width) {
  const stats::Regression& fit = ols.fit;
  std::string out = fmt::format("Least squares of {}{}\n", ols.log_outcome ? "log " : "", analysis.outcome);
  out += line(
      fmt::format("{}, {} runs{}, rank {}; R² {}, adjusted {}{}; F({}, {}) = {}, p {}", form_word(fit.form),
                  fit.n, fit.dropped == 0 ? "" : fmt::format(" ({} with gaps left out)", fit.dropped),
                  fit.rank, number(fit.r_squared), number(fit.r_squared_adj),
                  ols.predicted ? ", of runs left out " + number(ols.predicted->r_squared) : "",
                  number(fit.f_df), fit.df_residual, number(fit.f_statistic), p_text(fit.f_p_value)),
      width);
  for (const std::string& reference : ols.references) out += line("measured against " + reference, width);
  Rows rows{{"coefficient", "coef", "std err", "t", "p", "95 % low", "high"}};
  for (const stats::Coefficient& c : fit.coefficients)
    rows.push_back({c.name, number(c.coef), number(c.std_err), number(c.t), p_text(c.p_value),
                    number(c.ci_low), number(c.ci_high)});
  out += text_table(rows, width);
  Rows contrasts{{"difference", "coef", "std err", "t", "p", "95 % low", "high"}};
  for (const stats::Contrast& pair : ols.contrasts) {
    const stats::Coefficient& c = pair.difference;
    const std::string name = fmt::format("{}: {} - {}", pair.factor, pair.a, pair.b);
    if (contrasts.size() > kMostRows) break;
    contrasts.push_back(pair.identified
                            ? std::vector<std::string>{name, number(c.coef), number(c.std_err), number(c.t),
                                                       p_text(c.p_value), number(c.ci_low), number(c.ci_high)}
                            : std::vector<std::string>{name, "not identified"});
  }
  if (contrasts.size() > 1) out += text_table(contrasts, width);
  if (contrasts.size() <= ols.contrasts.size())
    out += line(
        fmt::format("and {} differences more: --format json", ols.contrasts.size() + 1 - contrasts.size()),
        width);
  for (const stats::Winner& winner : ols.winners)
    out +=
        line(fmt::format("smallest significant coefficient of {}: {}", winner.factor, winner.level), width);
  for (const std::string& warning : ols.warnings) out += line("caveat: " + warning, width);
  return out;
}

std::string factor_text(const FactorFinding& factor, std::size_t width) {
  Rows rows{{factor.factor, "n", "mean", "sd", "median"}};
  for (const auto& [level, d] : factor.levels)
    rows.push_back({level, std::to_string(d.n), number(d.mean), number(d.sd), number(d.median)});
  std::string out = text_table(rows, width);
  if (const auto& a = factor.anova)
    out += line(fmt::format("one-way F({}, {}) = {}, p {}, η² {}", number(a->df_between),
                            number(a->df_within), number(a->f), p_text(a->p_value), number(a->eta_squared)),
                width);
  if (const auto& w = factor.welch)
    out += line(fmt::format("Welch F({}, {}) = {}, p {}", number(w->df_between), number(w->df_within),
                            number(w->f), p_text(w->p_value)),
                width);
  if (const auto& k = factor.kruskal)
    out += line(fmt::format("Kruskal–Wallis H({}) = {}, p {}, ε² {}", number(k->df), number(k->h),
                            p_text(k->p_value), number(k->epsilon_squared)),
                width);
  for (const std::string& why : factor.undecided) out += line("no " + why, width);
  return out;
}

std::string anova_text(const AnovaFinding& anova, const RunAnalysis& analysis, std::size_t width) {
  std::string out = "Analysis of variance of " + analysis.outcome + "\n";
  if (const auto& both = anova.two_way) {
    out += line(fmt::format("two-way, type {}, {} runs{}", both->type, both->n,
                            anova.interaction ? "" : ", without interaction"),
                width);
    Rows rows{{"term", "ss", "df", "F", "p", "η²", "partial η²"}};
    for (const stats::AnovaTerm& term : both->terms)
      rows.push_back({term.name, number(term.ss), number(term.df), number(term.f), p_text(term.p_value),
                      number(term.eta_squared), number(term.partial_eta_squared)});
    rows.push_back({"residual", number(both->residual_ss), number(both->residual_df)});
    out += text_table(rows, width);
  }
  for (const FactorFinding& factor : anova.factors) out += factor_text(factor, width);
  return out;
}

std::vector<std::string> judged_cells(const std::optional<stats::Judged>& judged, const char* word) {
  if (!judged) return {"?", "-", "-"};
  return {word, p_text(judged->p_value), number(judged->delta)};
}

std::string tradeoff_text(const TradeoffFinding& tradeoff, const RunAnalysis& analysis, std::size_t width) {
  using stats::Verdict;
  const stats::Tradeoff& found = tradeoff.found;
  std::string out = fmt::format("Win, tie, loss against {}{}\n", tradeoff.id.empty() ? "" : tradeoff.id + " ",
                                found.original);
  out +=
      line(fmt::format("{} of {} greener: significantly less {}, {} tied or better ({}, p ≤ {}, |δ| ≥ {}{})",
                       found.greener, found.mutants.size(), analysis.outcome, *analysis.quality,
                       test_word(tradeoff.rule.test), number(tradeoff.rule.level),
                       number(tradeoff.rule.smallest_delta), tradeoff.rule.holm ? ", Holm" : ""),
           width);
  Rows map{{analysis.outcome + " \\ " + *analysis.quality, "better", "tie", "worse"}};
  for (const Verdict energy : {Verdict::Win, Verdict::Tie, Verdict::Loss}) {
    const auto& cells = found.map[static_cast<std::size_t>(energy)];
    map.push_back({energy_word(energy)});
    for (const Verdict quality : {Verdict::Win, Verdict::Tie, Verdict::Loss})
      map.back().push_back(std::to_string(cells[static_cast<std::size_t>(quality)]));
  }
  out += text_table(map, width);
  Rows rows{{"mutant", analysis.outcome, "p", "δ", *analysis.quality, "p", "δ", "greener"}};
  for (const stats::MutantVerdict& mutant : found.mutants) {
    if (rows.size() > 10 * kMostRows) break;
    std::vector<std::string> row{mutant.id};
    for (std::string& cell :
         judged_cells(mutant.energy, mutant.energy ? energy_word(mutant.energy->verdict) : ""))
      row.push_back(std::move(cell));
    for (std::string& cell :
         judged_cells(mutant.quality, mutant.quality ? quality_word(mutant.quality->verdict) : ""))
      row.push_back(std::move(cell));
    row.emplace_back(mutant.greener ? "yes" : "");
    rows.push_back(std::move(row));
  }
  out += text_table(rows, width);
  for (const stats::MutantVerdict& mutant : found.mutants)
    if (!mutant.undecided.empty()) out += line("undecided: " + mutant.id + ": " + mutant.undecided, width);
  return out;
}

std::string pareto_text(const ParetoFinding& pareto, const RunAnalysis& analysis, std::size_t width) {
  std::string out = fmt::format("Pareto front of {} and {}: {} of {} runs\n", analysis.outcome,
                                *analysis.quality, pareto.front.size(), pareto.n);
  Rows rows{{"run", analysis.outcome, *analysis.quality, ""}};
  for (std::size_t i = 0; i < pareto.front.size() && i < kMostRows; ++i) {
    const NamedRun& run = pareto.front[i];
    rows.push_back({label(run), number(run.outcome), number(run.quality), pareto.knee == i ? "knee" : ""});
  }
  out += text_table(rows, width);
  if (pareto.front.size() > kMostRows)
    out += line(fmt::format("and {} more: --format json", pareto.front.size() - kMostRows), width);
  return out;
}

}  // namespace

std::string run_analysis_text(const RunAnalysis& analysis, std::size_t width) {
  std::string out = wrapped(
      fmt::format("{}: {} rows; outcome {}{}", analysis.source, analysis.rows, analysis.outcome,
                  analysis.quality ? ", quality " + *analysis.quality +
                                         (analysis.better == stats::Better::Larger ? " (larger is better)"
                                                                                   : " (smaller is better)")
                                   : ""),
      width, "  ");
  for (const std::string& note : analysis.notes) out += wrapped("note: " + note, width, "  ");
  const auto add = [&](const std::string& section) { out += "\n" + section; };
  if (analysis.eq) add(eq_text(*analysis.eq, analysis, width));
  if (analysis.pearson) add(correlations_text(*analysis.pearson, "Pearson's correlation", "r", width));
  if (analysis.spearman) add(correlations_text(*analysis.spearman, "Spearman's correlation", "ρ", width));
  if (analysis.ols) add(ols_text(*analysis.ols, analysis, width));
  if (analysis.anova) add(anova_text(*analysis.anova, analysis, width));
  if (analysis.tradeoff) add(tradeoff_text(*analysis.tradeoff, analysis, width));
  if (analysis.pareto) add(pareto_text(*analysis.pareto, analysis, width));
  if (!analysis.not_applied.empty()) out += "\n";
  for (const auto& [method, why] : analysis.not_applied)
    out += wrapped("no " + run_method_text(method) + ": " + why, width, "  ");
  return out;
}

}  // namespace frugal
