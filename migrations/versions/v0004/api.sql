-- Who may call the API, and what was changed through it. A token itself is never stored: its SHA-256 is.

CREATE TABLE api_token (
    token_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> ''),
    token_hash text NOT NULL UNIQUE CHECK (token_hash ~ '^[0-9a-f]{64}$'),
    scope text NOT NULL CHECK (scope IN ('read', 'operate', 'admin')),
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    CHECK (expires_at > created_at)
);

CREATE TABLE api_audit (
    audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    token_name text NOT NULL,
    request_id text NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    status integer NOT NULL,
    -- What was asked for: the body, without secrets.
    detail jsonb NOT NULL DEFAULT '{}'
);

CREATE INDEX api_audit_by_time ON api_audit (at DESC);

CREATE VIEW v_api_token AS
SELECT token_id, name, scope, created_at, expires_at, revoked_at FROM api_token;

CREATE VIEW v_api_audit AS
SELECT audit_id, at, token_name, request_id, method, path, status, detail FROM api_audit;

-- Every version of a value, for whoever asks what was known when.
CREATE VIEW v_observation AS
SELECT series_id, obs_date, knowledge_time, value, stamp, payload_id FROM observation;

CREATE VIEW v_price_bar AS
SELECT instrument_id, obs_date, knowledge_time, open, high, low, close, volume, stamp, payload_id FROM price_bar;
