-- Packages: what each strategy holds as one thing, and what the limits took of the risk asked for. Rows of earlier
-- releases keep these columns empty; a book of an earlier release goes on from its stored state.
ALTER TABLE strategy_signals ADD COLUMN conviction double precision, ADD COLUMN age_bd bigint;
ALTER TABLE portfolio_state ADD COLUMN asked_volatility double precision;
ALTER TABLE portfolio_state ADD COLUMN limits_bound json;

CREATE TABLE package (
    as_of timestamptz NOT NULL,
    strategy_id text NOT NULL,
    asset_class text,
    neutrality text,
    conviction double precision,
    budget double precision,
    asked_volatility double precision,
    scale double precision,
    limit_bound text,
    legs json,
    leg_dv01_brl json,
    imbalance double precision,
    volatility double precision,
    state text,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, strategy_id)
);

CREATE VIEW v_package AS
SELECT as_of, strategy_id, asset_class, neutrality, conviction, budget, asked_volatility, scale, limit_bound,
       legs::jsonb AS legs, leg_dv01_brl::jsonb AS leg_dv01_brl, imbalance, volatility, state, run_id
FROM package;

CREATE OR REPLACE VIEW v_strategy_signals AS
SELECT as_of, strategy_id, asset_class, score, confidence, drivers::jsonb AS drivers, missing::jsonb AS missing,
       run_id, conviction, age_bd
FROM strategy_signals;

CREATE OR REPLACE VIEW v_portfolio_state AS
SELECT as_of, nav_brl, pnl_brl, cost_brl, return_1d, peak_nav_brl, drawdown, gross_leverage, target_volatility,
       expected_volatility, active_positions, risk_multiplier, shadow_nav_brl, run_id, benchmark_nav_brl,
       sizing, valuation_date, asked_volatility, limits_bound::jsonb AS limits_bound
FROM portfolio_state;
