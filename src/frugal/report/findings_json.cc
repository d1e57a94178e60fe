#include "frugal/report/findings_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "frugal/report/close_look_json.h"

namespace frugal {
namespace {

using nlohmann::ordered_json;

ordered_json exact(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}
ordered_json exact(const std::optional<double>& value) {
  return value ? exact(*value) : ordered_json(nullptr);
}
ordered_json exact(const std::optional<Joules>& value) {
  return value ? exact(value->value()) : ordered_json(nullptr);
}

template <class Items, class Get>
ordered_json column(const Items& items, const Get& get) {
  ordered_json values = ordered_json::array();
  for (const auto& item : items) values.push_back(get(item));
  return values;
}

ordered_json phases_json(const PhaseJoules& phases) {
  ordered_json held = ordered_json::object();
  for (const auto& [phase, joules] : phases) held[phase] = exact(joules.value());
  return held;
}

ordered_json coefficient_json(const stats::Coefficient& c) {
  return {{"name", c.name},
          {"coef", exact(c.coef)},
          {"std_err", exact(c.std_err)},
          {"t", exact(c.t)},
          {"p_value", exact(c.p_value)},
          {"ci_low", exact(c.ci_low)},
          {"ci_high", exact(c.ci_high)}};
}

ordered_json contrast_json(const stats::Contrast& c) {
  ordered_json held = coefficient_json(c.difference);
  held["name"] = c.factor + ": " + c.a + " − " + c.b;
  held["identified"] = c.identified;
  return held;
}

ordered_json regression_json(const RegressionFinding& found) {
  const stats::Regression& fit = found.fit;
  return {{"outcome", found.outcome},
          {"form", fit.form == stats::Form::OneHot ? "one-hot" : "full rank"},
          {"n", fit.n},
          {"dropped", fit.dropped},
          {"rank", fit.rank},
          {"r_squared", exact(fit.r_squared)},
          {"r_squared_adj", exact(fit.r_squared_adj)},
          {"r_squared_predicted", exact(found.r_squared_predicted)},
          {"f_statistic", exact(fit.f_statistic)},
          {"f_p_value", exact(fit.f_p_value)},
          {"residual_sd", exact(fit.residual_sd)},
          {"coefficients", column(fit.coefficients, coefficient_json)},
          {"contrasts", column(found.contrasts, contrast_json)},
          {"warnings", found.warnings}};
}

ordered_json correlation_json(const CorrelationFinding& found) {
  return {{"parameter", found.parameter},
          {"outcome", found.outcome},
          {"n", found.spearman.n},
          {"rho", exact(found.spearman.coefficient)},
          {"ci_low", exact(found.spearman.ci_low)},
          {"ci_high", exact(found.spearman.ci_high)},
          {"p_value", exact(found.spearman.p_value)},
          {"pearson_r", exact(found.pearson.coefficient)},
          {"pearson_p_value", exact(found.pearson.p_value)}};
}

ordered_json importance_json(const ImportanceFinding& importance) {
  return {{"outcome", importance.outcome},
          {"n", importance.found.n},
          {"best", importance.found.best},
          {"parameters", column(importance.found.parameters, [](const stats::Importance& i) {
             return ordered_json{
                 {"parameter", i.parameter}, {"divergence", exact(i.divergence)}, {"share", exact(i.share)}};
           })}};
}

ordered_json trials_json(const Findings& findings) {
  ordered_json held = ordered_json::array();
  for (std::size_t i = 0; i < findings.trials.size(); ++i) {
    const TrialFinding& trial = findings.trials[i];
    held.push_back({{"trial", findings.result.trials[i].id},
                    {"on_front", trial.on_front},
                    {"energy_per_epoch_j", exact(trial.energy_per_epoch)},
                    {"eq_per_wh", exact(trial.eq)},
                    {"eq_total_per_wh", exact(trial.eq_total)},
                    {"by_phase", phases_json(trial.by_phase)}});
  }
  return held;
}

ordered_json rankings_json(const Findings& findings) {
  return column(findings.rankings, [&](const Ranking& ranking) {
    return ordered_json{
        {"by", ranking.by},
        {"trials", column(ranking.order, [&](std::size_t i) { return findings.result.trials[i].id; })}};
  });
}

}  // namespace

ordered_json carbon_json(const Findings& findings) {
  return findings.carbon ? ordered_json(emission_to_json(*findings.carbon))
                         : ordered_json{{"absent_because", findings.no_carbon}};
}

ordered_json parts_json(const std::vector<EnergyPart>& parts) {
  return column(parts, [](const EnergyPart& part) {
    return ordered_json{
        {"name", part.name},
        {"figure", figure_to_json(part.figure)},
        {"mean_power_w", part.mean_power ? exact(part.mean_power->value()) : ordered_json(nullptr)},
        {"share", exact(part.share)}};
  });
}

ordered_json fates_json(const std::vector<FateEnergy>& fates) {
  return column(fates, [](const FateEnergy& fate) {
    return ordered_json{{"fate", fate.fate},
                        {"trials", fate.trials},
                        {"total_j", exact(fate.total)},
                        {"share", exact(fate.share)},
                        {"by_phase", phases_json(fate.by_phase)}};
  });
}

ordered_json anytime_json(const std::vector<AnytimePoint>& curve) {
  return column(curve, [](const AnytimePoint& p) {
    return ordered_json{{"spent_j", exact(p.spent)},
                        {"time_s", exact(p.time.value())},
                        {"value", exact(p.value)},
                        {"trial", p.trial},
                        {"epoch", p.epoch}};
  });
}

ordered_json rate_tests_json(const std::vector<RateTest>& tests) {
  return column(tests, [](const RateTest& test) {
    return ordered_json{{"trial", test.trial},
                        {"round", test.round},
                        {"loss_before", exact(test.loss_before)},
                        {"rates", column(test.curve, [](const RatePoint& p) { return exact(p.rate); })},
                        {"losses", column(test.curve, [](const RatePoint& p) { return exact(p.loss); })},
                        {"selected", exact(test.selected)},
                        {"used", exact(test.used)},
                        {"window", {test.window_begin, test.window_end}},
                        {"note", test.note}};
  });
}

ordered_json histograms_json(const std::vector<Histogram>& histograms) {
  return column(histograms, [](const Histogram& h) {
    return ordered_json{{"of", h.of},
                        {"edges", column(h.edges, [](double edge) { return exact(edge); })},
                        {"counts", h.counts}};
  });
}

ordered_json analysis_json(const std::optional<Analysis>& analysis) {
  if (!analysis) return nullptr;
  return {{"regressions", column(analysis->regressions, regression_json)},
          {"importances", column(analysis->importances, importance_json)},
          {"correlations", column(analysis->correlations, correlation_json)},
          {"notes", analysis->notes}};
}

ordered_json pipeline_json(const Pipeline& pipeline) {
  const auto row = [](const PipelineRow& held) {
    const GreenscreenRun& run = held.run;
    return ordered_json{{"stage", held.stage},
                        {"trials", run.trials},
                        {"point", point_to_json(run.point)},
                        {"epochs", run.epochs},
                        {"quality", exact(run.quality)},
                        {"best", exact(run.best)},
                        {"energy_per_epoch_j", exact(run.energy_per_epoch)},
                        {"eq_per_wh", exact(run.eq)},
                        {"energy_ratio", exact(held.energy_ratio)},
                        {"quality_difference", exact(held.quality_difference)},
                        {"eq_ratio", exact(held.eq_ratio)}};
  };
  const auto level = [](const ChosenLevel& held) {
    return ordered_json{
        {"parameter", held.parameter},
        {"value", ordered_json(value_to_json(held.value))},
        {"source", held.source},
        {"coef", held.coefficient ? exact(held.coefficient->coef) : ordered_json(nullptr)},
        {"p_value", held.coefficient ? exact(held.coefficient->p_value) : ordered_json(nullptr)}};
  };
  return {{"choice", choice_text(pipeline.choice)},
          {"configurations", pipeline.configurations},
          {"considered", pipeline.considered},
          {"chosen", pipeline.chosen ? point_to_json(*pipeline.chosen) : ordered_json(nullptr)},
          {"levels", column(pipeline.levels, level)},
          {"note", pipeline.note},
          {"rows", column(pipeline.rows, row)}};
}

ordered_json parity_json(const Findings& findings) {
  return findings.parity ? comparison_json(*findings.parity) : ordered_json(nullptr);
}

ordered_json findings_json(const Findings& findings) {
  return {{"co2e", carbon_json(findings)},
          {"parity", parity_json(findings)},
          {"wasted_share", exact(findings.wasted_share)},
          {"winner_share", exact(findings.winner_share)},
          {"phases", parts_json(findings.phases)},
          {"devices", parts_json(findings.devices)},
          {"fates", fates_json(findings.fates)},
          {"trials", trials_json(findings)},
          {"anytime", anytime_json(findings.anytime)},
          {"rate_tests", rate_tests_json(findings.rate_tests)},
          {"rankings", rankings_json(findings)},
          {"histograms", histograms_json(findings.histograms)},
          {"analysis", analysis_json(findings.analysis)},
          {"pipeline", findings.pipeline ? pipeline_json(*findings.pipeline) : ordered_json(nullptr)},
          {"close", close_look_json(findings, 17)},
          {"sensors", sensors_json(findings.close.sensors)}};
}

}  // namespace frugal
