CREATE TABLE decision (
    book_id text NOT NULL REFERENCES book,
    as_of timestamptz NOT NULL,
    version integer NOT NULL CHECK (version >= 0),
    kind text NOT NULL CHECK (kind IN ('history', 'live', 'catch_up', 'held', 'restated')),
    run_id uuid NOT NULL,
    decided_at timestamptz NOT NULL,
    reason text,
    code_version text NOT NULL,
    inputs_sha256 text,
    is_beside boolean NOT NULL DEFAULT false,
    state text,
    PRIMARY KEY (book_id, as_of, version),
    UNIQUE (as_of, version),
    CHECK ((kind = 'restated') = (reason IS NOT NULL))
);

CREATE FUNCTION refuse_change_of_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a decision is a record: it is neither changed nor deleted';
END
$$;

CREATE TRIGGER decision_is_a_record BEFORE UPDATE OR DELETE OR TRUNCATE ON decision
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_decision();

CREATE TABLE gold_version (
    as_of timestamptz NOT NULL,
    version integer NOT NULL,
    table_name text NOT NULL,
    rows json NOT NULL,
    PRIMARY KEY (as_of, version, table_name)
);

CREATE TABLE report_version (
    as_of timestamptz NOT NULL,
    version integer NOT NULL,
    language text NOT NULL,
    run_id uuid NOT NULL,
    rendered_at timestamptz NOT NULL,
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    html_zstd bytea NOT NULL,
    PRIMARY KEY (as_of, version, language)
);

CREATE TABLE restatement (
    as_of timestamptz PRIMARY KEY,
    version integer NOT NULL,
    run_id uuid NOT NULL,
    begun_at timestamptz NOT NULL
);

-- Earlier releases computed the whole book anew each morning: all days but the last are history. The last stored day
-- was decided only if its run completed.
INSERT INTO decision (book_id, as_of, version, kind, run_id, decided_at, code_version)
WITH stored AS (
    SELECT day.as_of, day.run_id, run.finished_at, run.code_version,
           (run.finished_at AT TIME ZONE 'America/Sao_Paulo')::date
           = (day.as_of AT TIME ZONE 'America/Sao_Paulo')::date AS on_its_day
    FROM portfolio_state AS day LEFT JOIN pipeline_runs AS run USING (run_id)
    WHERE day.as_of < (SELECT max(as_of) FROM portfolio_state) OR run.state IN ('completed', 'completed_with_gaps')
), marked AS (
    SELECT *, as_of = max(as_of) OVER () AND coalesce(on_its_day, false) AS is_live FROM stored
)
SELECT opened.book_id, as_of, CASE WHEN is_live THEN 1 ELSE 0 END, CASE WHEN is_live THEN 'live' ELSE 'history' END,
       run_id, coalesce(finished_at, as_of), coalesce(code_version, 'unknown')
FROM marked
JOIN LATERAL (
    SELECT book_id FROM book
    WHERE inception <= (marked.as_of AT TIME ZONE 'America/Sao_Paulo')::date ORDER BY inception DESC LIMIT 1
) AS opened ON true;

CREATE VIEW v_decision AS
SELECT book_id, as_of, version, kind, run_id, decided_at, reason, code_version, inputs_sha256, is_beside
FROM decision;

CREATE VIEW v_gold_version AS
SELECT as_of, version, table_name, rows::jsonb AS rows FROM gold_version;

CREATE VIEW v_report_version AS
SELECT as_of, version, language, run_id, rendered_at, sha256, bytes, html_zstd FROM report_version;
