-- The NAV of the same money in cash at CDI. Rows of earlier releases have none until the book is run again.
ALTER TABLE portfolio_state ADD COLUMN benchmark_nav_brl double precision;

CREATE OR REPLACE VIEW v_portfolio_state AS
SELECT as_of, nav_brl, pnl_brl, cost_brl, return_1d, peak_nav_brl, drawdown, gross_leverage, target_volatility,
       expected_volatility, active_positions, risk_multiplier, shadow_nav_brl, run_id, benchmark_nav_brl
FROM portfolio_state;
