#!/bin/sh
# Run once, when the volume is new: Prefect's tables and the sandbox's world beside the desk's, each in a database of its
# own, and the account of the dashboards, which reads the views and nothing else.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set password="$GRAFANA_DATABASE_PASSWORD" <<'SQL'
CREATE DATABASE alvorada_sandbox;
CREATE ROLE alvorada_writer NOLOGIN;
CREATE ROLE alvorada_reader NOLOGIN;
CREATE ROLE grafana LOGIN PASSWORD :'password' IN ROLE alvorada_reader;
ALTER ROLE grafana SET default_transaction_read_only = on;
ALTER ROLE grafana SET statement_timeout = '15s';
CREATE DATABASE prefect;
SQL
