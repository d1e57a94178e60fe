#include "frugal/store/sqlite_ledger.h"

#include <fmt/format.h>

#include "frugal/store/attempt_rows.h"
#include "frugal/store/migrations.h"
#include "frugal/store/store_file.h"
#include "frugal/store/study_reader.h"
#include "frugal/store/trace_rows.h"

namespace frugal {
namespace {

const char* kind_text(RemarkKind kind) {
  if (kind == RemarkKind::Caveat) return "caveat";
  return kind == RemarkKind::Sensor ? "sensor" : "worker";
}

std::string strategy_of(const nlohmann::ordered_json& plan) {
  const auto path = nlohmann::ordered_json::json_pointer("/strategy/name");
  return plan.contains(path) && plan.at(path).is_string() ? plan.at(path).get<std::string>() : std::string();
}

Error wrong_time(const char* call, int number, int attempt, const char* why) {
  return Error{ErrorCode::GiveUp, fmt::format("{}: attempt {} of step {} {}", call, attempt, number, why)};
}

}  // namespace

Result<std::unique_ptr<SqliteLedger>> SqliteLedger::open(const std::string& path, OpenMode mode) {
  Result<std::unique_ptr<Database>> database = open_store(path, mode, schema_scripts());
  if (!database) return database.error();
  return std::unique_ptr<SqliteLedger>(new SqliteLedger(std::move(*database)));
}

Result<std::vector<StudyBrief>> SqliteLedger::list() {
  std::vector<StudyBrief> briefs;
  const Status read = database_->each(
      "SELECT s.name, s.strategy,"
      " (SELECT count(*) FROM attempt a WHERE a.study_id = s.study_id AND a.state = 'finished'),"
      " (SELECT count(*) FROM (SELECT 1 FROM attempt a WHERE a.study_id = s.study_id AND a.state = 'finished'"
      " GROUP BY a.trial)), s.created_unix_s, s.stopped_by FROM study s ORDER BY s.study_id",
      {}, [&](const Row& row) {
        briefs.push_back({row.text(0), row.text(1), row.small(2), row.small(3), row.number(4), {}});
        if (!row.is_null(5)) briefs.back().stopped_by = row.text(5);
        return Status();
      });
  if (!read) return read.error();
  return briefs;
}

Result<std::optional<StudyRecord>> SqliteLedger::read(const std::string& name) {
  // One snapshot for all tables, though another process may be writing.
  const Result<Transaction> transaction = Transaction::read(*database_);
  if (!transaction) return transaction.error();
  return read_study(*database_, name);
}

Status SqliteLedger::create(const StudyHeader& header) {
  std::string plan;
  try {
    plan = header.plan.dump();
  } catch (const nlohmann::json::exception& failure) {
    return bad_input(fmt::format("the plan of '{}' cannot be recorded: {}", header.name, failure.what()));
  }
  Status written = database_->run(
      "INSERT INTO study (name, strategy, goal_metric, goal, created_unix_s, plan, source) VALUES (?, ?, ?, "
      "?, ?, ?, ?)"
      " ON CONFLICT (name) DO NOTHING",
      {header.name, strategy_of(header.plan), header.goal.metric, header.goal.maximise ? "max" : "min",
       header.created_unix_s, plan, header.source});
  if (!written) return written;
  if (database_->changes() == 0)
    return bad_input(fmt::format("the study '{}' is there already", header.name));
  return {};
}

Result<SqliteLedger::Study> SqliteLedger::find(const std::string& name) {
  std::optional<Study> found;
  const Status read =
      database_->each("SELECT study_id, goal_metric FROM study WHERE name = ?", {name}, [&](const Row& row) {
        found = Study{row.integer(0), row.text(1)};
        return Status();
      });
  if (!read) return read.error();
  if (!found) return bad_input(fmt::format("there is no study '{}'", name));
  return *found;
}

Status SqliteLedger::write(const std::string& study, const std::function<Status(const Study&)>& change) {
  Result<Transaction> transaction = Transaction::write(*database_);
  if (!transaction) return transaction.error();
  const Result<Study> found = find(study);
  if (!found) return found.error();
  if (Status changed = change(*found); !changed) return changed;
  return transaction->commit();
}

Result<std::int64_t> SqliteLedger::running(const char* call, const Study& study, int number, int attempt) {
  const Result<std::optional<std::int64_t>> id = database_->integer(
      "SELECT attempt_id FROM attempt WHERE study_id = ? AND step = ? AND attempt = ? AND state = 'running'",
      {study.id, number, attempt});
  if (!id) return id.error();
  if (!*id) return wrong_time(call, number, attempt, "is not running");
  return **id;
}

Status SqliteLedger::insert(const Study& study, int number, int attempt, const Step& step) {
  const Result<std::string> asked = asked_text(step);
  if (!asked) return asked.error();
  Status begun = database_->run(
      "INSERT INTO attempt (study_id, step, attempt, state, asked) VALUES (?, ?, ?, 'running', ?)"
      " ON CONFLICT (study_id, step, attempt) DO NOTHING",
      {study.id, number, attempt, *asked});
  if (!begun) return begun;
  if (database_->changes() == 0) return wrong_time("begin", number, attempt, "is there already");
  return {};
}

Status SqliteLedger::begin(const std::string& study, int number, int attempt, const Step& step) {
  return write(study, [&](const Study& found) { return insert(found, number, attempt, step); });
}

Status SqliteLedger::progress(const std::string& study, int number, int attempt, const EnergyReport& energy,
                              Duration duration, const WorkTrace& more) {
  return write(study, [&](const Study& found) -> Status {
    const Result<std::int64_t> id = running("progress", found, number, attempt);
    if (!id) return id.error();
    if (Status kept = write_trace(*database_, found.id, *id, more); !kept) return kept;
    return write_spent(*database_, *id, energy, duration);
  });
}

Status SqliteLedger::finish(const std::string& study, int number, int attempt, const Outcome& outcome,
                            const WorkTrace& more) {
  return write(study, [&](const Study& found) -> Status {
    const Result<std::int64_t> id = running("finish", found, number, attempt);
    if (!id) return id.error();
    const Result<std::optional<std::int64_t>> other = database_->integer(
        "SELECT attempt_id FROM attempt WHERE study_id = ? AND step = ? AND state = 'finished'",
        {found.id, number});
    if (!other) return other.error();
    if (*other) return wrong_time("finish", number, attempt, "comes after another one that is finished");
    if (Status kept = write_trace(*database_, found.id, *id, more); !kept) return kept;
    return write_outcome(*database_, *id, outcome, found.steering);
  });
}

Status SqliteLedger::lose(const std::string& study, int number, int attempt, const std::string& why,
                          const EnergyReport& energy, Duration duration, const WorkTrace& more) {
  return write(study, [&](const Study& found) -> Status {
    const Result<std::int64_t> id = running("lose", found, number, attempt);
    if (!id) return id.error();
    if (Status kept = write_trace(*database_, found.id, *id, more); !kept) return kept;
    if (Status spent = write_spent(*database_, *id, energy, duration); !spent) return spent;
    return database_->run("UPDATE attempt SET state = 'lost', lost_why = ? WHERE attempt_id = ?", {why, *id});
  });
}

Status SqliteLedger::import_one(const StudyRecord& record) {
  if (Status created = create(record.header); !created) return created;
  const Result<Study> study = find(record.header.name);
  if (!study) return study.error();
  for (const Observation& seen : record.history) {
    if (Status begun = insert(*study, seen.number, 1, seen.step); !begun) return begun;
    const Result<std::int64_t> id = running("import", *study, seen.number, 1);
    if (!id) return id.error();
    if (Status written = write_outcome(*database_, *id, seen.outcome, study->steering); !written)
      return written;
  }
  for (const std::string& caveat : record.caveats) {
    Status kept = database_->run("INSERT INTO remark (study_id, kind, text) VALUES (?, ?, ?)",
                                 {study->id, kind_text(RemarkKind::Caveat), caveat});
    if (!kept) return kept;
  }
  return database_->run("UPDATE study SET stopped_by = ? WHERE study_id = ?",
                        {Cell(record.stopped_by.value_or("imported")), study->id});
}

Status SqliteLedger::import(std::span<const StudyRecord> records) {
  Result<Transaction> transaction = Transaction::write(*database_);
  if (!transaction) return transaction.error();
  for (const StudyRecord& record : records)
    if (Status kept = import_one(record); !kept) return kept;
  return transaction->commit();
}

Status SqliteLedger::remark(const std::string& study, RemarkKind kind, const std::string& text) {
  return write(study, [&](const Study& found) {
    return database_->run(
        "INSERT INTO remark (study_id, kind, text) VALUES (?, ?, ?) ON CONFLICT (study_id, kind, text) DO "
        "NOTHING",
        {found.id, kind_text(kind), text});
  });
}

Status SqliteLedger::host(const std::string& study, const HostFacts& facts) {
  return write(study, [&](const Study& found) {
    for (const HostFact& fact : facts) {
      Status kept = database_->run(
          "INSERT INTO host_fact (study_id, name, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
          {found.id, fact.name, fact.value});
      if (!kept) return kept;
    }
    return Status();
  });
}

Status SqliteLedger::stop(const std::string& study, const std::optional<std::string>& reason) {
  return write(study, [&](const Study& found) {
    return database_->run("UPDATE study SET stopped_by = ? WHERE study_id = ?",
                          {reason ? Cell(*reason) : Cell(nullptr), found.id});
  });
}

Result<TraceList> SqliteLedger::traces(const std::string& study) {
  const Result<Transaction> transaction = Transaction::read(*database_);
  if (!transaction) return transaction.error();
  return list_traces(*database_, study);
}

Result<WorkTrace> SqliteLedger::trace(const std::string& study, int number, int attempt) {
  const Result<Transaction> transaction = Transaction::read(*database_);
  if (!transaction) return transaction.error();
  const Result<std::optional<std::int64_t>> id = database_->integer(
      "SELECT attempt_id FROM study JOIN attempt USING (study_id) WHERE name = ? AND step = ? AND attempt = "
      "?",
      {study, number, attempt});
  if (!id) return id.error();
  return *id ? read_trace(*database_, **id) : WorkTrace();
}

}  // namespace frugal
