"""The Brazilian connectors, unchanged, over HTTP against the sandbox: what comes, what agrees, what fails by name."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from desk.catalog import load_catalog
from desk.errors import BadPayload, HtmlPayload, NoData, Outage, RateLimited, SourceError
from desk.model import Window
from tasks.connectors import CONNECTORS
from tasks.connectors.base import Connector
from tasks.connectors.bcb_ptax import BcbPtax
from tasks.connectors.exchange import Payload, Query, SourceConfig
from tasks.http.client import HttpClient
from tests.fixtures.sandbox import SANDBOX_NOW, RunningSandbox
from tests.tasks.connectors.answers import window

CATALOG = load_catalog()
SOURCES = ("bcb_sgs", "bcb_ptax", "bcb_focus", "bcb_fx_flow", "ibge_sidra", "stn_fiscal")
DATASETS = [dataset.id for source in SOURCES for dataset in CATALOG.datasets_of(source)]
RECENT = window("2026-07-01", "2026-11-19")


def at(sandbox: RunningSandbox, source: str, **manners: Any) -> SourceConfig:
    """The source as the sandbox serves it, without the pauses that a real one is owed."""
    return SourceConfig(source, sandbox.base_urls[source], **{"rate_per_second": 1000.0, "concurrency": 8, **manners})


def queries(connector: Connector, dataset: str, span: Window, *series: str) -> list[Query]:
    chosen = [CATALOG.series[one] for one in series] or CATALOG.series_of(dataset)
    return connector.plan(CATALOG.datasets[dataset], chosen, span)


async def fetched(connector: Connector, *requested: Query) -> Mapping[str, pl.DataFrame]:
    """All tables of all queries; queries without data bring nothing."""

    async def forget(payload: Payload) -> None:
        pass

    async def one(client: HttpClient, query: Query) -> list[Mapping[str, pl.DataFrame]]:
        try:
            return [answer.frames for answer in await connector.fetch(client, query)]
        except NoData:
            return []

    configs = {connector.source: connector.config}
    async with HttpClient(configs, clock=lambda: SANDBOX_NOW, sink=forget) as client:
        answers = await asyncio.gather(*(one(client, query) for query in requested))
    frames = [frames for parts in answers for frames in parts]
    return {name: pl.concat([part[name] for part in frames]) for name in {key for part in frames for key in part}}


@pytest.mark.parametrize("dataset", DATASETS)
async def test_every_dataset_brings_rows_of_its_tables_and_window(sandbox: RunningSandbox, dataset: str) -> None:
    record = CATALOG.datasets[dataset]
    connector = CONNECTORS[record.source](at(sandbox, record.source))
    tables = await fetched(connector, *queries(connector, dataset, RECENT))
    assert set(tables) == set(record.tables)
    for frame in tables.values():
        assert frame["obs_date"].is_between(RECENT.start, RECENT.end).all()
        assert frame.height == frame.unique(frame.columns[:-1]).height
    ids = CATALOG.series_of(dataset)
    if ids:
        assert set(tables["observation"]["series_id"]) == {series.id for series in ids}


async def test_the_dollar_is_the_same_at_ptax_and_at_sgs(sandbox: RunningSandbox) -> None:
    ptax, sgs = BcbPtax(at(sandbox, "bcb_ptax")), CONNECTORS["bcb_sgs"](at(sandbox, "bcb_sgs"))
    one = (await fetched(ptax, *queries(ptax, "bcb_ptax", RECENT, "usdbrl_ptax_sell")))["observation"]
    other = (await fetched(sgs, *queries(sgs, "bcb_sgs_daily", RECENT, "usdbrl_sgs_sell")))["observation"]
    both = one.join(other, on="obs_date", suffix="_sgs")
    assert both.height >= 90
    assert ((both["value"] - both["value_sgs"]).abs() < 5.1e-5).all()  # SGS writes four decimals, PTAX five


async def test_pages_of_fifty_bring_what_one_page_brings(sandbox: RunningSandbox) -> None:
    class SmallPages(BcbPtax):
        page_rows = 50

    config = at(sandbox, "bcb_ptax")
    (query,) = queries(BcbPtax(config), "bcb_ptax", RECENT, "eurbrl_ptax_sell")
    whole, paged = [await fetched(kind(config), query) for kind in (BcbPtax, SmallPages)]
    assert whole["observation"].height >= 90
    assert paged["observation"].sort("obs_date").equals(whole["observation"])


@pytest.mark.parametrize("dataset", ["ibge_ipca_index", "ibge_ipca_groups"])
async def test_both_routes_of_sidra_bring_the_same(sandbox: RunningSandbox, dataset: str) -> None:
    sidra = CONNECTORS["ibge_sidra"](at(sandbox, "ibge_sidra"))
    (query,) = queries(sidra, dataset, RECENT)
    first = await fetched(sidra, query)
    second = await fetched(sidra, replace(query, extra={"route": "v3"}))
    assert first["observation"].equals(second["observation"])


async def test_sidra_changes_the_route_when_the_first_shows_a_page(quiet_sandbox: RunningSandbox) -> None:
    quiet_sandbox.configure(faults={"ibge_sidra": {"kind": "html", "match": "/ibge_sidra/values/"}})
    sidra = CONNECTORS["ibge_sidra"](at(quiet_sandbox, "ibge_sidra"))
    assert (await fetched(sidra, *queries(sidra, "ibge_ipca_index", RECENT)))["observation"].height >= 3


async def test_a_target_announced_ahead_is_not_read_ahead(sandbox: RunningSandbox) -> None:
    sgs = CONNECTORS["bcb_sgs"](at(sandbox, "bcb_sgs"))
    ahead = sandbox.get("/bcb_sgs/api/dados/serie/bcdata.sgs.432/dados/ultimos/1").json()[0]["data"]
    assert dt.datetime.strptime(ahead, "%d/%m/%Y").replace(tzinfo=dt.UTC).date() > RECENT.end
    frame = (await fetched(sgs, *queries(sgs, "bcb_sgs_daily", RECENT, "selic_target")))["observation"]
    assert frame["obs_date"].max() == RECENT.end
    assert frame.height == (RECENT.end - RECENT.start).days + 1


async def test_a_code_that_sgs_does_not_know_gets_a_page_and_is_settled_after_the_last_try(
    sandbox: RunningSandbox,
) -> None:
    """One page may be an outage: tests/tasks/ingest/test_dead_code.py has when it is an unknown series."""
    sgs = CONNECTORS["bcb_sgs"](at(sandbox, "bcb_sgs"))
    (query,) = queries(sgs, "bcb_sgs_daily", RECENT, "selic_target")
    with pytest.raises(HtmlPayload):
        await fetched(sgs, replace(query, series=(replace(query.series[0], code="99999999"),)))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "rate_limit", "retry_after": 30}, RateLimited),
        ({"kind": "server_error"}, Outage),
        ({"kind": "cut_body"}, Outage),
        ({"kind": "timeout"}, Outage),
        ({"kind": "empty"}, Outage),
        ({"kind": "html"}, HtmlPayload),
        ({"kind": "wrong_schema"}, BadPayload),
    ],
)
async def test_what_goes_wrong_is_named(
    quiet_sandbox: RunningSandbox, source: str, fault: dict[str, Any], error: type[SourceError]
) -> None:
    quiet_sandbox.configure(faults={source: fault})
    patience = 0.3 if fault["kind"] == "timeout" else 30.0
    connector = CONNECTORS[source](at(quiet_sandbox, source, timeout_seconds=patience))
    with pytest.raises(SourceError) as raised:
        await fetched(connector, queries(connector, CATALOG.datasets_of(source)[0].id, RECENT)[0])
    expected = Outage if source == "ibge_sidra" and error in (RateLimited, HtmlPayload) else error
    assert type(raised.value) is expected
    assert raised.value.retryable == (fault["kind"] != "wrong_schema")
