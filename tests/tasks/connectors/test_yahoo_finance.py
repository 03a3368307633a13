"""Yahoo chart v8: dates in the exchange's zone, float32 noise, open sessions, and every way to say no."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from desk.errors import BadPayload, BadRequest, NoData, Outage, RateLimited, SourceError, UnknownSeries
from desk.model import UTC
from tests.tasks.connectors.answers import connector, parse, queries, window

WEEK = window("2025-06-09", "2025-06-13")
(IBOVESPA,) = queries("yahoo_daily", WEEK, "ibovespa")
(USDBRL,) = queries("yahoo_daily", WEEK, "yahoo_usdbrl")


def epoch(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp())


def chart(stamps: list[int] | None, zone: str, meta: dict[str, Any] | None = None, **columns: list[Any]) -> bytes:
    base = {"exchangeTimezoneName": zone, "dataGranularity": "1d", "priceHint": 2}
    result: dict[str, Any] = {"meta": base | (meta or {}), "indicators": {"quote": [{}]}}
    if stamps is not None:
        names = ("open", "high", "low", "close", "volume")
        result["timestamp"] = stamps
        result["indicators"]["quote"] = [{name: columns.get(name, columns["close"]) for name in names}]
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()


def error(code: str, description: str) -> bytes:
    return json.dumps({"chart": {"result": None, "error": {"code": code, "description": description}}}).encode()


def test_the_symbol_is_quoted_and_the_window_has_a_day_of_margin() -> None:
    assert connector("yahoo_finance").build_request(IBOVESPA).url == (
        "https://query2.finance.yahoo.com/v8/finance/chart/%5EBVSP?period1=1749340800&period2=1749945600"
        "&interval=1d&events=div%2Csplits&includePrePost=false"
    )
    assert "/chart/BRL=X?" in connector("yahoo_finance").build_request(USDBRL).url


def test_currencies_live_in_london_where_summer_bars_begin_the_day_before_in_utc() -> None:
    # BST: the bar of 10 June starts 2025-06-09T23:00Z
    body = chart([epoch("2025-06-09T23:00+00:00")], "Europe/London", {"priceHint": 4}, close=[5.124499797821045])
    (row,) = parse(USDBRL, body)["price_bar"].rows(named=True)
    assert (row["instrument_id"], row["obs_date"], row["close"]) == ("yahoo_usdbrl", dt.date(2025, 6, 10), 5.1245)


def test_rows_without_close_and_outside_the_window_are_dropped_and_nulls_stay_null() -> None:
    stamps = [epoch(f"2025-06-{day:02}T13:00+00:00") for day in (6, 9, 10, 11)]
    body = chart(
        stamps,
        "America/Sao_Paulo",
        open=[1, None, 3, 4],
        close=[136102.1, 135699.38, None, 137127.99],
        volume=[1, 0, 3, 4],
    )
    frame = parse(IBOVESPA, body)["price_bar"]
    assert frame.select("obs_date", "open", "close", "volume").rows() == [
        (dt.date(2025, 6, 9), None, 135699.38, 0.0),
        (dt.date(2025, 6, 11), 4.0, 137127.99, 4.0),
    ]


def test_without_a_price_hint_the_shortest_float32_is_taken() -> None:
    body = chart([epoch("2025-06-10T13:00+00:00")], "America/Sao_Paulo", {"priceHint": None}, close=[5.124499797821045])
    assert parse(IBOVESPA, body)["price_bar"]["close"].to_list() == [5.1245]


LIVE = {
    "regularMarketTime": epoch("2025-06-10T15:00+00:00"),
    "currentTradingPeriod": {
        "regular": {"start": epoch("2025-06-10T13:00+00:00"), "end": epoch("2025-06-10T20:00+00:00")}
    },
}
TWO_DAYS = [epoch("2025-06-09T13:00+00:00"), epoch("2025-06-10T13:00+00:00")]


def test_a_session_still_open_is_left_out_and_one_that_has_closed_is_kept() -> None:
    body = chart(TWO_DAYS, "America/Sao_Paulo", LIVE, close=[1.0, 2.0])
    during, after = dt.datetime(2025, 6, 10, 15, 5, tzinfo=UTC), dt.datetime(2025, 6, 10, 21, tzinfo=UTC)
    assert parse(IBOVESPA, body, fetched_at=during)["price_bar"]["close"].to_list() == [1.0]
    assert parse(IBOVESPA, body, fetched_at=after)["price_bar"]["close"].to_list() == [1.0, 2.0]
    closed = LIVE | {"regularMarketTime": epoch("2025-06-10T20:00+00:00")}
    body = chart(TWO_DAYS, "America/Sao_Paulo", closed, close=[1.0, 2.0])
    assert parse(IBOVESPA, body, fetched_at=during)["price_bar"]["close"].to_list() == [1.0, 2.0]


def test_a_second_bar_of_one_day_is_the_later_word() -> None:
    body = chart([*TWO_DAYS, epoch("2025-06-10T20:07:01+00:00")], "America/Sao_Paulo", close=[1.0, 2.0, 3.0])
    assert parse(IBOVESPA, body)["price_bar"].select("obs_date", "close").rows() == [
        (dt.date(2025, 6, 9), 1.0),
        (dt.date(2025, 6, 10), 3.0),
    ]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, error("Not Found", "No data found, symbol may be delisted"), UnknownSeries),
        (400, error("Bad Request", "Data doesn't exist for startDate = 1, endDate = 2"), NoData),
        (422, error("Unprocessable Entity", "Invalid input - interval=1x"), BadRequest),
        (200, error("Internal Server Error", "try again"), Outage),
        (401, error("Unauthorized", "Invalid Crumb"), Outage),
        (429, b"Too Many Requests\r\n", RateLimited),
        (200, b"Too Many Requests\r\n", RateLimited),
        (200, b"<html>Will be right back</html>", Outage),
        (200, b'{"chart":{"result":[', BadPayload),
        (200, b'{"chart":{"result":null,"error":null}}', BadPayload),
        (200, chart(None, "America/Sao_Paulo"), NoData),
        (200, chart([epoch("2024-01-02T13:00+00:00")], "America/Sao_Paulo", close=[1.0]), NoData),
        (200, chart(TWO_DAYS, "America/Sao_Paulo", {"dataGranularity": "1m"}, close=[1.0, 2.0]), BadPayload),
        (200, chart(TWO_DAYS, "Atlantis/Centre", close=[1.0, 2.0]), BadPayload),
        (200, chart(TWO_DAYS, "America/Sao_Paulo", close=[1.0]), BadPayload),
        (200, chart(None, "America/Sao_Paulo").replace(b"[{}]", b'[{"close": [1.0]}]'), BadPayload),
    ],
)
def test_every_answer_without_bars_has_its_name(status: int, body: bytes, kind: type[SourceError]) -> None:
    with pytest.raises(kind) as caught:
        parse(IBOVESPA, body, status=status)
    assert type(caught.value) is kind


def test_the_index_publishers_own_file_is_read_for_the_index() -> None:
    (vix,) = queries("yahoo_daily", window("2025-06-09", "2025-06-10"), "vix")
    body = b"DATE,OPEN,HIGH,LOW,CLOSE\n2025-06-09,17.68,17.68,16.76,17.160000\n06/10/2025,17.25,17.51,16.87,16.95\n"
    assert parse(vix, body)["price_bar"].drop("knowledge_time").rows() == [
        ("vix", dt.date(2025, 6, 9), 17.68, 17.68, 16.76, 17.16, None),
        ("vix", dt.date(2025, 6, 10), 17.25, 17.51, 16.87, 16.95, None),
    ]
    with pytest.raises(BadPayload, match="'2025-06-09': 4 fields under 5 columns"):
        parse(vix, b"DATE,OPEN,HIGH,LOW,CLOSE\n2025-06-09,17.68,17.68,16.76\n")
