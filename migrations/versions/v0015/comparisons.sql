-- One row a decision and declared pair: desk/catalog/siblings.toml, desk/plausibility/compare.py.
CREATE TABLE source_comparison (
    as_of timestamptz NOT NULL,
    pair_id text NOT NULL,
    left_source text,
    right_source text,
    left_value double precision,
    right_value double precision,
    left_date date,
    right_date date,
    difference double precision,
    unit text,
    tolerance double precision,
    breach double precision,
    state text,
    compared bigint,
    broken bigint,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, pair_id)
);

CREATE INDEX source_comparison_by_pair ON source_comparison (pair_id, as_of DESC);

CREATE VIEW v_source_comparison AS
SELECT as_of, pair_id, left_source, right_source, left_value, right_value, left_date, right_date, difference, unit,
       tolerance, breach, state, compared, broken, run_id
FROM source_comparison;

-- A value that is believed and odd. The table only grows; one verdict a stored row and column.
CREATE TABLE suspect (
    suspect_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
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
    found_at timestamptz NOT NULL,
    UNIQUE (silver_table, silver_column, entity, obs_date, knowledge_time)
);

CREATE INDEX suspect_by_time ON suspect (knowledge_time DESC);

CREATE VIEW v_suspect AS
SELECT suspect_id, silver_table, silver_column, entity, obs_date, knowledge_time, dataset, value, rule, expected, peer,
       peer_value, reason, run_id, found_at
FROM suspect;

-- The first moment from which a value is held: null where that is as soon as it was known. A sibling that came later
-- and contradicts holds a value that earlier decisions have believed; they stay as they are.
ALTER TABLE hold ADD COLUMN hidden_from timestamptz;

CREATE OR REPLACE VIEW v_hold AS
SELECT hold.hold_id, hold.silver_table, hold.silver_column, hold.entity, hold.obs_date, hold.knowledge_time, hold.dataset,
       hold.value, hold.rule, hold.expected, hold.peer, hold.peer_value, hold.reason, hold.run_id, hold.held_at,
       coalesce(last.decision, 'open') AS state, last.decided_by, last.reason AS decision_reason, last.known_from,
       last.decided_at, hold.hidden_from
FROM hold LEFT JOIN LATERAL (
    SELECT decision, decided_by, reason, known_from, decided_at FROM hold_decision
    WHERE hold_decision.hold_id = hold.hold_id ORDER BY decision_id DESC LIMIT 1
) AS last ON true;

CREATE OR REPLACE VIEW v_hold_open AS
SELECT hold_id, silver_table, silver_column, entity, obs_date, knowledge_time, dataset, value, rule, expected, peer,
       peer_value, reason, run_id, held_at, hidden_from
FROM v_hold WHERE state = 'open';
