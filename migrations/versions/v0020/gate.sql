-- The checks that a decision passed before its orders were issued; the orders that one of them stopped; and a person's word
-- that they are issued all the same. Decisions of earlier releases have none.
CREATE TABLE action_gate (
    as_of timestamptz NOT NULL,
    check_id text NOT NULL,
    value double precision,
    threshold double precision,
    state text,
    detail text,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, check_id)
);

CREATE VIEW v_action_gate AS
SELECT as_of, check_id, value, threshold, state, detail, run_id FROM action_gate;

-- Without a view: what reads views sees no order before it is issued.
CREATE TABLE gated_order (
    as_of timestamptz NOT NULL,
    seq bigint NOT NULL,
    instrument_id text,
    contract_id text,
    order_contracts bigint,
    sentence text,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, seq)
);

CREATE TABLE action_release (
    as_of timestamptz PRIMARY KEY,
    released_by text NOT NULL,
    reason text NOT NULL,
    released_at timestamptz NOT NULL
);

CREATE VIEW v_action_release AS SELECT as_of, released_by, reason, released_at FROM action_release;
