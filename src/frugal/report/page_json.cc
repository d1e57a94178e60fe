#include "frugal/report/page_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "frugal/base/clock.h"
#include "frugal/report/close_look_json.h"
#include "frugal/report/findings_json.h"

namespace frugal {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostEpochs = 150'000;
constexpr std::size_t kTopLength = 10;
constexpr int kDigits = 7;
constexpr int kDrawnDigits = 5;

ordered_json brief(double value) {
  if (!std::isfinite(value)) return nullptr;
  std::array<char, 64> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, kDigits);
  double rounded = value;
  std::from_chars(text.data(), end.ptr, rounded);
  return rounded;
}
ordered_json brief(const std::optional<double>& value) {
  return value ? brief(*value) : ordered_json(nullptr);
}
ordered_json brief(const std::optional<Joules>& value) {
  return value ? brief(value->value()) : ordered_json(nullptr);
}
ordered_json figure_json(const std::optional<EnergyFigure>& figure) {
  return figure ? ordered_json(figure_to_json(*figure)) : ordered_json(nullptr);
}

// One column over all items.
template <class Items, class Get>
ordered_json column(const Items& items, const Get& get) {
  ordered_json values = ordered_json::array();
  for (const auto& item : items) values.push_back(get(item));
  return values;
}

ordered_json point_rows(const Point& point) {
  ordered_json rows = ordered_json::array();
  for (const auto& [name, value] : point.values()) rows.push_back({name, value_text(value)});
  return rows;
}

ordered_json answer_json(const Findings& findings) {
  const StudyResult& result = findings.result;
  ordered_json held{
      {"winner", nullptr},
      {"total", figure_json(result.energy.total)},
      {"wasted_j", brief(result.wasted)},
      {"wasted_share", brief(findings.wasted_share)},
      {"winner_share", brief(findings.winner_share)},
      {"duration_s", result.duration.value()},
      {"epochs", findings.epochs},
      {"trials", result.trials.size()},
      {"lost_attempts", result.lost.size()},
      {"better_but_dropped",
       findings.better_but_dropped ? ordered_json(*findings.better_but_dropped) : ordered_json(nullptr)},
      {"mean_power_w", findings.total && findings.total->mean_power
                           ? brief(findings.total->mean_power->value())
                           : ordered_json(nullptr)}};
  if (!result.winner) return held;
  held["winner"] = {{"trial", result.winner->trial},
                    {"point", point_rows(result.winner->point)},
                    {"value", result.winner->value},
                    {"epoch", result.winner->epoch},
                    {"energy", figure_json(result.winner_energy)}};
  return held;
}

ordered_json trials_json(const Findings& findings) {
  const std::vector<TrialResult>& trials = findings.result.trials;
  const auto figure = [](auto get) {
    return [get](const TrialResult& t) {
      return t.energy ? ordered_json(get(*t.energy)) : ordered_json(nullptr);
    };
  };
  ordered_json held{
      {"id", column(trials, [](const TrialResult& t) { return t.id; })},
      {"fate", column(trials, [](const TrialResult& t) { return t.fate; })},
      {"best", column(trials, [](const TrialResult& t) { return brief(t.best); })},
      {"best_epoch", column(trials, [](const TrialResult& t) { return t.best_epoch; })},
      {"epochs", column(trials, [](const TrialResult& t) { return t.epochs; })},
      {"duration_s", column(trials, [](const TrialResult& t) { return brief(t.duration.value()); })},
      {"energy_j", column(trials, figure([](const EnergyFigure& f) { return brief(f.value.value()); }))},
      {"low_j", column(trials, figure([](const EnergyFigure& f) { return brief(f.low.value()); }))},
      {"high_j", column(trials, figure([](const EnergyFigure& f) { return brief(f.high.value()); }))},
      {"coverage", column(trials, figure([](const EnergyFigure& f) { return brief(f.coverage); }))},
      {"method",
       column(trials, figure([](const EnergyFigure& f) { return ordered_json(method_text(f.method)); }))}};
  const std::vector<TrialFinding>& found = findings.trials;
  held["eq"] = column(found, [](const TrialFinding& t) { return brief(t.eq); });
  held["eq_total"] = column(found, [](const TrialFinding& t) { return brief(t.eq_total); });
  held["energy_per_epoch_j"] = column(found, [](const TrialFinding& t) { return brief(t.energy_per_epoch); });
  held["front"] = column(found, [](const TrialFinding& t) { return t.on_front ? 1 : 0; });
  held["by_phase"] = ordered_json::object();
  for (const EnergyPart& phase : findings.phases) {
    held["by_phase"][phase.name] = column(found, [&](const TrialFinding& t) {
      const auto joules = t.by_phase.find(phase.name);
      return joules == t.by_phase.end() ? ordered_json(nullptr) : brief(joules->second.value());
    });
  }
  if (findings.pipeline) held["stage"] = column(trials, [](const TrialResult& t) { return t.stage; });
  held["failure"] = ordered_json::object();
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (!trials[i].failure.empty()) held["failure"][std::to_string(i)] = trials[i].failure;
  }
  return held;
}

