-- What each series was asked for, and how it ended: one dead code is one dead code.

CREATE TABLE series_look (
    dataset text NOT NULL,
    -- A series; '*' stands for every series that had rows, from before series had looks of their own.
    subject text NOT NULL,
    code text NOT NULL,
    run_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    covered_from date NOT NULL,
    covered_to date NOT NULL CHECK (covered_to >= covered_from),
    state text NOT NULL CHECK (state IN ('answered', 'unknown', 'failed')),
    error text,
    PRIMARY KEY (dataset, subject, run_id, covered_from)
);

CREATE INDEX series_look_by_span ON series_look (dataset, covered_to);

-- A fetch of that time was good for all series of its dataset or for none. A file for each day keeps its ledger cells.
INSERT INTO series_look (dataset, subject, code, run_id, started_at, covered_from, covered_to, state)
SELECT dataset, '*', '', run_id, max(started_at), covered_from, max(covered_to), 'answered'
FROM ledger WHERE state IN ('ok', 'empty', 'not_yet') AND covered_from < covered_to
GROUP BY dataset, run_id, covered_from;

CREATE VIEW v_series_look AS
SELECT dataset, subject, code, run_id, started_at, covered_from, covered_to, state, error FROM series_look;

-- Series that their source did not know at any look since its last answer: since when, on how many days.
CREATE VIEW v_series_unknown AS
SELECT dataset, subject, (array_agg(code ORDER BY started_at DESC))[1] AS code, min(started_at) AS since,
       count(DISTINCT (started_at AT TIME ZONE 'America/Sao_Paulo')::date)::integer AS days,
       (max(started_at) AT TIME ZONE 'America/Sao_Paulo')::date AS last_day,
       (array_agg(error ORDER BY started_at DESC))[1] AS error
FROM series_look AS look
WHERE state = 'unknown' AND NOT EXISTS (
    SELECT FROM series_look AS later WHERE later.dataset = look.dataset AND later.subject = look.subject
    AND later.state = 'answered' AND later.started_at >= look.started_at
)
GROUP BY dataset, subject;

-- A finding that is told once is repeated after a year.
ALTER TABLE alert_rule DROP CONSTRAINT alert_rule_repeat_seconds_check;

ALTER TABLE alert_rule ADD CONSTRAINT alert_rule_repeat_seconds_check CHECK (repeat_seconds BETWEEN 0 AND 31622400);
