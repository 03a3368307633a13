-- A value that is stored and not believed. Both tables only grow: what was decided, by whom and when, stays readable.

CREATE TABLE hold (
    hold_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    silver_table text NOT NULL,
    silver_column text NOT NULL,
    entity text NOT NULL,
    obs_date date NOT NULL,
    knowledge_time timestamptz NOT NULL,
    dataset text NOT NULL,
    value double precision NOT NULL,
    rule text NOT NULL,
    expected double precision,
    peer text,
    peer_value double precision,
    reason text NOT NULL,
    run_id uuid NOT NULL,
    held_at timestamptz NOT NULL,
    UNIQUE (silver_table, silver_column, entity, obs_date, knowledge_time)
);

-- known_from: the first decision that may use a released value. The last decision on a hold is the one that counts.
CREATE TABLE hold_decision (
    decision_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hold_id bigint NOT NULL REFERENCES hold,
    decision text NOT NULL CHECK (decision IN ('released', 'rejected')),
    decided_by text NOT NULL,
    reason text NOT NULL,
    known_from timestamptz NOT NULL,
    decided_at timestamptz NOT NULL
);

CREATE INDEX hold_decision_by_hold ON hold_decision (hold_id, decision_id DESC);

CREATE VIEW v_hold AS
SELECT hold.hold_id, hold.silver_table, hold.silver_column, hold.entity, hold.obs_date, hold.knowledge_time, hold.dataset,
       hold.value, hold.rule, hold.expected, hold.peer, hold.peer_value, hold.reason, hold.run_id, hold.held_at,
       coalesce(last.decision, 'open') AS state, last.decided_by, last.reason AS decision_reason, last.known_from,
       last.decided_at
FROM hold LEFT JOIN LATERAL (
    SELECT decision, decided_by, reason, known_from, decided_at FROM hold_decision
    WHERE hold_decision.hold_id = hold.hold_id ORDER BY decision_id DESC LIMIT 1
) AS last ON true;

CREATE VIEW v_hold_open AS
SELECT hold_id, silver_table, silver_column, entity, obs_date, knowledge_time, dataset, value, rule, expected, peer,
       peer_value, reason, run_id, held_at
FROM v_hold WHERE state = 'open';

-- What people look at leaves out what is not believed, as every decision does.
CREATE OR REPLACE VIEW v_observation_latest AS
SELECT DISTINCT ON (series_id, obs_date) series_id, obs_date, knowledge_time, value, stamp, payload_id
FROM observation
WHERE NOT EXISTS (
    SELECT FROM v_hold WHERE v_hold.state <> 'released' AND v_hold.silver_table = 'observation'
    AND v_hold.entity = observation.series_id AND v_hold.obs_date = observation.obs_date
    AND v_hold.knowledge_time = observation.knowledge_time
)
ORDER BY series_id, obs_date, knowledge_time DESC;

CREATE OR REPLACE VIEW v_curve_latest AS
SELECT DISTINCT ON (curve_id, tenor_bd, obs_date) curve_id, tenor_bd, obs_date, knowledge_time, rate, stamp, payload_id
FROM curve_point
WHERE NOT EXISTS (
    SELECT FROM v_hold WHERE v_hold.state <> 'released' AND v_hold.silver_table = 'curve_point'
    AND v_hold.entity = curve_point.curve_id || '|' || curve_point.tenor_bd AND v_hold.obs_date = curve_point.obs_date
    AND v_hold.knowledge_time = curve_point.knowledge_time
)
ORDER BY curve_id, tenor_bd, obs_date, knowledge_time DESC;
