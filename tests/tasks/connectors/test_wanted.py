"""Answers that carry several things: one of them that leaves an answer is said, and the others are good."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest

from desk.catalog import load_catalog
from desk.errors import NoData, UnknownSeries
from desk.model import Window
from tasks.connectors import CONNECTORS
from tasks.connectors.exchange import FetchResult, Payload, Request, SourceConfig
from tasks.http.client import HttpClient
from tests.fixtures.sandbox import SANDBOX_NOW, RunningSandbox
from tests.tasks.connectors.answers import connector, parse, queries, window

CATALOG = load_catalog()
TODAY = SANDBOX_NOW.date()


async def answered(
    sandbox: RunningSandbox, dataset: str, change: Callable[[bytes], bytes], now: dt.datetime
) -> FetchResult:
    """The sandbox's answer to the dataset's newest query, its body changed."""
    record = CATALOG.datasets[dataset]
    config = SourceConfig(record.source, sandbox.base_urls[record.source], rate_per_second=1000.0)
    one = CONNECTORS[record.source](config)

    async def forget(payload: Payload) -> None:
        pass

    async with HttpClient({record.source: config}, clock=lambda: now, sink=forget) as client:

        class Changing:
            async def send(self, request: Request) -> Payload:
                payload = await client.send(request)
                return replace(payload, body=change(payload.body))

        span = Window(TODAY - dt.timedelta(days=15), TODAY - dt.timedelta(days=1))
        query = one.plan(record, CATALOG.series_of(dataset), span)[0]
        (found,) = await one.fetch(Changing(), query)
    return found


def as_it_is(body: bytes) -> bytes:
    return body


def without_ten_years(body: bytes) -> bytes:
    """The Treasury's file with the column renamed to a tenor that is nobody's."""
    assert b'"10 Yr"' in body
    return body.replace(b'"10 Yr"', b'"11 Yr"')


def with_other_bonds(body: bytes) -> bytes:
    """Tesouro Direto's file after the shop has renamed a kind of bond."""
    name = b"Tesouro IPCA+ com Juros Semestrais;"
    assert name in body
    return body.replace(name, b"Tesouro Real;")


CASES = [
    ("treasury_nominal", without_ten_years, "has no 10 Yr"),
    ("stn_tesouro_direto", with_other_bonds, "has no NTN-B"),
]


@pytest.mark.parametrize(("dataset", "change", "words"), CASES)
async def test_what_has_left_a_recent_file_is_said_and_the_rest_is_good(
    sandbox: RunningSandbox, dataset: str, change: Callable[[bytes], bytes], words: str
) -> None:
    whole = await answered(sandbox, dataset, as_it_is, SANDBOX_NOW)
    assert whole.finding is None
    less = await answered(sandbox, dataset, change, SANDBOX_NOW)
    assert less.finding is not None
    assert less.finding.endswith(words)
    (table,) = CATALOG.datasets[dataset].tables
    assert less.frames[table].height == whole.frames[table].height
    old = await answered(sandbox, dataset, change, SANDBOX_NOW + dt.timedelta(days=60))
    assert old.finding is None, "an older file is as it is"


async def test_a_future_that_has_left_the_price_report_is_said(sandbox: RunningSandbox) -> None:
    whole = await answered(sandbox, "b3_settlements", as_it_is, SANDBOX_NOW)
    assert whole.finding is None
    dataset = replace(
        CATALOG.datasets["b3_settlements"], params={"roots": ["DI1", "DAP"], "wanted": ["DI1", "DAP", "DAX"]}
    )
    query = replace(whole.payload.query, dataset=dataset)

    class Given:
        async def send(self, request: Request) -> Payload:
            return replace(whole.payload, request=request)

    (less,) = await connector("b3_market_data").fetch(Given(), query)
    assert less.finding is not None
    assert less.finding.endswith("has no DAX")
    assert set(less.frames["settlement"]["contract_id"].str.slice(0, 3)) == {"DI1", "DAP"}


def test_what_is_wanted_is_what_the_curves_are_made_of() -> None:
    """A kind of bond that no list wants would leave without a word."""
    wanted = set(CATALOG.datasets["stn_tesouro_direto"].params["wanted"])
    assert wanted == {"LTN", "NTN-F", "NTN-B", "NTN-B-P"}
    params = CATALOG.datasets["b3_settlements"].params
    assert set(params["wanted"]) == set(params["roots"])


def test_focus_without_a_row_for_two_weeks_up_to_now_does_not_know_the_indicator() -> None:
    now = dt.datetime(2026, 6, 30, 9, tzinfo=dt.UTC)
    empty = b'{"value": []}'
    (query, *_) = queries("bcb_focus_annual", window("2026-06-09", "2026-06-30"))
    with pytest.raises(UnknownSeries, match="renamed"):
        parse(query, empty, fetched_at=now)
    for span, at in (
        (window("2026-06-22", "2026-06-30"), now),  # a short pause
        (window("2015-06-09", "2015-06-30"), now),  # a window of long ago
    ):
        with pytest.raises(NoData):
            parse(replace(query, window=span), empty, fetched_at=at)
    with pytest.raises(NoData):  # the page behind the last one
        parse(replace(query, extra={**query.extra, "skip": 10_000}), empty, fetched_at=now)
