-- Sources whose content does not go to readers beyond the desk: written from ALVORADA_READERS and ALVORADA_CONSENTS by
-- the desk's own processes, empty where the readers are the desk.
CREATE TABLE withheld_source (
    source text PRIMARY KEY
);

CREATE VIEW v_withheld_source AS SELECT source FROM withheld_source;

-- True for sessions of the desk's own account (of alvorada_writer, whatever role it has taken on), for everyone where
-- nothing is withheld, and on a database in which the roles could not be made.
CREATE FUNCTION content_may_leave() RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (SELECT FROM v_withheld_source)
        OR COALESCE(pg_has_role(session_user, to_regrole('alvorada_writer')::oid, 'MEMBER'), true)
$$;

-- What rests on sources: their numbers, and the book, orders, tickets and pages that were made of them. Risk, scores and
-- P&L, the desk's own work, are given.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'v_observation', 'v_observation_latest', 'v_price_bar', 'v_curve_latest', 'v_feature', 'v_input_receipt',
        'v_source_comparison', 'v_hold', 'v_hold_open', 'v_suspect', 'v_target_position', 'v_package', 'v_action',
        'v_ticket', 'v_withheld_order', 'v_position_change', 'v_sizing_basis', 'v_report', 'v_report_version'
    ] LOOP
        EXECUTE format(
            'CREATE OR REPLACE VIEW %I AS SELECT * FROM (%s) AS content WHERE content_may_leave()',
            name, rtrim(pg_get_viewdef(name::regclass), ';')
        );
    END LOOP;
END
$$;

CREATE OR REPLACE VIEW v_outbox AS
SELECT outbox_id, channel, kind, dedupe_key, keys, CASE WHEN content_may_leave() THEN payload - 'decide' END AS payload,
       recipients, created_at, attempts, next_try, last_error, sent_at,
       CASE WHEN sent_at IS NULL THEN 'waiting' ELSE 'sent' END AS state
FROM outbox;
