#include <nlohmann/json.hpp>

#include "frugal/report/run_analysis.h"
#include "frugal/report/run_words.h"

namespace frugal {
namespace {

using nlohmann::ordered_json;

template <class T>
ordered_json optional_json(const std::optional<T>& value) {
  return value ? ordered_json(*value) : ordered_json(nullptr);
}

template <class List, class One>
ordered_json list_json(const List& list, One one) {
  ordered_json array = ordered_json::array();
  for (const auto& item : list) array.push_back(one(item));
  return array;
}

ordered_json descriptives_json(const stats::Descriptives& d) {
  return {{"n", d.n},
          {"mean", d.mean},
          {"sd", optional_json(d.sd)},
          {"min", d.min},
          {"q1", d.q1},
          {"median", d.median},
          {"q3", d.q3},
          {"max", d.max},
          {"mad", d.mad},
          {"trimmed_mean", d.trimmed_mean},
          {"winsorised_mean", d.winsorised_mean},
          {"outliers", d.outliers}};
}

ordered_json run_json(const NamedRun& run, const std::string& outcome, const std::string& quality) {
  ordered_json json{{"row", run.row}};
  if (run.eq) json["eq"] = *run.eq;
  json[outcome] = run.outcome;
  json[quality] = run.quality;
  ordered_json labels = ordered_json::object();
  for (const auto& [name, value] : run.labels) labels[name] = value;
  json["run"] = std::move(labels);
  return json;
}

ordered_json eq_json(const EqFinding& eq, const RunAnalysis& analysis) {
  return {{"quality", *analysis.quality},
          {"energy", eq.energy},
          {"per", eq.per_epoch ? "epoch" : "run"},
          {"unit", "1/Wh"},
          {"n", eq.all.n},
          {"dropped", eq.dropped},
          {"summary", descriptives_json(eq.all)},
          {"best", list_json(eq.best, [&](const NamedRun& run) {
             return run_json(run, eq.energy, *analysis.quality);
           })}};
}

ordered_json correlations_json(const std::vector<stats::ColumnCorrelation>& list, const char* figure) {
  return list_json(list, [&](const stats::ColumnCorrelation& pair) {
    ordered_json json{{"x", pair.x}, {"y", pair.y}};
    if (pair.found) {
      json[figure] = pair.found->coefficient;
      json["p_value"] = pair.found->p_value;
      json["n"] = pair.found->n;
      json["ci_low"] = optional_json(pair.found->ci_low);
      json["ci_high"] = optional_json(pair.found->ci_high);
    } else {
      json[figure] = nullptr;
      json["undecided"] = pair.undecided;
    }
    json["dropped"] = pair.dropped;
    return json;
  });
}

void add_coefficient(ordered_json& json, const stats::Coefficient& c) {
  json["coef"] = c.coef;
  json["std_err"] = c.std_err;
  json["t"] = c.t;
  json["p_value"] = c.p_value;
  json["ci_low"] = c.ci_low;
  json["ci_high"] = c.ci_high;
}

ordered_json contrast_json(const stats::Contrast& c) {
  ordered_json json{{"factor", c.factor}, {"a", c.a}, {"b", c.b}, {"identified", c.identified}};
  if (c.identified) add_coefficient(json, c.difference);
  return json;
}

ordered_json checks_json(const stats::ResidualChecks& c) {
  return {{"breusch_pagan", c.breusch_pagan},
          {"breusch_pagan_p_value", c.breusch_pagan_p},
          {"jarque_bera", c.jarque_bera},
          {"jarque_bera_p_value", c.jarque_bera_p},
          {"skewness", c.skewness},
          {"kurtosis", c.kurtosis},
          {"largest_cook", c.largest_cook},
          {"largest_cook_row", c.largest_cook_row + 1},
          {"largest_leverage", c.largest_leverage},
          {"largest_leverage_row", c.largest_leverage_row + 1}};
}

ordered_json ols_json(const OlsFinding& ols, const std::string& outcome) {
  const stats::Regression& fit = ols.fit;
  ordered_json json{{"form", form_word(fit.form)},
                    {"outcome", outcome},
                    {"log_outcome", ols.log_outcome},
                    {"standard_errors", errors_word(ols.errors)},
                    {"n", fit.n},
                    {"dropped", fit.dropped},
                    {"rank", fit.rank},
                    {"df_residual", fit.df_residual},
                    {"r_squared", fit.r_squared},
                    {"r_squared_adj", fit.r_squared_adj},
                    {"r_squared_predicted", nullptr},
                    {"f_statistic", fit.f_statistic},
                    {"f_df", fit.f_df},
                    {"f_p_value", fit.f_p_value},
                    {"residual_sd", fit.residual_sd}};
  if (ols.predicted) json["r_squared_predicted"] = ols.predicted->r_squared;
  json["references"] = ols.references;
  json["coefficients"] = list_json(fit.coefficients, [](const stats::Coefficient& c) {
    ordered_json held{{"name", c.name}};
    add_coefficient(held, c);
    return held;
  });
  json["contrasts"] = list_json(ols.contrasts, contrast_json);
  json["winners"] = list_json(ols.winners, [](const stats::Winner& winner) {
    ordered_json held{{"factor", winner.factor}, {"level", winner.level}};
    add_coefficient(held, winner.coefficient);
    return held;
  });
  json["checks"] = checks_json(fit.checks);
  json["warnings"] = ols.warnings;
  return json;
}

ordered_json factor_json(const FactorFinding& factor) {
  ordered_json json{{"factor", factor.factor}};
  json["levels"] = list_json(factor.levels, [](const auto& level) {
    ordered_json held{{"level", level.first}};
    held.update(descriptives_json(level.second));
    return held;
  });
  if (const auto& a = factor.anova)
    json["one_way"] = {{"f", a->f},
                       {"df_between", a->df_between},
                       {"df_within", a->df_within},
                       {"p_value", a->p_value},
                       {"ss_between", a->ss_between},
                       {"ss_within", a->ss_within},
                       {"eta_squared", a->eta_squared},
                       {"omega_squared", a->omega_squared}};
  if (const auto& w = factor.welch)
    json["welch"] = {
        {"f", w->f}, {"df_between", w->df_between}, {"df_within", w->df_within}, {"p_value", w->p_value}};
  if (const auto& k = factor.kruskal)
    json["kruskal_wallis"] = {
        {"h", k->h}, {"df", k->df}, {"p_value", k->p_value}, {"epsilon_squared", k->epsilon_squared}};
  json["dunn"] = list_json(factor.pairs, [&](const stats::DunnPair& pair) {
    return ordered_json{{"a", factor.levels[pair.a].first},
                        {"b", factor.levels[pair.b].first},
                        {"z", pair.z},
                        {"p_value", pair.p_value},
                        {"p_holm", pair.p_holm}};
  });
  json["undecided"] = factor.undecided;
  return json;
}

ordered_json anova_json(const AnovaFinding& anova, const std::string& outcome) {
  ordered_json json{{"outcome", outcome}};
  if (const auto& both = anova.two_way) {
    json["type"] = both->type;
    json["interaction"] = anova.interaction;
    json["n"] = both->n;
    json["dropped"] = both->dropped;
    json["terms"] = list_json(both->terms, [](const stats::AnovaTerm& term) {
      return ordered_json{{"name", term.name},
                          {"ss", term.ss},
                          {"df", term.df},
                          {"f", term.f},
                          {"p_value", term.p_value},
                          {"eta_squared", term.eta_squared},
                          {"partial_eta_squared", term.partial_eta_squared}};
    });
    json["residual"] = {{"ss", both->residual_ss}, {"df", both->residual_df}};
  }
  json["factors"] = list_json(anova.factors, factor_json);
  return json;
}

ordered_json judged_json(const std::optional<stats::Judged>& judged, const char* word,
                         stats::VerdictTest test) {
  if (!judged) return nullptr;
  return {{"verdict", word},
          {statistic_word(test), judged->statistic},
          {"p_value", judged->p_value},
          {"p_holm", judged->p_holm},
          {"delta", judged->delta},
          {"mean", judged->mean},
          {"mean_original", judged->mean_original},
          {"n", judged->n},
          {"n_original", judged->n_original}};
}

ordered_json tradeoff_json(const TradeoffFinding& tradeoff, const RunAnalysis& analysis) {
  using stats::Verdict;
  const stats::Tradeoff& found = tradeoff.found;
  ordered_json json{{"original", found.original},
                    {"id", tradeoff.id},
                    {"test", test_word(tradeoff.rule.test)},
                    {"level", tradeoff.rule.level},
                    {"smallest_delta", tradeoff.rule.smallest_delta},
                    {"holm", tradeoff.rule.holm},
                    {"greener", found.greener},
                    {"undecided", found.undecided},
                    {"dropped", found.dropped}};
  for (const Verdict energy : {Verdict::Win, Verdict::Tie, Verdict::Loss})
    for (const Verdict quality : {Verdict::Win, Verdict::Tie, Verdict::Loss})
      json["map"][energy_word(energy)][quality_word(quality)] =
          found.map[static_cast<std::size_t>(energy)][static_cast<std::size_t>(quality)];
  json["mutants"] = list_json(found.mutants, [&](const stats::MutantVerdict& mutant) {
    ordered_json held{{"id", mutant.id}};
    held[analysis.outcome] = judged_json(
        mutant.energy, mutant.energy ? energy_word(mutant.energy->verdict) : "", tradeoff.rule.test);
    held[*analysis.quality] = judged_json(
        mutant.quality, mutant.quality ? quality_word(mutant.quality->verdict) : "", tradeoff.rule.test);
    held["greener"] = mutant.greener;
    if (!mutant.undecided.empty()) held["undecided"] = mutant.undecided;
    return held;
  });
  return json;
}

ordered_json pareto_json(const ParetoFinding& pareto, const RunAnalysis& analysis) {
  const auto one = [&](const NamedRun& run) { return run_json(run, analysis.outcome, *analysis.quality); };
  ordered_json json{
      {"n", pareto.n},
      {"dropped", pareto.dropped},
      {"hypervolume", pareto.hypervolume},
      {"reference", {{analysis.outcome, pareto.reference.x}, {*analysis.quality, pareto.reference.y}}},
      {"knee", nullptr}};
  if (pareto.knee) {
    json["knee"] = one(pareto.front[*pareto.knee]);
  } else {
    json["no_knee"] = pareto.no_knee;
  }
  json["front"] = list_json(pareto.front, one);
  return json;
}

}  // namespace

ordered_json run_analysis_json(const RunAnalysis& analysis) {
  ordered_json json{{"source", analysis.source},
                    {"rows", analysis.rows},
                    {"outcome", analysis.outcome},
                    {"quality", optional_json(analysis.quality)},
                    {"goal", analysis.better == stats::Better::Larger ? "max" : "min"},
                    {"factors", analysis.factors}};
  if (analysis.eq) json["eq"] = eq_json(*analysis.eq, analysis);
  if (analysis.pearson) json["pearson"] = correlations_json(*analysis.pearson, "r");
  if (analysis.spearman) json["spearman"] = correlations_json(*analysis.spearman, "rho");
  if (analysis.ols) json["ols"] = ols_json(*analysis.ols, analysis.outcome);
  if (analysis.anova) json["anova"] = anova_json(*analysis.anova, analysis.outcome);
  if (analysis.tradeoff) json["tradeoff"] = tradeoff_json(*analysis.tradeoff, analysis);
  if (analysis.pareto) json["pareto"] = pareto_json(*analysis.pareto, analysis);
  json["not_applied"] = ordered_json::object();
  for (const auto& [method, why] : analysis.not_applied) json["not_applied"][run_method_text(method)] = why;
  json["notes"] = analysis.notes;
  return json;
}

}  // namespace frugal
