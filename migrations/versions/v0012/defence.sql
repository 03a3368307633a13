-- A line's mark: unknown where its price was old, of several days where it was back; what a change of source made. Rows of
-- earlier releases have none of it.
ALTER TABLE pnl_attribution
    ADD COLUMN source_pnl_brl double precision,
    ADD COLUMN mark text,
    ADD COLUMN marked_from date;

CREATE OR REPLACE VIEW v_pnl_attribution AS
SELECT as_of, instrument_id, asset_class, contracts, price_pnl_brl, carry_pnl_brl, cost_brl, pnl_brl, rate_pnl_brl,
       fx_pnl_brl, equity_pnl_brl, residual_pnl_brl, inflation_pnl_brl, run_id, valuation_date, source_pnl_brl, mark,
       marked_from
FROM pnl_attribution;

ALTER TABLE aggregated_signal ADD COLUMN old_share double precision;

CREATE OR REPLACE VIEW v_aggregated_signal AS
SELECT as_of, instrument_id, asset_class, conviction, agreement, contributions::jsonb AS contributions, flip,
       surge, conflicts::jsonb AS conflicts, tilt, run_id, old_share
FROM aggregated_signal;

-- Orders that the sizes of the day asked for, and that were not made for the sake of an input.
CREATE TABLE withheld_order (
    as_of timestamptz NOT NULL,
    instrument_id text NOT NULL,
    contract_id text,
    contracts bigint,
    contracts_wanted bigint,
    cause text,
    input_id text,
    obs_date date,
    age_bd bigint,
    limit_bd bigint,
    run_id uuid NOT NULL,
    PRIMARY KEY (as_of, instrument_id)
);

CREATE VIEW v_withheld_order AS
SELECT as_of, instrument_id, contract_id, contracts, contracts_wanted, cause, input_id, obs_date, age_bd, limit_bd, run_id
FROM withheld_order;
