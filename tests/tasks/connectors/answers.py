"""Payloads for connector tests: the request comes from the connector itself, the body from the test."""

from __future__ import annotations

import datetime as dt

from desk.catalog import load_catalog
from desk.model import UTC, Frames, Window
from tasks.connectors import CONNECTORS
from tasks.connectors.base import Connector, Payload, Query, SourceConfig

LONG_AFTER = dt.datetime(2030, 1, 1, 12, tzinfo=UTC)


def connector(source: str, api_key: str | None = None) -> Connector:
    return CONNECTORS[source](SourceConfig.from_spec(load_catalog().sources[source], api_key=api_key))


def window(start: str, end: str | None = None) -> Window:
    return Window(dt.date.fromisoformat(start), dt.date.fromisoformat(end or start))


def queries(dataset: str, span: Window, *series: str, api_key: str | None = None) -> list[Query]:
    """What the dataset's connector plans for `series` (all of the dataset when none is named)."""
    catalog = load_catalog()
    record = catalog.datasets[dataset]
    chosen = [catalog.series[name] for name in series] or catalog.series_of(dataset)
    return connector(record.source, api_key).plan(record, chosen, span)


def payload_for(
    query: Query, body: bytes, *, status: int = 200, fetched_at: dt.datetime = LONG_AFTER, api_key: str | None = None
) -> Payload:
    request = connector(query.dataset.source, api_key).build_request(query)
    return Payload(request, status, {}, body, fetched_at)


def parse(
    query: Query, body: bytes, *, status: int = 200, fetched_at: dt.datetime = LONG_AFTER, api_key: str | None = None
) -> Frames:
    payload = payload_for(query, body, status=status, fetched_at=fetched_at, api_key=api_key)
    return connector(query.dataset.source, api_key).read(payload)
