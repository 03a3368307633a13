#!/bin/sh
# Run once, when the volume is new: Prefect's tables and the sandbox's world beside the desk's, each in a database of its
# own; the account of the service, which writes rows and owns nothing; the account of the dashboards, which reads the
# views and nothing else; and Prefect's, which owns its own database.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set password="$GRAFANA_DATABASE_PASSWORD" --set service="$SERVICE_DATABASE_PASSWORD" \
    --set prefect="$PREFECT_DATABASE_PASSWORD" <<'SQL'
CREATE DATABASE alvorada_sandbox;
CREATE ROLE alvorada_writer NOLOGIN;
CREATE ROLE alvorada_reader NOLOGIN;
CREATE ROLE alvorada_service LOGIN PASSWORD :'service' IN ROLE alvorada_writer, alvorada_reader;
CREATE ROLE grafana LOGIN PASSWORD :'password' IN ROLE alvorada_reader;
ALTER ROLE grafana SET default_transaction_read_only = on;
ALTER ROLE grafana SET statement_timeout = '15s';
CREATE ROLE prefect LOGIN PASSWORD :'prefect';
CREATE DATABASE prefect OWNER prefect;
SQL