// Values that all trials share stand once; the rest is in the factors.
ordered_json constants_json(const Findings& findings) {
  ordered_json held = ordered_json::array();
  if (findings.result.trials.empty()) return held;
  for (const auto& [name, value] : findings.result.trials.front().point.values()) {
    const bool varies = std::any_of(findings.factors.begin(), findings.factors.end(),
                                    [&](const Factor& factor) { return factor.name == name; });
    if (!varies) held.push_back({name, value_text(value)});
  }
  return held;
}

ordered_json factors_json(const std::vector<Factor>& factors) {
  return column(factors, [](const Factor& factor) {
    ordered_json held{{"name", factor.name},
                      {"numeric", factor.numeric},
                      {"log", factor.log},
                      {"levels", column(factor.levels, [](const Value& v) { return value_text(v); })},
                      {"level", column(factor.level, [](const std::optional<int>& level) {
                         return level ? ordered_json(*level) : ordered_json(nullptr);
                       })}};
    if (factor.numeric)
      held["values"] = column(factor.levels, [](const Value& v) { return ordered_json(value_to_json(v)); });
    return held;
  });
}

ordered_json course_json(const Course& course) {
  ordered_json held{{"epoch", column(course.epochs, [](const CourseEpoch& e) { return e.epoch; })},
                    {"metric", column(course.epochs, [](const CourseEpoch& e) { return brief(e.metric); })},
                    {"loss", column(course.epochs, [](const CourseEpoch& e) { return brief(e.loss); })},
                    {"energy_j", column(course.epochs, [](const CourseEpoch& e) {
                       return e.energy ? brief(e.energy->value.value()) : ordered_json(nullptr);
                     })}};
  // The rate rarely changes: [from position, rate] where it does.
  ordered_json rates = ordered_json::array();
  ordered_json rolled = ordered_json::array();
  for (std::size_t i = 0; i < course.epochs.size(); ++i) {
    if (i == 0 || course.epochs[i].rate != course.epochs[i - 1].rate)
      rates.push_back({i, brief(course.epochs[i].rate)});
    if (course.epochs[i].rolled_back) rolled.push_back(i);
  }
  held["rates"] = std::move(rates);
  if (!rolled.empty()) held["rolled_back"] = std::move(rolled);
  if (!course.explorations.empty()) {
    held["explorations"] = column(course.explorations, [](const CourseExploration& e) {
      return ordered_json{{"after", e.after},
                          {"round", e.round},
                          {"quality", brief(e.quality)},
                          {"energy_per_epoch_j", brief(e.energy_per_epoch)},
                          {"rate", brief(e.rate)}};
    });
  }
  return held;
}

// Trials in the order in which their courses are wanted.
std::vector<std::size_t> courses_wanted(const Findings& findings) {
  std::vector<std::size_t> order;
  const std::vector<TrialResult>& trials = findings.result.trials;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (trials[i].fate == "winner") order.push_back(i);
  }
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (findings.trials[i].on_front) order.push_back(i);
  }
  for (const Ranking& ranking : findings.rankings) {
    order.insert(
        order.end(), ranking.order.begin(),
        ranking.order.begin() + static_cast<std::ptrdiff_t>(std::min(kTopLength, ranking.order.size())));
  }
  for (std::size_t i = 0; i < trials.size(); ++i) order.push_back(i);
  return order;
}

