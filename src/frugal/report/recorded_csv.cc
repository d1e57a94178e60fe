// Longer than 400 lines: one way from columns to a record, a function for each value of a row; cut in two, either half
// would need all of the other's types.
#include "frugal/report/recorded_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>

#include "frugal/base/nearest.h"
#include "frugal/report/run_question.h"
#include "frugal/study/plan.h"

namespace frugal {
namespace {

using stats::Table;

constexpr double kMostEpochs = 1e6;  // of one trial
constexpr double kMostId = 2e9;
constexpr const char* kLossMetric = "validation_loss";  // what export calls a metric named loss
constexpr std::array kMeanings{"study",         "trial",      "repeat",   "epoch",
                               "loss",          "duration_s", "energy_j", "energy_low_j",
                               "energy_high_j", "method",     "coverage", "phase"};

bool has(const Table& table, std::string_view name) { return table.find(name).ok(); }

Error at_row(std::size_t row, const std::string& what) {
  return bad_input(fmt::format("row {}: {}", row + 1, what));
}

// A column of numbers that may be absent: NaN everywhere then.
class Optional {
 public:
  static Result<Optional> of(const Table& table, const std::string& name) {
    Optional column;
    if (!has(table, name)) return column;
    const Result<std::span<const double>> numbers = table.numbers(name);
    if (!numbers) return numbers.error();
    column.values_ = *numbers;
    for (std::size_t i = 0; i < numbers->size(); ++i)
      if (std::isinf((*numbers)[i])) return at_row(i, name + " is infinite");
    return column;
  }
  bool there() const { return !values_.empty(); }
  std::optional<double> at(std::size_t row) const {
    if (values_.empty() || std::isnan(values_[row])) return std::nullopt;
    return values_[row];
  }

