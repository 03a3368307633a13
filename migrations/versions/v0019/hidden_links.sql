-- The address in a message by which a person decides held values is a right: who reads views does not read it.
CREATE OR REPLACE VIEW v_outbox AS
SELECT outbox_id, channel, kind, dedupe_key, keys, payload - 'decide' AS payload, recipients, created_at, attempts,
       next_try, last_error, sent_at, CASE WHEN sent_at IS NULL THEN 'waiting' ELSE 'sent' END AS state
FROM outbox;

-- So is the path of a request by one: who decided, and what, stands beside it.
UPDATE api_audit SET path = '/api/v1/held/word' WHERE path LIKE '/api/v1/held/word/%';