ordered_json courses_json(const Findings& findings) {
  ordered_json held = ordered_json::object();
  std::vector<bool> done(findings.courses.size(), false);
  std::size_t epochs = 0;
  for (const std::size_t i : courses_wanted(findings)) {
    const Course& course = findings.courses[i];
    if (done[i] || (course.epochs.empty() && course.explorations.empty())) continue;
    if (epochs + course.epochs.size() > kMostEpochs) break;
    done[i] = true;
    epochs += course.epochs.size();
    held[std::to_string(i)] = course_json(course);
  }
  return held;
}

ordered_json rounds_json(const std::vector<RoundLog>& rounds) {
  ordered_json rows = ordered_json::array();
  for (const RoundLog& round : rounds) {
    for (const RoundRow& row : round.rows) {
      rows.push_back({{"round", round.round},
                      {"trial", row.trial},
                      {"p", brief(row.quality)},
                      {"e_j", brief(row.energy_per_epoch)},
                      {"lr", brief(row.learning_rate)},
                      {"f", brief(row.score)},
                      {"kept", row.kept},
                      {"note", row.note}});
    }
  }
  return rows;
}

// Rankings are cut to the places that the page shows; a matrix of many trials takes every n-th.
ordered_json rankings_json(const Findings& findings) {
  constexpr std::size_t kMostColumns = 400;
  return column(findings.rankings, [](const Ranking& ranking) {
    const std::size_t step = (ranking.order.size() + kMostColumns - 1) / kMostColumns;
    ordered_json spread = ordered_json::array();
    for (std::size_t i = 0; i < ranking.order.size(); i += step) spread.push_back(ranking.order[i]);
    ordered_json top = ordered_json::array();
    for (std::size_t i = 0; i < std::min(kTopLength, ranking.order.size()); ++i)
      top.push_back(ranking.order[i]);
    return ordered_json{{"by", ranking.by},
                        {"count", ranking.order.size()},
                        {"every", step},
                        {"top", std::move(top)},
                        {"spread", std::move(spread)}};
  });
}

ordered_json method_json(const Findings& findings, const std::string& version) {
  const StudyResult& result = findings.result;
  return {{"frugal", version},
          {"begun", utc_text(result.header.created_unix_s)},
          {"sensors", result.sensors},
          {"workers", result.workers},
          {"host", host_json(result.host)},
          {"cards", sensors_json(findings.close.sensors)},
          {"lost", column(result.lost,
                          [](const LostAttempt& lost) {
                            return ordered_json{
                                {"step", lost.step},
                                {"trial", lost.trial},
                                {"why", lost.why},
                                {"energy_j", lost.energy.total ? brief(lost.energy.total->value.value())
                                                               : ordered_json(nullptr)},
                                {"duration_s", brief(lost.duration.value())}};
                          })},
          {"plan_energy",
           result.header.plan.contains("energy") ? result.header.plan.at("energy") : ordered_json(nullptr)},
          {"study_file", result.header.source}};
}

}  // namespace

ordered_json page_json(const Findings& findings, const std::string& version) {
  const StudyResult& result = findings.result;
  return {{"study", result.header.name},
          {"strategy", result.strategy},
          {"seed", result.seed},
          {"metric", {{"name", result.header.goal.metric}, {"maximise", result.header.goal.maximise}}},
          {"stopped_by", result.stopped_by},
          {"answer", answer_json(findings)},
          {"parity", parity_json(findings)},
          {"carbon", carbon_json(findings)},
          {"caveats", result.caveats},
          {"phases", parts_json(findings.phases)},
          {"devices", parts_json(findings.devices)},
          {"fates", fates_json(findings.fates)},
          {"constants", constants_json(findings)},
          {"trials", trials_json(findings)},
          {"factors", factors_json(findings.factors)},
          {"courses", courses_json(findings)},
          {"close", close_look_json(findings, kDrawnDigits)},
          {"anytime", anytime_json(findings.anytime)},
          {"rate_tests", rate_tests_json(findings.rate_tests)},
          {"rounds", rounds_json(result.decisions)},
          {"rankings", rankings_json(findings)},
          {"histograms", histograms_json(findings.histograms)},
          {"analysis", analysis_json(findings.analysis)},
          {"pipeline", findings.pipeline ? pipeline_json(*findings.pipeline) : ordered_json(nullptr)},
          {"method", method_json(findings, version)}};
}

}  // namespace frugal
