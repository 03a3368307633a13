-- Alerts: rules and their audit, states, history, silences, the outbox and what was delivered.
-- An alert is (rule_id, subject, condition). condition: `threshold` (the rule fires), `no_data` (its metric is missing or is
-- not a number), `error` (the rule itself raised).

CREATE TABLE alert_rule (
    rule_id text PRIMARY KEY,
    enabled boolean NOT NULL,
    severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    threshold double precision CHECK (threshold > '-Infinity' AND threshold < 'Infinity'),
    for_seconds integer NOT NULL CHECK (for_seconds BETWEEN 0 AND 604800),
    keep_firing_seconds integer NOT NULL CHECK (keep_firing_seconds BETWEEN 0 AND 604800),
    cooldown_seconds integer NOT NULL CHECK (cooldown_seconds BETWEEN 0 AND 604800),
    repeat_seconds integer NOT NULL CHECK (repeat_seconds BETWEEN 0 AND 604800),
    -- Null: nobody changed it, and it follows desk/catalog/alerts.toml.
    changed_at timestamptz,
    changed_by text
);

CREATE TABLE alert_rule_change (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_id text NOT NULL,
    field text NOT NULL,
    value_from text,
    value_to text,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL CHECK (changed_by <> '')
);

CREATE INDEX alert_rule_change_by_rule ON alert_rule_change (rule_id, changed_at DESC);

CREATE TABLE silence (
    silence_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Patterns with * and ?: `*` is every rule, every subject.
    rule_pattern text NOT NULL,
    subject_pattern text NOT NULL,
    author text NOT NULL CHECK (author <> ''),
    comment text NOT NULL CHECK (comment <> ''),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    -- Ended before its time, by whom.
    ended_at timestamptz,
    ended_by text,
    CHECK (ends_at > starts_at)
);

CREATE TABLE alert_state (
    rule_id text NOT NULL,
    subject text NOT NULL,
    condition text NOT NULL CHECK (condition IN ('threshold', 'no_data', 'error')),
    state text NOT NULL CHECK (state IN ('inactive', 'pending', 'firing', 'resolved')),
    severity text NOT NULL,
    value double precision,
    threshold double precision,
    summary text NOT NULL,
    -- Of this episode: when the condition was first seen, when it began to fire, when it was last seen, when it cleared.
    episode integer NOT NULL,
    since timestamptz NOT NULL,
    fired_at timestamptz,
    last_true_at timestamptz,
    resolved_at timestamptz,
    evaluated_at timestamptz NOT NULL,
    -- Why nobody is told although it fires: the alert that explains it, or a silence.
    inhibited_by text,
    silence_id bigint REFERENCES silence,
    PRIMARY KEY (rule_id, subject, condition)
);

CREATE INDEX alert_state_open ON alert_state (state) WHERE state IN ('pending', 'firing');

CREATE TABLE alert_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_id text NOT NULL,
    subject text NOT NULL,
    condition text NOT NULL,
    episode integer NOT NULL,
    -- pending, firing, severity, resolved, cancelled (pending, then gone), closed (the rule was disabled or is no more),
    -- queued (for `channel`), inhibited, silenced.
    event text NOT NULL,
    at timestamptz NOT NULL,
    severity text NOT NULL,
    value double precision,
    threshold double precision,
    summary text NOT NULL,
    channel text
);

CREATE INDEX alert_event_by_time ON alert_event (at DESC, event_id DESC);

CREATE INDEX alert_event_by_alert ON alert_event (rule_id, subject, at DESC);

CREATE TABLE outbox (
    outbox_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('alert', 'test', 'report', 'watchdog')),
    -- The same key again is the same message: it is not queued twice.
    dedupe_key text NOT NULL UNIQUE,
    -- What the message speaks of: two messages that share a key leave a channel in the order they came.
    keys text[] NOT NULL DEFAULT '{}',
    payload jsonb NOT NULL,
    -- Null: the channel's own recipients.
    recipients text[],
    created_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_try timestamptz NOT NULL,
    last_error text,
    sent_at timestamptz
);

CREATE INDEX outbox_due ON outbox (channel, next_try) WHERE sent_at IS NULL;

CREATE TABLE delivery (
    delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    outbox_id bigint NOT NULL REFERENCES outbox,
    channel text NOT NULL,
    attempt integer NOT NULL,
    delivered_at timestamptz NOT NULL,
    seconds double precision NOT NULL,
    -- What the other side said: HTTP status and words, or SMTP reply and Message-ID.
    receipt jsonb NOT NULL
);

