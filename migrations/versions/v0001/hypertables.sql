-- With TimescaleDB: chunks of a year; the time column is in every key, as hypertables want it.

CREATE EXTENSION IF NOT EXISTS timescaledb;

SELECT create_hypertable('observation', by_range('obs_date', INTERVAL '1 year'), create_default_indexes => false);

SELECT create_hypertable('curve_point', by_range('obs_date', INTERVAL '1 year'), create_default_indexes => false);

SELECT create_hypertable('settlement', by_range('obs_date', INTERVAL '1 year'), create_default_indexes => false);

SELECT create_hypertable('price_bar', by_range('obs_date', INTERVAL '1 year'), create_default_indexes => false);
