-- What the dashboards read besides the views of gold, and the indexes that keep them quick as time goes by.

CREATE INDEX ledger_by_start ON ledger (started_at);

CREATE INDEX ledger_by_day ON ledger (day);

-- As before, but each dataset's last attempt and last success come from an index, not from the whole ledger.
CREATE OR REPLACE VIEW v_dataset_status AS
SELECT status.*, success.last_success_at, attempt.last_attempt_at, attempt.last_attempt_state, attempt.last_error
FROM dataset_status AS status
LEFT JOIN LATERAL (
    SELECT finished_at AS last_success_at FROM ledger
    WHERE ledger.dataset = status.dataset AND finished_at IS NOT NULL AND state IN ('ok', 'empty')
    ORDER BY finished_at DESC LIMIT 1
) AS success ON true
LEFT JOIN LATERAL (
    SELECT started_at AS last_attempt_at, state AS last_attempt_state, error AS last_error FROM ledger
    WHERE ledger.dataset = status.dataset
    ORDER BY finished_at DESC, attempt DESC LIMIT 1
) AS attempt ON true;

-- One row per fetch: a run's cells of one dataset. `quality` is the weighted share of passed checks, 0 to 1.
CREATE VIEW v_fetch AS
SELECT run_id, dataset, min(started_at) AS started_at, max(seconds) AS seconds, sum(rows)::bigint AS rows,
       count(*) AS cells, count(*) FILTER (WHERE state IN ('failed', 'died')) AS failed,
       min((checks ->> 'score')::double precision) AS quality,
       (array_agg(error ORDER BY attempt DESC) FILTER (WHERE error IS NOT NULL))[1] AS error
FROM ledger GROUP BY run_id, dataset;

-- A strategy's score in its own class, and in another class that its legs reach the same size on the side it takes there.
CREATE VIEW v_class_strategy AS
SELECT as_of, asset_class, strategy_id, score AS value FROM strategy_signals
UNION ALL
SELECT side.as_of, side.asset_class, side.strategy_id, sign(side.side) * abs(signal.score)
FROM (
    SELECT signal.as_of, signal.asset_class, part.key AS strategy_id, sum(part.value::double precision) AS side
    FROM aggregated_signal AS signal CROSS JOIN LATERAL json_each_text(signal.contributions) AS part
    GROUP BY signal.as_of, signal.asset_class, part.key
) AS side
JOIN strategy_signals AS signal ON signal.as_of = side.as_of AND signal.strategy_id = side.strategy_id
WHERE side.asset_class <> signal.asset_class;

-- The book's P&L without cash and costs, against the VaR of the decision whose positions made it, by method: orders decided
-- at one row fill at the next, and earn the move into the one after.
CREATE VIEW v_var_outcome AS
SELECT state.as_of, decided.method, moved.pnl_brl / (state.nav_brl - state.pnl_brl) AS pnl_fraction,
       decided.var_95, decided.var_99,
       CASE WHEN moved.pnl_brl < -decided.var_95 * own.nav_brl THEN 1 ELSE 0 END AS exception_95,
       CASE WHEN moved.pnl_brl < -decided.var_99 * own.nav_brl THEN 1 ELSE 0 END AS exception_99
FROM portfolio_state AS state
JOIN LATERAL (
    SELECT sum(price_pnl_brl + carry_pnl_brl) AS pnl_brl FROM pnl_attribution
    WHERE pnl_attribution.as_of = state.as_of AND instrument_id <> 'CASH'
) AS moved ON true
JOIN LATERAL (
    SELECT earlier.as_of, earlier.nav_brl FROM portfolio_state AS earlier
    WHERE earlier.as_of < state.as_of ORDER BY earlier.as_of DESC OFFSET 1 LIMIT 1
) AS own ON true
JOIN LATERAL (
    SELECT method, max(value) FILTER (WHERE metric = 'var_95') AS var_95,
           max(value) FILTER (WHERE metric = 'var_99') AS var_99
    FROM risk_metrics_daily
    WHERE risk_metrics_daily.as_of = own.as_of AND metric IN ('var_95', 'var_99')
    GROUP BY method
) AS decided ON true;
