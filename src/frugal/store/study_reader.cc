#include "frugal/store/study_reader.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "frugal/store/cells.h"
#include "frugal/trial/trial_json.h"

namespace frugal {
namespace {

struct Attempt {
  std::int64_t id = 0;
  int number = 0;
  int attempt = 0;
  std::string state;
  std::string lost_why;
  Step step;
  Outcome outcome;
};

Error unreadable(const std::string& what) { return Error{ErrorCode::StoreBroken, what}; }

template <class Json>
Result<Json> parsed(std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception& failure) {
    return unreadable(failure.what());
  }
}

// Steps out of their texts. Those of one trial mostly differ in `from` alone, which step_to_json() writes
// first: the rest of a text is read once.
class StepTexts {
 public:
  Result<Step> read(std::string_view text) {
    const auto [from, rest] = split(text);
    if (const auto known = steps_.find(rest); known != steps_.end()) {
      Step step = known->second;
      if (from) step.from = from;
      return step;
    }
    const Result<nlohmann::json> asked = parsed<nlohmann::json>(text);
    if (!asked) return asked.error();
    Result<Step> step = step_from_json(*asked);
    if (!step) return step;
    if (steps_.size() >= kMost) steps_.clear();
    steps_.emplace(std::string(rest), *step);
    return step;
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  static constexpr std::size_t kMost = 4096;
  static constexpr std::string_view kFrom = "{\"from\":";

  // A text that does not begin so is its own rest.
  static std::pair<std::optional<int>, std::string_view> split(std::string_view text) {
    if (!text.starts_with(kFrom)) return {std::nullopt, text};
    int from = 0;
    const char* const begin = text.data() + kFrom.size();
    const auto [end, failure] = std::from_chars(begin, text.data() + text.size(), from);
    if (failure != std::errc() || end == text.data() + text.size() || *end != ',')
      return {std::nullopt, text};
    return {from, text.substr(static_cast<std::size_t>(end - text.data()))};
  }

  std::unordered_map<std::string, Step, Hash, std::equal_to<>> steps_;
};

// One study. Every query about its attempts comes in the order of the attempts, so that they are joined in
// one pass.
class StudyReader {
 public:
  StudyReader(Database& database, std::string name) : database_(database), name_(std::move(name)) {}
  Result<std::optional<StudyRecord>> read();

 private:
  Status read_header();
  Status read_remarks();
  Status read_host();
  Status read_attempts();
  Status read_epochs();
  Status read_curves();
  Status read_figures(const char* sql, std::map<std::string, EnergyFigure> EnergyReport::*figures);
  Status add_attempt(const Row& row);
  Status add_epoch(const Row& row, Outcome& outcome) const;
  // The error with the place where the record stands.
  Error placed(const Error& error, const std::string& record) const;
  Error placed(const Error& error, int number, int attempt) const;
  // Runs a query whose first column is the attempt that a row belongs to.
  Status each_of_attempts(const char* sql, const std::function<Status(const Row&, Outcome&)>& visit);
  void sort_out();

