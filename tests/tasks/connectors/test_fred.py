"""FRED: vintages as knowledge times, the cap on them, paging, the CSV in both its forms, and 400s told apart."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest

from blocks.settings import load_settings
from desk.catalog import load_catalog
from desk.errors import BadPayload, BadRequest, HtmlPayload, MissingKey, NoData, Outage, UnknownSeries
from desk.model import UTC
from tasks.connectors import fred
from tasks.connectors.exchange import FetchResult, Payload, Request
from tasks.run.source_configs import source_configs
from tests.tasks.connectors.answers import LONG_AFTER, connector, parse, queries, window

KEY = "0123456789abcdef0123456789abcdef"
SPAN = window("2024-01-01", "2024-12-31")
(CPI,) = queries("fred_macro", SPAN, "us_cpi", api_key=KEY)
(CPI_CSV,) = queries("fred_macro", SPAN, "us_cpi")
(DGS10,) = queries("fred_daily", SPAN, "dgs10", api_key=KEY)

Row = tuple[str, str, str]  # date, value, realtime_start


def body(rows: list[Row], count: int | None = None, offset: int = 0, limit: int = 100_000) -> bytes:
    observations = [{"realtime_start": r, "realtime_end": "9999-12-31", "date": d, "value": v} for d, v, r in rows]
    total = len(rows) if count is None else count
    return json.dumps({"count": total, "offset": offset, "limit": limit, "observations": observations}).encode()


def refusal(message: str) -> bytes:
    return json.dumps({"error_code": 400, "error_message": f"Bad Request.  {message}"}).encode()


def test_with_a_key_macro_is_asked_with_vintages_and_without_the_key_in_the_url() -> None:
    request = connector("fred", KEY).build_request(CPI)
    assert request.url == (
        "https://api.stlouisfed.org/fred/series/observations?series_id=CPIAUCSL&file_type=json"
        "&observation_start=2024-01-01&observation_end=2024-12-31&realtime_start=2024-01-01&realtime_end=9999-12-31"
        "&limit=100000&offset=0&sort_order=asc"
    )
    assert request.secret_params == {"api_key": KEY}
    assert KEY not in repr(request)
    assert "realtime" not in connector("fred", KEY).build_request(DGS10).url


def test_without_a_key_the_public_csv_is_asked() -> None:
    request = connector("fred").build_request(CPI_CSV)
    assert request.url == "https://fred.stlouisfed.org/graph/fredgraph.csv?id=CPIAUCSL&cosd=2024-01-01&coed=2024-12-31"
    assert not request.secret_params


def test_a_live_source_that_wants_a_key_and_has_none_is_off() -> None:
    catalog = load_catalog()
    off = source_configs(load_settings(fred_api_key=None), catalog, "live")
    assert [name for name, config in off.items() if config.is_off] == ["fred", "eia", "bea", "cboe_vix"]
    with pytest.raises(MissingKey, match=r"off: .*FRED_API_KEY"):
        fred.Fred(off["fred"]).build_request(CPI_CSV)
    keys = {"fred_api_key": KEY, "eia_api_key": KEY, "bea_api_key": KEY}
    keyed = source_configs(load_settings(**keys, licensed=("cboe_vix",)), catalog, "live")
    assert not any(config.is_off for config in keyed.values())
    replayed = source_configs(load_settings(fred_api_key=None), catalog, "recorded")
    assert "fredgraph.csv" in fred.Fred(replayed["fred"]).build_request(CPI_CSV).url


def test_each_vintage_is_known_at_five_in_chicago_of_its_day() -> None:
    rows = [
        ("2024-01-01", "308.417", "2024-02-13"),  # winter: 17:00 CST is 23:00 UTC
        ("2024-01-01", "309.685", "2024-06-12"),  # summer: 22:00 UTC
        ("2024-02-01", ".", "2024-03-12"),
        ("2025-01-01", "319.086", "2025-02-12"),
    ]
    frame = parse(CPI, body(rows), api_key=KEY)["observation"]
    assert frame.rows() == [
        ("us_cpi", dt.date(2024, 1, 1), dt.datetime(2024, 2, 13, 23, tzinfo=UTC), 308.417),
        ("us_cpi", dt.date(2024, 1, 1), dt.datetime(2024, 6, 12, 22, tzinfo=UTC), 309.685),
    ]


def test_market_series_carry_no_vintage() -> None:
    frame = parse(DGS10, body([("2024-01-02", "3.95", "2026-01-02")]), api_key=KEY)["observation"]
    assert frame.rows() == [("dgs10", dt.date(2024, 1, 2), None, 0.0395)]


@pytest.mark.parametrize(
    "text",
    [
        "DATE,CPIAUCSL\n2023-12-01,308.742\n2024-01-01,309.685\n2024-02-01,.\n",
        "observation_date,CPIAUCSL\n2024-01-01,309.685\n2024-02-01,\n",
    ],
)
def test_the_csv_in_both_its_forms(text: str) -> None:
    assert parse(CPI_CSV, text.encode())["observation"].rows() == [("us_cpi", dt.date(2024, 1, 1), None, 309.685)]


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (400, refusal("The series does not exist."), UnknownSeries),
        (400, refusal("Variable api_key is not set."), MissingKey),
        (400, refusal("The value for variable api_key is not registered."), MissingKey),
        (400, refusal("Variable observation_start is not a date."), BadRequest),
        (404, b"<html>not here</html>", UnknownSeries),
        (400, b"?", BadRequest),
        (502, b"", Outage),
        (200, b"<!DOCTYPE html>", HtmlPayload),
        (200, b"date,value\n2024-01-01,1\n", BadPayload),
        (200, b"observation_date,CPILFESL\n2024-01-01,1\n", BadPayload),
        (200, b"", BadPayload),
        (200, b'{"observations": [', BadPayload),
        (200, b'{"observations": []}', BadPayload),
        (200, body([("2024-01-01", "1,5", "2024-02-13")]), BadPayload),
        (200, body([("2024-01-01", "1.5", "2024-02-13")], count=2), BadPayload),
        (200, body([("2024-01-01", ".", "2024-02-13")]), NoData),
    ],
)
def test_every_answer_without_numbers_has_its_name(status: int, answer: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        parse(CPI, answer, status=status, api_key=KEY)


class Alfred:
    """A source with vintages: clips them to the asked real-time window, and refuses more than `cap` of them."""

    def __init__(self, vintages: dict[str, list[tuple[str, str]]], cap: int, known: bool = True) -> None:
        self.vintages, self.cap, self.known = vintages, cap, known
        self.requested: list[dict[str, str]] = []

    async def send(self, request: Request) -> Payload:
        requested = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        self.requested.append(requested)
        status, answer = self.answer(requested)
        return Payload(request, status, {}, answer, LONG_AFTER)

    def answer(self, requested: dict[str, str]) -> tuple[int, bytes]:
        start, end = requested.get("realtime_start", "2026-01-01"), requested.get("realtime_end", "9999-12-31")
        if not self.known:
            return 400, refusal("The series does not exist in ALFRED but may exist in FRED.")
        dates = {day for releases in self.vintages.values() for day, _ in releases if start <= day <= end}
        if len(dates) > self.cap:
            return 400, refusal(
                f"There are {len(dates)} vintage dates ... exceeds the maximum number of vintage dates allowed"
            )
        rows: list[Row] = []
        for date, releases in self.vintages.items():
            ends = [day for day, _ in releases[1:]] + ["9999-12-31"]
            rows += [
                (date, value, max(day, start))
                for (day, value), until in zip(releases, ends, strict=True)
                if day <= end and until > start
            ]
        if not rows:
            return 400, refusal("The series does not exist in ALFRED but may exist in FRED.")
        offset, limit = int(requested["offset"]), int(requested["limit"])
        return 200, body(rows[offset : offset + limit], count=len(rows), offset=offset, limit=limit)


VINTAGES = {
    "2024-01-01": [("2024-02-13", "308.417"), ("2024-03-12", "308.5"), ("2024-09-11", "309.7")],
    "2024-02-01": [("2024-03-12", "310.3"), ("2024-09-11", "310.4")],
    "2024-06-01": [("2024-07-11", "313.0"), ("2024-08-14", "313.1"), ("2025-02-12", "313.2")],
}


def known(fetched: list[FetchResult]) -> list[tuple[str, str, float]]:
    frame = pl.concat([one.frames["observation"] for one in fetched])
    assert not frame.select("obs_date", "knowledge_time").is_duplicated().any()
    rows = frame.select("obs_date", "knowledge_time", "value").iter_rows()
    return sorted((str(day), str(instant.date()), value) for day, instant, value in rows)


WHOLE = sorted((date, day, float(value)) for date, releases in VINTAGES.items() for day, value in releases)


@pytest.mark.parametrize("cap", [99, 4, 2, 1])
async def test_the_cap_on_vintages_splits_the_window_and_loses_and_invents_none(cap: int) -> None:
    source = Alfred(VINTAGES, cap)
    assert known(await connector("fred", KEY).fetch(source, CPI)) == WHOLE
    assert len(source.requested) > 1 or cap == 99


async def test_pages_until_the_count_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fred, "PAGE", 3)
    source = Alfred(VINTAGES, 99)
    assert known(await connector("fred", KEY).fetch(source, CPI)) == WHOLE
    assert [requested["offset"] for requested in source.requested] == ["0", "3", "6"]


async def test_a_series_outside_alfred_is_asked_again_without_vintages() -> None:
    class OutsideAlfred(Alfred):
        def answer(self, requested: dict[str, Any]) -> tuple[int, bytes]:
            if "realtime_start" in requested:
                return 400, refusal("The series does not exist in ALFRED but may exist in FRED.")
            return 200, body([("2024-01-01", "309.7", "2026-01-01")])

    (fetched,) = await connector("fred", KEY).fetch(OutsideAlfred({}, 9), CPI)
    assert fetched.frames["observation"]["knowledge_time"].to_list() == [None]
    with pytest.raises(UnknownSeries):
        await connector("fred", KEY).fetch(Alfred({}, 9, known=False), CPI)
    with pytest.raises(UnknownSeries):
        await connector("fred", KEY).fetch(Alfred({}, 9, known=False), DGS10)


async def test_more_vintages_than_days_is_a_bug_of_the_source_and_ends() -> None:
    with pytest.raises(BadRequest, match="too many vintages"):
        await connector("fred", KEY).fetch(Alfred(VINTAGES, 0), CPI)
