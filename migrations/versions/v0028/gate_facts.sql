-- What a check of the gate is of, as names and numbers: each reader's page words them. Rows of earlier releases have the
-- English detail alone.
ALTER TABLE action_gate ADD COLUMN facts json;

CREATE OR REPLACE VIEW v_action_gate AS
SELECT as_of, check_id, value, threshold, state, detail, run_id, facts::jsonb AS facts FROM action_gate;
