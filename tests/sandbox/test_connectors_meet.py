"""Every dataset of the catalogue, requested and parsed by its own connector."""

from __future__ import annotations

import datetime as dt
from urllib.parse import unquote, urlsplit

import polars as pl
import pytest

from desk.catalog import load_catalog
from desk.errors import NoData
from desk.model import Dataset, Window
from sandbox import base_urls
from sandbox.server import query_of
from sandbox.source_http import SourceRequest
from sandbox.sources import RESPONDERS
from sandbox.world import SimulatedWorld
from tasks.connectors import CONNECTORS
from tasks.connectors.base import Payload, Request, SourceConfig
from tests.sandbox.source_requests import NOW

CATALOG = load_catalog()
CASES: list[tuple[Dataset, str | None]] = [(dataset, None) for dataset in CATALOG.datasets.values()]
CASES += [(dataset, "a-key") for dataset in CATALOG.datasets.values() if dataset.source == "fred"]
FEW_DAYS = {"b3_swap_curves": 30, "b3_settlements": 14, "stn_auctions": 14}


class WireClient:
    """A Client that calls the simulated sources without HTTP."""

    def __init__(self, world: SimulatedWorld) -> None:
        self.world = world

    async def send(self, request: Request) -> Payload:
        address = urlsplit(request.url)
        _, source, key, path = address.path.split("/", 3)
        query = {**query_of(address.query), **request.secret_params}
        answer = RESPONDERS[source](self.world, SourceRequest(key, unquote(path), query, NOW))
        return Payload(request, answer.status, {"content-type": answer.media}, answer.body, NOW)


@pytest.mark.parametrize(("dataset", "key"), CASES, ids=lambda case: getattr(case, "id", case))
async def test_every_series_arrives(world: SimulatedWorld, dataset: Dataset, key: str | None) -> None:
    urls = base_urls("http://sandbox", CATALOG)[dataset.source]
    config = SourceConfig.from_spec(CATALOG.sources[dataset.source], base_urls=urls, api_key=key)
    connector = CONNECTORS[dataset.source](config)
    days = FEW_DAYS.get(dataset.id, min(dataset.history_days, 900))
    window = Window(NOW.date() - dt.timedelta(days=days), NOW.date())
    frames: dict[str, list[pl.DataFrame]] = {}
    for query in connector.plan(dataset, CATALOG.series_of(dataset.id), window):
        try:
            fetched = await connector.fetch(WireClient(world), query)
        except NoData:
            continue
        for one in fetched:
            for table, frame in one.frames.items():
                frames.setdefault(table, []).append(frame)
    assert set(frames) == set(dataset.tables)
    rows = pl.concat([frame for table in frames.values() for frame in table])
    newest = rows["obs_date"].max()
    assert isinstance(newest, dt.date)
    assert newest >= NOW.date() - dt.timedelta(days=100)
    expected = {series.id for series in CATALOG.series_of(dataset.id)}
    if expected:
        assert set(rows[rows.columns[0]].unique()) == expected
    if key and dataset.id == "fred_macro":
        assert rows["knowledge_time"].null_count() == 0
        assert (rows["knowledge_time"] <= NOW).all()
