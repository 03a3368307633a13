-- The NAV of the same money in cash at CDI. Rows of earlier releases have none until the book is run again.
ALTER TABLE portfolio_state ADD COLUMN benchmark_nav_brl double precision;
ALTER TABLE portfolio_state ADD COLUMN sizing text;

CREATE OR REPLACE VIEW v_portfolio_state AS
SELECT as_of, nav_brl, pnl_brl, cost_brl, return_1d, peak_nav_brl, drawdown, gross_leverage, target_volatility,
       expected_volatility, active_positions, risk_multiplier, shadow_nav_brl, run_id, benchmark_nav_brl,
       sizing
FROM portfolio_state;

-- The days that the desk's backtest counts, as the risk pass stored them.
CREATE OR REPLACE VIEW v_var_outcome AS
SELECT as_of, method,
       max(value) FILTER (WHERE metric = 'tested_pnl') AS pnl_fraction,
       max(value) FILTER (WHERE metric = 'tested_var_95') AS var_95,
       max(value) FILTER (WHERE metric = 'tested_var_99') AS var_99,
       (max(value) FILTER (WHERE metric = 'exception_var_95'))::int AS exception_95,
       (max(value) FILTER (WHERE metric = 'exception_var_99'))::int AS exception_99
FROM risk_metrics_daily
WHERE metric IN ('tested_pnl', 'tested_var_95', 'tested_var_99', 'exception_var_95', 'exception_var_99')
GROUP BY as_of, method
HAVING max(value) FILTER (WHERE metric = 'tested_pnl') IS NOT NULL;
