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

-- P&L explained by strategy and factor; its parts by instrument; the drawdown breaker.
CREATE TABLE pnl_by_strategy (
    as_of timestamptz NOT NULL,
    strategy_id text NOT NULL,
    pnl_brl double precision,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, strategy_id)
);

CREATE VIEW v_pnl_by_strategy AS
SELECT as_of, strategy_id, pnl_brl, run_id
FROM pnl_by_strategy;

CREATE TABLE pnl_by_factor (
    as_of timestamptz NOT NULL,
    factor text NOT NULL,
    pnl_brl double precision,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, factor)
);

CREATE VIEW v_pnl_by_factor AS
SELECT as_of, factor, pnl_brl, run_id
FROM pnl_by_factor;

ALTER TABLE pnl_attribution
    ADD COLUMN rate_pnl_brl double precision,
    ADD COLUMN fx_pnl_brl double precision,
    ADD COLUMN equity_pnl_brl double precision,
    ADD COLUMN residual_pnl_brl double precision,
    ADD COLUMN inflation_pnl_brl double precision;

DROP VIEW v_pnl_attribution;

CREATE VIEW v_pnl_attribution AS
SELECT as_of, instrument_id, asset_class, contracts, price_pnl_brl, carry_pnl_brl, cost_brl, pnl_brl, rate_pnl_brl,
       fx_pnl_brl, equity_pnl_brl, residual_pnl_brl, inflation_pnl_brl, run_id
FROM pnl_attribution;

CREATE VIEW v_pnl_by_class AS
SELECT as_of, asset_class, sum(pnl_brl) AS pnl_brl
FROM pnl_attribution GROUP BY as_of, asset_class;

ALTER TABLE portfolio_state
    ADD COLUMN risk_multiplier double precision,
    ADD COLUMN shadow_nav_brl double precision;

DROP VIEW v_portfolio_state;

CREATE VIEW v_portfolio_state AS
SELECT as_of, nav_brl, pnl_brl, cost_brl, return_1d, peak_nav_brl, drawdown, gross_leverage, target_volatility,
       expected_volatility, active_positions, risk_multiplier, shadow_nav_brl, run_id
FROM portfolio_state;

-- Who stands against a conviction, and the regime's tilt.
ALTER TABLE aggregated_signal
    ADD COLUMN conflicts json,
    ADD COLUMN tilt double precision;

DROP VIEW v_aggregated_signal;

CREATE VIEW v_aggregated_signal AS
SELECT as_of, instrument_id, asset_class, conviction, agreement, contributions::jsonb AS contributions, flip,
       surge, conflicts::jsonb AS conflicts, tilt, run_id
FROM aggregated_signal;
