-- The desk in full: gold of curves, P&L explain, risk and agents' measures.

CREATE TABLE agent_measure (
    as_of timestamptz NOT NULL,
    measure_id text NOT NULL,
    value double precision,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, measure_id)
);

CREATE VIEW v_agent_measure AS
SELECT as_of, measure_id, value, run_id
FROM agent_measure;

-- Incremental VaR; what a scenario moved (the found moves of reverse stress among them).
ALTER TABLE component_var ADD COLUMN incremental_var_95 double precision;

DROP VIEW v_component_var;

CREATE VIEW v_component_var AS
SELECT as_of, instrument_id, asset_class, individual_var_95, marginal_var_95, component_var_95, share,
       incremental_var_95, run_id
FROM component_var;

ALTER TABLE stress_test_results ADD COLUMN moves json;

DROP VIEW v_stress_test_results;

CREATE VIEW v_stress_test_results AS
SELECT as_of, scenario_id, instrument_id, name, kind, pnl_brl, pnl_fraction, moves::jsonb AS moves, run_id
FROM stress_test_results;
