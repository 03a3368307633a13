-- TimescaleDB under its community licence: chunks older than two years are compressed by a policy.

ALTER TABLE observation SET (timescaledb.compress, timescaledb.compress_segmentby = 'series_id',
    timescaledb.compress_orderby = 'obs_date, knowledge_time');

ALTER TABLE curve_point SET (timescaledb.compress, timescaledb.compress_segmentby = 'curve_id, tenor_bd',
    timescaledb.compress_orderby = 'obs_date, knowledge_time');

ALTER TABLE settlement SET (timescaledb.compress, timescaledb.compress_segmentby = 'contract_id',
    timescaledb.compress_orderby = 'obs_date, knowledge_time');

ALTER TABLE price_bar SET (timescaledb.compress, timescaledb.compress_segmentby = 'instrument_id',
    timescaledb.compress_orderby = 'obs_date, knowledge_time');

SELECT add_compression_policy('observation', compress_after => INTERVAL '2 years');

SELECT add_compression_policy('curve_point', compress_after => INTERVAL '2 years');

SELECT add_compression_policy('settlement', compress_after => INTERVAL '2 years');

SELECT add_compression_policy('price_bar', compress_after => INTERVAL '2 years');
