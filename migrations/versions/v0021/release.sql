-- A release is of the orders that a person has seen: it names the proposal that the gate had judged. Releases of earlier
-- versions name none, and no orders are theirs.
CREATE TABLE gate_verdict (
    as_of timestamptz NOT NULL PRIMARY KEY,
    proposal text,
    state text,
    orders bigint,
    nav_brl double precision,
    run_id uuid NOT NULL
);

CREATE VIEW v_gate_verdict AS
SELECT as_of, proposal, state, orders, nav_brl, run_id FROM gate_verdict;

ALTER TABLE action_release ADD COLUMN proposal text NOT NULL DEFAULT 'unnamed';
ALTER TABLE action_release ALTER COLUMN proposal DROP DEFAULT;
ALTER TABLE action_release DROP CONSTRAINT action_release_pkey, ADD PRIMARY KEY (as_of, proposal);

CREATE OR REPLACE VIEW v_action_release AS
SELECT as_of, released_by, reason, released_at, proposal FROM action_release;
