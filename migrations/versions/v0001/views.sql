-- What people, the API and Grafana read. One v_<table> per gold table stands in gold.sql beside its table.

CREATE VIEW v_observation_latest AS
SELECT DISTINCT ON (series_id, obs_date) series_id, obs_date, knowledge_time, value, stamp, payload_id
FROM observation ORDER BY series_id, obs_date, knowledge_time DESC;

CREATE VIEW v_curve_latest AS
SELECT DISTINCT ON (curve_id, tenor_bd, obs_date) curve_id, tenor_bd, obs_date, knowledge_time, rate, stamp, payload_id
FROM curve_point ORDER BY curve_id, tenor_bd, obs_date, knowledge_time DESC;

CREATE VIEW v_payload AS
SELECT payload_id, sha256, source, dataset, url, status, headers, fetched_at, bytes, run_id, origin FROM payload;

CREATE VIEW v_world AS SELECT name, created_at FROM world;

CREATE VIEW v_book AS SELECT book_id, inception, capital_brl, opened_at FROM book;

CREATE VIEW v_report AS SELECT as_of, language, run_id, rendered_at, sha256, bytes, html_zstd FROM report;

CREATE VIEW v_pipeline_runs AS
SELECT run_id, kind, as_of, sources, state, started_at, finished_at,
       extract(epoch FROM finished_at - started_at)::double precision AS seconds,
       gaps, message, stages, parameters, code_version, prefect_run_id
FROM pipeline_runs;

CREATE VIEW v_ledger AS
SELECT dataset, day, attempt, run_id, state, started_at, finished_at, covered_from, covered_to, rows, fetch_cells,
       inserted, bytes, seconds, checks, error_kind, error, input_hash, code_version
FROM ledger;

-- One row per dataset x day: a cell that was once ok stays ok, whatever a later attempt came to.
CREATE VIEW v_cells AS
SELECT dataset, day,
       CASE WHEN bool_or(state = 'ok') THEN 'ok'
            ELSE (array_agg(state ORDER BY attempt DESC))[1] END AS state,
       (array_agg(state ORDER BY attempt DESC))[1] AS last_state,
       max(attempt) AS attempts,
       max(finished_at) FILTER (WHERE state IN ('ok', 'empty')) AS last_success_at,
       (array_agg(rows ORDER BY attempt DESC) FILTER (WHERE state = 'ok'))[1] AS rows,
       (array_agg(error_kind ORDER BY attempt DESC))[1] AS last_error_kind,
       (array_agg(error ORDER BY attempt DESC))[1] AS last_error
FROM ledger GROUP BY dataset, day;

-- The status as the report of each as_of saw it, with what the ledger says now beside it.
CREATE VIEW v_dataset_status AS
SELECT status.*, last.last_success_at, last.last_attempt_at, last.last_attempt_state, last.last_error
FROM dataset_status AS status
LEFT JOIN (
    SELECT dataset,
           max(finished_at) FILTER (WHERE state IN ('ok', 'empty')) AS last_success_at,
           max(started_at) AS last_attempt_at,
           (array_agg(state ORDER BY started_at DESC, attempt DESC))[1] AS last_attempt_state,
           (array_agg(error ORDER BY started_at DESC, attempt DESC))[1] AS last_error
    FROM ledger GROUP BY dataset
) AS last USING (dataset);