CREATE INDEX delivery_by_time ON delivery (delivered_at DESC);

CREATE INDEX delivery_by_outbox ON delivery (outbox_id);

-- What each channel was last told of an alert: the cooldown counts from delivered_at.
CREATE TABLE alert_notice (
    rule_id text NOT NULL,
    subject text NOT NULL,
    condition text NOT NULL,
    channel text NOT NULL,
    episode integer NOT NULL,
    severity text NOT NULL,
    pending_outbox bigint REFERENCES outbox,
    delivered_at timestamptz,
    held_back integer NOT NULL DEFAULT 0,
    PRIMARY KEY (rule_id, subject, condition, channel)
);

CREATE INDEX alert_notice_pending ON alert_notice (pending_outbox) WHERE pending_outbox IS NOT NULL;

CREATE TABLE alert_channel (
    channel text PRIMARY KEY,
    -- Nothing is tried before: what the other side asked for with Retry-After.
    not_before timestamptz,
    failures_in_a_row integer NOT NULL DEFAULT 0,
    last_success_at timestamptz,
    last_failure_at timestamptz,
    last_error text
);

CREATE TABLE heartbeat (
    -- daily (a run has ended), alerts (an evaluation), sender (a pass over the outbox).
    name text PRIMARY KEY,
    beat_at timestamptz NOT NULL,
    detail text NOT NULL DEFAULT ''
);

CREATE VIEW v_alert_rule AS
SELECT rule_id, enabled, severity, threshold, for_seconds, keep_firing_seconds, cooldown_seconds, repeat_seconds,
       changed_at, changed_by
FROM alert_rule;

CREATE VIEW v_alert_rule_change AS
SELECT change_id, rule_id, field, value_from, value_to, changed_at, changed_by FROM alert_rule_change;

CREATE VIEW v_silence AS
SELECT silence_id, rule_pattern, subject_pattern, author, comment, starts_at, ends_at, created_at, ended_at, ended_by,
       least(ends_at, ended_at) AS effective_end
FROM silence;

CREATE VIEW v_alert_state AS
SELECT state.rule_id, state.subject, state.condition, state.state, state.severity, state.value, state.threshold,
       state.summary, state.episode, state.since, state.fired_at, state.last_true_at, state.resolved_at,
       state.evaluated_at, state.inhibited_by, state.silence_id,
       coalesce(notice.held_back, 0) AS held_back, notice.last_delivered_at,
       coalesce(notice.undelivered, '{}'::text[]) AS undelivered
FROM alert_state AS state
LEFT JOIN (
    SELECT rule_id, subject, condition, max(held_back) AS held_back, max(delivered_at) AS last_delivered_at,
           array_agg(channel ORDER BY channel) FILTER (WHERE pending_outbox IS NOT NULL) AS undelivered
    FROM alert_notice GROUP BY rule_id, subject, condition
) AS notice USING (rule_id, subject, condition);

CREATE VIEW v_alert_active AS
SELECT * FROM v_alert_state WHERE state IN ('pending', 'firing');

CREATE VIEW v_alert_history AS
SELECT event_id, rule_id, subject, condition, episode, event, at, severity, value, threshold, summary, channel
FROM alert_event;

CREATE VIEW v_outbox AS
SELECT outbox_id, channel, kind, dedupe_key, keys, payload, recipients, created_at, attempts, next_try, last_error,
       sent_at, CASE WHEN sent_at IS NULL THEN 'waiting' ELSE 'sent' END AS state
FROM outbox;

CREATE VIEW v_delivery AS
SELECT delivery.delivery_id, delivery.outbox_id, delivery.channel, outbox.kind, outbox.keys, delivery.attempt,
       outbox.created_at AS queued_at, delivery.delivered_at,
       extract(epoch FROM delivery.delivered_at - outbox.created_at)::double precision AS waited_seconds,
       delivery.seconds, delivery.receipt
FROM delivery JOIN outbox USING (outbox_id);

CREATE VIEW v_alert_channel AS
SELECT channel, not_before, failures_in_a_row, last_success_at, last_failure_at, last_error FROM alert_channel;

CREATE VIEW v_heartbeat AS SELECT name, beat_at, detail FROM heartbeat;
