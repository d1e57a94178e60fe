// The mechanism of migrations, on artificial scripts; and a store of every released schema up to today.
#include "frugal/store/migrations.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include "frugal/store/scratch.h"
#include "frugal/store/store_file.h"

namespace frugal {
namespace {

constexpr const char* kFirst = "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1);";
constexpr const char* kSecond = "ALTER TABLE a ADD COLUMN y TEXT; UPDATE a SET y = 'two';";
constexpr const char* kBroken = "CREATE TABLE c (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1);";

class MigrationsTest : public testing::Test {
 protected:
  std::unique_ptr<Database> store(std::vector<const char*> scripts, OpenMode mode = OpenMode::ReadWrite) {
    auto database = open_store(path_, mode, scripts);
    if (database.ok()) return std::move(*database);
    error_ = database.error();
    return nullptr;
  }
  static std::string text(Database& database, const char* sql) {
    std::string all;
    const Status read = database.each(sql, {}, [&](const Row& row) {
      all += row.text(0) + "\n";
      return Status();
    });
    EXPECT_TRUE(read.ok());
    return all;
  }

  Scratch scratch_;
  std::string path_ = scratch_.file("frugal.db");
  Error error_;
};

TEST_F(MigrationsTest, AppliesEachScriptOnce) {
  ASSERT_NE(store({kFirst}), nullptr);
  for (int again = 0; again < 2; ++again) {
    const auto database = store({kFirst, kSecond});
    ASSERT_NE(database, nullptr);
    EXPECT_EQ(text(*database, "SELECT x || y FROM a"), "1two\n");
    EXPECT_EQ(database->integer("PRAGMA user_version")->value(), 2);
    EXPECT_EQ(database->integer("PRAGMA application_id")->value(), kApplicationId);
  }
}

TEST_F(MigrationsTest, ReadingAnOlderStoreBringsItUpToDate) {
  ASSERT_NE(store({kFirst}), nullptr);
  const auto database = store({kFirst, kSecond}, OpenMode::ReadOnly);
  ASSERT_NE(database, nullptr);
  EXPECT_EQ(text(*database, "SELECT y FROM a"), "two\n");
  EXPECT_TRUE(database->read_only());
}

TEST_F(MigrationsTest, AScriptThatFailsLeavesTheVersionBefore) {
  EXPECT_EQ(store({kFirst, kBroken}), nullptr);
  EXPECT_EQ(error_.message, "the store '" + path_ + "': no such table: nowhere (SQLite code 1)");
  const auto database = store({kFirst});
  ASSERT_NE(database, nullptr);
  EXPECT_EQ(text(*database, "SELECT x FROM a"), "1\n");
  EXPECT_EQ(text(*database, "SELECT name FROM sqlite_schema WHERE name = 'c'"), "");
}

TEST_F(MigrationsTest, AnOlderProgramRefusesANewerStore) {
  ASSERT_NE(store({kFirst, kSecond}), nullptr);
  EXPECT_EQ(store({kFirst}), nullptr);
  EXPECT_EQ(error_.message,
            "the store '" + path_ + "' was written by a newer frugal: its schema is 2, this frugal knows 1");
}

TEST_F(MigrationsTest, ATableMayBeRebuiltButNotLeaveReferencesToNothing) {
  constexpr const char* kTables =
      "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE q (p INTEGER REFERENCES p ON DELETE CASCADE);"
      "INSERT INTO p VALUES (1); INSERT INTO q VALUES (1);";
  constexpr const char* kRebuild =
      "CREATE TABLE p2 (id INTEGER PRIMARY KEY, more TEXT); INSERT INTO p2 (id) SELECT id FROM p;"
      "DROP TABLE p; ALTER TABLE p2 RENAME TO p;";
  ASSERT_NE(store({kTables}), nullptr);
  EXPECT_EQ(store({kTables, "DELETE FROM p"}), nullptr);
  EXPECT_EQ(error_.message, "a migration of '" + path_ + "' breaks references");
  const auto database = store({kTables, kRebuild});
  ASSERT_NE(database, nullptr);
  EXPECT_EQ(database->integer("SELECT count(*) FROM q JOIN p ON p.id = q.p")->value(), 1);
}

// A store as the first release wrote it. Never changed: stores like it are on people's disks.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE study (
  study_id       INTEGER PRIMARY KEY,
  name           TEXT NOT NULL UNIQUE,
  strategy       TEXT NOT NULL,
  goal_metric    TEXT NOT NULL,
  goal           TEXT NOT NULL CHECK (goal IN ('max', 'min')),
  created_unix_s REAL NOT NULL,
  stopped_by     TEXT,
  plan           TEXT NOT NULL,
  source         TEXT NOT NULL
) STRICT;

CREATE TABLE attempt (
  attempt_id     INTEGER PRIMARY KEY,
  study_id       INTEGER NOT NULL REFERENCES study ON DELETE CASCADE,
  step           INTEGER NOT NULL,
  attempt        INTEGER NOT NULL,
  state          TEXT NOT NULL CHECK (state IN ('running', 'finished', 'lost')),
  lost_why       TEXT,
  asked          TEXT NOT NULL,
  trial          INTEGER NOT NULL GENERATED ALWAYS AS (asked ->> '$.trial') STORED,
  kind           TEXT NOT NULL GENERATED ALWAYS AS (asked ->> '$.work.do') STORED,
  round          INTEGER NOT NULL GENERATED ALWAYS AS (asked ->> '$.round') STORED,
  from_step      INTEGER GENERATED ALWAYS AS (asked ->> '$.from') STORED,
  note           TEXT GENERATED ALWAYS AS (asked ->> '$.note') STORED,
  failure        TEXT,
  failure_message TEXT,
  samples        INTEGER,
  optimiser_steps INTEGER,
  budget_steps   INTEGER,
  train_samples  INTEGER,
  loss_before    REAL,
  metric         REAL,
  metrics        TEXT,
  duration_s     REAL,
  energy_j       REAL,
  energy_low_j   REAL,
  energy_high_j  REAL,
  coverage       REAL,
  method         TEXT,
  sensor         TEXT,
  window_s       REAL,
  UNIQUE (study_id, step, attempt)
) STRICT;
CREATE INDEX attempt_of_trial ON attempt (study_id, trial, state);
CREATE UNIQUE INDEX one_finished_attempt ON attempt (study_id, step) WHERE state = 'finished';

CREATE TABLE epoch (
  attempt_id     INTEGER NOT NULL REFERENCES attempt ON DELETE CASCADE,
  position       INTEGER NOT NULL,
  epoch          INTEGER NOT NULL,
  loss           REAL,
  metric         REAL,
  metrics        TEXT,
  samples        INTEGER NOT NULL,
  duration_s     REAL,
  energy_j       REAL,
  energy_low_j   REAL,
  energy_high_j  REAL,
  coverage       REAL,
  method         TEXT,
  sensor         TEXT,
  window_s       REAL,
  PRIMARY KEY (attempt_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE curve (
  attempt_id     INTEGER NOT NULL REFERENCES attempt ON DELETE CASCADE,
  position       INTEGER NOT NULL,
  rate           REAL,
  loss           REAL,
  PRIMARY KEY (attempt_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE phase_energy (
  attempt_id     INTEGER NOT NULL REFERENCES attempt ON DELETE CASCADE,
  phase          TEXT NOT NULL,
  energy_j       REAL,
  energy_low_j   REAL,
  energy_high_j  REAL,
  coverage       REAL,
  method         TEXT NOT NULL,
  sensor         TEXT NOT NULL,
  window_s       REAL,
  PRIMARY KEY (attempt_id, phase)
) STRICT, WITHOUT ROWID;

CREATE TABLE device_energy (
  attempt_id     INTEGER NOT NULL REFERENCES attempt ON DELETE CASCADE,
  device         TEXT NOT NULL,
  energy_j       REAL,
  energy_low_j   REAL,
  energy_high_j  REAL,
  coverage       REAL,
  method         TEXT NOT NULL,
  sensor         TEXT NOT NULL,
  window_s       REAL,
  PRIMARY KEY (attempt_id, device)
) STRICT, WITHOUT ROWID;

CREATE TABLE remark (
  remark_id      INTEGER PRIMARY KEY,
  study_id       INTEGER NOT NULL REFERENCES study ON DELETE CASCADE,
  kind           TEXT NOT NULL CHECK (kind IN ('caveat', 'sensor', 'worker')),
  text           TEXT NOT NULL,
  UNIQUE (study_id, kind, text)
) STRICT;

CREATE VIEW attempt_rows AS
SELECT s.name AS study, a.step, a.attempt, a.trial, a.kind, a.round, a.from_step, a.note, a.state, a.lost_why,
       a.failure, a.failure_message, a.samples, a.duration_s, a.energy_j, a.energy_low_j, a.energy_high_j,
       a.coverage, a.method, a.sensor, a.attempt_id
FROM attempt a JOIN study s USING (study_id);

CREATE VIEW trial_point AS
SELECT s.name AS study, a.trial, p.value ->> '$[0]' AS name, p.value ->> '$[1]' AS value,
       CASE json_type(p.value, '$[1]') WHEN 'true' THEN 'boolean' WHEN 'false' THEN 'boolean'
            ELSE json_type(p.value, '$[1]') END AS type
FROM (SELECT study_id, trial, min(attempt_id) AS attempt_id FROM attempt GROUP BY study_id, trial) AS first
JOIN attempt a USING (attempt_id)
JOIN study s ON s.study_id = a.study_id
JOIN json_each(a.asked, '$.point') p;

CREATE VIEW epoch_rows AS
SELECT s.name AS study, a.trial, a.step, e.epoch, e.loss, s.goal_metric AS metric_name, e.metric, e.metrics, e.samples,
       e.duration_s, e.energy_j, e.energy_low_j, e.energy_high_j, e.coverage, e.method, e.sensor
FROM study s JOIN attempt a USING (study_id) JOIN epoch e USING (attempt_id)
WHERE a.state = 'finished';

CREATE VIEW trial_summary AS
WITH spent AS (
  SELECT study_id, trial, min(attempt_id) AS first, sum(state = 'finished') AS steps,
         sum(state <> 'finished') AS lost_attempts, count(failure) AS failures, sum(duration_s) AS duration_s,
         sum(energy_j) AS energy_j, sum(energy_low_j) AS energy_low_j, sum(energy_high_j) AS energy_high_j,
         sum(energy_j) FILTER (WHERE state <> 'finished') AS lost_j
  FROM attempt GROUP BY study_id, trial
), reached AS (
  SELECT a.study_id, a.trial, count(*) AS epochs,
         max(e.metric) FILTER (WHERE abs(e.metric) < 9e999) AS highest,
         min(e.metric) FILTER (WHERE abs(e.metric) < 9e999) AS lowest
  FROM attempt a JOIN epoch e USING (attempt_id) WHERE a.state = 'finished' GROUP BY a.study_id, a.trial
)
SELECT s.name AS study, spent.trial,
       (SELECT json_group_object(p.value ->> '$[0]', p.value -> '$[1]')
        FROM attempt a JOIN json_each(a.asked, '$.point') p WHERE a.attempt_id = spent.first) AS point,
       spent.steps, coalesce(reached.epochs, 0) AS epochs, s.goal_metric AS metric_name,
       CASE s.goal WHEN 'max' THEN reached.highest ELSE reached.lowest END AS best_metric,
       spent.duration_s, spent.energy_j, spent.energy_low_j, spent.energy_high_j, spent.lost_j,
       spent.lost_attempts, spent.failures
FROM spent JOIN study s USING (study_id) LEFT JOIN reached USING (study_id, trial);

INSERT INTO study (study_id, name, strategy, goal_metric, goal, created_unix_s, stopped_by, plan, source)
VALUES (1, 'digits', 'sm2', 'accuracy', 'max', 1700000000.5, 'patience', '{"strategy":{"name":"sm2"}}', 'name: digits');
INSERT INTO attempt (attempt_id, study_id, step, attempt, state, lost_why, asked, failure, failure_message, samples,
  optimiser_steps, budget_steps, train_samples, loss_before, metric, metrics, duration_s, energy_j, energy_low_j,
  energy_high_j, coverage, method, sensor, window_s)
VALUES (1, 1, 0, 1, 'finished', NULL, '{"trial":3,"point":[["batch_size",64]],"seed":1,"round":2,"from":7,"note":"why","work":{"do":"train","epochs":1,"set":[]}}',
  NULL, NULL, 1000, 0, 0, NULL, 0.0, NULL, NULL, 2.5, 10.0, 9.0, 11.0, 1.0, 'counter', 'gpu0', 2.4),
 (2, 1, 1, 1, 'lost', 'died', '{"trial":3,"point":[["batch_size",64]],"seed":1,"round":0,"work":{"do":"drop"}}',
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1.0, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO epoch VALUES (1, 0, 1, NULL, 0.9, '{"f1":null}', 1000, 2.5, 10.0, 9.0, 11.0, 1.0, 'counter', 'gpu0', 2.4);
INSERT INTO curve VALUES (1, 0, 0.1, 2.3);
INSERT INTO phase_energy VALUES (1, 'train', 10.0, 9.0, 11.0, 1.0, 'counter', 'gpu0', 2.4);
INSERT INTO device_energy VALUES (1, 'gpu0', 10.0, 9.0, 11.0, 1.0, 'counter', 'gpu0', 2.4);
INSERT INTO remark (study_id, kind, text) VALUES (1, 'caveat', 'a caveat'), (1, 'sensor', 'gpu0'), (1, 'worker', 'w');
PRAGMA application_id = 1181902668;
PRAGMA user_version = 1;
)sql";

// What the second release added to it, and rows of its own. Never changed.
constexpr const char* kVersion2 = R"sql(
CREATE TABLE sensor (
  sensor_id      INTEGER PRIMARY KEY,
  study_id       INTEGER NOT NULL REFERENCES study ON DELETE CASCADE,
  device         TEXT NOT NULL,
  sensor         TEXT NOT NULL,
  method         TEXT NOT NULL,
  interval_s     REAL NOT NULL,
  period_s       REAL NOT NULL,
  window_s       REAL NOT NULL,
  relative_error REAL NOT NULL,
  whole_machine  INTEGER NOT NULL,
  counter_range_j REAL,
  max_power_w    REAL,
  power_field    TEXT,
  power_period_s REAL,
  power_window_s REAL,
  caveat         TEXT
) STRICT;
CREATE INDEX sensor_of_study ON sensor (study_id);

CREATE TABLE attempt_trace (
  attempt_id     INTEGER PRIMARY KEY REFERENCES attempt ON DELETE CASCADE,
  clock_ns       INTEGER NOT NULL
) STRICT;

CREATE TABLE reading (
  attempt_id     INTEGER NOT NULL REFERENCES attempt ON DELETE CASCADE,
  sensor_id      INTEGER NOT NULL,
  t_s            REAL NOT NULL,
  power_w        REAL,
  counter_j      REAL,
  PRIMARY KEY (attempt_id, sensor_id, t_s)
) STRICT, WITHOUT ROWID;

CREATE TABLE phase_edge (
  attempt_id     INTEGER NOT NULL REFERENCES attempt ON DELETE CASCADE,
  t_s            REAL NOT NULL,
  phase          TEXT NOT NULL,
  PRIMARY KEY (attempt_id, t_s)
) STRICT, WITHOUT ROWID;

CREATE TABLE host_fact (
  fact_id        INTEGER PRIMARY KEY,
  study_id       INTEGER NOT NULL REFERENCES study ON DELETE CASCADE,
  name           TEXT NOT NULL,
  value          TEXT NOT NULL,
  UNIQUE (study_id, name, value)
) STRICT;

CREATE VIEW reading_rows AS
SELECT s.name AS study, a.trial, a.step, a.attempt, a.state, m.device, r.t_s, r.power_w, r.counter_j,
       coalesce((SELECT p.phase FROM phase_edge p WHERE p.attempt_id = r.attempt_id AND p.t_s <= r.t_s
                 ORDER BY p.t_s DESC LIMIT 1), 'other') AS phase
FROM study s JOIN attempt a USING (study_id) JOIN reading r USING (attempt_id) JOIN sensor m USING (sensor_id);

INSERT INTO sensor VALUES (1, 1, 'gpu0', 'NVML', 'counter', 0.1, 0.1, 0.025, 0.05, 0, 1e6, 437.5, 'instant', 0.1, 0.025, 'a caveat');
INSERT INTO attempt_trace VALUES (1, 123456789);
INSERT INTO reading VALUES (1, 1, -0.5, 100.5, 7.25), (1, 1, 0.5, NULL, NULL);
INSERT INTO phase_edge VALUES (1, 0.25, 'train');
INSERT INTO host_fact VALUES (1, 1, 'processor', 'X');
PRAGMA user_version = 2;
)sql";

// The schema without comments and white space: what two stores must agree on.
std::string shape(Database& database) {
  std::string all;
  const Status read = database.each("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name", {},
                                    [&](const Row& row) {
                                      bool comment = false;
                                      const std::string sql = row.text(0);
                                      for (std::size_t i = 0; i < sql.size(); ++i) {
                                        if (sql.compare(i, 2, "--") == 0) comment = true;
                                        if (sql[i] == '\n') comment = false;
                                        if (!comment && sql[i] != ' ' && sql[i] != '\n') all += sql[i];
                                      }
                                      all += '\n';
                                      return Status();
                                    });
  EXPECT_TRUE(read.ok());
  return all;
}

TEST_F(MigrationsTest, AStoreOfVersion1IsReadToday) {
  ASSERT_TRUE(std::move(Database::open(path_, OpenMode::ReadWrite)).value()->script(kVersion1).ok());
  const StudyRecord record = opened(path_)->read("digits")->value();
  EXPECT_EQ(record.header.created_unix_s, 1700000000.5);
  EXPECT_EQ(record.stopped_by, "patience");
  ASSERT_EQ(record.history.size(), 1u);
  const auto& [number, step, outcome] = record.history[0];
  EXPECT_EQ(step.trial, 3);
  EXPECT_EQ(step.from, 7);
  EXPECT_EQ(step.note, "why");
  EXPECT_EQ(outcome.epochs.at(0).metrics.at("accuracy"), 0.9);
  EXPECT_EQ(outcome.epochs.at(0).metrics.count("f1"), 1u);
  EXPECT_EQ(outcome.curve.at(0).loss, 2.3);
  EXPECT_EQ(outcome.energy.by_phase.at("train").high.value(), 11.0);
  EXPECT_EQ(outcome.energy.by_device.at("gpu0").method, Method::Counter);
  EXPECT_EQ(record.lost.at(0).why, "died");
  EXPECT_EQ(record.caveats, std::vector<std::string>{"a caveat"});
  EXPECT_EQ(record.sensors, std::vector<std::string>{"gpu0"});
  EXPECT_EQ(record.workers, std::vector<std::string>{"w"});
}

TEST_F(MigrationsTest, AStoreOfVersion1HasNoReadings) {
  ASSERT_TRUE(std::move(Database::open(path_, OpenMode::ReadWrite)).value()->script(kVersion1).ok());
  const auto ledger = opened(path_);
  EXPECT_TRUE(ledger->traces("digits")->attempts.empty());
  EXPECT_TRUE(ledger->trace("digits", 0, 1)->empty());
  EXPECT_TRUE(ledger->read("digits")->value().host.empty());
}

TEST_F(MigrationsTest, AStoreOfVersion2IsReadToday) {
  const auto old = std::move(Database::open(path_, OpenMode::ReadWrite)).value();
  ASSERT_TRUE(old->script(kVersion1).ok());
  ASSERT_TRUE(old->script(kVersion2).ok());
  const auto ledger = opened(path_);
  EXPECT_EQ(ledger->read("digits")->value().host, (HostFacts{{"processor", "X"}}));
  EXPECT_EQ(ledger->traces("digits")->attempts.at(0).trial, 3);
  const WorkTrace trace = *ledger->trace("digits", 0, 1);
  EXPECT_EQ(trace.clock.nanoseconds(), 123456789);
  EXPECT_EQ(trace.edges.at(0).phase, "train");
  EXPECT_EQ(trace.traces.at(0).card.power->field, "instant");
  EXPECT_EQ(trace.traces[0].readings.at(0).counter, Joules(7.25));
  EXPECT_FALSE(trace.traces[0].readings.at(1).power.has_value());
}

TEST_F(MigrationsTest, AnOldStoreMigratedHasTheSchemaOfANewOne) {
  ASSERT_TRUE(std::move(Database::open(path_, OpenMode::ReadWrite)).value()->script(kVersion1).ok());
  const auto migrated = std::move(open_store(path_, OpenMode::ReadWrite, schema_scripts())).value();
  const auto fresh =
      std::move(open_store(scratch_.file("new.db"), OpenMode::ReadWrite, schema_scripts())).value();
  EXPECT_EQ(shape(*migrated), shape(*fresh));
}

}  // namespace
}  // namespace frugal
