-- Rows of earlier releases have no origin: it was not stored, and is not guessed.
ALTER TABLE feature ADD COLUMN origin text;
ALTER TABLE feature ADD COLUMN knowledge_time timestamptz;
ALTER TABLE feature ADD COLUMN payload_id bigint;

CREATE OR REPLACE VIEW v_feature AS
SELECT feature.as_of, feature.feature_id, feature.value, feature.obs_date, feature.run_id,
       feature.origin, feature.knowledge_time, feature.payload_id, payload.sha256, payload.source
FROM feature LEFT JOIN payload USING (payload_id);
