"""The steps that read and write the outside world: Prefect tasks and what they need.

run/                 one run: context, stages, record, progress
ingest/              sources -> bronze, silver and the ledger; retry policy; backfills
connectors/          one file for each source: build_request, parse, fetch
http/                the only HTTP client
store/               PostgreSQL and the lake
alerts/              evaluation of the alert rules, outbox, sender, delivery of reports
channels/            Slack and mail: where a message gets its text and form
explain/             why a figure has its value
history_import/      a desk's own history files
provider_metadata/   the catalogue against the providers' metadata

Imports point one way (pyproject.toml, importlinter): alerts, explain, history_import, ingest and provider_metadata over
run, over store, http and channels, over connectors.
"""
