-- Receipts, the ledger, runs, reports, the book's beginning, and the one world this database holds.

CREATE TABLE world (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    name text NOT NULL CHECK (name IN ('live', 'sandbox', 'recorded')),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE payload (
    payload_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    source text NOT NULL,
    dataset text NOT NULL,
    url text NOT NULL,
    status integer NOT NULL,
    headers jsonb NOT NULL DEFAULT '{}',
    fetched_at timestamptz NOT NULL,
    bytes bigint NOT NULL,
    path text NOT NULL,
    run_id uuid,
    origin text NOT NULL CHECK (origin IN ('live', 'sandbox', 'recorded', 'imported'))
);

CREATE INDEX payload_by_sha256 ON payload (sha256);

CREATE INDEX payload_by_dataset ON payload (dataset, fetched_at);

CREATE TABLE pipeline_runs (
    run_id uuid PRIMARY KEY,
    kind text NOT NULL,
    as_of timestamptz,
    sources text NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'completed', 'completed_with_gaps', 'failed', 'died')),
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    gaps text[] NOT NULL DEFAULT '{}',
    message text,
    stages jsonb NOT NULL DEFAULT '[]',
    parameters jsonb NOT NULL DEFAULT '{}',
    code_version text NOT NULL,
    prefect_run_id uuid
);

CREATE INDEX pipeline_runs_by_start ON pipeline_runs (started_at DESC);

CREATE TABLE ledger (
    dataset text NOT NULL,
    day date NOT NULL,
    attempt integer NOT NULL CHECK (attempt >= 1),
    run_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'ok', 'empty', 'not_yet', 'failed', 'died')),
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    covered_from date,
    covered_to date,
    rows bigint,
    -- The next four are of the whole fetch, which brought this and `fetch_cells - 1` other cells.
    fetch_cells integer,
    inserted bigint,
    bytes bigint,
    seconds double precision,
    checks jsonb,
    error_kind text,
    error text,
    input_hash text,
    code_version text NOT NULL,
    PRIMARY KEY (dataset, day, attempt)
);

CREATE INDEX ledger_running ON ledger (run_id) WHERE state = 'running';

CREATE INDEX ledger_by_finish ON ledger (dataset, finished_at DESC);

CREATE TABLE report (
    as_of timestamptz NOT NULL,
    language text NOT NULL,
    run_id uuid NOT NULL,
    rendered_at timestamptz NOT NULL,
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    html_zstd bytea NOT NULL,
    PRIMARY KEY (as_of, language)
);

CREATE TABLE book (
    book_id text PRIMARY KEY,
    inception date NOT NULL,
    capital_brl double precision NOT NULL CHECK (capital_brl > 0),
    opened_at timestamptz NOT NULL,
    run_id uuid NOT NULL
);