  Database& database_;
  std::string name_;
  std::int64_t study_id_ = 0;
  bool found_ = false;
  StudyRecord record_;
  std::vector<Attempt> attempts_;
  StepTexts steps_;
};

Error StudyReader::placed(const Error& error, const std::string& record) const {
  return Error{error.code,
               fmt::format("the store '{}': {} of the study '{}' cannot be read: {}", database_.path(),
                           record, name_, error.message),
               error.hint};
}

Error StudyReader::placed(const Error& error, int number, int attempt) const {
  return placed(error, fmt::format("attempt {} of step {}", attempt, number));
}

Status StudyReader::read_header() {
  const auto add = [this](const Row& row) -> Status {
    Result<nlohmann::ordered_json> plan = parsed<nlohmann::ordered_json>(row.text(1));
    if (!plan) return placed(plan.error(), "the plan");
    found_ = true;
    study_id_ = row.integer(0);
    record_.header = {name_, std::move(*plan), row.text(2), Goal{row.text(3), row.text(4) == "max"},
                      row.number(5)};
    if (!row.is_null(6)) record_.stopped_by = row.text(6);
    return {};
  };
  return database_.each(
      "SELECT study_id, plan, source, goal_metric, goal, created_unix_s, stopped_by FROM study WHERE name = "
      "?",
      {name_}, add);
}

Status StudyReader::read_remarks() {
  return database_.each("SELECT kind, text FROM remark WHERE study_id = ? ORDER BY remark_id", {study_id_},
                        [this](const Row& row) {
                          const std::string kind = row.text(0);
                          (kind == "caveat"   ? record_.caveats
                           : kind == "sensor" ? record_.sensors
                                              : record_.workers)
                              .push_back(row.text(1));
                          return Status();
                        });
}

Status StudyReader::read_host() {
  return database_.each("SELECT name, value FROM host_fact WHERE study_id = ? ORDER BY fact_id", {study_id_},
                        [this](const Row& row) {
                          record_.host.push_back({row.text(0), row.text(1)});
                          return Status();
                        });
}

Status StudyReader::add_attempt(const Row& row) {
  Result<Step> step = steps_.read(row.view(5));
  if (!step) return step.error();
  Attempt held{row.integer(0), row.small(1), row.small(2), row.text(3), row.text(4), std::move(*step), {}};
  Outcome& outcome = held.outcome;
  if (!row.is_null(6)) {
    const std::optional<FailureKind> kind = parse_failure(row.text(6));
    if (!kind) return unreadable("the failure '" + row.text(6) + "' is unknown");
    outcome.failure = Failure{*kind, row.text(7)};
  }
  outcome.samples = row.integer(8);
  outcome.steps = row.small(9);
  outcome.budget_steps = row.small(10);
  if (!row.is_null(11)) outcome.train_samples = row.integer(11);
  outcome.loss_before = row.number(12);
  Result<std::map<std::string, double>> metrics = metrics_at(row, 13, record_.header.goal.metric);
  if (!metrics) return metrics.error();
  outcome.metrics = std::move(*metrics);
  outcome.duration = Duration(row.number(15));
  Result<std::optional<EnergyFigure>> total = figure_at(row, 16);
  if (!total) return total.error();
  outcome.energy.total = std::move(*total);
  attempts_.push_back(std::move(held));
  return {};
}

Status StudyReader::read_attempts() {
  const Result<std::optional<std::int64_t>> count =
      database_.integer("SELECT count(*) FROM attempt WHERE study_id = ?", {study_id_});
  if (!count) return count.error();
  attempts_.reserve(static_cast<std::size_t>(count->value_or(0)));
  return database_.each(
      "SELECT attempt_id, step, attempt, state, lost_why, asked, failure, failure_message, samples, "
      "optimiser_steps,"
      " budget_steps, train_samples, loss_before, metric, metrics, coalesce(duration_s, iif(state = "
      "'running', 0.0, NULL)),"
      " energy_j, energy_low_j, energy_high_j, coverage, method, sensor, window_s"
      " FROM attempt WHERE study_id = ? ORDER BY step, attempt",
      {study_id_}, [this](const Row& row) -> Status {
        const Status added = add_attempt(row);
        if (!added) return placed(added.error(), row.small(1), row.small(2));
        return {};
      });
}

Status StudyReader::each_of_attempts(const char* sql,
                                     const std::function<Status(const Row&, Outcome&)>& visit) {
  std::size_t at = 0;
  return database_.each(sql, {study_id_}, [&](const Row& row) -> Status {
    const std::int64_t id = row.integer(0);
    while (at < attempts_.size() && attempts_[at].id != id) ++at;
    if (at == attempts_.size()) return placed(unreadable("a row belongs to none"), "an attempt");
    const Status visited = visit(row, attempts_[at].outcome);
    if (!visited) return placed(visited.error(), attempts_[at].number, attempts_[at].attempt);
    return {};
  });
}

Status StudyReader::add_epoch(const Row& row, Outcome& outcome) const {
  Result<std::map<std::string, double>> metrics = metrics_at(row, 5, record_.header.goal.metric);
  if (!metrics) return metrics.error();
  Result<std::optional<EnergyFigure>> energy = figure_at(row, 7);
  if (!energy) return energy.error();
  outcome.epochs.push_back({row.small(1), row.number(2), std::move(*metrics), row.integer(3),
                            Duration(row.number(4)), std::move(*energy)});
  return {};
}

Status StudyReader::read_epochs() {
  return each_of_attempts(
      "SELECT e.attempt_id, e.epoch, e.loss, e.samples, e.duration_s, e.metric, e.metrics, e.energy_j, "
      "e.energy_low_j,"
      " e.energy_high_j, e.coverage, e.method, e.sensor, e.window_s"
      " FROM attempt a JOIN epoch e USING (attempt_id) WHERE a.study_id = ? ORDER BY a.step, a.attempt, "
      "e.position",
      [this](const Row& row, Outcome& outcome) { return add_epoch(row, outcome); });
}

Status StudyReader::read_curves() {
  return each_of_attempts(
      "SELECT c.attempt_id, c.rate, c.loss FROM attempt a JOIN curve c USING (attempt_id)"
      " WHERE a.study_id = ? ORDER BY a.step, a.attempt, c.position",
      [](const Row& row, Outcome& outcome) {
        outcome.curve.push_back({row.number(1), row.number(2)});
        return Status();
      });
}

Status StudyReader::read_figures(const char* sql,
                                 std::map<std::string, EnergyFigure> EnergyReport::*figures) {
  return each_of_attempts(sql, [figures](const Row& row, Outcome& outcome) -> Status {
    Result<std::optional<EnergyFigure>> figure = figure_at(row, 2);
    if (!figure) return figure.error();
    if (*figure) (outcome.energy.*figures).emplace(row.text(1), std::move(**figure));
    return {};
  });
}

void StudyReader::sort_out() {
  record_.history.reserve(attempts_.size());
  for (Attempt& held : attempts_) {
    if (held.state == "finished") {
      record_.history.push_back({held.number, std::move(held.step), std::move(held.outcome)});
    } else {
      const bool running = held.state == "running";
      record_.lost.push_back({held.number, held.attempt, held.step.trial, running ? "killed" : held.lost_why,
                              std::move(held.outcome.energy), held.outcome.duration, running});
    }
  }
}

Result<std::optional<StudyRecord>> StudyReader::read() {
  Status status = read_header();
  if (status && !found_) return std::optional<StudyRecord>();
  if (status) status = read_remarks();
  if (status) status = read_host();
  if (status) status = read_attempts();
  if (status) status = read_epochs();
  if (status) status = read_curves();
  if (status) {
    status = read_figures(
        "SELECT p.attempt_id, p.phase, p.energy_j, p.energy_low_j, p.energy_high_j, p.coverage, p.method, "
        "p.sensor, p.window_s"
        " FROM attempt a JOIN phase_energy p USING (attempt_id) WHERE a.study_id = ? ORDER BY a.step, "
        "a.attempt, p.phase",
        &EnergyReport::by_phase);
  }
  if (status) {
    status = read_figures(
        "SELECT d.attempt_id, d.device, d.energy_j, d.energy_low_j, d.energy_high_j, d.coverage, d.method, "
        "d.sensor, d.window_s"
        " FROM attempt a JOIN device_energy d USING (attempt_id) WHERE a.study_id = ? ORDER BY a.step, "
        "a.attempt, d.device",
        &EnergyReport::by_device);
  }
  if (!status) return status.error();
  sort_out();
  return std::optional(std::move(record_));
}

}  // namespace

Result<std::optional<StudyRecord>> read_study(Database& database, const std::string& name) {
  return StudyReader(database, name).read();
}

}  // namespace frugal
