-- The market day that money is about. A decision of 06:00 marks the book with the prices of the session before.
ALTER TABLE portfolio_state ADD COLUMN valuation_date date;
ALTER TABLE pnl_attribution ADD COLUMN valuation_date date;
ALTER TABLE pnl_by_strategy ADD COLUMN valuation_date date;
ALTER TABLE pnl_by_factor ADD COLUMN valuation_date date;

CREATE OR REPLACE VIEW v_portfolio_state AS
SELECT as_of, nav_brl, pnl_brl, cost_brl, return_1d, peak_nav_brl, drawdown, gross_leverage, target_volatility,
       expected_volatility, active_positions, risk_multiplier, shadow_nav_brl, run_id, benchmark_nav_brl,
       sizing, valuation_date
FROM portfolio_state;

CREATE OR REPLACE VIEW v_pnl_attribution AS
SELECT as_of, instrument_id, asset_class, contracts, price_pnl_brl, carry_pnl_brl, cost_brl, pnl_brl, rate_pnl_brl,
       fx_pnl_brl, equity_pnl_brl, residual_pnl_brl, inflation_pnl_brl, run_id, valuation_date
FROM pnl_attribution;

CREATE OR REPLACE VIEW v_pnl_by_class AS
SELECT as_of, asset_class, sum(pnl_brl) AS pnl_brl, max(valuation_date) AS valuation_date
FROM pnl_attribution GROUP BY as_of, asset_class;

CREATE OR REPLACE VIEW v_pnl_by_strategy AS
SELECT as_of, strategy_id, pnl_brl, run_id, valuation_date
FROM pnl_by_strategy;

CREATE OR REPLACE VIEW v_pnl_by_factor AS
SELECT as_of, factor, pnl_brl, run_id, valuation_date
FROM pnl_by_factor;

CREATE OR REPLACE VIEW v_var_outcome AS
SELECT as_of, method,
       max(value) FILTER (WHERE metric = 'tested_pnl') AS pnl_fraction,
       max(value) FILTER (WHERE metric = 'tested_var_95') AS var_95,
       max(value) FILTER (WHERE metric = 'tested_var_99') AS var_99,
       (max(value) FILTER (WHERE metric = 'exception_var_95'))::int AS exception_95,
       (max(value) FILTER (WHERE metric = 'exception_var_99'))::int AS exception_99,
       (SELECT valuation_date FROM portfolio_state AS state WHERE state.as_of = risk_metrics_daily.as_of) AS valuation_date
FROM risk_metrics_daily
WHERE metric IN ('tested_pnl', 'tested_var_95', 'tested_var_99', 'exception_var_95', 'exception_var_99')
GROUP BY as_of, method
HAVING max(value) FILTER (WHERE metric = 'tested_pnl') IS NOT NULL;

-- Months of the model book by market day: the sessions of the month, compounded, with CDI over the same sessions.
CREATE VIEW v_month_return AS
SELECT extract(year FROM valuation_date)::int AS year, extract(month FROM valuation_date)::int AS month,
       min(valuation_date) AS first_day, max(valuation_date) AS last_day, count(*)::int AS days,
       CASE WHEN count(*) = count(growth) THEN exp(sum(ln(growth))) - 1 END AS return,
       CASE WHEN count(*) = count(cash) THEN exp(sum(ln(cash))) - 1 END AS cdi, sum(pnl_brl) AS pnl_brl
FROM (
    SELECT valuation_date, pnl_brl, 1 + return_1d AS growth,
           benchmark_nav_brl / lag(benchmark_nav_brl) OVER (ORDER BY as_of) AS cash,
           row_number() OVER (ORDER BY as_of) AS place
    FROM portfolio_state
) AS daily
WHERE place > 1
GROUP BY 1, 2;
