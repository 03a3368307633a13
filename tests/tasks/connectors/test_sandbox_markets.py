"""The market connectors, unchanged, over HTTP against the sandbox: what comes, and what fails by name."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from desk import calendars
from desk.catalog import load_catalog
from desk.catalog.siblings import load_forward_pairs
from desk.errors import BadPayload, HtmlPayload, NoData, NotYet, Outage, RateLimited, SourceError, UnknownSeries
from desk.model import SILVER, Window
from desk.plausibility.compare import compare_forwards
from tasks.connectors import CONNECTORS
from tasks.connectors.base import Connector
from tasks.connectors.exchange import Payload, SourceConfig
from tasks.http.client import HttpClient
from tests.fixtures.sandbox import SANDBOX_NOW, RunningSandbox
from tests.tasks.connectors.answers import window

CATALOG = load_catalog()
SOURCES = (
    "b3_market_data",
    "fred",
    "treasury_gov",
    "yahoo_finance",
    "cftc_cot",
    "nyfed_rates",
    "fed_board",
    "cboe_vix",
    "eia",
    "bls",
    "bea",
)
DATASETS = [dataset.id for source in SOURCES for dataset in CATALOG.datasets_of(source)]
RECENT = window("2026-10-19", "2026-11-18")
MACRO = window("2025-06-01", "2026-11-18")
KEY = "0123456789abcdef0123456789abcdef"


def connector(sandbox: RunningSandbox, dataset: str, api_key: str | None = None) -> Connector:
    source = CATALOG.datasets[dataset].source
    config = SourceConfig(source, sandbox.base_urls[source], api_key, rate_per_second=1000.0, concurrency=8)
    return CONNECTORS[source](config)


async def fetched(one: Connector, dataset: str, span: Window, *series: str) -> pl.DataFrame:
    """All rows of the dataset's table; queries without data bring none."""

    async def forget(payload: Payload) -> None:
        pass

    record = CATALOG.datasets[dataset]
    chosen = [CATALOG.series[name] for name in series] or CATALOG.series_of(dataset)
    frames = []
    async with HttpClient({one.source: one.config}, clock=lambda: SANDBOX_NOW, sink=forget) as client:
        for query in one.plan(record, chosen, span):
            try:
                frames += [answer.frames[record.tables[0]] for answer in await one.fetch(client, query)]
            except NotYet:
                raise
            except NoData:
                continue
    return pl.concat(frames)


@pytest.mark.parametrize("api_key", [None, KEY])
@pytest.mark.parametrize("dataset", DATASETS)
async def test_every_dataset_brings_rows_of_its_table_and_window(
    sandbox: RunningSandbox, dataset: str, api_key: str | None
) -> None:
    span = MACRO if dataset in ("fred_macro", "bls_macro", "bea_macro") else RECENT
    frame = await fetched(connector(sandbox, dataset, api_key), dataset, span)
    table = SILVER[CATALOG.datasets[dataset].tables[0]]
    assert dict(frame.schema) == table.parsed_schema
    assert not frame.select(table.key).is_duplicated().any()
    assert frame["obs_date"].is_between(span.start, span.end).all()
    if CATALOG.series_of(dataset):
        expected = {series.id for series in CATALOG.series_of(dataset)}
        assert set(frame[table.entity[0]]) == expected
    vintages = dataset == "fred_macro" and api_key is not None
    assert frame["knowledge_time"].null_count() == (0 if vintages else frame.height)


async def test_a_dead_code_of_eia_is_told_from_a_window_without_prices(sandbox: RunningSandbox) -> None:
    one, record, brent = connector(sandbox, "eia_spot"), CATALOG.datasets["eia_spot"], CATALOG.series["eia_brent"]
    sunday = window("2026-11-15")

    async def forget(payload: Payload) -> None:
        pass

    async with HttpClient({one.source: one.config}, clock=lambda: SANDBOX_NOW, sink=forget) as client:
        for series, error in ((brent, NoData), (replace(brent, code="RBRTX"), UnknownSeries)):
            (query,) = one.plan(record, [series], sunday)
            with pytest.raises(SourceError) as caught:
                await one.fetch(client, query)
            assert type(caught.value) is error


async def test_swap_curves_of_every_session(sandbox: RunningSandbox) -> None:
    frame = await fetched(connector(sandbox, "b3_swap_curves"), "b3_swap_curves", RECENT)
    assert frame["obs_date"].unique().sort().to_list() == calendars.b3().days(RECENT.start, RECENT.end)
    assert set(frame["curve_id"]) == {"PRE", "CUPOM", "REAL"}
    assert frame["rate"].is_between(-0.2, 0.6).all()


