-- Gold: what the desk concludes. One row per decision (as_of) and key; run_id is the run that wrote it first.
-- `json` keeps the text exactly as written; its view gives jsonb, which can be asked into.

CREATE TABLE feature (
    as_of timestamptz NOT NULL,
    feature_id text NOT NULL,
    value double precision,
    obs_date date,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, feature_id)
);

CREATE VIEW v_feature AS
SELECT as_of, feature_id, value, obs_date, run_id
FROM feature;

CREATE TABLE input_receipt (
    as_of timestamptz NOT NULL,
    input_id text NOT NULL,
    source text,
    dataset text,
    value double precision,
    unit text,
    obs_date date,
    knowledge_time timestamptz,
    stamp text,
    sha256 text,
    age_bd bigint,
    state text,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, input_id)
);

CREATE VIEW v_input_receipt AS
SELECT as_of, input_id, source, dataset, value, unit, obs_date, knowledge_time, stamp, sha256, age_bd, state,
       run_id
FROM input_receipt;

CREATE TABLE dataset_status (
    as_of timestamptz NOT NULL,
    dataset text NOT NULL,
    source text,
    state text,
    last_obs_date date,
    age_bd bigint,
    promise_bd bigint,
    error text,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, dataset)
);

CREATE TABLE agent_view (
    as_of timestamptz NOT NULL,
    agent_id text NOT NULL,
    score double precision,
    confidence double precision,
    drivers json,
    missing json,
    sentence text,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, agent_id)
);

CREATE VIEW v_agent_view AS
SELECT as_of, agent_id, score, confidence, drivers::jsonb AS drivers, missing::jsonb AS missing, sentence, run_id
FROM agent_view;

CREATE TABLE regime (
    as_of timestamptz NOT NULL,
    regime_id text NOT NULL,
    probability double precision,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, regime_id)
);

CREATE VIEW v_regime AS
SELECT as_of, regime_id, probability, run_id
FROM regime;

CREATE TABLE strategy_signals (
    as_of timestamptz NOT NULL,
    strategy_id text NOT NULL,
    asset_class text,
    score double precision,
    confidence double precision,
    drivers json,
    missing json,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, strategy_id)
);

CREATE VIEW v_strategy_signals AS
SELECT as_of, strategy_id, asset_class, score, confidence, drivers::jsonb AS drivers, missing::jsonb AS missing,
       run_id
FROM strategy_signals;

CREATE TABLE aggregated_signal (
    as_of timestamptz NOT NULL,
    instrument_id text NOT NULL,
    asset_class text,
    conviction double precision,
    agreement double precision,
    contributions json,
    flip bigint,
    surge double precision,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, instrument_id)
);

CREATE VIEW v_aggregated_signal AS
SELECT as_of, instrument_id, asset_class, conviction, agreement, contributions::jsonb AS contributions, flip,
       surge, run_id
FROM aggregated_signal;

CREATE TABLE target_position (
    as_of timestamptz NOT NULL,
    instrument_id text NOT NULL,
    contract_id text,
    asset_class text,
    maturity date,
    price double precision,
    rate double precision,
    risk_weight double precision,
    contracts bigint,
    contracts_before bigint,
    notional_brl double precision,
    dv01_brl double precision,
    delta_brl double precision,
    margin_brl double precision,
    cost_brl double precision,
    unit_vol_brl double precision,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, instrument_id)
);

CREATE VIEW v_target_position AS
SELECT as_of, instrument_id, contract_id, asset_class, maturity, price, rate, risk_weight, contracts,
       contracts_before, notional_brl, dv01_brl, delta_brl, margin_brl, cost_brl, unit_vol_brl, run_id
FROM target_position;

CREATE TABLE portfolio_state (
    as_of timestamptz NOT NULL,
    nav_brl double precision,
    pnl_brl double precision,
    cost_brl double precision,
    return_1d double precision,
    peak_nav_brl double precision,
    drawdown double precision,
    gross_leverage double precision,
    target_volatility double precision,
    expected_volatility double precision,
    active_positions bigint,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of)
);

CREATE VIEW v_portfolio_state AS
SELECT as_of, nav_brl, pnl_brl, cost_brl, return_1d, peak_nav_brl, drawdown, gross_leverage, target_volatility,
       expected_volatility, active_positions, run_id
FROM portfolio_state;

CREATE TABLE pnl_attribution (
    as_of timestamptz NOT NULL,
    instrument_id text NOT NULL,
    asset_class text,
    contracts bigint,
    price_pnl_brl double precision,
    carry_pnl_brl double precision,
    cost_brl double precision,
    pnl_brl double precision,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, instrument_id)
);

CREATE VIEW v_pnl_attribution AS
SELECT as_of, instrument_id, asset_class, contracts, price_pnl_brl, carry_pnl_brl, cost_brl, pnl_brl, run_id
FROM pnl_attribution;

CREATE TABLE risk_metrics_daily (
    as_of timestamptz NOT NULL,
    metric text NOT NULL,
    method text NOT NULL,
    value double precision,
    observations bigint,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, metric, method)
);

CREATE VIEW v_risk_metrics_daily AS
SELECT as_of, metric, method, value, observations, run_id
FROM risk_metrics_daily;

CREATE TABLE component_var (
    as_of timestamptz NOT NULL,
    instrument_id text NOT NULL,
    asset_class text,
    individual_var_95 double precision,
    marginal_var_95 double precision,
    component_var_95 double precision,
    share double precision,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, instrument_id)
);

CREATE VIEW v_component_var AS
SELECT as_of, instrument_id, asset_class, individual_var_95, marginal_var_95, component_var_95, share, run_id
FROM component_var;

CREATE TABLE dv01_ladder (
    as_of timestamptz NOT NULL,
    curve_id text NOT NULL,
    tenor_bd bigint NOT NULL,
    dv01_brl double precision,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, curve_id, tenor_bd)
);

CREATE VIEW v_dv01_ladder AS
SELECT as_of, curve_id, tenor_bd, dv01_brl, run_id
FROM dv01_ladder;

CREATE TABLE stress_test_results (
    as_of timestamptz NOT NULL,
    scenario_id text NOT NULL,
    instrument_id text NOT NULL,
    name text,
    kind text,
    pnl_brl double precision,
    pnl_fraction double precision,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, scenario_id, instrument_id)
);

CREATE VIEW v_stress_test_results AS
SELECT as_of, scenario_id, instrument_id, name, kind, pnl_brl, pnl_fraction, run_id
FROM stress_test_results;

CREATE TABLE risk_limits_status (
    as_of timestamptz NOT NULL,
    limit_id text NOT NULL,
    name text,
    value double precision,
    threshold double precision,
    utilisation double precision,
    status text,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, limit_id)
);

CREATE VIEW v_risk_limits_status AS
SELECT as_of, limit_id, name, value, threshold, utilisation, status, run_id
FROM risk_limits_status;

CREATE TABLE action (
    as_of timestamptz NOT NULL,
    seq bigint NOT NULL,
    instrument_id text,
    contract_id text,
    side text,
    contracts_from bigint,
    contracts_to bigint,
    order_contracts bigint,
    dv01_change_brl double precision,
    notional_change_brl double precision,
    cost_brl double precision,
    invalidation double precision,
    invalidation_unit text,
    rationale json,
    sentence text,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, seq)
);

CREATE VIEW v_action AS
SELECT as_of, seq, instrument_id, contract_id, side, contracts_from, contracts_to, order_contracts,
       dv01_change_brl, notional_change_brl, cost_brl, invalidation, invalidation_unit, rationale::jsonb AS
       rationale, sentence, run_id
FROM action;