 private:
  std::span<const double> values_;
};

// A column as words; empty where missing or absent.
struct Words {
  std::vector<std::string> at;
};
Words words_of(const Table& table, const std::string& name) {
  Words words{std::vector<std::string>(table.rows())};
  const Result<stats::Factor> column = table.factor(name);
  if (!column) return words;
  for (std::size_t i = 0; i < words.at.size(); ++i)
    if (column->codes[i] != stats::kMissing)
      words.at[i] = column->levels[static_cast<std::size_t>(column->codes[i])];
  return words;
}

struct Columns {
  std::string metric;
  std::vector<std::string> point;
  std::vector<std::string> ignored;
  Optional trial, epoch, loss, value, duration, energy, low, high, coverage;
  Words study, trial_words, method, phase;
};

Result<std::string> metric_column(const Table& table, const RecordedQuestion& question) {
  if (question.metric) {
    const std::string name =
        *question.metric == "loss" && has(table, kLossMetric) ? kLossMetric : *question.metric;
    if (const auto column = table.find(name); !column) return column.error();
    return name;
  }
  const auto columns = table.columns();
  for (std::size_t i = 1; i + 1 < columns.size(); ++i)
    if (columns[i - 1].name == "loss" && columns[i + 1].name == "duration_s") return columns[i].name;
  if (has(table, "accuracy")) return std::string("accuracy");
  return bad_input("which column is the metric that steers the study is not known",
                   "name it: --metric accuracy");
}

Status read_numbers(const Table& table, Columns& columns) {
  const std::array<std::pair<const char*, Optional*>, 8> places{{{"epoch", &columns.epoch},
                                                                 {"loss", &columns.loss},
                                                                 {columns.metric.c_str(), &columns.value},
                                                                 {"duration_s", &columns.duration},
                                                                 {"energy_j", &columns.energy},
                                                                 {"energy_low_j", &columns.low},
                                                                 {"energy_high_j", &columns.high},
                                                                 {"coverage", &columns.coverage}}};
  for (const auto& [name, place] : places) {
    Result<Optional> column = Optional::of(table, name);
    if (!column) return column.error();
    *place = *column;
  }
  if (table.numbers("trial")) columns.trial = Optional::of(table, "trial").value();
  return {};
}

Result<Columns> columns_of(const Table& table, const RecordedQuestion& question) {
  Columns columns;
  Result<std::string> metric = metric_column(table, question);
  if (!metric) return metric.error();
  columns.metric = *std::move(metric);
  if (Status status = read_numbers(table, columns); !status) return status.error();
  columns.study = words_of(table, "study");
  columns.trial_words = words_of(table, "trial");
  columns.method = words_of(table, "method");
  columns.phase = words_of(table, "phase");
  for (const std::string& name : question.factors)
    if (const auto column = table.find(name); !column) return column.error();
  for (const stats::Column& column : table.columns()) {
    const bool meant = column.name == columns.metric ||
                       std::find(kMeanings.begin(), kMeanings.end(), column.name) != kMeanings.end();
    if (meant) continue;
    const bool chosen =
        question.factors.empty() ||
        std::find(question.factors.begin(), question.factors.end(), column.name) != question.factors.end();
    (chosen ? columns.point : columns.ignored).push_back(column.name);
  }
  return columns;
}

Value value_of(const std::string& text) {
  if (text == "true" || text == "false") return text == "true";
  return text;
}

Value value_of(double number) {
  if (number == std::floor(number) && std::abs(number) < 1e15) return static_cast<std::int64_t>(number);
  return number;
}

std::vector<Point> points_of(const Table& table, const std::vector<std::string>& names) {
  std::vector<Point> points(table.rows());
  for (const std::string& name : names) {
    const stats::Column& column = *table.find(name).value();
    for (std::size_t row = 0; row < points.size(); ++row) {
      if (const auto* numbers = std::get_if<stats::Numbers>(&column.cells)) {
        if (!std::isnan(numbers->values[row])) points[row].set(name, value_of(numbers->values[row]));
      } else {
        const auto& factor = std::get<stats::Factor>(column.cells);
        if (factor.codes[row] != stats::kMissing)
          points[row].set(name, value_of(factor.levels[static_cast<std::size_t>(factor.codes[row])]));
      }
    }
  }
  return points;
}

// Which trial a row belongs to: its number, or the next free one for each new word, point or row.
struct Trials {
  std::vector<TrialId> of_row;
  bool again = false;  // some trial has several rows
};

Result<Trials> trials_of(const Table& table, const Columns& columns, const std::vector<Point>& points) {
  Trials trials;
  std::map<std::pair<std::string, std::string>, TrialId> seen;
  std::map<std::string, TrialId> next;
  const Words repeat = words_of(table, "repeat");
  const bool named = has(table, "trial");
  std::map<std::pair<std::string, TrialId>, int> rows;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string& study = columns.study.at[row];
    TrialId id = 0;
    if (columns.trial.there()) {
      const std::optional<double> number = columns.trial.at(row);
      if (!number || *number < 0 || *number > kMostId || *number != std::floor(*number))
        return at_row(row, "trial is no whole number from 0");
      id = static_cast<TrialId>(*number);
    } else {
      const bool grouped = named || columns.epoch.there();
      const std::string key = named     ? columns.trial_words.at[row]
                              : grouped ? points[row].text() + "\n" + repeat.at[row]
                                        : std::to_string(row);
      const auto [at, fresh] = seen.try_emplace({study, key}, next[study]);
      if (fresh) ++next[study];
      id = at->second;
    }
    trials.again = ++rows[{study, id}] > 1 || trials.again;
    trials.of_row.push_back(id);
  }
  return trials;
}

Result<bool> rows_are_epochs(const Columns& columns, const Trials& trials, const RecordedQuestion& question) {
  bool all = false;
  bool train = false;
  for (std::size_t row = 0; row < columns.phase.at.size(); ++row) {
    const std::string& phase = columns.phase.at[row];
    all = all || phase == "all";
    train = train || phase == "train";
    if (!phase.empty() && phase != "all" && phase != "train")
      return at_row(
          row, "phase '" + phase + "' cannot be imported: train (a row an epoch) or all (a row a trial)");
  }
  if (all && train)
    return bad_input("some rows are epochs (phase train) and some trials (phase all): import them apart");
  bool epochs = train || (!all && trials.again);
  if (question.rows != RecordedRows::Auto) epochs = question.rows == RecordedRows::Epochs;
  if (epochs && !columns.epoch.there())
    return bad_input("a trial has several rows, but there is no column 'epoch'",
                     "give every run its own number in the column 'trial', or leave that column out");
  if (!epochs && trials.again)
    return bad_input("a trial has several rows, so that they cannot be whole trials", "--rows epochs");
  return epochs;
}

Result<std::optional<EnergyFigure>> figure_of(const Columns& columns, std::size_t row,
                                              const std::string& source) {
  const std::optional<double> value = columns.energy.at(row);
  if (!value) return std::optional<EnergyFigure>();
  const std::string& word = columns.method.at[row];
  const std::optional<Method> method = word.empty() ? Method::Model : parse_method(word);
  if (!method) return at_row(row, "method '" + word + "' is none of counter, integral, model");
  EnergyFigure figure{Joules(*value),
                      Joules(columns.low.at(row).value_or(*value)),
                      Joules(columns.high.at(row).value_or(*value)),
                      columns.coverage.at(row).value_or(1),
                      *method,
                      "imported from " + source,
                      Duration(columns.duration.at(row).value_or(0))};
  if (figure.low > figure.value || figure.high < figure.value)
    return at_row(row, fmt::format("energy {} J does not lie between its bounds {} and {}", *value,
                                   figure.low.value(), figure.high.value()));
  if (*value < 0) return at_row(row, fmt::format("energy {} J is negative", *value));
  if (figure.coverage < 0 || figure.coverage > 1)
    return at_row(row, fmt::format("coverage {} is not between 0 and 1", figure.coverage));
  return std::optional(figure);
}

// What one row says: an epoch, or a whole trial.
struct RowValues {
  EpochRow epoch;
  EnergyReport energy;
};

Result<RowValues> values_of(const Columns& columns, std::size_t row, bool epochs, const std::string& metric,
                            const std::string& source) {
  RowValues found;
  const double epoch = columns.epoch.at(row).value_or(epochs ? std::nan("") : columns.value.at(row) ? 1 : 0);
  if (!(epoch >= (epochs ? 1 : 0)) || epoch > kMostEpochs || epoch != std::floor(epoch))
    return at_row(row, fmt::format("epoch is no whole number from {} to {}", epochs ? 1 : 0, kMostEpochs));
  found.epoch.epoch = static_cast<int>(epoch);
  found.epoch.loss = columns.loss.at(row).value_or(std::nan(""));
  if (const auto value = columns.value.at(row)) found.epoch.metrics[metric] = *value;
  const double seconds = columns.duration.at(row).value_or(0);
  if (seconds < 0) return at_row(row, "duration_s is negative");
  found.epoch.duration = Duration(seconds);
  Result<std::optional<EnergyFigure>> figure = figure_of(columns, row, source);
  if (!figure) return figure.error();
  found.epoch.energy = *figure;
  const char* phase = epochs ? "train" : "other";
  found.energy.durations[phase] = found.epoch.duration;
  found.energy.total = *figure;
  if (*figure) found.energy.by_phase.emplace(phase, **figure);
  return found;
}

// The epochs of a trial of which one row tells all: of the last one alone something is known, and the joules
// belong to the trial, not to an epoch.
std::vector<EpochRow> epochs_of_trial(const EpochRow& row) {
  std::vector<EpochRow> epochs;
  for (int epoch = 1; epoch <= row.epoch; ++epoch)
    epochs.push_back({epoch, std::nan(""), {}, 0, Duration(0), {}});
  if (epochs.empty()) return epochs;
  epochs.back().loss = row.loss;
  epochs.back().metrics = row.metrics;
  return epochs;
}

// What a step sets beyond the trial's first point.
Point changed(const Point& first, const Point& now) {
  Point set;
  for (const auto& [name, value] : now.values()) {
    const Value* held = first.find(name);
    if (held == nullptr || !same_value(*held, value)) set.set(name, value);
  }
  return set;
}

// Adds a row to the history: to the last step where it goes on, else as a new one.
void add_row(StudyRecord& record, TrialId trial, const Point& point, RowValues values, bool epochs,
             std::map<TrialId, std::pair<Point, std::optional<int>>>& trials) {
  auto& [first, last_step] = trials.try_emplace(trial, point, std::nullopt).first->second;
  const Point set = changed(first, point);
  const bool goes_on = epochs && last_step && !record.history.empty() &&
                       record.history.back().step.trial == trial &&
                       std::get<Train>(record.history.back().step.work).set == set;
  if (!goes_on) {
    Observation seen{
        static_cast<int>(record.history.size()), {trial, first, 1, last_step, 0, Train{0, set}, {}}, {}};
    last_step = seen.number;
    record.history.push_back(std::move(seen));
  }
  Observation& seen = record.history.back();
  add(seen.outcome.energy, values.energy);
  seen.outcome.duration += values.epoch.duration;
  if (epochs) {
    seen.outcome.epochs.push_back(std::move(values.epoch));
  } else {
    seen.outcome.epochs = epochs_of_trial(values.epoch);
  }
  std::get<Train>(seen.step.work).epochs = std::max<int>(1, static_cast<int>(seen.outcome.epochs.size()));
}

std::vector<std::string> caveats_of(const Columns& columns, const RecordedQuestion& question, bool epochs) {
  std::vector<std::string> missing;
  if (!columns.low.there() || !columns.high.there())
    missing.emplace_back("the bounds of the energy, which are unknown (low and high repeat the value)");
  if (std::all_of(columns.method.at.begin(), columns.method.at.end(),
                  [](const auto& w) { return w.empty(); }))
    missing.emplace_back("the method of the energy (taken for the weakest, model)");
  if (!columns.coverage.there()) missing.emplace_back("the coverage (taken for 1)");
  if (!columns.duration.there()) missing.emplace_back("the time (0 s)");
  std::vector<std::string> caveats;
  if (!columns.energy.there()) {
    caveats.push_back("no energy is in " + question.source + " (a column energy_j)");
  } else if (!missing.empty()) {
    std::string text = "not in " + question.source + ": ";
    for (std::size_t i = 0; i < missing.size(); ++i) text += (i == 0 ? "" : "; ") + missing[i];
    caveats.push_back(std::move(text));
  }
  if (!epochs)
    caveats.emplace_back(
        "imported with one row a trial: in which epoch the best value was reached, and how the "
        "energy is split into epochs and phases, is not known");
  for (const std::string& name : columns.ignored) caveats.push_back("column '" + name + "' was not imported");
  return caveats;
}

StudyHeader header_of(const std::string& name, const Goal& goal, const RecordedQuestion& question) {
  Plan plan;
  plan.name = name;
  plan.workload = RecordedWorkload{question.source};
  plan.goal = goal;
  plan.strategy = ImportedPlan{};
  plan.limits.epochs = 1;
  plan.limits.patience = 1;
  StudyHeader header{name, plan_to_json(plan), {}, goal, question.created_unix_s};
  header.source = header.plan.dump(2) + "\n";
  return header;
}

Status check_name(const std::string& name) {
  const bool plain = std::none_of(name.begin(), name.end(),
                                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '/'; });
  if (plain && !name.empty() && name.size() <= 200) return {};
  return bad_input(
      "'" + name + "' is no name of a study: 1 to 200 characters without slash and control character",
      "give another: --name NAME");
}

}  // namespace