async def test_the_di_settlement_is_the_pre_curve_at_its_maturity(sandbox: RunningSandbox) -> None:
    span = window("2026-11-18")
    settled = await fetched(connector(sandbox, "b3_settlements"), "b3_settlements", span)
    curve = await fetched(connector(sandbox, "b3_swap_curves"), "b3_swap_curves", span)
    assert {contract[:3] for contract in settled["contract_id"]} == {"DI1", "DDI", "DOL", "IND", "DAP"}
    price, rate = settled.filter(pl.col("contract_id") == "DI1F29").select("price", "rate").row(0)
    tenor = calendars.anbima().count(span.start, dt.date(2029, 1, 2))
    assert 100_000 / (1 + rate) ** (tenor / 252) == pytest.approx(price, rel=2e-5)
    pre = curve.filter(pl.col("curve_id") == "PRE").sort("tenor_bd")
    near = pre.sort((pl.col("tenor_bd") - tenor).abs())["rate"][0]
    assert rate == pytest.approx(near, abs=0.003)


async def test_the_clean_cupom_is_that_of_the_ddi_settlements(sandbox: RunningSandbox) -> None:
    """B3 makes the one of the other: between two DDI the fixing of the day before cancels."""
    span = window("2026-11-18")
    frames = {
        "settlement": await fetched(connector(sandbox, "b3_settlements"), "b3_settlements", span),
        "curve_point": await fetched(connector(sandbox, "b3_swap_curves"), "b3_swap_curves", span),
    }
    known = pl.lit(SANDBOX_NOW).cast(pl.Datetime("us", "UTC"))
    stored = [pl.lit("sight").alias("stamp"), pl.lit(1, pl.Int64).alias("payload_id")]
    silver = {name: frame.with_columns(known.alias("knowledge_time"), *stored) for name, frame in frames.items()}
    (row,) = compare_forwards(silver, load_forward_pairs(), dt.date(2026, 11, 19)).iter_rows(named=True)
    assert (row["pair_id"], row["state"], row["left_date"]) == ("cupom_ddi", "agree", span.end)
    assert abs(row["difference"]) < 0.0001


async def test_vintages_are_known_after_their_month_and_revise_it(sandbox: RunningSandbox) -> None:
    frame = await fetched(connector(sandbox, "fred_macro", KEY), "fred_macro", MACRO, "us_payrolls")
    known = frame["knowledge_time"].dt.date()
    assert (known > frame["obs_date"]).all()
    assert (frame.group_by("obs_date").len()["len"] > 1).any()
    daily = await fetched(connector(sandbox, "fred_macro"), "fred_macro", MACRO, "us_payrolls")
    latest = frame.sort("knowledge_time").unique("obs_date", keep="last").sort("obs_date")
    assert latest["value"].to_list() == daily.sort("obs_date")["value"].to_list()


async def test_bars_agree_with_fred_where_both_speak_of_one_thing(sandbox: RunningSandbox) -> None:
    bars = await fetched(connector(sandbox, "yahoo_daily"), "yahoo_daily", RECENT, "vix")
    prints = await fetched(connector(sandbox, "fred_daily"), "fred_daily", RECENT, "vix_fred")
    both = bars.join(prints, on="obs_date")
    assert both.height >= 15
    assert ((both["close"] - both["value"]).abs() <= 0.011).all()


@pytest.mark.parametrize("dataset", ["b3_swap_curves", "fred_daily", "treasury_nominal", "yahoo_daily", "cftc_tff"])
@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        ({"kind": "server_error"}, (Outage,)),
        ({"kind": "rate_limit", "retry_after": 0}, (RateLimited,)),
        ({"kind": "html"}, (HtmlPayload, Outage)),
        ({"kind": "cut_body"}, (Outage,)),
        ({"kind": "wrong_schema"}, (BadPayload,)),
        ({"kind": "empty"}, (BadPayload, Outage)),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
async def test_each_failure_has_its_name(
    quiet_sandbox: RunningSandbox, dataset: str, fault: dict[str, Any], kinds: tuple[type[SourceError], ...]
) -> None:
    one = connector(quiet_sandbox, dataset)
    quiet_sandbox.configure(faults={one.source: fault})
    with pytest.raises(kinds):
        await fetched(one, dataset, window("2026-11-10", "2026-11-18"))
