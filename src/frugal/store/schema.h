// The tables and views of the store, as SQL; `.schema` shows them with these comments, docs/store.md explains
// them. Invariant: a released script is never changed (migrations.h).
#pragma once

namespace frugal {

inline constexpr const char* kSchema1 = R"sql(
CREATE TABLE study (
  study_id       INTEGER PRIMARY KEY,
  name           TEXT NOT NULL UNIQUE,
  strategy       TEXT NOT NULL,
  goal_metric    TEXT NOT NULL,                              -- the metric that steers the study
  goal           TEXT NOT NULL CHECK (goal IN ('max', 'min')),
  created_unix_s REAL NOT NULL,
  stopped_by     TEXT,                                       -- NULL while the study is not over
  plan           TEXT NOT NULL,                              -- JSON: the study file in full, nothing left open
  source         TEXT NOT NULL                               -- the study file verbatim
) STRICT;

CREATE TABLE attempt (                                       -- one row for each attempt to carry out a step
  attempt_id     INTEGER PRIMARY KEY,
  study_id       INTEGER NOT NULL REFERENCES study ON DELETE CASCADE,
  step           INTEGER NOT NULL,                           -- from 0
  attempt        INTEGER NOT NULL,                           -- from 1
  state          TEXT NOT NULL CHECK (state IN ('running', 'finished', 'lost')),
  lost_why       TEXT,                                       -- killed, died, interrupted, trained again …
  asked          TEXT NOT NULL,                              -- JSON: the step in full; the next five are read from it
  trial          INTEGER NOT NULL GENERATED ALWAYS AS (asked ->> '$.trial') STORED,
  kind           TEXT NOT NULL GENERATED ALWAYS AS (asked ->> '$.work.do') STORED, -- explore, probe, train, drop
  round          INTEGER NOT NULL GENERATED ALWAYS AS (asked ->> '$.round') STORED,
  from_step      INTEGER GENERATED ALWAYS AS (asked ->> '$.from') STORED,
  note           TEXT GENERATED ALWAYS AS (asked ->> '$.note') STORED,
  failure        TEXT,                                       -- diverged, out_of_memory, …; NULL: it went well
  failure_message TEXT,
  samples        INTEGER,                                    -- training samples processed
  optimiser_steps INTEGER,                                   -- of explore
  budget_steps   INTEGER,                                    -- of explore
  train_samples  INTEGER,                                    -- of explore: size of the training set
  loss_before    REAL,                                       -- of explore; NULL: not a number
  metric         REAL,                                       -- of explore and probe: the steering metric
  metrics        TEXT,                                       -- of explore and probe: JSON of the other metrics
  duration_s     REAL,
  energy_j       REAL,                                       -- NULL: nothing measured
  energy_low_j   REAL,
  energy_high_j  REAL,
  coverage       REAL,                                       -- measured time / window
  method         TEXT,                                       -- counter, integral, model; NULL: nothing measured
  sensor         TEXT,
  window_s       REAL,                                       -- length of the measuring window
  UNIQUE (study_id, step, attempt)
) STRICT;
CREATE INDEX attempt_of_trial ON attempt (study_id, trial, state);
CREATE UNIQUE INDEX one_finished_attempt ON attempt (study_id, step) WHERE state = 'finished';

CREATE TABLE epoch (                                         -- of train
  attempt_id     INTEGER NOT NULL REFERENCES attempt ON DELETE CASCADE,
  position       INTEGER NOT NULL,                           -- within the attempt, from 0
  epoch          INTEGER NOT NULL,                           -- from 1 over the life of the trial
  loss           REAL,                                       -- mean training loss; NULL: not a number
  metric         REAL,                                       -- the steering metric; NULL: absent or not a number
  metrics        TEXT,                                       -- JSON of the other metrics; NULL: there are none
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

CREATE TABLE curve (                                         -- of explore: the loss after each of its steps
  attempt_id     INTEGER NOT NULL REFERENCES attempt ON DELETE CASCADE,
  position       INTEGER NOT NULL,
  rate           REAL,
  loss           REAL,
  PRIMARY KEY (attempt_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE phase_energy (                                  -- what an attempt spent on explore, train, evaluate, …
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

CREATE TABLE device_energy (                                 -- what an attempt spent on gpu0, cpu0, …
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

CREATE TABLE remark (                                        -- each said once, in this order
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
)sql";

inline constexpr const char* kSchema2 = R"sql(
CREATE TABLE sensor (                                        -- what is known of a meter whose readings are kept
  sensor_id      INTEGER PRIMARY KEY,
  study_id       INTEGER NOT NULL REFERENCES study ON DELETE CASCADE,
  device         TEXT NOT NULL,                              -- gpu0, cpu0, …
  sensor         TEXT NOT NULL,
  method         TEXT NOT NULL,                              -- counter, integral, model
  interval_s     REAL NOT NULL,                              -- mean time between readings
  period_s       REAL NOT NULL,                              -- how often the sensor has a new value; 0: always
  window_s       REAL NOT NULL,                              -- how much of the time before a value it has seen
  relative_error REAL NOT NULL,                              -- of joules
  whole_machine  INTEGER NOT NULL,                           -- 1: sees what others see too, and is in no total
  counter_range_j REAL,                                      -- at which the counter wraps
  max_power_w    REAL,
  power_field    TEXT,                                       -- of readings that have watts beside the counter
  power_period_s REAL,
  power_window_s REAL,
  caveat         TEXT
) STRICT;
CREATE INDEX sensor_of_study ON sensor (study_id);

CREATE TABLE attempt_trace (                                 -- an attempt of which readings are kept
  attempt_id     INTEGER PRIMARY KEY REFERENCES attempt ON DELETE CASCADE,
  clock_ns       INTEGER NOT NULL                            -- the machine's steady clock at t_s = 0
) STRICT;

CREATE TABLE reading (                                       -- one poll of one meter
  attempt_id     INTEGER NOT NULL REFERENCES attempt ON DELETE CASCADE,
  sensor_id      INTEGER NOT NULL,                           -- of sensor
  t_s            REAL NOT NULL,                              -- since the begin of the attempt
  power_w        REAL,
  counter_j      REAL,                                       -- both NULL: nothing could be read
  PRIMARY KEY (attempt_id, sensor_id, t_s)
) STRICT, WITHOUT ROWID;

CREATE TABLE phase_edge (                                    -- from t_s on the work is this phase
  attempt_id     INTEGER NOT NULL REFERENCES attempt ON DELETE CASCADE,
  t_s            REAL NOT NULL,
  phase          TEXT NOT NULL,
  PRIMARY KEY (attempt_id, t_s)
) STRICT, WITHOUT ROWID;

CREATE TABLE host_fact (                                     -- what machine worked; each said once, in this order
  fact_id        INTEGER PRIMARY KEY,
  study_id       INTEGER NOT NULL REFERENCES study ON DELETE CASCADE,
  name           TEXT NOT NULL,                              -- processor, memory, kernel, …
  value          TEXT NOT NULL,
  UNIQUE (study_id, name, value)
) STRICT;

CREATE VIEW reading_rows AS
SELECT s.name AS study, a.trial, a.step, a.attempt, a.state, m.device, r.t_s, r.power_w, r.counter_j,
       coalesce((SELECT p.phase FROM phase_edge p WHERE p.attempt_id = r.attempt_id AND p.t_s <= r.t_s
                 ORDER BY p.t_s DESC LIMIT 1), 'other') AS phase
FROM study s JOIN attempt a USING (study_id) JOIN reading r USING (attempt_id) JOIN sensor m USING (sensor_id);
)sql";

}  // namespace frugal