Result<std::vector<StudyRecord>> recorded_studies(const Table& table, const RecordedQuestion& question) {
  if (table.rows() == 0) return bad_input(question.source + " has no rows");
  const Result<Columns> columns = columns_of(table, question);
  if (!columns) return columns.error();
  const std::vector<Point> points = points_of(table, columns->point);
  const Result<Trials> trials = trials_of(table, *columns, points);
  if (!trials) return trials.error();
  const Result<bool> epochs = rows_are_epochs(*columns, *trials, question);
  if (!epochs) return epochs.error();
  Goal goal{columns->metric == kLossMetric ? "loss" : columns->metric, true};
  goal.maximise = question.maximise.value_or(better_by_name(goal.metric) == stats::Better::Larger);

  std::vector<StudyRecord> records;
  std::map<std::string, std::size_t> index;
  std::vector<std::map<TrialId, std::pair<Point, std::optional<int>>>> known;
  const std::string stem = std::filesystem::path(question.source).stem().string();
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string& study = columns->study.at[row];
    const auto [at, fresh] = index.try_emplace(study, records.size());
    if (fresh) {
      const std::string name = question.name.value_or(study.empty() ? stem : study);
      if (Status status = check_name(name); !status) return status.error();
      records.push_back({.header = header_of(name, goal, question),
                         .history = {},
                         .lost = {},
                         .caveats = caveats_of(*columns, question, *epochs),
                         .sensors = {},
                         .workers = {},
                         .stopped_by = "imported"});
      known.emplace_back();
    }
    Result<RowValues> values = values_of(*columns, row, *epochs, goal.metric, question.source);
    if (!values) return values.error();
    add_row(records[at->second], trials->of_row[row], points[row], *std::move(values), *epochs,
            known[at->second]);
  }
  if (question.name && records.size() > 1)
    return bad_input(
        fmt::format("{} holds {} studies: one name cannot be that of all", question.source, records.size()),
        "leave --name out");
  return records;
}

}  // namespace frugal
