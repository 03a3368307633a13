-- What each position's price is: the contract's own settlement or rate, or the curve. Rows of earlier releases, which
-- were marked at the curve, have none of it.
ALTER TABLE target_position ADD COLUMN marked_at text;

CREATE OR REPLACE VIEW v_target_position AS
SELECT as_of, instrument_id, contract_id, asset_class, maturity, price, rate, risk_weight, contracts,
       contracts_before, notional_brl, dv01_brl, delta_brl, margin_brl, cost_brl, unit_vol_brl, run_id, marked_at
FROM target_position WHERE content_may_leave();
